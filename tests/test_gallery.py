"""The shipped generators: small, described, and the same in TensorFlow and onnxruntime."""

import pathlib

from keras_gan.files.model_folders import find_models, list_versions
from keras_gan.runtime import Generator

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

MODELS = pathlib.Path(__file__).parents[1] / "saved_models"
MAX_BYTES = 4_000_000


def find_file(name):
    """Returns the ONNX file of a generator, which is shipped in one version."""
    ((_, file),) = list_versions(MODELS / name)
    return file


@pytest.mark.parametrize("name", find_models(MODELS))
def test_a_shipped_generator_is_small_and_described(name):
    folder = MODELS / name
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < MAX_BYTES
    assert Generator(find_file(name)).metadata["licence"]
    with Image.open(folder / "samples.png") as picture:
        assert min(picture.size) >= 200
    text = (MODELS / "README.md").read_text("utf-8")
    assert f"]({name}/samples.png)" in text
    assert f"runs/{name}" in text  # of the commands that made it


@pytest.mark.parametrize("name", find_models(MODELS))
def test_a_shipped_generator_draws_the_same_in_tensorflow_and_onnxruntime(name):
    file = find_file(name)
    generator = Generator(file)
    latents = generator.latents(4, seed=3)
    labels = np.arange(4, dtype="int32")
    inputs = {"latents": tf.constant(latents)}
    if generator.classes:
        inputs["labels"] = tf.constant(labels)
    signature = tf.saved_model.load(file.parents[1]).signatures["serving_default"]
    (samples,) = signature(**inputs).values()
    drawn = generator.run(latents, labels if generator.classes else None)
    np.testing.assert_allclose(drawn, samples.numpy(), atol=1e-4)
    assert samples.numpy().std() > 0.1
