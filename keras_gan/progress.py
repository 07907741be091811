"""Progress bars and clocks for long operations."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from keras_gan import notebook

from tqdm import tqdm

DELAY = 2.0  # seconds before a bar appears; shorter operations show none
TERMINAL_SECONDS, LOG_SECONDS = 0.1, 10.0  # between updates, in a terminal and in a log file
NOTEBOOK_SECONDS = 0.5
UNKNOWN_SIZE = {"ncols": 80, "nrows": 24}
CLOCK_SECONDS = 1.0  # between updates while one operation runs


def quiet(line: str) -> None:
    """Ignores a line of progress."""


def progress_bar(
    total: int | None, unit: str, description: str | None = None, initial: int = 0, **options: Any
) -> tqdm:
    """Returns a progress bar that appears after two seconds and disappears at the end.

    Args:
        total: Total number of units; None if it is unknown.
        unit: Name of a unit, such as `"image"`.
        description: Name of the operation, such as `"indexing"`.
        initial: Number of units that are already done.
        **options: Options of `tqdm`, such as `iterable`.

    Example:

        with progress_bar(len(paths), "file", "reading") as bar:
            for path in paths:
                read(path)
                bar.update()
    """
    options = {"delay": DELAY, "leave": False, **output_options()} | options
    return tqdm(desc=description, total=total, unit=unit, initial=initial, **options)


def output_options() -> dict[str, Any]:
    """Returns tqdm's options for a notebook, a terminal or a log file.

    A notebook gets the bar as text, which needs no ipywidgets, and not among its errors.
    """
    if notebook.is_running():
        return {"file": sys.stdout, "mininterval": NOTEBOOK_SECONDS, **UNKNOWN_SIZE}
    seconds = TERMINAL_SECONDS if sys.stderr.isatty() else LOG_SECONDS
    return {"mininterval": seconds, **terminal_size()}


def terminal_size() -> dict[str, int | bool]:
    """Returns tqdm's options for the terminal's size; one that reports 0 rows gets 80 by 24."""
    try:
        is_known = all(os.get_terminal_size(sys.stderr.fileno()))
    except (OSError, ValueError):  # not a terminal, such as a log file
        is_known = True
    return {"dynamic_ncols": True} if is_known else UNKNOWN_SIZE


@contextlib.contextmanager
def ticking(bar: tqdm) -> Iterator[None]:
    """Redraws a bar every second, so that its clock runs while one operation takes long.

    A log file gets no redrawn bars.
    """
    if not bar.fp.isatty():
        yield
        return
    ended = threading.Event()

    def redraw():
        while not ended.wait(CLOCK_SECONDS):
            bar.refresh()

    thread = threading.Thread(target=redraw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextlib.contextmanager
def clock(description: str) -> Iterator[None]:
    """Shows the time that an operation has taken so far, in a terminal, until it ends.

    Args:
        description: Name of the operation, such as `"exporting"`.

    Example:

        with clock("exporting"):
            export()
    """
    if not sys.stderr.isatty():
        yield
        return
    layout = "{desc} ... {elapsed}"
    with progress_bar(None, "", description, delay=0, bar_format=layout) as bar, ticking(bar):
        yield
