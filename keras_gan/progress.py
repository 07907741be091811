"""Progress bars: long work shows how far it is and how much time is left."""

import sys

from tqdm.auto import tqdm

PATIENCE = 2.0  # seconds without a bar: what ends sooner needs none
TERMINAL_SECONDS, LOG_SECONDS = 0.1, 10.0  # between two updates: a log file needs no film


def progress_bar(total, unit, description=None, initial=0, **options) -> tqdm:
    """Returns a bar that appears where the work takes longer, and goes when it is done.

    Args:
        total: How many there are in all; None where that isn't known.
        unit: Of what, such as `"image"`.
        description: What is being done, such as `"indexing"`.
        initial: How many were done before.
        options: Of `tqdm`, such as `iterable`.

    Example:

        with progress_bar(len(paths), "file", "reading") as bar:
            for path in paths:
                read(path)
                bar.update()
    """
    seconds = TERMINAL_SECONDS if sys.stderr.isatty() else LOG_SECONDS
    options = {"delay": PATIENCE, "leave": False, "dynamic_ncols": True} | options
    return tqdm(
        desc=description, total=total, unit=unit, initial=initial, mininterval=seconds, **options
    )
