"""The shipped generators: complete, small, described, and the same in each of their files."""

import pathlib

from keras_gan.files.model_folders import newest_file
from keras_gan.runtime import Generator

import numpy as np
import pytest
from PIL import Image

MODELS = pathlib.Path(__file__).parents[1] / "saved_models"
NAMES = sorted(path.parent.name for path in MODELS.glob("*/generator.onnx"))
MAX_BYTES = 4_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_generator_is_small_and_described(name):
    folder = MODELS / name
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < MAX_BYTES
    assert Generator(folder / "generator.onnx").metadata["licence"]
    with Image.open(folder / "samples.png") as picture:
        assert min(picture.size) >= 200
    text = (MODELS / "README.md").read_text("utf-8")
    assert f"]({name}/samples.png)" in text
    assert f"saved_models/{name}" in text  # the command that wrote it


@pytest.mark.parametrize("name", NAMES)
def test_both_onnx_files_of_a_shipped_generator_draw_the_same(name):
    folder = MODELS / name
    served, small = Generator(newest_file(folder)), Generator(folder / "generator.onnx")
    assert served.classes == small.classes
    exact, near = (each.sample(8, seed=3) for each in (served, small))
    assert exact.shape == near.shape
    assert np.abs(exact - near).max() < 0.02  # of a range of 2; some weights are float16
    assert exact.std() > 0.1
