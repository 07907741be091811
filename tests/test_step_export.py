"""The training step leaves as StableHLO, and another XLA runtime plays the same game."""

import doctest
import json
import pathlib
import re
import sys

import keras_gan as kg
from keras_gan import compilation

import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, tiny_gan

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))

import stablehlo_text
import step_state
from export_step import export_step, variables_of

PROGRAM = """module @copies attributes {mhlo.num_partitions = 1 : i32} {
  func.func @main(%arg0: tensor<2xf32>, %arg1: tensor<i1>) -> tensor<2xf32> {
    %0 = mhlo.copy %arg0 : tensor<2xf32>
    %1 = "mhlo.copy"(%0) : (tensor<2xf32>) -> tensor<2xf32>
    %2 = "stablehlo.if"(%arg1) ({
      %3 = mhlo.copy %1 : tensor<2xf32>
      stablehlo.return %3 : tensor<2xf32>
    }, {
      %3 = stablehlo.negate %1 {note = "{ %1 \\" %0"} : tensor<2xf32>
      stablehlo.return %3 : tensor<2xf32>
    }) : (tensor<i1>) -> tensor<2xf32>
    %10 = stablehlo.add %1, %2#0 : tensor<2xf32>
    return %10 : tensor<2xf32>
  }
  func.func private @other(%arg0: tensor<2xf32>) -> tensor<2xf32> {
    %0 = stablehlo.negate %arg0 : tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}
"""
WITHOUT_COPIES = """module @copies attributes {mhlo.num_partitions = 1 : i32} {
  func.func @main(%arg0: tensor<2xf32>, %arg1: tensor<i1>) -> tensor<2xf32> {
    %2 = "stablehlo.if"(%arg1) ({
      stablehlo.return %arg0 : tensor<2xf32>
    }, {
      %3 = stablehlo.negate %arg0 {note = "{ %1 \\" %0"} : tensor<2xf32>
      stablehlo.return %3 : tensor<2xf32>
    }) : (tensor<i1>) -> tensor<2xf32>
    %10 = stablehlo.add %arg0, %2#0 : tensor<2xf32>
    return %10 : tensor<2xf32>
  }
  func.func private @other(%arg0: tensor<2xf32>) -> tensor<2xf32> {
    %0 = stablehlo.negate %arg0 : tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}
"""


@pytest.mark.parametrize("module", [stablehlo_text, step_state])
def test_examples_of_the_tools_run(module):
    assert doctest.testmod(module) == (0, doctest.testmod(module).attempted)
    assert doctest.testmod(module).attempted


def test_copies_are_replaced_in_their_scope():
    assert stablehlo_text.without_copies(PROGRAM) == WITHOUT_COPIES


@pytest.mark.parametrize(
    "line", ["%1 = mhlo.erf %0 : t", '%1:2 = "mhlo.topk"(%0) : t', "mhlo.fusion"]
)
def test_other_operations_of_mhlo_are_refused(line):
    with pytest.raises(ValueError, match="expected StableHLO's operations only, got mhlo"):
        stablehlo_text.without_copies(f"func.func @main() {{\n    {line}\n}}")


def test_large_state_is_described_and_small_state_is_exact(tmp_path):
    rng = np.random.default_rng(0)
    state = [
        rng.normal(size=(3, 5)).astype("float32"),
        np.array(2**40),
        rng.normal(0.5, 0.02, (300, 1000)).astype("float32"),
        np.zeros((1000, 1000), "float32"),
        np.full((1000, 100), 0.1, "float32"),
        np.arange(40_000),
    ]
    step_state.write_state(tmp_path, state)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 400_000
    found = step_state.read_state(tmp_path)
    assert [(x.shape, x.dtype) for x in found] == [(x.shape, x.dtype) for x in state]
    for index in (0, 1, 3, 4, 5):
        np.testing.assert_array_equal(found[index], state[index])
    assert found[2].mean() == pytest.approx(0.5, abs=1e-3)
    assert found[2].std() == pytest.approx(0.02, rel=0.01)
    np.testing.assert_array_equal(found[2], step_state.read_state(tmp_path)[2])

    step_state.write_state(tmp_path, state, exact=True)
    for array, expected in zip(step_state.read_state(tmp_path), state, strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(("device", "convolutions"), [("gpu", 1), ("cpu", 4)])
def test_an_export_takes_the_operations_of_its_device(device, convolutions):
    layer = kg.layers.GroupedConv2D(8, 3, groups=4)
    layer.build((None, 5, 5, 8))

    @tf.function
    def call(x):
        with compilation.in_this_process(False):  # as in a step of a model that XLA doesn't compile
            return layer(x)

    with compilation.for_target(compilation.XLA, device):
        graph = call.get_concrete_function(tf.TensorSpec((2, 5, 5, 8))).graph
    assert [node.type for node in graph.get_operations()].count("Conv2D") == convolutions


def test_an_exported_step_names_its_state(tmp_path):
    gan = tiny_gan()
    gan.compile()
    batch = tf.constant(random_images(8))
    export_step(gan, batch, tmp_path)
    facts = json.loads((tmp_path / "step.json").read_text())
    state = step_state.read_state(tmp_path)
    assert len(facts["variables"]) == len(state) >= len(gan.weights)
    assert sorted(facts["results"]) == sorted(set(facts["results"]))
    text = (tmp_path / "step.mlir").read_text()
    assert stablehlo_text.without_copies(text) == text
    arguments = re.search(r"@main\((.*?)\) ->", text, re.DOTALL)[1].count("tensor<")
    assert arguments == len(facts["batch"]) + len(state)


def test_another_runtime_takes_the_same_steps(tmp_path):
    pytest.importorskip("jaxlib", reason="jax, which runs the step, isn't installed")
    from run_step import Step

    gan = tiny_gan(num_classes=3)
    gan.compile(
        penalties=[kg.penalties.R1(0.1, interval=2)], augmentation="diffaugment", update="shared"
    )
    batch = (tf.constant(random_images(8)), tf.constant([0, 1, 2, 0, 1, 2, 0, 1]))
    export_step(gan, batch, tmp_path, device="cpu", exact=True)
    text = (tmp_path / "step.mlir").read_text()
    for transfer in ("outfeed", "infeed", "stablehlo.send", "stablehlo.recv", "custom_call"):
        assert transfer not in text, f"the step would wait for the host: {transfer}"

    there, here = Step(tmp_path), tf.function(gan.train_step, jit_compile=True)
    placed = [there.put(tensor.numpy()) for tensor in batch]
    for _ in range(3):
        logs, expected = there(*placed), here(batch)
        for name, value in expected.items():
            assert float(logs[name]) == pytest.approx(float(value), rel=1e-4, abs=1e-6), name
    assert float(logs["r1"]) > 0
    for array, variable in zip(
        there.state, variables_of(gan, here.get_concrete_function(batch)), strict=True
    ):
        np.testing.assert_allclose(array, variable, rtol=1e-4, atol=1e-5, err_msg=variable.name)
    cost = there.cost()
    assert cost["flops"] > 1e6
    assert cost["state_bytes"] > 4 * sum(np.size(w) for w in gan.weights)
