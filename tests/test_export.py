import functools
import io
import json
import pathlib
import subprocess
import sys

import keras_gan as kg
from keras_gan import export, pictures
from keras_gan.errors import ConfigError, ExportError
from keras_gan.export import Card
from keras_gan.export.parity import BATCH_SIZES, check_parity, float32_network, float32_signatures
from keras_gan.signature import SERVING_DEFAULT

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf
from conftest import tiny_gan
from PIL import Image

FAMILIES = {
    "dcgan": lambda: tiny_gan(),
    "dcgan with labels": lambda: tiny_gan(3, channels=3),
    "dcgan trained in bfloat16": lambda: tiny_gan(dtype="mixed_bfloat16"),
    "mlp": lambda: kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 5, (8,), num_classes=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (8,), num_classes=3),
    ),
    "points": lambda: kg.GAN(
        kg.networks.MLPGenerator((2,), 5, (8,)), kg.networks.MLPDiscriminator((2,), (8,))
    ),
}


def inputs_of(gan, batch_size):
    inputs = {"latents": np.random.default_rng(0).standard_normal((batch_size, gan.latent_dim))}
    inputs["latents"] = inputs["latents"].astype("float32")
    if gan.conditional:
        inputs["labels"] = np.arange(batch_size, dtype="int32") % gan.num_classes
    return inputs


def keras_samples(gan, inputs):
    return np.array(float32_signatures(gan)[SERVING_DEFAULT](inputs))


@pytest.mark.parametrize("family", FAMILIES)
def test_both_exports_agree_with_keras(family, tmp_path):
    gan = FAMILIES[family]()
    output = "samples" if family == "points" else "images"
    saved_model = export.to_saved_model(gan, tmp_path / "model")
    onnx_file = export.to_onnx(gan, tmp_path / "model.onnx")
    loaded = tf.saved_model.load(str(saved_model.path))
    session = onnxruntime.InferenceSession(onnx_file.path)
    for batch_size in BATCH_SIZES:
        inputs = inputs_of(gan, batch_size)
        expected = keras_samples(gan, inputs)
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        served = loaded.signatures["serving_default"](**tensors)[output].numpy()
        assert np.abs(served - expected).max() <= 1e-6
        assert np.abs(session.run([output], inputs)[0] - expected).max() <= 1e-5
    assert saved_model.difference <= 1e-6
    assert onnx_file.difference <= 1e-5
    assert ("sample_png" in loaded.signatures) == (output == "images")


def test_versions_count_up_and_nothing_else_is_left(tmp_path):
    gan = tiny_gan()
    assert export.to_saved_model(gan, tmp_path).path == tmp_path / "1"
    assert export.to_saved_model(gan, tmp_path).path == tmp_path / "2"
    (tmp_path / "10").mkdir()
    (tmp_path / "notes").mkdir()
    assert export.to_saved_model(gan, tmp_path).path == tmp_path / "11"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "10", "11", "2", "notes"]


@pytest.mark.parametrize("num_classes", [None, 3])
def test_sample_png_is_the_grid_of_sample(tmp_path, num_classes):
    gan = tiny_gan(num_classes)
    loaded = tf.saved_model.load(str(export.to_saved_model(gan, tmp_path).path))
    for count, seed, truncation in ((1, 0, 1.0), (7, 3, 0.5)):
        inputs = scalars(count, seed, truncation, -1 if num_classes else None)
        content = loaded.signatures["sample_png"](**inputs)["png_bytes"].numpy()
        labels = None if num_classes is None else np.arange(count) % num_classes
        images = gan.sample(count, seed=seed, labels=labels, truncation=truncation)
        picture = np.array(Image.open(io.BytesIO(content)), int)
        assert np.abs(picture - np.array(pictures.grid(images)[..., 0], int)).max() <= 1
        pixels = loaded.signatures["sample"](**inputs)["images"].numpy()
        assert (pixels.shape, pixels.dtype) == (images.shape, np.uint8)
        assert np.abs(pixels - np.array(pictures.to_uint8(images), int)).max() <= 1


def scalars(count, seed, truncation, label=None):
    """Inputs of the signatures that draw their latents."""
    inputs = {"count": tf.constant(count), "seed": tf.constant(seed, tf.int64)}
    inputs["truncation"] = tf.constant(truncation)
    return inputs if label is None else {**inputs, "label": tf.constant(label)}


def test_sample_takes_a_class_and_bounds_its_count(tmp_path):
    gan = tiny_gan(3)
    loaded = tf.saved_model.load(str(export.to_saved_model(gan, tmp_path).path))
    sample = loaded.signatures["sample"]
    ours = pictures.to_uint8(gan.sample(5, seed=2, labels=1))
    theirs = sample(**scalars(5, 2, 1.0, 1))["images"]
    assert np.abs(np.array(ours, int) - theirs.numpy()).max() <= 1
    assert sample(**scalars(0, 2, 1.0, 1))["images"].shape[0] == 1
    assert sample(**scalars(2_000, 2, 1.0, 1))["images"].shape[0] == 1024


def test_graph_alone_runs_in_a_session(tmp_path):
    """TensorFlow's C++ loader, as TF Serving uses it: a graph and names, no Python objects."""
    gan = tiny_gan(3)
    path = export.to_saved_model(gan, tmp_path, beside=[__file__]).path
    assert (path / "assets.extra" / "test_export.py").exists()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
        signature = graph.signature_def["serving_default"]
        inputs = inputs_of(gan, 5)
        feed = {signature.inputs[name].name: value for name, value in inputs.items()}
        served = session.run(signature.outputs["images"].name, feed)
        defaults = graph.signature_def["sample"].defaults
        defaults = {name: tf.make_ndarray(value).item() for name, value in defaults.items()}
        drawn = graph.signature_def["sample_png"]
        feed = {drawn.inputs["count"].name: 4}
        feed |= {drawn.inputs[name].name: value for name, value in defaults.items()}
        picture = session.run(drawn.outputs["png_bytes"].name, feed)
    assert np.abs(served - keras_samples(gan, inputs)).max() <= 1e-6
    assert defaults == {"seed": 0, "truncation": 1.0, "label": -1}
    assert Image.open(io.BytesIO(picture)).size == (16, 16)


def test_compiled_by_xla_it_agrees(tmp_path):
    made = export.to_saved_model(tiny_gan(3), tmp_path, jit_compile=True)
    assert made.difference <= 1e-5
    loaded = tf.saved_model.load(str(made.path))
    assert loaded.signatures["sample"](**scalars(3, 0, 1.0, -1))["images"].shape == (3, 8, 8, 1)


def test_saved_model_cli_shows_and_runs_signatures(tmp_path):
    path = export.to_saved_model(tiny_gan(3), tmp_path).path
    tool = pathlib.Path(sys.executable).with_name("saved_model_cli")
    shown = subprocess.run(
        [tool, "show", "--all", "--dir", path], capture_output=True, text=True, check=True
    ).stdout
    for words in ("serving_default", "sample_png", "inputs['latents']", "inputs['labels']"):
        assert words in shown
    for words in ("outputs['images']", "shape: (-1, 8, 8, 1)", "inputs['count']", "inputs['seed']"):
        assert words in shown
    for name, values in inputs_of(tiny_gan(3), 2).items():
        np.save(tmp_path / f"{name}.npy", values)
    inputs = ";".join(f"{name}={tmp_path / name}.npy" for name in ("latents", "labels"))
    options = ["--tag_set", "serve", "--signature_def", "serving_default", "--dir", path]
    options += ["--outdir", tmp_path / "out", "--inputs", inputs]
    subprocess.run([tool, "run", *options], capture_output=True, check=True)
    assert np.load(tmp_path / "out" / "images.npy").shape == (2, 8, 8, 1)


@pytest.mark.parametrize("opset", [15, 16, 17, 18])
def test_onnx_names_shapes_and_metadata(tmp_path, opset):
    gan = tiny_gan(3)
    card = Card("dcgan", ("ant", "bee", "cat"), "CC0")
    export.to_onnx(gan, tmp_path / "g.onnx", opset, card)
    model = onnx.load(tmp_path / "g.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [entry.version for entry in model.opset_import if entry.domain == ""] == [opset]
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx")
    described = {entry.name: (entry.shape, entry.type) for entry in session.get_inputs()}
    assert described == {
        "latents": (["batch", 6], "tensor(float)"),
        "labels": (["batch"], "tensor(int32)"),
    }
    (output,) = session.get_outputs()
    assert (output.name, output.shape) == ("images", ["batch", 8, 8, 1])
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts.pop("classes")) == ["ant", "bee", "cat"]
    assert facts == {
        "keras_gan_version": kg.__version__,
        "kind": "sampler",
        "latent_distribution": "normal",
        "latent_size": "6",
        "layout": "NHWC",
        "licence": "CC0",
        "range": "-1 1",
        "recipe": "dcgan",
    }


WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None  # importing them raises ImportError
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
latents = np.load(sys.argv[2])
np.save(sys.argv[3], session.run(["images"], {"latents": latents})[0])
"""


def test_onnx_runs_where_tensorflow_cannot_be_imported(tmp_path):
    gan = tiny_gan()
    export.to_onnx(gan, tmp_path / "g.onnx")
    inputs = inputs_of(gan, 3)
    np.save(tmp_path / "latents.npy", inputs["latents"])
    files = [tmp_path / name for name in ("g.onnx", "latents.npy", "images.npy")]
    subprocess.run([sys.executable, "-c", WITHOUT_TENSORFLOW, *files], check=True)
    assert np.abs(np.load(files[2]) - keras_samples(gan, inputs)).max() <= 1e-5


# What goes wrong leaves nothing behind.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x + 0.1, r"agree .* to 1e-05, got a largest difference of 0.1"),
        (lambda x: x * np.nan, "difference of nan"),
        (lambda x: x.astype("float64"), r"expected samples \(1, 8, 8, 1\) float32"),
        (lambda x: x[..., [0, 0]], r"expected samples \(1, 8, 8, 1\)"),
    ],
)
def test_a_generator_that_differs_is_refused(change, message):
    gan = tiny_gan()

    def expected(inputs):
        return keras_samples(gan, inputs)

    with pytest.raises(ExportError, match=message):
        check_parity(
            gan.signatures()[SERVING_DEFAULT],
            expected,
            lambda i: change(expected(i)),
            (1e-5, np.inf),
            "export",
        )


def test_float32_copy_has_the_same_weights():
    gan = tiny_gan(dtype="mixed_float16")
    copy = float32_network(gan.moving_average)
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    for ours, theirs in zip(copy.get_weights(), gan.moving_average.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
    assert float32_network(tiny_gan().moving_average).name == "dcgan_generator"


@pytest.mark.parametrize("tolerance", ["saved_model", "onnx"])
def test_a_failed_parity_check_leaves_no_file(tmp_path, monkeypatch, tolerance):
    """A tolerance below zero simulates an export that differs."""
    monkeypatch.setattr(getattr(kg.export, tolerance), "TOLERANCE", -1.0)
    write = {"saved_model": export.to_saved_model, "onnx": export.to_onnx}[tolerance]
    target = tmp_path / "new" / "model"
    with pytest.raises(ExportError, match="to agree with the Keras generator"):
        write(tiny_gan(), target)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_keeps_the_file_that_was_there(tmp_path, monkeypatch):
    gan, path = tiny_gan(), tmp_path / "g.onnx"
    export.to_onnx(gan, path)
    before = path.read_bytes()
    monkeypatch.setattr(kg.export.onnx, "TOLERANCE", -1.0)
    with pytest.raises(ExportError):
        export.to_onnx(gan, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["g.onnx"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for write in (export.to_saved_model, export.to_onnx):
        with pytest.raises(ExportError, match=r"could not write to .*nothing was left"):
            write(tiny_gan(), tmp_path / "file" / "model")


@pytest.mark.parametrize("kilobytes", [64, 180])
def test_a_full_disk_leaves_nothing(small_disk, kilobytes):
    """With more space some files are whole, and what follows is not."""
    folder = small_disk(kilobytes)
    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 100, (200,)),
        kg.networks.MLPDiscriminator((8, 8, 1), (8,)),
    )
    to_int8 = functools.partial(export.to_onnx, precision="int8")
    with_warm_up = functools.partial(export.to_saved_model, warm_up=True)
    for write, name in ((with_warm_up, "model"), (to_int8, "g.onnx")):
        with pytest.raises(ExportError, match=r"could not write to .*: No space left on device; n"):
            write(gan, folder / name)
        assert list(folder.iterdir()) == []


def test_opset_out_of_range(tmp_path):
    with pytest.raises(ConfigError, match="opset from 15 to 18, got 9"):
        export.to_onnx(tiny_gan(), tmp_path / "g.onnx", opset=9)


def test_constants_that_are_no_weights_are_named(tmp_path):
    normalization = keras.layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 4.0], invert=True)
    gan = kg.GAN(
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), normalization]),
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]),
    )
    with pytest.raises(ExportError, match="replace it by a Rescaling"):
        kg.export.to_onnx(gan, tmp_path / "gan.onnx")
    assert not list(tmp_path.iterdir())
