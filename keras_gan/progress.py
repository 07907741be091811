"""Progress bars for long operations."""

import sys
from typing import Any

from tqdm.auto import tqdm

DELAY = 2.0  # seconds before a bar appears; shorter operations show none
TERMINAL_SECONDS, LOG_SECONDS = 0.1, 10.0  # between updates, in a terminal and in a log file


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
    seconds = TERMINAL_SECONDS if sys.stderr.isatty() else LOG_SECONDS
    options = {"delay": DELAY, "leave": False, "dynamic_ncols": True} | options
    return tqdm(
        desc=description, total=total, unit=unit, initial=initial, mininterval=seconds, **options
    )
