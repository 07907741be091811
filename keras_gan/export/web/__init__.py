"""A web page that samples the generator, as a folder of static files.

onnxruntime-web 1.30.0 (MIT) lies in `assets/`, fetched by `tools/vendor_onnxruntime_web.py`. The
page asks no other server for anything.
"""

import json
import pathlib
import shutil

from keras_gan import media
from keras_gan.errors import ConfigError
from keras_gan.export.directions import main_directions
from keras_gan.export.interface import served_interface
from keras_gan.export.onnx import to_onnx
from keras_gan.export.parity import Exported, work_folder
from keras_gan.sampling import require_sampling

import numpy as np

ASSETS = pathlib.Path(__file__).parent / "assets"
POINTS, SEED = 32, 0  # the latents at which the directions are taken


def to_web(gan, folder, card=None) -> Exported:
    """Writes a page that samples the averaged generator in the browser.

    It needs a server of static files and no network: `python -m http.server --directory FOLDER`.

    Args:
        gan: A `GAN` of images with 1, 3 or 4 channels.
        folder: The folder to write; an exported page that is there is replaced.
        card: A `Card`: what the page says of the generator.

    Returns:
        An `Exported` with the folder.

    Raises:
        ConfigError: For samples that are no such images, or a folder that holds other files.
        ExportError: If it can't be written, or the generator can't be exported. Then nothing is
            left, and a page that was there stays.

    Example:

        kg.export.to_web(gan, "page")
    """
    folder = pathlib.Path(folder)
    require_sampling(gan, "a page")
    check_shape(gan.sample_shape)
    check_folder(folder)
    with work_folder(folder.parent) as work:
        path, interface = work / "generator.onnx", served_interface(gan)
        made = to_onnx(gan, path, card=card, interface=interface)
        page_of(made.path, folder)
    return Exported(folder, made.difference, made.mean)


def page_of(path, folder):
    """Writes the page of a generator that `to_onnx` wrote.

    Args:
        path: The ONNX file.
        folder: The folder to write; an exported page that is there is replaced.

    Returns:
        The folder.

    Raises:
        ConfigError: For a file that is no generator of images in [-1, 1] from latents, or a
            folder that holds other files.
        ExportError: If it can't be written. Then nothing is left.

    Example:

        kg.export.page_of("saved_models/digits/generator.onnx", "page")
    """
    from keras_gan.runtime import generator as runtime

    folder = pathlib.Path(folder)
    check_folder(folder)
    try:
        generator = runtime.Generator(path)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    check_generator(generator)
    with work_folder(folder.parent) as work:
        page = work / "page"
        shutil.copytree(ASSETS, page)
        shutil.copyfile(path, page / "generator.onnx")
        shutil.copyfile(pathlib.Path(runtime.__file__).with_suffix(".js"), page / "generator.js")
        (page / "directions.json").write_text(json.dumps(directions_of(generator)))
        if folder.exists():
            folder.rename(work / "before")
        page.rename(folder)
    return folder


def check_shape(shape):
    """Raises `ConfigError` for samples that a page can't draw."""
    if not isinstance(media.of(shape), media.Image):
        raise ConfigError(f"expected images {media.Image.form} for a page, got samples {shape}.")


def check_folder(folder):
    """Raises `ConfigError` for a place that holds something other than an exported page."""
    page = (folder / "generator.onnx").exists() and (folder / "index.html").exists()
    if folder.exists() and not page and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(
            f"expected a new folder or an exported page at {folder}, but it holds other files; "
            "choose another one."
        )


def check_generator(generator):
    """Raises `ConfigError` for a file in another form than the page feeds and draws."""
    (output,) = generator.session.get_outputs()
    check_shape(tuple(output.shape[1:]))
    check_truncation(generator)
    known = {"latents", "labels", "truncation"}
    if set(generator.inputs) - known or output.type != "tensor(float)":
        raise ConfigError(
            "expected a generator that makes float32 images of latents and labels, got "
            f"{output.type} of {', '.join(generator.inputs)}; export it without other options."
        )


def check_truncation(generator):
    """Raises `ConfigError` for a file that can't be truncated."""
    if not generator.scales_latents and "truncation" not in generator.inputs:
        raise ConfigError(
            "expected a file with the input truncation, as this generator's latents can't be "
            "scaled instead; export it with keras-gan export --truncation."
        )


def directions_of(generator):
    """The main directions as the page reads them: `directions` and `shares`, lists."""
    labels = np.arange(POINTS, dtype="int32") % (len(generator.classes) or 1)
    conditional = "labels" in generator.inputs

    def generate(latents, labels):
        return generator.run(latents, labels if conditional else None)

    latents = generator.latents(POINTS, SEED)
    directions, shares = main_directions(generate, latents, labels if conditional else None)
    return {"directions": directions.round(6).tolist(), "shares": shares.round(6).tolist()}
