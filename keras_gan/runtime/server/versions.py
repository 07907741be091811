"""Versions of a model: loads the newest one, and newer ones when they appear.

As in TF Serving, there is one version at a time; it is unloaded once the next is ready.
"""

import logging
import os
import pathlib
from collections.abc import Callable

from keras_gan.files.model_folders import list_versions
from keras_gan.runtime.generator import Generator
from keras_gan.runtime.server.signatures import make_signatures

import numpy as np

MAX_VERSION = 2**63 - 1
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
        self.current, self.states, self.damaged = None, {}, {}

    def refresh(self) -> None:
        """Loads the newest version, unless it is loaded already or damaged."""
        for version, path, stamp in self.find():
            if self.current and version == self.current.version:
                return
            if self.damaged.get(version) != stamp and self.switch_to(version, path, stamp):
                return

    def find(self) -> list[tuple[int, pathlib.Path, tuple]]:
        """Finds `(version, path, stamp)` of the versions with an ONNX file, newest first."""
        try:
            versions = list_versions(self.folder)
            return [
                (version, path, stamp_of(path))
                for version, path in versions
                if version <= MAX_VERSION
            ]
        except OSError as error:
            log.warning("could not look for versions in %s: %s", self.folder, error)
            return []

    def switch_to(self, version: int, path: pathlib.Path, stamp: tuple) -> bool:
        """Loads a version and makes it the current one; returns False if it is damaged."""
        try:
            model = self.load(version, path)
        except Exception as error:  # onnxruntime raises many kinds for damaged files
            self.damaged[version] = stamp
            self.states[version] = ("END", str(error))
            log.error("version %d is not served: %s", version, error)
            return False
        previous, self.current = self.current, model
        self.states[version] = ("AVAILABLE", "")
        if previous:
            self.states[previous.version] = ("END", "")
        log.info("serving version %d of %s", version, self.name)
        return True


def stamp_of(path: pathlib.Path) -> tuple[int, int, int]:
    """Returns numbers that change when a file is replaced."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
