"""Versions of a model: loads the newest one, and newer ones when they appear.

As in TF Serving, there is one version at a time; it is unloaded once the next is ready.
"""

import itertools
import logging
import os
import pathlib
from collections.abc import Callable

from keras_gan.files.model_folders import list_versions, load_newest
from keras_gan.runtime.generator import Generator
from keras_gan.runtime.server.signatures import make_signatures

import numpy as np

log = logging.getLogger("keras_gan.runtime")


class Model:
    """A version of a model, loaded and tested.

    Args:
        version: Number of the version.
        path: The ONNX file.
        batch_size: Number of samples of the first run, which allocates memory for later runs.

    Attributes:
        generator: The `Generator`.
        num_classes: Number of classes; 0 without classes.
        shape: Shape of one sample.
        is_images: Whether the samples are images.
        signatures: Name -> `Signature`.

    Raises:
        ValueError: If the file can't be served.
    """

    def __init__(self, version: int, path: str | os.PathLike, batch_size: int):
        self.version = version
        self.generator = Generator(path, threads=1)  # batches run in parallel instead
        metadata, inputs = self.generator.metadata, self.generator.inputs
        self.num_classes = len(self.generator.classes) if "labels" in inputs else 0
        labels = ["labels"] if self.num_classes else []
        truncation = [] if self.generator.scales_latents else ["truncation"]
        if inputs != ["latents", *labels, *truncation]:
            raise ValueError(
                f"expected the inputs {', '.join(['latents', *labels, *truncation])} and classes "
                f"for labels, got {', '.join(inputs)}."
            )
        layout = metadata.get("range", "-1 1"), metadata.get("layout", "NHWC")
        if layout != ("-1 1", "NHWC"):
            raise ValueError(f"expected float images, channels last, got {' and '.join(layout)}.")
        labels = np.zeros(batch_size, np.int32)
        samples = self.run(self.generator.latents(batch_size), labels)
        if samples.dtype != np.float32 or not np.isfinite(samples).all():
            raise ValueError("expected finite float32 samples, got others.")
        self.shape = samples.shape[1:]
        self.is_images = self.generator.medium == "image"
        if self.is_images and (len(self.shape) != 3 or self.shape[2] not in range(1, 5)):
            raise ValueError(
                f"expected images (height, width, 1 to 4 channels), got samples {self.shape}."
            )
        self.signatures = make_signatures(
            self.generator, self.shape, bool(self.num_classes), self.is_images
        )

    def run(self, latents: np.ndarray, labels: np.ndarray, truncation: float = 1.0) -> np.ndarray:
        """Computes the samples of latents; labels are ignored without classes."""
        return self.generator.run(latents, labels if self.num_classes else None, truncation)


class Versions:
    """The versions in the folder of a model.

    Args:
        folder: The folder with the version folders.
        name: Name of the model in URLs.
        load: Function from version and path to `Model`.

    Attributes:
        current: The served `Model`; None before the first is loaded.
        states: Version -> `(state, error)`, for TF Serving's status.
    """

    def __init__(
        self, folder: str | os.PathLike, name: str, load: Callable[[int, pathlib.Path], Model]
    ):
        self.folder, self.name, self.load = pathlib.Path(folder), name, load
        self.current, self.states, self.damaged, self.is_lost = None, {}, {}, False

    def refresh(self) -> None:
        """Loads the newest version that isn't damaged, unless it is loaded already."""
        current = self.current and self.current.version
        newer = itertools.takewhile(lambda found: found[0] != current, self.find())
        untried = (found for found in newer if self.damaged.get(found[0]) != found[2])
        model = load_newest(untried, self.load, self.refuse)
        if model is not None:
            self.switch_to(model)

    def find(self) -> list[tuple[int, pathlib.Path, tuple]]:
        """Finds `(version, path, stamp)` of the versions with an ONNX file, newest first."""
        try:
            versions = list_versions(self.folder)
            found = [(version, path, stamp_of(path)) for version, path in versions]
        except OSError as error:
            if not self.is_lost:
                log.warning("could not look for versions in %s: %s", self.folder, error)
            self.is_lost = True
            return []
        if self.is_lost:
            log.info("looking for versions in %s again", self.folder)
        self.is_lost = False
        return found

    def refuse(self, found: tuple[int, pathlib.Path, tuple], error: Exception) -> None:
        """Notes that a version is damaged, until its file is replaced."""
        version, _, self.damaged[version] = found
        self.states[version] = ("END", str(error))
        log.error("version %d of %s is not served: %s", version, self.name, error)

    def switch_to(self, model: Model) -> None:
        """Makes a loaded version the current one."""
        previous, self.current = self.current, model
        self.states[model.version] = ("AVAILABLE", "")
        if previous:
            self.states[previous.version] = ("END", "")
        log.info("serving version %d of %s", model.version, self.name)


def stamp_of(path: pathlib.Path) -> tuple[int, int, int]:
    """Returns numbers that change when a file is replaced."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
