"""A web page that draws samples in the browser, as a folder of static files.

onnxruntime-web 1.30.0 (MIT) is in `assets/`; `tools/vendor_onnxruntime_web.py` downloads it. The
page loads nothing from other servers.
"""

import dataclasses
import json
import os
import pathlib
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

from keras_gan import media
from keras_gan.errors import ConfigError
from keras_gan.export.directions import main_directions
from keras_gan.export.interface import Card, served_interface
from keras_gan.export.onnx import to_onnx
from keras_gan.export.parity import Exported, work_folder
from keras_gan.files.atomic import check_path, check_replaceable, replace
from keras_gan.files.run_folder import is_published
from keras_gan.sampling import require_sampling

import keras
import numpy as np

if TYPE_CHECKING:
    from keras_gan.runtime.generator import Generator

RUNTIME = pathlib.Path(__file__).parents[2] / "runtime" / "generator.js"
ASSETS = pathlib.Path(__file__).parent / "assets"
POINTS, SEED = 32, 0  # the latents at which the main directions are computed


def to_web(gan: keras.Model, folder: str | os.PathLike, card: Card | None = None) -> Exported:
    """Writes a page that samples the averaged generator in the browser.

    It needs a server of static files and no network: `python -m http.server --directory FOLDER`.

    Args:
        gan: A `GAN` of images with 1, 3 or 4 channels.
        folder: The folder to write; an existing exported page is replaced.
        card: A `Card` that describes the generator.

    Returns:
        An `Exported` with the folder.

    Raises:
        ConfigError: If the samples aren't such images, or the folder holds other files.
        ExportError: If the page can't be written, or the generator can't be exported. An existing
            page is kept then.

    Example:

        kg.export.to_web(gan, "page")
    """
    folder = check_path(folder)
    require_sampling(gan, "a page")
    check_images(gan.medium.name, gan.sample_shape)
    check_folder(folder)
    with work_folder(folder.parent) as work:
        path, interface = work / "generator.onnx", served_interface(gan)
        onnx_file = to_onnx(gan, path, card=card, interface=interface)
        write_page(path, folder)
    return dataclasses.replace(onnx_file, path=folder)


def write_page(
    paths: str | os.PathLike | Mapping[str, str | os.PathLike], folder: str | os.PathLike
) -> pathlib.Path:
    """Writes the page of a generator, or of several, from ONNX files of `to_onnx`.

    Args:
        paths: The ONNX file; or name -> ONNX file, of which the page offers a choice.
        folder: The folder to write; an existing exported page is replaced.

    Returns:
        The folder.

    Raises:
        ConfigError: If there is no file, one isn't a generator of images in [-1, 1] from latents,
            or the folder holds other files.
        ExportError: If the page can't be written. An existing page is kept then.

    Example:

        kg.export.write_page({"digits": "saved_models/digits/generator.onnx"}, "page")
    """
    folder = check_path(folder)
    check_folder(folder)
    files = paths if isinstance(paths, Mapping) else {"generator": paths}
    if not files:
        raise ConfigError("expected one ONNX file or more for a page, got none; add one.")
    generators = {name: load_generator(path) for name, path in files.items()}
    with work_folder(folder.parent) as work:
        page = work / "page"
        shutil.copytree(ASSETS, page)
        shutil.copyfile(RUNTIME, page / "generator.js")
        entries = []
        for index, (name, generator) in enumerate(generators.items()):
            place = f"models/{index}" if index else "."  # a page of one has no other folder
            (page / place).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(files[name], page / place / "generator.onnx")
            write_json(page / place / "directions.json", directions_data(generator))
            entries.append({"name": name, "folder": place})
        write_json(page / "generators.json", entries)
        if folder.exists():
            replace(folder, work / "replaced")
        replace(page, folder)
    return folder


def load_generator(path: str | os.PathLike) -> "Generator":
    """Loads an ONNX file that a page can show.

    Raises:
        ConfigError: If it isn't a generator of images in [-1, 1] from latents.
    """
    from keras_gan.runtime import Generator

    try:
        generator = Generator(path)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    check_generator(generator)
    return generator


def write_json(path: pathlib.Path, content: object) -> None:
    """Writes a file for the page's scripts."""
    path.write_text(json.dumps(content), "utf-8")


def check_images(medium: str, shape: tuple[int, ...]) -> None:
    """Raises `ConfigError` if a page can't draw samples of a medium and shape."""
    if medium != media.Image.name or not media.Image().fits(shape):
        raise ConfigError(
            f"expected images {media.Image.form} for a page, got samples {shape} of the medium "
            f"{medium}."
        )


def check_folder(folder: pathlib.Path) -> None:
    """Raises `ConfigError` for the current folder, or one that holds anything but a page.

    A published run has a page beside its model, which isn't to be lost.
    """
    check_replaceable(folder)
    is_page = (folder / "generator.onnx").exists() and (folder / "index.html").exists()
    is_page = is_page and not is_published(folder)
    if folder.exists() and not is_page and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(
            f"expected a new folder or an exported page at {folder}, but it holds other files; "
            "choose another one."
        )


def check_generator(generator: "Generator") -> None:
    """Raises `ConfigError` if the page doesn't support the file's inputs or outputs."""
    output = generator.session.get_outputs()[0]
    check_images(generator.medium, tuple(output.shape[1:]))
    check_truncation(generator)
    supported = {"latents", "labels", "truncation"}
    if set(generator.inputs) - supported or output.type != "tensor(float)":
        raise ConfigError(
            "expected a generator from latents and labels to float32 images, got "
            f"{', '.join(generator.inputs)} to {output.type}; export it without other options."
        )


def check_truncation(generator: "Generator") -> None:
    """Raises `ConfigError` if the generator doesn't support truncation."""
    if not generator.scales_latents and "truncation" not in generator.inputs:
        raise ConfigError(
            "expected a file with the input truncation, as scaling this generator's latents has no "
            "effect; export it with keras-gan export --truncation."
        )


def directions_data(generator: "Generator") -> dict[str, list]:
    """Computes the main directions, as lists `directions` and `shares` for the page's JSON."""
    labels = np.arange(POINTS, dtype="int32") % (len(generator.classes) or 1)
    conditional = "labels" in generator.inputs

    def generate(latents, labels):
        return generator.run(latents, labels if conditional else None)

    latents = generator.latents(POINTS, SEED)
    directions, shares = main_directions(generate, latents, labels if conditional else None)
    return {"directions": directions.round(6).tolist(), "shares": shares.round(6).tolist()}
