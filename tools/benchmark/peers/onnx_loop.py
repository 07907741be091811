"""Worker that runs one batch in onnxruntime again and again.

The argument is JSON: `file`, `batch_size`,
`seconds`. See `alternate.py` for the protocol.
"""

import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from alternate import serve

import numpy as np
import onnxruntime


def main():
    task = json.loads(sys.argv[1])
    session = onnxruntime.InferenceSession(task["file"], providers=["CPUExecutionProvider"])
    size = task["batch_size"]
    (_, width) = session.get_inputs()[0].shape
    feed = {
        "latents": np.random.default_rng(0).standard_normal((size, width), "float32"),
        "labels": np.arange(size, dtype="int32") % 10,
    }

    def work():
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < task["seconds"]:
            session.run(None, feed)
            done += size
        return {"images_per_second": done / (time.perf_counter() - start)}

    work()
    serve(work, {})


if __name__ == "__main__":
    main()
