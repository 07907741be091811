"""Measures the memory of a training step, and the time that saving memory costs.

    pip install jax    # counts what XLA needs
    python tools/benchmark/memory.py --size 64 --channels 3 --batch-size 256

The step runs without options, with recomputed activations (`remat`), with split batches
(`accumulation`), and with both. "XLA MB" is the memory besides the weights that XLA's program for
the whole step needs, which doesn't vary between runs. "process MB" is the growth of a process's
peak memory in a few steps without XLA. "times as long" is the ratio of the step's time to that of
the first row: median, minimum and maximum of alternating rounds.
"""

import argparse
import json
import pathlib
import sys
import tempfile

from alternate import add_step_arguments, ratios, steps_in_turn
from peers.work import build, images

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))


def ways(parts):
    """Returns the variants of the step, as name -> arguments of `GAN.compile`."""
    return {
        "as it is": {},
        "remat": {"remat": True},
        f"accumulation {parts}": {"accumulation": parts},
        f"accumulation {parts}, remat": {"accumulation": parts, "remat": True},
    }


def xla_megabytes(task):
    """Returns the megabytes that XLA's program for the step needs, without its arguments."""
    from export_step import export_step
    from run_step import Step

    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        export_step(build(task), tf.constant(images(task)), folder, device="cpu")
        return Step(folder).cost()["temporary_bytes"] / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", default="r1")
    add_step_arguments(parser, steps=2, rounds=5, size=64, channels=3, batch_size=256)
    parser.add_argument("--parts", type=int, default=8)
    arguments = parser.parse_args()
    common = {k: v for k, v in vars(arguments).items() if k != "out"}
    common |= {"peer": "keras_gan", "update": "alternating"}
    tasks = {name: {**common, **way} for name, way in ways(arguments.parts).items()}
    found, facts = steps_in_turn(tasks, arguments.rounds)
    seconds = {name: [row["seconds"] for row in rows] for name, rows in found.items()}
    rows = {}
    print(f"{'':24} {'XLA MB':>8} {'process MB':>10}   times as long")
    for name, task in tasks.items():
        rows[name] = {
            "xla_mb": xla_megabytes(task),
            "process_mb": facts[name]["growth_mb"],
            "ratio": ratios(seconds[name], seconds["as it is"]),
        }
        line = f"{rows[name]['xla_mb']:8.0f} {rows[name]['process_mb']:10.0f}   "
        print(f"{name:24} {line}" + "{:.2f} ({:.2f} to {:.2f})".format(*rows[name]["ratio"]))
    if arguments.out:
        settings = {**vars(arguments), "out": str(arguments.out)}
        arguments.out.write_text(
            json.dumps({**settings, "rows": rows, "seconds": seconds}), "utf-8"
        )


if __name__ == "__main__":
    main()
