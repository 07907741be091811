"""The package's own errors, and the sentence that names the near match."""

import difflib


def printable(text) -> str:
    r"""Text from data as it may be printed: what steers a terminal or turns a line is escaped.

    Args:
        text: Anything; its `str` counts. Line ends stay.

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


def abbreviate(value, length: int = 60) -> str:
    """Returns a value as text for an error, cut where it is long: a file of others may say it.

    Args:
        value: Anything; its `repr` counts.
        length: Characters that stay.

    Example:

    >>> abbreviate("abcdefgh", length=5)
    "'abcd..."
    """
    text = repr(value)
    return text if len(text) <= length else text[:length] + "..."


class KerasGanError(Exception):
    """Base of every error that the package raises on purpose; its text is printable."""

    def __init__(self, message=""):
        super().__init__(printable(message))


class ConfigError(KerasGanError, ValueError):
    """An argument, a recipe or a pair of networks that can't work."""


class DataError(KerasGanError, ValueError):
    """A source that is missing, empty, corrupt or of the wrong shape."""


class LimitError(DataError):
    """A file that asks for more than the limits in `keras_gan.files.limits` allow."""


class TrainingError(KerasGanError, RuntimeError):
    """A training that can't go on, such as one whose losses are NaN."""


class NotFiniteError(TrainingError):
    """A training whose losses, gradients or weights are NaN or infinite."""


class RunError(KerasGanError, RuntimeError):
    """A run folder that can't be used as asked."""


class ExportError(KerasGanError, RuntimeError):
    """An export that could not be written, or that differs from the Keras generator."""


class ServeError(KerasGanError, RuntimeError):
    """A server that can't start."""


def unknown(kind: str, name, known) -> ConfigError:
    """The error for a name that isn't in a table, with the near match.

    Args:
        kind: What was looked up, such as `"loss"`.
        name: What was received.
        known: The names that exist.

    Returns:
        A `ConfigError` to raise.

    Example:

    >>> str(unknown("loss", "minmax", ["minimax", "hinge"]))
    "unknown loss 'minmax'; did you mean 'minimax'? Known: hinge, minimax."
    """
    near = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return ConfigError(f"unknown {kind} {name!r}{hint} Known: {', '.join(sorted(known))}.")
