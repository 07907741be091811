"""Exhausted memory, named with what helps."""

import contextlib
import re
from collections.abc import Iterator

from keras_gan.errors import OutOfMemoryError

import tensorflow as tf

IN_TRAINING = (
    "a smaller batch size, accumulation, remat, or bfloat16; a run resumes from its newest "
    "checkpoint"
)
IN_SAMPLING = "fewer samples (--count), or a smaller batch size"
IN_INFERENCE = "a smaller batch size"
IN_BUILDING = "a smaller width (--width) or image size (--image-size)"


@contextlib.contextmanager
def name_remedy(remedy: str) -> Iterator[None]:
    """Raises exhausted memory in a `with` block, or in a decorated function, with a remedy.

    Args:
        remedy: What to use instead.

    Raises:
        OutOfMemoryError: If TensorFlow can't allocate memory on a device, or NumPy on the host.

    Example:

        with name_remedy("a smaller batch size"):
            generator(latents)
    """
    try:
        yield
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:  # of TensorFlow and of NumPy
        reason = find_reason(str(error))
        raise OutOfMemoryError(
            f"expected tensors that fit in the device's memory, got: {reason}. Use {remedy}, or "
            "end other programs that use the same device."
        ) from error


def find_reason(message: str) -> str:
    r"""Returns the line of TensorFlow's message that says what could not be allocated.

    >>> find_reason("Graph execution error:\n\nOOM when allocating a tensor.")
    'OOM when allocating a tensor'
    """
    message = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", message)  # of the graph and the operation
    lines = [line.strip().rstrip(".") for line in message.splitlines() if line.strip()]
    named = [line for line in lines if re.search("OOM|memory|allocat", line)]
    return (named or lines or ["no reason"])[0]
