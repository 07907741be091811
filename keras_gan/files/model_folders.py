"""Folders of exported models: what `keras-gan serve` and web pages find in them.

MODEL/<version>/assets.extra/generator.onnx
"""

import pathlib
from collections.abc import Callable, Iterable
from typing import Any

from keras_gan.files.run_folder import EXPORT, is_published, is_run

FILE = pathlib.PurePath("assets.extra", "generator.onnx")
MAX_VERSION = 2**63 - 1  # as in TF Serving


def find_models(given: pathlib.Path) -> dict[str, pathlib.Path]:
    """Finds the models in a run's export, in a model's folder, or in a folder of models.

    Args:
        given: The run or the folder.

    Returns:
        Name of a model -> its folder; one without versions if there is no model, and an empty
        dict if there is no folder.
    """
    folder = given / EXPORT if is_run(given) else given
    if not folder.is_dir():
        return {}
    inner = [] if has_versions(folder) else sorted(filter(has_versions, list_folders(folder)))
    return {each.name: each for each in inner} or {given.resolve().name: folder}


def has_versions(folder: pathlib.Path) -> bool:
    """Returns whether a model's folder has a version with an ONNX file."""
    return bool(list_versions(folder))


def list_versions(folder: pathlib.Path) -> list[tuple[int, pathlib.Path]]:
    """Returns `(version, path)` of the versions with an ONNX file, newest first.

    A version folder is complete as soon as it exists, as exports rename whole folders.
    """
    versions = [
        (int(entry.name[:20]), entry / FILE)
        for entry in list_folders(folder)
        if entry.name.isascii() and entry.name.isdigit() and (entry / FILE).is_file()
    ]
    return sorted((each for each in versions if each[0] <= MAX_VERSION), reverse=True)


def load_newest(
    versions: Iterable[tuple],
    load: Callable[..., Any],
    report: Callable[[tuple, Exception], None],
) -> Any:
    """Loads the newest version that isn't damaged.

    Args:
        versions: What is known of each version, `(number, path, ...)`, newest first.
        load: Function from number and path to a model; it raises an error for a damaged version.
        report: Function to call with each damaged version and its error.

    Returns:
        The model; None if there is no version, or each is damaged.
    """
    for version in versions:
        try:
            return load(*version[:2])
        except Exception as error:  # onnxruntime raises many kinds for damaged files
            report(version, error)
    return None


def list_folders(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the folders in a folder."""
    return [entry for entry in folder.iterdir() if entry.is_dir()]


def way_to_export(given: pathlib.Path) -> str:
    """Returns the command that makes a version, for errors.

    Example:

    >>> way_to_export(pathlib.Path("served/cats")), way_to_export(pathlib.Path("hf:me/cats"))
    ('keras-gan export RUN --out served/cats', 'keras-gan export hf:me/cats --out DIR')
    """
    if is_published(given):
        return f"keras-gan export {given} --out DIR"
    if is_run(given):
        return f"keras-gan export {given}"
    return f"keras-gan export RUN --out {'DIR' if given.exists() else given}"
