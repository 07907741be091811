"""Measures the time from opening an exported web page to its first grid, in headless Chromium.

    python tools/benchmark/page.py page --rounds 15

The argument is a folder written by `keras-gan export RUN --web FOLDER`. Each round opens the page
in a new browser with an empty cache, and then reloads it. Needs chromium and chromedriver.
"""

import argparse
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import parity_runtimes

FIRST_GRID = "return document.documentElement.dataset.firstGrid"


def seconds_to_first_grid(browser, address):
    """Opens the page; returns the seconds from the start of the navigation to the first grid."""
    browser.get(address)
    while (told := browser.execute_script(FIRST_GRID)) is None:
        time.sleep(0.01)
    return float(told) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    found = {"opened": [], "reloaded": []}
    with parity_runtimes.serving(arguments.page) as address:
        for _ in range(arguments.rounds):
            with parity_runtimes.chromium() as browser:
                for times in found.values():
                    times.append(seconds_to_first_grid(browser, address))
    for what, times in found.items():
        print(
            f"{what}: {statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f}), "
            f"{len(times)} rounds"
        )


if __name__ == "__main__":
    main()
