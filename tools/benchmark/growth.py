"""Measures how the cost of a training step grows with batch size, resolution and width.

    pip install jax    # counts operations and memory
    python tools/benchmark/growth.py

One dimension varies at a time, and the others keep their defaults. All sizes of a dimension run in
alternating rounds, each in a separate process. Operations and memory are those of XLA's program for
the whole step, which don't vary between runs. Milliseconds are measured without XLA: median,
minimum and maximum. For each column, the exponent b of cost ~ size^b is fitted by least squares on
the logarithms.

Finally, speeds on other machines are estimated from the operations per step; the assumptions are
printed with them.
"""

import argparse
import json
import math
import pathlib
import statistics
import sys
import tempfile

from alternate import exponent, spread, steps_in_turn
from peers.work import build, images

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

SIZES = {
    "batch_size": [16, 32, 64, 128, 256],
    "size": [16, 32, 64, 128],
    "width": [16, 32, 64, 128],
}
DEFAULT = {"batch_size": 64, "size": 32, "width": 64}
COMMON = {"peer": "keras_gan", "rules": "gan", "channels": 3, "latent_dim": 128}
MACHINES = {
    # devices, dense bfloat16 FLOP/s of one, bytes/s of a device's link to the others
    "one H200": (1, 989e12, None),
    "8 H200 of one host": (8, 989e12, 900e9 / 2),
    "64 hosts of 8 H200": (512, 989e12, 50e9),
}


def planned(task):
    """Returns XLA's operations per step, and the bytes of the state and of temporary arrays."""
    from export_step import export_step
    from run_step import Step

    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        export_step(build(task), tf.constant(images(task)), folder, device="cpu")
        return Step(folder).cost()


def grow(name, arguments):
    """Measures all sizes of a dimension; returns the rows and the exponents."""
    tasks = {
        size: {**COMMON, **DEFAULT, name: size, "update": arguments.update, "steps": 4}
        for size in SIZES[name]
    }
    found, _ = steps_in_turn(tasks, arguments.rounds)
    rows = []
    print(f"\n{name:>10} {'GFLOP':>8} {'XLA MB':>8}   milliseconds per step")
    for size, task in tasks.items():
        cost = planned(task)
        seconds = [row["seconds"] for row in found[size]]
        rows.append({"size": size, "seconds": seconds, **cost})
        line = f"{cost['flops'] / 1e9:8.2f} {cost['temporary_bytes'] / 1e6:8.1f}"
        print(f"{size:10} {line}   {spread([1000 * s for s in seconds])}")
    times = [statistics.median(row["seconds"]) for row in rows]
    columns = [[row["flops"] for row in rows], [row["temporary_bytes"] for row in rows], times]
    exponents = [exponent(SIZES[name], column) for column in columns]
    print(f"{'exponent':>10} {exponents[0]:8.2f} {exponents[1]:8.2f}   {exponents[2]:8.2f}")
    return {"dimension": name, "rows": rows, "exponents": exponents}


def expected(share, task):
    """Estimates the images per second on other machines."""
    cost = planned(task)
    gan = build(task)
    weights = [w for p in gan.players for w in getattr(gan, p).trainable_weights]
    gradient_bytes = 4 * sum(math.prod(weight.shape) for weight in weights)
    print(f"\nexpected for {task}")
    print(
        f"assumed: {100 * share:.0f} % of the dense bfloat16 speed by the data sheet; a ring "
        "all-reduce of the gradients, not hidden behind the computation; the batch on each device"
    )
    rows = {}
    for name, (devices, speed, link) in MACHINES.items():
        seconds = cost["flops"] / (share * speed)
        if link:
            seconds += 2 * gradient_bytes * (devices - 1) / devices / link
        rows[name] = devices * task["batch_size"] / seconds
        print(f"{name:20} {rows[name]:14,.0f} images/s")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dimensions", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--update", default="shared")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--share", type=float, default=0.3, help="share of a device's speed that a step reaches"
    )
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")
    arguments = parser.parse_args()
    found = [grow(name, arguments) for name in arguments.dimensions]
    task = {**COMMON, **DEFAULT, "size": 64, "batch_size": 256, "update": arguments.update}
    rows = expected(arguments.share, task)
    if arguments.out:
        arguments.out.write_text(json.dumps({"growth": found, "expected": rows}), "utf-8")


if __name__ == "__main__":
    main()
