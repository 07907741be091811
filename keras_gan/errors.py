"""The package's errors, and helpers for their messages."""

import difflib
import re
from collections.abc import Iterable

# What TensorFlow and Keras put around the words of an error: colours, and places in a graph
MARKS = re.compile(r"\x1b\[[0-9;]*m|\[\[\{\{[^}]*\}\}\]\]|\{\{[^}]*\}\}|\[Op:[^\]]*\](?: name:)?")
HEADINGS = re.compile(
    r'Graph execution error:|Detected at node |File "|Exception encountered when calling '
)


def printable(text: object) -> str:
    r"""Escapes control and formatting characters, so that text from data can be printed.

    Args:
        text: Text, or an object to convert by `str`. Line ends aren't escaped.

    Example:

    >>> print(printable("\x1b[2Jcats"))
    \x1b[2Jcats
    """
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape").decode()
        for character in str(text)
    )


def abbreviate(value: object, length: int = 60) -> str:
    """Returns the `repr` of a value for an error, in one line and truncated.

    Args:
        value: Any object.
        length: Number of characters to keep.

    Example:

    >>> abbreviate("abcdefgh", length=5)
    "'abcd..."
    """
    text = re.sub(r"\n\s*", " ", repr(value))
    return text if len(text) <= length else text[:length] + "..."


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Returns a count with its noun.

    Args:
        count: Number of things.
        noun: Its singular, such as `"sample"`.
        plural: Its plural; the singular and an s by default.

    Example:

    >>> counted(1, "class", "classes"), counted(10_000, "sample")
    ('1 class', '10,000 samples')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def reason_of(error: Exception) -> str:
    r"""Returns the line of another library's error that says what is wrong, without a full stop.

    Args:
        error: Any error; those of TensorFlow and Keras have many lines, and marks of a graph.

    Example:

    >>> reason_of(ValueError("in user code:\n\n    File ...\n\n    TypeError: no sigmoid\n"))
    'TypeError: no sigmoid'
    >>> reason_of(OSError("{{function_node ReadFile}} no such file. [Op:ReadFile] name: "))
    'no such file'
    """
    lines = [line.strip() for line in MARKS.sub("", str(error)).splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"\w*(Error|Exception): ", line)]
    others = [line for line in lines if not HEADINGS.match(line)]
    reason = (named[-1:] or others or lines or [type(error).__name__])[0].rstrip(".")
    return reason if len(reason) <= 200 else reason[:200] + "..."


class KerasGanError(Exception):
    """Base class of all errors that the package raises on purpose; their text is printable."""

    _keras_call_info_injected = True  # Keras then adds no text about the layer that was called

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(message))


class ConfigError(KerasGanError, ValueError):
    """An invalid argument, recipe or combination of networks."""


class DataError(KerasGanError, ValueError):
    """A source that is missing, empty, corrupt or of the wrong shape."""


class LimitError(DataError):
    """A file that exceeds the limits in `keras_gan.files.limits`."""


class TrainingError(KerasGanError, RuntimeError):
    """A training that can't continue, such as one with losses of NaN."""


class TrackerError(KerasGanError, RuntimeError):
    """An experiment tracker that can't be reached or written to."""


class NotFiniteError(TrainingError):
    """A training whose losses, gradients, weights or samples are NaN or infinite."""


class OutOfMemoryError(KerasGanError, RuntimeError):
    """Work that needs more memory than a device has."""


class RunError(KerasGanError, RuntimeError):
    """A run folder that can't be used as requested."""


class ExportError(KerasGanError, RuntimeError):
    """An export that couldn't be written, or that differs from the Keras generator."""


class ServeError(KerasGanError, RuntimeError):
    """A server that can't start."""


class HubError(KerasGanError, RuntimeError):
    """A repository of the Hugging Face hub that can't be read or written."""


def missing_extra(extra: str, purpose: str, error: ImportError) -> str:
    """Returns the message for a package that isn't installed, with the extra that holds it.

    Args:
        extra: Name of the extra.
        purpose: What needs the package, such as `"to plot"`.
        error: The failed import.

    Example:

    >>> missing_extra("plots", "to plot", ImportError("No module named 'matplotlib'"))[:56]
    "expected the extra plots to plot (No module named 'matpl"
    """
    return (
        f"expected the extra {extra} {purpose} ({error}): pip install '.[{extra}]' in the clone "
        "of keras_gan."
    )


def unknown(kind: str, name: object, known: Iterable[str]) -> ConfigError:
    """Makes the error for an unknown name, with the closest match.

    Args:
        kind: Kind of name, such as `"loss"`.
        name: The unknown name.
        known: The existing names.

    Returns:
        A `ConfigError` to raise.

    Example:

    >>> str(unknown("loss", "minmax", ["minimax", "hinge"]))
    "unknown loss 'minmax'; did you mean 'minimax'? Known: hinge, minimax."
    """
    near = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return ConfigError(f"unknown {kind} {name!r}{hint} Known: {', '.join(sorted(known))}.")
