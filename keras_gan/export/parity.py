"""Parity: an exported network makes the same samples as the Keras one."""

import contextlib
import dataclasses
import pathlib
import shutil
import tempfile

from keras_gan.errors import ConfigError, ExportError
from keras_gan.networks import compute_dtypes

import numpy as np

BATCH_SIZES = (1, 3, 64)


@dataclasses.dataclass(frozen=True)
class Exported:
    """What an export made.

    Attributes:
        path: The file, or the version folder.
        difference: Largest absolute difference from the Keras network that was found.
        mean: Mean absolute difference.
    """

    path: pathlib.Path
    difference: float
    mean: float


def float32_signatures(model) -> dict:
    """Returns a model's signatures, computing in float32 whatever precision it was trained in.

    Raises:
        ConfigError: For a model without signatures.
    """
    signatures = model.signatures()
    if not signatures:
        raise ConfigError(
            f"expected a model with signatures to export, got {type(model).__name__}, which "
            "defines none; define its signatures()."
        )
    return {
        name: dataclasses.replace(signature, network=float32_network(signature.network))
        for name, signature in signatures.items()
    }


def float32_network(network):
    """Returns a network that computes in float32: itself, or a copy of one in mixed precision.

    Of a network that needs less than all that it has, what its `for_export()` returns.
    """
    if not compute_dtypes(network) <= {"float32"}:
        weights = network.get_weights()
        network = type(network).from_config(in_float32(network.get_config()))
        network.set_weights(weights)
    return network.for_export() if hasattr(network, "for_export") else network


def in_float32(config):
    """A Keras config with every mixed precision policy replaced by float32."""
    if isinstance(config, dict):
        return {key: in_float32(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(map(in_float32, config))
    return "float32" if config in ("mixed_bfloat16", "mixed_float16") else config


def check_parity(signature, expected, run, tolerances, what):
    """Compares an exported network with the Keras one at several batch sizes.

    Args:
        signature: The `Signature`.
        expected: `dict of input arrays -> samples`: the Keras network.
        run: Likewise: the exported one.
        tolerances: The largest absolute difference allowed, and the largest mean of all; of floats
            beyond [-1, 1] the first is relative to the largest, whose rounding is coarser. A
            signature whose layers enlarge rounding has a `tolerance` of its own for the first.
        what: Name of the export, for the error.

    Returns:
        The largest and the mean absolute difference, floats.

    Raises:
        ExportError: Where samples differ by more than a tolerance.
    """
    most, most_in_mean = tolerances
    most = most if signature.tolerance is None else max(most, signature.tolerance)
    differences, unit = [], 1.0
    for batch_size in BATCH_SIZES:
        inputs = signature.example_inputs(batch_size, seed=batch_size)
        wanted, received = np.asarray(expected(inputs)), np.asarray(run(inputs))
        if (received.shape, received.dtype) != (wanted.shape, wanted.dtype):
            raise ExportError(
                f"expected samples {wanted.shape} {wanted.dtype} from the {what}, got "
                f"{received.shape} {received.dtype}."
            )
        differences.append(np.abs(received.astype("float64") - wanted).ravel())
        if np.issubdtype(wanted.dtype, np.floating):
            unit = max(unit, float(np.abs(wanted).max()))
    found = np.concatenate(differences)
    largest, mean = float(found.max()), float(found.mean())
    most *= unit
    if not (largest <= most and mean <= most_in_mean):
        bound = most if np.isfinite(most) else most_in_mean
        raise ExportError(
            f"expected the {what} to agree with the Keras generator to {bound:g}, got a largest "
            f"difference of {largest:g} and a mean of {mean:g}; nothing was written."
        )
    return largest, mean


@contextlib.contextmanager
def work_folder(parent):
    """A folder to write into beside the target, gone afterwards whatever happens.

    Args:
        parent: The folder in which the export will stand; it is made.

    Raises:
        ExportError: If it can't be written to, or the disk is full; what was made for the export
            is removed.
    """
    parent = pathlib.Path(parent)
    made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    work, whole = None, False
    try:
        parent.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=".export-", dir=parent))
        yield work
        whole = True
    except OSError as error:
        raise ExportError(
            f"could not write to {parent}: {error.strerror or error}; nothing was left there. "
            "Free some space, or choose a folder that you may write to."
        ) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)
        for folder in made if not whole else ():
            with contextlib.suppress(OSError):
                folder.rmdir()
