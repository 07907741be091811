"""Measures the images per second of the input pipeline, with decoding and resizing.

    python tools/benchmark/pipeline.py --photos cats64.zip --stored 64 256 --sizes 64

Photos are resized to a stored size, saved as JPEG, and stored in a folder, a zip and TFRecord
shards. These are read with an `image_size`; "cache" reads the TFRecord set with `cache=`. Each set
is read in a separate process, in alternating rounds. "cores" is the ratio of processor to wall
time. Prints median, minimum and maximum of the rounds.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import zipfile

from alternate import Worker, in_turn, ratios

HERE = pathlib.Path(__file__).parent


def make_sets(photos, count, stored, folder):
    """Writes `count` photos of a stored size as each kind of set; returns kind -> task."""
    import keras_gan as kg

    from PIL import Image

    source = kg.datasets.open_source(photos, stored, channels=3)
    (folder / "folder").mkdir()
    photos = source.to_dataset(1).from_step(0).take(count).as_numpy_iterator()
    for index, (sample,) in enumerate(photos):
        values = ((sample + 1) * 127.5).round().astype("uint8")
        Image.fromarray(values).save(folder / "folder" / f"{index:06d}.jpg", quality=90)
    with zipfile.ZipFile(folder / "photos.zip", "w") as file:
        for path in (folder / "folder").iterdir():
            file.write(path, path.name)
    convert = [sys.executable, HERE.parent / "make_records.py", folder / "folder"]
    subprocess.run([*convert, folder / "records"], check=True, stdout=sys.stderr)
    return {
        "folder": {"source": folder / "folder"},
        "zip": {"source": folder / "photos.zip"},
        "TFRecord": {"source": folder / "records"},
        "cache": {"source": folder / "records", "cache": folder / "cache"},
    }


def measure(sets, size, arguments):
    """Reads all sets in alternating rounds; returns kind -> results."""
    common = {"image_size": size, "batch_size": arguments.batch_size, "batches": arguments.batches}
    tasks = {name: {**common, **task} for name, task in sets.items()}
    program = [sys.executable, HERE / "peers" / "read_set.py"]
    workers = {n: Worker([*program, json.dumps(t, default=str)]) for n, t in tasks.items()}
    found = in_turn(workers, arguments.rounds)
    for worker in workers.values():
        worker.close()
    return found


def tell(stored, size, found):
    """Prints and returns the rows of a stored size and an image size."""
    base = [answer["images_per_second"] for answer in found["folder"]]
    print(f"\n{f'{stored} read at {size}':10} {'images/s':32} cores   as fast as the folder")
    rows = []
    for name, answers in found.items():
        speeds = [answer["images_per_second"] for answer in answers]
        cores = statistics.median(answer["cores"] for answer in answers)
        row = {"stored": stored, "size": size, "set": name, "cores": cores}
        row |= {"images_per_second": speeds, "ratio": ratios(speeds, base)}
        speed = f"{statistics.median(speeds):8,.0f} ({min(speeds):,.0f} to {max(speeds):,.0f})"
        ratio = "{:.2f} ({:.2f} to {:.2f})".format(*row["ratio"])
        print(f"{name:10} {speed:32} {cores:5.2f}   {ratio}", flush=True)
        rows.append(row)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", default="cats64.zip", help="a source of photos")
    parser.add_argument("--count", type=int, default=2000, help="photos in a set")
    parser.add_argument("--stored", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--sizes", type=int, nargs="+", default=[64])
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--batches", type=int, default=20, help="batches per round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")
    arguments = parser.parse_args()
    rows = []
    for stored in arguments.stored:
        with tempfile.TemporaryDirectory() as place:
            sets = make_sets(arguments.photos, arguments.count, stored, pathlib.Path(place))
            for size in arguments.sizes:
                sets["cache"]["cache"] = pathlib.Path(place) / f"cache{size}"
                rows += tell(stored, size, measure(sets, size, arguments))
    if arguments.out:
        arguments.out.write_text(json.dumps(rows), "utf-8")


if __name__ == "__main__":
    main()
