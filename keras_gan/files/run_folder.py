"""What makes a folder a run, for code that knows no more of runs."""

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

from keras_gan.errors import DataError, RunError
from keras_gan.files import limits

CONFIG = "config.json"  # the file of a run's settings
VERSION = "keras_gan_version"  # a key in it that other programs' settings don't have
HUB = "hf:"  # before the name of a run on the Hugging Face hub
EXPORT = "export"  # the folder of a run's exports
PUBLISHED = "model.keras"  # the file of the one model of a published run


def is_on_hub(source: Any) -> bool:
    """Returns whether a source is `hf:OWNER/NAME`, a run on the Hugging Face hub."""
    return isinstance(source, str) and source.startswith(HUB)


def is_run(folder: str | os.PathLike) -> bool:
    """Returns whether a folder has a file of settings; see `is_run_folder` for a closer look."""
    return pathlib.Path(folder, CONFIG).is_file()


def is_run_folder(path: str | os.PathLike) -> bool:
    """Returns whether a folder is a run of this package."""
    return is_run_config(limits.read_text, pathlib.Path(path, CONFIG))


def is_run_config(read: Callable[[Any], str | bytes], file: Any) -> bool:
    """Returns whether a file, read by a function, holds the settings of a run of this package."""
    try:
        settings = json.loads(read(file))
    except (DataError, *limits.UNREADABLE):
        return False
    return isinstance(settings, dict) and VERSION in settings


def is_published(folder: str | os.PathLike) -> bool:
    """Returns whether a run is published, here or on the hub: nothing is written into it."""
    return is_on_hub(str(folder)) or pathlib.Path(folder, PUBLISHED).exists()


def require_unpublished(folder: str | os.PathLike) -> None:
    """Raises `RunError` for a published run, which has one model and isn't changed."""
    if is_published(folder):
        raise RunError(
            f"expected a run of this machine, got the published one {folder}, into which nothing "
            "is written; sample, explore or export it to another --out, or train from it: --from."
        )


def require_run(folder: str | os.PathLike) -> None:
    """Raises `RunError` for a folder without the settings of a run."""
    if pathlib.Path(folder).is_file():
        raise RunError(
            f"expected a run folder, got the file {folder}; name the run that it is of, or start "
            "a training with the weights of a .keras file: keras-gan train --from."
        )
    if not is_run(folder):
        raise RunError(
            f"expected a run folder at {folder}, found no {CONFIG} in it; "
            "make one with: keras-gan train RECIPE --data SOURCE --out RUN."
        )


def require_free(folder: str | os.PathLike) -> None:
    """Raises `RunError` unless a folder is missing or empty."""
    if not is_free(folder):
        raise RunError(
            f"expected a new or empty folder, or a run, at {folder}; it holds other files. Choose "
            "another --out."
        )


def is_free(folder: str | os.PathLike) -> bool:
    """Returns whether a folder is missing or empty."""
    folder = pathlib.Path(folder)
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
