"""The training step leaves as StableHLO, and another XLA runtime plays the same game."""

import pathlib
import sys

import keras_gan as kg

import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, tiny_gan

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))


def test_another_runtime_takes_the_same_steps(tmp_path):
    pytest.importorskip("jaxlib")
    from export_step import export_step, variables_of
    from run_step import Step

    gan = tiny_gan(num_classes=3)
    gan.compile(
        penalties=[kg.penalties.R1(0.1, interval=2)], augmentation="diffaugment", update="shared"
    )
    batch = (tf.constant(random_images(8)), tf.constant([0, 1, 2, 0, 1, 2, 0, 1]))
    export_step(gan, batch, tmp_path)
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
