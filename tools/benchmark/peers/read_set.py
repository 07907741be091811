"""Worker that reads batches of a data set, and measures speed, busy cores and memory.

The argument is JSON: `source`, `image_size`,
`cache`, `batch_size`, and `batches` per round. See `alternate.py` for the protocol.
"""

import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from alternate import serve
from keras_gan import datasets


def memory():
    """Returns the resident megabytes of the process alone, of mapped files, and their maximum."""
    lines = pathlib.Path("/proc/self/status").read_text("utf-8").splitlines()
    kilobytes = dict(line.split(":") for line in lines)
    names = {"own": "RssAnon", "mapped": "RssFile", "peak": "VmHWM"}
    return {name: int(kilobytes[key].split()[0]) / 1e3 for name, key in names.items()}


def main():
    task = json.loads(sys.argv[1])
    facts, start = {"before": memory()}, time.monotonic()
    source = datasets.open_source(task["source"], task["image_size"], cache=task.get("cache"))
    facts |= {"opened": memory(), "open_seconds": time.monotonic() - start, "count": len(source)}
    batches = iter(source.to_dataset(task["batch_size"]).from_step(0))
    next(batches)

    def read():
        start, busy = time.monotonic(), time.process_time()
        for _ in range(task["batches"]):
            next(batches)
        seconds = time.monotonic() - start
        return {
            "images_per_second": task["batches"] * task["batch_size"] / seconds,
            "cores": (time.process_time() - busy) / seconds,
            "memory": memory(),
        }

    serve(read, facts)
    os._exit(0)  # without waiting for what the input pipeline still makes ahead


if __name__ == "__main__":
    main()
