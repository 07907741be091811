"""Parity: an exported network generates the same samples as the Keras network."""

import contextlib
import dataclasses
import errno
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Iterator

from keras_gan.errors import ConfigError, ExportError, KerasGanError
from keras_gan.export.conversion import check_repeats
from keras_gan.files.atomic import IN_THE_WAY, check_path
from keras_gan.networks import compute_dtypes
from keras_gan.networks.copies import copy_network
from keras_gan.signature import Signature, signatures_of
from keras_gan.tf32 import allow_tf32

import keras
import numpy as np

BATCH_SIZES = (1, 3, 64)
FULL = 2**16  # free bytes of a disk on which a write has failed


@dataclasses.dataclass(frozen=True)
class Exported:
    """An exported file or folder, and its difference from the Keras network.

    Attributes:
        path: The file, or the version folder.
        difference: Largest absolute difference from the Keras network.
        mean: Mean absolute difference.
    """

    path: pathlib.Path
    difference: float
    mean: float


def float32_signatures(model: keras.Model) -> dict[str, Signature]:
    """Returns a model's signatures, computed in float32 whatever its training precision.

    Raises:
        ConfigError: If the model has no signatures.
    """
    signatures = signatures_of(model)
    if not signatures:
        raise ConfigError(
            f"expected a model with signatures to export, got {type(model).__name__}, which "
            "defines none; define its signatures()."
        )
    return {
        name: dataclasses.replace(signature, network=float32_network(signature.network))
        for name, signature in signatures.items()
    }


def float32_network(network: keras.Model) -> keras.Model:
    """Returns a network that computes in float32: itself, or a copy if it has mixed precision.

    If the network defines `for_export()`, returns its result.
    """
    if not compute_dtypes(network) <= {"float32"}:
        network = copy_network(network, to_float32)
    return network.for_export() if hasattr(network, "for_export") else network


def to_float32(config: object) -> object:
    """Returns a Keras config with each mixed precision policy replaced by float32."""
    if isinstance(config, dict):
        return {key: to_float32(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(map(to_float32, config))
    return "float32" if config in ("mixed_bfloat16", "mixed_float16") else config


@allow_tf32(False)
def check_parity(
    signature: Signature,
    expected: Callable[[dict], np.ndarray],
    run: Callable[[dict], np.ndarray],
    tolerances: tuple[float, float],
    export: str,
) -> tuple[float, float]:
    """Compares an exported network with the Keras network at several batch sizes.

    Args:
        signature: The `Signature`.
        expected: Function from name -> array to samples: the Keras network.
        run: The same function of the exported network.
        tolerances: Upper bounds of the largest and of the mean absolute difference. The first is
            relative to the largest value if floats exceed [-1, 1], as their rounding is coarser;
            the signature's `tolerance` replaces it if that is larger.
        export: Name of the export, for the error.

    Returns:
        The largest and the mean absolute difference.

    Raises:
        ExportError: If the samples differ by more than a tolerance.
    """
    tolerance, mean_tolerance = tolerances
    if signature.tolerance is not None:
        tolerance = max(tolerance, signature.tolerance)
    differences, scale = compare_samples(signature, expected, run, export)
    largest, mean = float(differences.max()), float(differences.mean())
    tolerance *= scale
    if not (largest <= tolerance and mean <= mean_tolerance):
        check_repeats(signature.network)
        bound = tolerance if np.isfinite(tolerance) else mean_tolerance
        raise ExportError(
            f"expected the {export} to agree with the Keras generator to {bound:g}, got a largest "
            f"difference of {largest:g} and a mean of {mean:g}; nothing was written."
        )
    return largest, mean


def compare_samples(
    signature: Signature,
    expected: Callable[[dict], np.ndarray],
    run: Callable[[dict], np.ndarray],
    export: str,
) -> tuple[np.ndarray, float]:
    """Computes all absolute differences, and the largest value of floats that exceed [-1, 1].

    Args:
        signature, expected, run, export: As in `check_parity`.

    Returns:
        `(differences, scale)`: float64 of one axis, and a scale of at least 1.

    Raises:
        ExportError: For samples of another shape or dtype.
    """
    batches, scale = [], 1.0
    for batch_size in BATCH_SIZES:
        inputs = signature.example_inputs(batch_size, seed=batch_size)
        reference, samples = np.asarray(expected(inputs)), np.asarray(run(inputs))
        if (samples.shape, samples.dtype) != (reference.shape, reference.dtype):
            raise ExportError(
                f"expected samples {reference.shape} {reference.dtype} from the {export}, got "
                f"{samples.shape} {samples.dtype}."
            )
        batches.append(np.abs(samples.astype("float64") - reference).ravel())
        if np.issubdtype(reference.dtype, np.floating):
            scale = max(scale, float(np.abs(reference).max()))
    return np.concatenate(batches), scale


def why_not_written(error: Exception, folder: pathlib.Path) -> str | None:
    """Returns why a folder could not be written; None for an error that isn't its fault.

    TensorFlow names a full disk in errors of its own, and what ONNX's quantization can't write
    whole it can't read afterwards.
    """
    no_space = os.strerror(errno.ENOSPC)
    if no_space in str(error):
        return no_space
    if isinstance(error, OSError):
        return error.strerror or str(error)
    is_foreign = not isinstance(error, KerasGanError) and folder.is_dir()
    return no_space if is_foreign and shutil.disk_usage(folder).free < FULL else None


@contextlib.contextmanager
def work_folder(parent: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Yields a temporary folder in the target's folder, and removes it afterwards.

    Args:
        parent: The folder for the export; it is created if it doesn't exist.

    Raises:
        ExportError: If the folder isn't writable or the disk is full. Folders that were created for
            the export are removed.
    """
    parent = check_path(parent)
    new_folders = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    work, is_complete = None, False
    try:
        parent.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=".export-", dir=parent))
        yield work
        is_complete = True
    except Exception as error:
        reason = why_not_written(error, parent)
        if reason is None:
            raise
        advice = "Free some space, or choose a folder that you may write to."
        if isinstance(error, IN_THE_WAY):
            advice = "A file is in the way; choose another folder."
        elif getattr(error, "errno", None) == errno.EBUSY:  # of a mounted file system
            advice = "Name a new folder in it."
        raise ExportError(
            f"could not write to {parent}: {reason}; nothing was left there. {advice}"
        ) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)
        for folder in () if is_complete else new_folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
