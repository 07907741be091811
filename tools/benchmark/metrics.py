"""Measures time and memory of the metrics for 10,000 generated and 10,000 real samples.

    python tools/benchmark/metrics.py

Each metric runs in a separate process on random float32 features, in batches. "first" is the wall
time from the first batch to the result, and "processor" the processor time of all cores. "again" is
the wall time for another generator and the same real samples, after `reset_fake`. "growth" is the
growth of the process's peak memory, without the features. Prints a table, the machine's load and a
line of JSON. Other programs on the machine increase all times, also the processor time, as threads
of the linear algebra library wait for each other in busy loops.
"""

import argparse
import json
import multiprocessing
import os
import resource
import time

from keras_gan.metrics.frechet import FrechetDistance
from keras_gan.metrics.inception_score import InceptionScore
from keras_gan.metrics.kernel import KernelDistance
from keras_gan.metrics.neighbourhoods import DensityCoverage, PrecisionRecall

import numpy as np

METRICS = (FrechetDistance, KernelDistance, InceptionScore, PrecisionRecall, DensityCoverage)
BATCH = 256


def generate(kind, count, width, seed):
    """Generates features, or probabilities of 1,000 classes for the inception score."""
    rng = np.random.default_rng(seed)
    if kind is not InceptionScore:
        return rng.standard_normal((count, width), dtype="float32")
    weights = rng.standard_exponential((count, 1000), dtype="float32")
    return weights / weights.sum(axis=1, keepdims=True)


def feed(metric, features, real):
    for start in range(0, len(features), BATCH):
        batch = features[start : start + BATCH]
        metric.update_features(*((batch, None) if real else (None, batch)))


def peak():
    """Returns the peak memory of the process in MiB (Linux counts KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name, count, width):
    """Measures one metric; returns a row of the table."""
    kind = next(kind for kind in METRICS if kind.__name__ == name)
    real, fake, other = (generate(kind, count, width, seed) for seed in range(3))
    metric = kind(np.asarray)
    before, start, processor = peak(), time.perf_counter(), time.process_time()
    feed(metric, real, real=True)
    feed(metric, fake, real=False)
    metric.result()
    first, growth = time.perf_counter() - start, peak() - before
    processor = time.process_time() - processor
    metric.reset_fake()
    start = time.perf_counter()
    feed(metric, other, real=False)
    metric.result()
    again = time.perf_counter() - start
    seconds = {"first": first, "processor": processor, "again": again}
    return {"metric": metric.name} | seconds | {"growth": growth}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="samples of each side")
    parser.add_argument("--width", type=int, default=2048, help="features")
    arguments = parser.parse_args()
    print(f"{arguments.count:,} against {arguments.count:,}, {arguments.width:,} features")
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    columns = ("first s", "processor s", "again s", "growth MiB", "load")
    print(f"{'metric':18}" + "".join(f"{column:>13}" for column in columns))
    rows = []
    for kind in METRICS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            row = pool.apply(measure, (kind.__name__, arguments.count, arguments.width))
        row["load"] = os.getloadavg()[0]
        name, *figures = row.values()
        print(f"{name:18}" + "".join(f"{figure:13.1f}" for figure in figures), flush=True)
        rows.append(row)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
