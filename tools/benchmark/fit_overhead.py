"""Measures the overhead of `fit` over a bare loop with the same step and data.

    python tools/benchmark/fit_overhead.py

The bare loop only calls `tf.function(gan.train_step)` on batches of the same data set. Prints a
table of wall and processor times per step, and a line of JSON. Other programs slow single rounds,
and the processor's clock speed varies, so use the median ratio. The ratio of processor times varies
less; the ratio of the fastest rounds depends on two rounds only.
"""

import argparse
import json
import statistics
import time

import keras_gan as kg

import tensorflow as tf


def run_fit(gan, dataset, steps):
    """Runs `fit` without callbacks and output."""
    gan.fit(dataset, steps_per_epoch=steps, verbose=0)


def run_bare(step, dataset, gan, steps):
    """Runs a bare loop, including the last step's logs."""
    for batch in dataset.from_step(int(gan.step)).take(steps):
        logs = step(batch)
    float(logs["d_loss"])


def milliseconds(run, steps):
    """Returns the wall and processor time per step, in milliseconds."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return (
        1000 * (time.perf_counter() - wall) / steps,
        1000 * (time.process_time() - processor) / steps,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="dcgan")
    parser.add_argument("--width", type=int, help="smaller steps show the overhead more")
    parser.add_argument("--steps", type=int, default=60, help="steps per round")
    parser.add_argument("--rounds", type=int, default=15, help="alternating rounds of each loop")
    arguments = parser.parse_args()
    dataset = kg.datasets.load("digits", batch_size=64, labels=True)
    gan = kg.recipes.build(arguments.recipe, (28, 28, 1), num_classes=10, width=arguments.width)
    step = tf.function(gan.train_step, jit_compile=gan.jit_compile)
    ways = {
        "fit": lambda steps: run_fit(gan, dataset, steps),
        "bare": lambda steps: run_bare(step, dataset, gan, steps),
    }
    for run in ways.values():
        run(3)  # compiles
    rows = {f"{name} {kind}": [] for name in ways for kind in ("wall", "cpu")}
    for _ in range(arguments.rounds):
        for name, run in ways.items():
            wall, processor = milliseconds(lambda run=run: run(arguments.steps), arguments.steps)
            rows[f"{name} wall"].append(wall)
            rows[f"{name} cpu"].append(processor)
    for kind in ("wall", "cpu"):
        pairs = zip(rows[f"fit {kind}"], rows[f"bare {kind}"], strict=True)
        rows[f"{kind} ratio"] = [fit / bare for fit, bare in pairs]
    print(f"{'':12} {'median':>9} {'lowest':>9} {'highest':>9}")
    for name, values in rows.items():
        row = (statistics.median(values), min(values), max(values))
        unit = "" if name.endswith("ratio") else "ms"
        print(f"{name:12} " + " ".join(f"{value:7.3f}{unit:2}" for value in row))
    print(f"ratio of the fastest rounds: {min(rows['fit wall']) / min(rows['bare wall']):.3f}")
    print(json.dumps({"recipe": arguments.recipe, **rows}))


if __name__ == "__main__":
    main()
