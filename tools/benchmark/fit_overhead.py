"""What `fit` costs over a bare loop: the same step, the same data, in turn in one process.

    python tools/benchmark/fit_overhead.py

Prints a table and a line of JSON. The bare loop calls `tf.function(gan.train_step)` on batches of
the same data set and does nothing else.
"""

import argparse
import json
import statistics
import time

import tensorflow as tf

import keras_gan as kg


def run_fit(gan, dataset, steps):
    """Seconds a step of `fit`, without callbacks and output."""
    begun = time.perf_counter()
    gan.fit(dataset, steps_per_epoch=steps, verbose=0)
    return (time.perf_counter() - begun) / steps


def run_bare(step, dataset, gan, steps):
    """Seconds a step of a bare loop, up to the last step's logs."""
    begun = time.perf_counter()
    for batch in dataset.from_step(int(gan.step)).take(steps):
        logs = step(batch)
    float(logs["d_loss"])
    return (time.perf_counter() - begun) / steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="dcgan")
    parser.add_argument("--width", type=int, help="smaller steps show the overhead more")
    parser.add_argument("--steps", type=int, default=60, help="steps a round")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each, in turn")
    arguments = parser.parse_args()
    dataset = kg.datasets.load("digits", batch_size=64, labels=True)
    gan = kg.recipes.build(arguments.recipe, (28, 28, 1), num_classes=10, width=arguments.width)
    step = tf.function(gan.train_step, jit_compile=gan.jit_compile)
    times = {"fit": [], "bare": []}
    for index in range(arguments.rounds + 1):
        seconds = {
            "fit": run_fit(gan, dataset, arguments.steps),
            "bare": run_bare(step, dataset, gan, arguments.steps),
        }
        if index > 0:  # the first round compiles
            for name, value in seconds.items():
                times[name].append(1000 * value)
    ratios = [fit / bare for fit, bare in zip(times["fit"], times["bare"], strict=True)]
    print(f"{'':10} {'median':>9} {'lowest':>9} {'highest':>9}")
    for name, values in {**times, "fit / bare": ratios}.items():
        unit = "" if "/" in name else " ms"
        row = (statistics.median(values), min(values), max(values))
        print(f"{name:10} " + " ".join(f"{value:6.3f}{unit:3}" for value in row))
    print(json.dumps({"recipe": arguments.recipe, "milliseconds": times, "ratio": ratios}))


if __name__ == "__main__":
    main()
