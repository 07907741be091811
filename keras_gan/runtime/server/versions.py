"""What is served: the newest version that loads, watched for a newer one.

TF Serving's policy: one version at a time, the old one unloaded once the new one is ready.
"""

import logging
import pathlib

from keras_gan.errors import ServeError
from keras_gan.runtime.generator import Generator
from keras_gan.runtime.server.signatures import signatures_of

import numpy as np

FILE = pathlib.PurePath("assets.extra", "generator.onnx")
MAX_VERSION = 2**63 - 1
log = logging.getLogger("keras_gan.runtime")


class Model:
    """One version, loaded and tried.

    Args:
        version: Its number.
        path: The ONNX file.
        batch_size: Samples of the first run, which takes the memory that later ones need.

    Attributes:
        generator: The `Generator`.
        num_classes: 0 for none.
        shape: Of one sample.
        is_images: Whether a sample is an image.
        signatures: Name -> `Signature`.

    Raises:
        ValueError: For a file that can't be served.
    """

    def __init__(self, version, path, batch_size):
        self.version = version
        self.generator = Generator(path, threads=1)  # batches run beside each other instead
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
        tried = self.run(self.generator.latents(batch_size), labels)
        if tried.dtype != np.float32 or not np.isfinite(tried).all():
            raise ValueError("expected finite float32 samples, got others.")
        self.shape = tried.shape[1:]
        images = self.generator.output == "images"
        self.is_images = images and len(self.shape) == 3 and self.shape[2] in range(1, 5)
        self.signatures = signatures_of(self)

    def run(self, latents, labels, truncation=1.0):
        """Samples of latents, where there are classes of labels, and of a truncation."""
        return self.generator.run(latents, labels if self.num_classes else None, truncation)


class Versions:
    """The folder of a model.

    Args:
        folder: With version folders in it.
        name: The model's, in URLs.
        load: `(version, path) -> Model`.

    Attributes:
        current: The `Model` that is served; None before the first.
        states: Version -> `(state, error)`, as TF Serving's status tells them.
    """

    def __init__(self, folder, name, load):
        self.folder, self.name, self.load = pathlib.Path(folder), name, load
        self.current, self.states, self.damaged = None, {}, {}
        if not self.folder.is_dir():
            raise ServeError(f"expected a model's folder, got {folder}.")

    def refresh(self):
        """Loads the newest version, unless it is there already or damaged."""
        for version, path, stamp in self.found():
            if self.current and version == self.current.version:
                return
            if self.damaged.get(version) != stamp and self.take(version, path, stamp):
                return

    def found(self):
        """`(version, path, stamp)` of the versions with an ONNX file, the newest first.

        A version folder is complete as soon as it is seen: exports rename whole folders.
        """
        found = []
        try:
            for entry in self.folder.iterdir():
                path = entry / FILE
                if entry.name.isascii() and entry.name.isdigit() and path.is_file():
                    facts = path.stat()
                    stamp = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
                    found.append((int(entry.name[:20]), path, stamp))
        except OSError as error:
            log.warning("could not look for versions in %s: %s", self.folder, error)
        return sorted((entry for entry in found if entry[0] <= MAX_VERSION), reverse=True)

    def take(self, version, path, stamp):
        """Loads a version and puts it in the place of the one before; False where it is damaged."""
        try:
            model = self.load(version, path)
        except Exception as error:  # whatever onnxruntime says of a damaged file
            self.damaged[version] = stamp
            self.states[version] = ("END", str(error))
            log.error("version %d is not served: %s", version, error)
            return False
        before, self.current = self.current, model
        self.states[version] = ("AVAILABLE", "")
        if before:
            self.states[before.version] = ("END", "")
        log.info("serving version %d of %s", version, self.name)
        return True
