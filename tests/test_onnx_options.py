"""Interfaces and precision of ONNX files, and LiteRT; sampled without Keras."""

import keras_gan as kg
from keras_gan import export, noise, pictures
from keras_gan.errors import ConfigError, ExportError
from keras_gan.export import Interface, litert
from keras_gan.runtime import Generator
from keras_gan.runtime.generator import bits, normal, to_uint8

import numpy as np
import onnx
import onnxruntime
import pytest
import windows_like
from conftest import tiny_gan

SEEDS = (0, 7, 2**31, 2**63 - 1)


def points_gan():
    return kg.GAN(
        kg.networks.MLPGenerator((2,), 5, (8,)),
        kg.networks.MLPDiscriminator((2,), (8,)),
        latent_distribution="uniform",
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_is_tensorflows(seed):
    ours = normal(bits([4097], [seed])).ravel()[:4097]
    theirs = noise.normal((4097,), noise.make_key(seed)).numpy()
    apart = np.abs(ours - theirs) / np.spacing(np.abs(theirs))
    assert apart.max() <= 4
    assert (ours == theirs).mean() > 0.95


@pytest.mark.parametrize("make", [tiny_gan, lambda: tiny_gan(3, channels=3), points_gan])
def test_runtime_samples_as_keras_does(tmp_path, make):
    gan = make()
    generator = Generator(export.to_onnx(gan, tmp_path / "g.onnx").path)
    for seed in SEEDS:
        ours = generator.sample(5, seed, truncation=0.7)
        assert np.abs(ours - gan.sample(5, seed=seed, truncation=0.7)).max() <= 1e-5
    assert np.abs(generator.latents(9, 3) - gan.latents(9, seed=3)).max() <= 1e-6
    if gan.conditional:
        twos = gan.sample(5, seed=1, labels=2)
        assert np.abs(generator.sample(5, 1, 2) - twos).max() <= 1e-5
        assert np.abs(generator.sample(5, 1, [2] * 5) - twos).max() <= 1e-5


@pytest.mark.parametrize("make", [lambda: tiny_gan(3, channels=3), points_gan])
def test_latents_are_drawn_inside(tmp_path, make):
    gan = make()
    path = export.to_onnx(gan, tmp_path / "g.onnx", interface=Interface(seeded=True)).path
    session = onnxruntime.InferenceSession(path)
    assert {"count", "seed"} <= {entry.name for entry in session.get_inputs()}
    generator = Generator(path)
    for seed in SEEDS:
        assert np.abs(generator.sample(7, seed) - gan.sample(7, seed=seed)).max() <= 1e-5
    with pytest.raises(ValueError, match="expected truncation 1"):
        generator.sample(2, truncation=0.5)


def test_every_choice_of_the_interface_together(tmp_path):
    gan, interface = tiny_gan(3, channels=3), Interface(True, True, True, True)
    made = export.to_onnx(gan, tmp_path / "g.onnx", interface=interface)
    (output,) = onnxruntime.InferenceSession(made.path).get_outputs()
    assert (output.shape, output.type) == (["batch", 3, 8, 8], "tensor(uint8)")
    generator = Generator(made.path)
    assert (generator.metadata["range"], generator.metadata["layout"]) == ("0 255", "NCHW")
    expected = pictures.to_uint8(gan.sample(6, seed=4, labels=1, truncation=0.4))
    received = generator.sample(6, 4, 1, truncation=0.4).transpose(0, 2, 3, 1)
    assert np.abs(received.astype(int) - np.array(expected, int)).max() <= 1


@pytest.mark.parametrize("precision", ["float16", "int8", "int8_dynamic"])
def test_lower_precision_is_smaller_and_close(tmp_path, precision):
    gan = kg.GAN(
        kg.networks.DCGANGenerator((28, 28, 1), 16, 16, num_classes=3),
        kg.networks.DCGANDiscriminator((28, 28, 1), 4, num_classes=3),
    )
    whole = export.to_onnx(gan, tmp_path / "whole.onnx").path.stat().st_size
    made = export.to_onnx(gan, tmp_path / "g.onnx", precision=precision)
    assert made.path.stat().st_size < whole * {"float16": 0.6, "int8": 0.5}.get(precision, 0.8)
    assert 0 < made.mean < {"float16": 1e-4}.get(precision, 0.05)
    assert np.isfinite(Generator(made.path).sample(3, 0, 1)).all()


def test_equal_games_give_equal_bytes(tmp_path):
    gan = tiny_gan(3)
    paths = [export.to_onnx(gan, tmp_path / f"{name}.onnx").path for name in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("make", [tiny_gan, lambda: tiny_gan(3, channels=3), points_gan])
def test_litert_agrees_at_any_batch(tmp_path, make, monkeypatch):
    from ai_edge_litert.interpreter import Interpreter

    def replace(new, path):
        windows_like.check_closed(new)  # Windows wouldn't rename it
        really(new, path)

    gan, really = make(), litert.replace
    monkeypatch.setattr(litert, "replace", replace)
    made = export.to_litert(gan, tmp_path / "g.tflite")
    assert made.difference <= 1e-5
    serve = Interpreter(str(made.path)).get_signature_runner("serving_default")
    inputs = {"latents": gan.latents(5, seed=3).numpy()}
    if gan.conditional:
        inputs["labels"] = np.arange(5, dtype="int32") % 3
    (samples,) = serve(**inputs).values()
    expected = gan.sample(5, seed=3, labels=inputs.get("labels"))
    assert np.abs(samples - expected).max() <= 1e-5


def test_uint8_rounds_as_keras_does():
    values = np.linspace(-1.2, 1.2, 4001, dtype="float32").reshape(1, -1, 1, 1)
    assert np.array_equal(to_uint8(values), pictures.to_uint8(values))


# What can't be is named.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"opset": 17, "interface": Interface(seeded=True)}, "expected opset 18 to draw latents"),
        ({"precision": "int4"}, "expected a precision of float32, float16"),
    ],
)
def test_options_that_cannot_be(tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        export.to_onnx(tiny_gan(), tmp_path / "g.onnx", **options)
    with pytest.raises(ConfigError, match="expected samples that are images"):
        export.to_onnx(points_gan(), tmp_path / "g.onnx", interface=Interface(uint8=True))
    assert not list(tmp_path.iterdir())


def test_a_precision_that_changes_too_much_is_refused(tmp_path, monkeypatch):
    """A tolerance below zero simulates a generator that 8 bits can't represent."""
    monkeypatch.setitem(kg.export.onnx.MEAN_TOLERANCES, "float16", -1.0)
    with pytest.raises(ExportError, match="a mean of"):
        export.to_onnx(tiny_gan(), tmp_path / "g.onnx", precision="float16")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """The runtime of a generator with three classes."""
    path = tmp_path_factory.mktemp("conditional") / "generator.onnx"
    return Generator(export.to_onnx(tiny_gan(3), path).path)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"count": 0}, "expected count from 1"),
        ({"seed": -1}, "expected seed from 0"),
        ({"seed": 2**63}, "expected seed from 0"),
        ({"count": 1.5}, "expected an integer count, got 1.5"),
        ({"count": "2"}, "expected an integer count, got '2'"),
        ({"seed": 1.5}, "expected an integer seed, got 1.5"),
        ({"seed": None}, "expected an integer seed, got None"),
        ({"truncation": "1"}, "expected truncation from 0 to 1, got '1'"),
        ({"truncation": float("nan")}, "expected truncation from 0 to 1, got nan"),
        ({"label": 3}, "expected every label from 0 to 2, got 3"),
        ({"label": 1.5}, "expected one integer label or 2"),
        ({"label": [0, 1, 2]}, "expected one integer label or 2"),
    ],
)
def test_requests_out_of_range(conditional, request_, message):
    with pytest.raises(ValueError, match=message):
        conditional.sample(**{"count": 2, **request_})


@pytest.mark.parametrize(
    ("latents", "labels", "message"),
    [
        (
            np.zeros((2, 6)),
            np.zeros(2, "int32"),
            r"latents \(count, 6\) float32, got float64 of sh",
        ),
        (np.zeros((2, 5), "float32"), np.zeros(2, "int32"), r"got float32 of shape \(2, 5\)"),
        ([[0.0] * 6], np.zeros(1, "int32"), r"latents \(count, 6\) float32, got list"),
        (np.zeros((2, 6), "float32"), None, "expected labels for a file with the inputs"),
        (np.zeros((2, 6), "float32"), np.zeros(2, "int64"), r"labels \(2\) int32, got int64"),
        (np.zeros((2, 6), "float32"), np.zeros(3, "int32"), r"labels \(2\) int32, got int32 of sh"),
        (np.zeros((2, 6), "float32"), np.full(2, 3, "int32"), "every label from 0 to 2, got 3"),
    ],
)
def test_arrays_that_do_not_fit(conditional, latents, labels, message):
    with pytest.raises(ValueError, match=message):
        conditional.run(latents, labels)


def test_files_that_are_no_generators(tmp_path):
    (tmp_path / "text.onnx").write_text("hello")
    value = onnx.helper.make_tensor_value_info("x", 1, [1])
    output = onnx.helper.make_tensor_value_info("y", 1, [1])
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["x"], ["y"])], "g", [value], [output]
    )
    opset = onnx.helper.make_opsetid("", 18)
    model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[opset])
    onnx.save(model, tmp_path / "other.onnx")
    for name, message in (
        ("text.onnx", "expected an ONNX file"),
        ("missing.onnx", "expected an ONNX file"),
        ("other.onnx", "doesn't say its latent_size"),
    ):
        with pytest.raises(ValueError, match=message):
            Generator(tmp_path / name)
    with pytest.raises(ValueError, match="has no classes"):
        Generator(export.to_onnx(tiny_gan(), tmp_path / "g.onnx").path).sample(1, label=0)
