"""Whether an exported generator makes the same samples as the Keras one."""

import contextlib
import dataclasses
import pathlib
import shutil
import tempfile

import numpy as np

from keras_gan.errors import ExportError

BATCH_SIZES = (1, 3, 64)


@dataclasses.dataclass(frozen=True)
class Exported:
    """What an export made.

    Attributes:
        path: The file, or the version folder.
        difference: Largest absolute difference from the Keras generator that was found.
    """

    path: pathlib.Path
    difference: float


def check_parity(gan, run, tolerance, what):
    """Compares an exported generator with the averaged Keras generator at several batch sizes.

    Args:
        gan: The model.
        run: `dict of input arrays -> samples`: the exported generator.
        tolerance: Largest absolute difference allowed.
        what: Name of the export, for the error.

    Returns:
        The largest absolute difference, a float.

    Raises:
        ExportError: Where a sample differs by more than the tolerance.
    """
    worst = 0.0
    for batch_size in BATCH_SIZES:
        inputs = example_inputs(gan, batch_size)
        expected = np.asarray(gan(list(inputs.values()) if gan.conditional else inputs["latents"]))
        received = np.asarray(run(inputs))
        if received.shape != expected.shape:
            raise ExportError(
                f"expected samples {expected.shape} from the {what}, got {received.shape}."
            )
        worst = max(worst, float(np.abs(received - expected).max()))
        if not worst <= tolerance:
            raise ExportError(
                f"expected the {what} to agree with the Keras generator to {tolerance:g}, got a "
                f"difference of {worst:g} at batch {batch_size}; nothing was written."
            )
    return worst


def example_inputs(gan, batch_size):
    """Latents, and labels for class-conditional networks, as the exports name them."""
    inputs = {"latents": gan.latents(batch_size, seed=batch_size).numpy()}
    if gan.conditional:
        inputs["labels"] = np.arange(batch_size, dtype="int32") % (gan.num_classes or 1)
    return inputs


def output_name(gan):
    """What the exports call their output: `images`, or `samples` for anything else."""
    shape = gan.sample_shape
    return "images" if len(shape) == 3 and 1 <= shape[2] <= 4 else "samples"


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
