"""Measures how the memory of a data set depends on its number of images; it must not grow.

    python tools/benchmark/memory_of_sets.py --counts 10000 1000000

The sets are folders of hard links to 100 small PNG files, and the TFRecord files that
`tools/make_records.py` makes from them. Each set is opened and read for 200 batches in a separate
process. Prints the resident memory before and after opening the set and after the batches, and the
growth from the smallest to the largest set in bytes per image. Memory-mapped files, which the
system may unload, are counted separately. Linux only.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from alternate import Worker

HERE = pathlib.Path(__file__).parent
ORIGINALS = 100


def make_folder(folder, count):
    """Makes `count` links to 100 digits, in a folder for each class."""
    import keras_gan as kg

    from PIL import Image

    source = kg.datasets.open_source("digits")
    originals = []
    for index in range(ORIGINALS):
        sample, label = source[index * len(source) // ORIGINALS]
        path = folder / f"{label}" / f"original{index:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(((sample[..., 0] + 1) * 127.5).round().astype("uint8")).save(path)
        originals.append(path)
    for index in range(count - ORIGINALS):
        original = originals[index % ORIGINALS]
        original.with_name(f"{index:07d}.png").hardlink_to(original)


def convert(folder, out):
    """Converts a folder to TFRecord; returns the seconds."""
    start = time.monotonic()
    subprocess.run([sys.executable, HERE.parent / "make_records.py", folder, out], check=True)
    return time.monotonic() - start


def measure(source, batches):
    """Runs a process that reads a set; returns its results."""
    task = {"source": str(source), "image_size": None, "batch_size": 64, "batches": batches}
    worker = Worker([sys.executable, HERE / "peers" / "read_set.py", json.dumps(task)])
    read = worker.round()
    worker.close()
    return {**worker.facts, "read": read["memory"]}


def tell(name, row):
    """Prints the row of a set."""
    own = " ".join(f"{row[when]['own']:8.0f}" for when in ("before", "opened", "read"))
    print(
        f"{name:10} {row['count']:9,} {own} {row['read']['mapped']:8.0f} "
        f"{row['read']['peak']:8.0f} {row['open_seconds']:9.1f}",
        flush=True,
    )


def tell_growth(name, rows):
    """Prints the growth of memory from the smallest set to the largest."""
    small, large = rows[0], rows[-1]
    images = max(large["count"] - small["count"], 1)
    grown = {
        kind: (large["read"][kind] - small["read"][kind]) * 1e6 / images
        for kind in ("own", "mapped", "peak")
    }
    print(f"{name}: bytes per image: " + ", ".join(f"{k} {v:.0f}" for k, v in grown.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")
    arguments = parser.parse_args()
    found = {"folder": [], "TFRecord": []}
    print(f"{'MB':10} {'images':>9} {'before':>8} {'opened':>8} {'read':>8} {'mapped':>8} "
          f"{'peak':>8} {'opened in':>9} s")  # fmt: skip
    for count in sorted(arguments.counts):
        with tempfile.TemporaryDirectory() as place:
            folder, records = pathlib.Path(place) / "folder", pathlib.Path(place) / "records"
            make_folder(folder, count)
            seconds = convert(folder, records)
            for name, source in (("folder", folder), ("TFRecord", records)):
                found[name].append(measure(source, arguments.batches))
                tell(name, found[name][-1])
            print(f"{'':10} converted in {seconds:.0f} s", flush=True)
    for name, rows in found.items():
        tell_growth(name, rows)
    if arguments.out:
        arguments.out.write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main()
