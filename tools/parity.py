"""The parity matrix: compares one generator in each exported form with Keras.

    python tools/parity.py                       # the shipped digits and every network family
    python tools/parity.py --game digits --json parity.json

Prints a table for each: the largest and the mean absolute difference from the Keras generator
over 64 samples, the size of the file, the median time of a call at batch 1 and 64, and the time of
a cold start: from a new process, or from opening the page, to the first sample. Each program
chooses its number of threads. Node needs `npm install --ignore-scripts` in tools/node once, the
browser needs chromium and chromedriver; programs that aren't installed are skipped and listed.
"""

import argparse
import functools
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import consumers
import keras_gan as kg
import parity_runtimes
from keras_gan import export

import numpy as np
import tensorflow as tf

ROOT = pathlib.Path(__file__).parents[1]
DIGITS = ROOT / "saved_models" / "digits" / "1"
COUNT, REPEATS = 64, 20
# The largest difference allowed, where the generator has no tolerance of its own; of lower
# precisions, the mean difference for each unit of spread
BOUNDS = {"savedmodel": 1e-6, "session": 1e-6, "opset": 1e-5, "litert": 1e-5, "node": 1e-5}
BOUNDS |= {"browser": 1e-5}
MEAN_BOUNDS = {"float16": 1e-3, "int8": 0.2}
OPSETS = (15, 17, 18)


def shipped_digits():
    """Loads the bundled generator of digits into Keras, with the weights of its SavedModel."""
    shape = (28, 28, 1)
    networks = kg.networks.DCGANGenerator, kg.networks.DCGANDiscriminator
    gan = kg.GAN(networks[0](shape, 32, 48, 10), networks[1](shape, 8, 10))
    weights = tf.saved_model.load(str(DIGITS)).weights
    gan.generator.set_weights([weight.numpy() for weight in weights])
    gan.reset_averages()
    return gan


def untrained(family, shape, latent_dim, size, **generator):
    """Builds a model of a network family with its initial weights."""
    make = (
        getattr(kg.networks, f"{family}Generator"),
        getattr(kg.networks, f"{family}Discriminator"),
    )
    num_classes = generator.get("num_classes")
    width = (8,) if family == "MLP" else 8
    return kg.GAN(
        make[0](shape, latent_dim, size, **generator),
        make[1](shape, width, num_classes=num_classes),
    )


GAMES = {
    "digits": shipped_digits,
    "mlp": lambda: untrained("MLP", (28, 28, 1), 64, (256, 256)),
    "mlp with labels": lambda: untrained("MLP", (28, 28, 1), 64, (256, 256), num_classes=10),
    "mlp of points": lambda: untrained("MLP", (2,), 8, (128, 128)),
    "dcgan": lambda: untrained("DCGAN", (32, 48, 3), 64, 16),
    "dcgan with labels": lambda: untrained("DCGAN", (32, 32, 3), 64, 16, num_classes=10),
    "dcgan with conditional BatchNorm": lambda: untrained(
        "DCGAN", (32, 32, 3), 64, 16, num_classes=10, conditioning="batch_norm"
    ),
    "sagan": lambda: untrained(
        "ResNet", (24, 16, 3), 64, 16, conditioning="split_latents", attention=8
    ),
    "stylegan2": lambda: untrained("StyleGAN2", (16, 24, 3), 64, 16, mapping_layers=2),
    "r3gan with labels": lambda: untrained("R3GAN", (24, 16, 3), 64, 16, num_classes=10),
    "progan with labels": lambda: untrained("Progressive", (16, 24, 3), 64, 32, num_classes=10),
}


def export_all(gan, folder):
    """Exports a model in each form; returns consumer -> path."""
    paths = {"savedmodel": export.to_saved_model(gan, folder / "saved").path}
    paths["session"] = paths["savedmodel"]
    for opset in OPSETS:
        paths[f"opset {opset}"] = export.to_onnx(gan, folder / f"{opset}.onnx", opset).path
    for precision in ("float16", "int8"):
        path = folder / f"{precision}.onnx"
        paths[precision] = export.to_onnx(gan, path, precision=precision).path
    paths["litert"] = export.to_litert(gan, folder / "generator.tflite").path
    return {**paths, "node": paths["opset 18"], "browser": paths["opset 18"]}


def measure(gan, consumer, path, inputs, timed=True, node_app=parity_runtimes.NODE_APP):
    """Measures one row of the matrix, a dict.

    Args:
        gan: The model.
        consumer: A key of `export_all`.
        path: Path of its file.
        inputs: Name -> array of `COUNT` rows.
        timed: Whether to measure times.
        node_app: Folder of the installed app for Node.
    """
    expected = gan([*inputs.values()] if len(inputs) > 1 else inputs["latents"]).numpy()
    if consumer in ("node", "browser"):
        run = functools.partial(parity_runtimes.in_node, app=node_app)
        run = run if consumer == "node" else parity_runtimes.in_browser
        found = run(path, inputs["latents"], inputs.get("labels"), REPEATS if timed else 1)
        times = {**found["milliseconds"], "cold_start": found["cold_start"]} if timed else {}
        samples = found["samples"]
    else:
        run = consumers.opener(consumer)(path, gan.medium.tensor)
        samples = run(inputs)
        times = time_calls(gan, consumer, path, run, inputs) if timed else {}
    apart = np.abs(samples.astype("float64") - expected)
    row = {"largest": float(apart.max()), "mean": float(apart.mean())}
    row |= {"spread": float(np.std(expected)), "bytes": size_of(path)}
    row["tolerance"] = getattr(gan.moving_average, "tolerance", 0.0)
    return {**row, **times}


def time_calls(gan, consumer, path, run, inputs):
    """Returns median milliseconds by batch size, and the seconds of a cold start."""
    times = {}
    for size in (1, COUNT):
        part = {name: values[:size] for name, values in inputs.items()}
        run(part)
        call = functools.partial(run, part)
        times[size] = 1000 * statistics.median(seconds(call) for _ in range(REPEATS))
    with tempfile.TemporaryDirectory() as work:
        one = pathlib.Path(work) / "inputs.npz"
        np.savez(one, **{name: values[:1] for name, values in inputs.items()})
        program = ROOT / "tools" / "consumers.py"
        command = [sys.executable, program, consumer, path, gan.medium.tensor, one]
        call = functools.partial(subprocess.run, command, check=True, capture_output=True)
        times["cold_start"] = statistics.median(seconds(call) for _ in range(3))
    return times


def seconds(call):
    """Measures the time of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def size_of(path):
    """Returns the size of a file or a SavedModel in bytes."""
    files = [path] if path.is_file() else [*path.glob("*.pb"), *path.glob("variables/*")]
    return sum(file.stat().st_size for file in files)


def unavailable():
    """Returns the consumers that this machine lacks, with the reason."""
    missing = {}
    if not (parity_runtimes.NODE_APP / "node_modules").exists():
        missing["node"] = "run npm install --ignore-scripts in tools/node"
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        missing["browser"] = "no chromium and chromedriver"
    return missing


def within_bounds(consumer, row):
    """Returns whether the differences of a row are within their bounds."""
    kind = consumer.split()[0]
    if kind in MEAN_BOUNDS:
        return row["mean"] <= MEAN_BOUNDS[kind] * row["spread"]
    same_kernels = kind in ("savedmodel", "session")
    return row["largest"] <= max(BOUNDS[kind], 0.0 if same_kernels else row["tolerance"])


def matrix(game, timed=True, left_out=(), node_app=parity_runtimes.NODE_APP):
    """Measures all rows of a model, as consumer -> row, without those to skip."""
    gan = GAMES[game]()
    inputs = gan.example_inputs(COUNT, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        paths = export_all(gan, pathlib.Path(folder))
        return {
            consumer: measure(gan, consumer, path, inputs, timed, node_app)
            for consumer, path in paths.items()
            if consumer not in left_out
        }


def table(rows):
    """Returns the rows as lines of a table."""
    lines = [
        "| | largest | mean | kB | batch 1, ms | batch 64, ms | cold start, s |",
        "|---" * 7 + "|",
    ]
    for consumer, row in rows.items():
        lines.append(
            f"| {consumer} | {row['largest']:.1e} | {row['mean']:.1e} | {row['bytes'] / 1000:,.0f} "
            f"| {row[1]:.2f} | {row[COUNT]:.1f} | {row['cold_start']:.2f} |"
        )
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--game", choices=GAMES, action="append", help="only these")
    parser.add_argument("--json", type=pathlib.Path, help="a file for the numbers")
    arguments = parser.parse_args()
    missing = unavailable()
    for consumer, reason in missing.items():
        print(f"Without {consumer}: {reason}.")
    found, apart = {}, []
    for game in arguments.game or GAMES:
        found[game] = matrix(game, left_out=missing)
        print(f"\n{game}\n", *table(found[game]), sep="\n", flush=True)
        bad = [name for name, row in found[game].items() if not within_bounds(name, row)]
        apart += [f"{game} in {name}" for name in bad]
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    for line in apart:
        print(f"Too far apart: {line}.")
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
