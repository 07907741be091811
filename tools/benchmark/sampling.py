"""Measures the speed of a generator in images per second, and its cold start.

    pip install torch    # for the same generator in PyTorch
    python tools/benchmark/sampling.py --size 28

Saves and exports an untrained `dcgan`. Each way to run it is a separate process, in alternating
rounds. "cold start" is the time from the first line of the program to the first batch of images,
with all imports. Prints images per second, and the ratio to the speed of `predict`: median, minimum
and maximum of the rounds. For the float16 and int8 files it also prints the largest difference of
images in [-1, 1] from those of the float32 file.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

from alternate import Worker, in_turn, ratios

WORKER = pathlib.Path(__file__).parent / "peers" / "sample.py"


def ways():
    """Returns the ways to run the generator, as name -> additional entries of the task."""
    cores = os.cpu_count()
    found = {
        "Keras predict": {"way": "predict"},
        "gan.sample": {"way": "sample"},
        "SavedModel": {"way": "saved_model"},
        "SavedModel, XLA": {"way": "saved_model_xla"},
    }
    for threads in sorted({1, cores}):
        name = f"ONNX Runtime, {threads} thread{'s' if threads > 1 else ''}"
        found[name] = {"way": "onnx", "file": "generator.onnx", "threads": threads}
    for kind in ("float16", "int8"):
        found[f"ONNX Runtime, {kind}"] = {"way": "onnx", "file": f"{kind}.onnx", "threads": cores}
    found["PyTorch"] = {"way": "torch"}
    return found


def export_all(arguments, folder):
    """Exports an untrained model to all files; returns the errors of the float16 and int8 files."""
    import keras_gan as kg

    import keras
    import numpy as np
    import onnx
    import onnxruntime
    from onnxruntime import quantization
    from onnxruntime.transformers.float16 import convert_float_to_float16

    keras.utils.set_random_seed(0)
    gan = kg.recipes.build(
        "dcgan", (arguments.size, arguments.size, arguments.channels), width=arguments.width
    )
    gan.save(folder / "model.keras")
    kg.export.to_saved_model(gan, folder / "served")
    path = folder / "generator.onnx"
    kg.export.to_onnx(gan, path)
    half = convert_float_to_float16(onnx.load(path), keep_io_types=True)
    onnx.save(half, folder / "float16.onnx")
    noise = [np.asarray(gan.latents(64, seed)) for seed in range(8)]

    class Latents(quantization.CalibrationDataReader):
        waiting = iter({"latents": batch} for batch in noise)

        def get_next(self):
            return next(self.waiting, None)

    quantization.quantize_static(path, folder / "int8.onnx", Latents())
    images = [
        onnxruntime.InferenceSession(folder / file).run(None, {"latents": noise[0]})[0]
        for file in ("generator.onnx", "float16.onnx", "int8.onnx")
    ]
    half, quantized = (float(abs(other - images[0]).max()) for other in images[1:])
    return {"latent_dim": gan.latent_dim, "float16": half, "int8": quantized}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--seconds", type=float, default=1.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        facts = export_all(arguments, pathlib.Path(folder))
        for kind in ("float16", "int8"):
            print(f"{kind}: images differ by at most {facts[kind]:.2g}")
        common = {k: v for k, v in vars(arguments).items() if k not in ("out", "batches")}
        common |= {"folder": folder, "latent_dim": facts["latent_dim"]}
        for batch in arguments.batches:
            rows += measure({**common, "batch": batch}, arguments.rounds)
    if arguments.out:
        arguments.out.write_text(json.dumps({"differences": facts, "rows": rows}), "utf-8")


def measure(common, rounds):
    """Measures all ways at a batch size; returns the rows of the table."""
    tasks = {name: {**common, **way} for name, way in ways().items()}
    workers = {n: Worker([sys.executable, WORKER, json.dumps(t)]) for n, t in tasks.items()}
    found = in_turn(workers, rounds)
    for worker in workers.values():
        worker.close()
    speeds = {name: [r["images_per_second"] for r in answers] for name, answers in found.items()}
    print(f"\nbatch {common['batch']:23} {'images/s':>10} {'cold start':>11}   as fast as predict")
    rows = []
    for name, values in speeds.items():
        row = {
            "way": name,
            "batch": common["batch"],
            "images_per_second": statistics.median(values),
            "cold_start": workers[name].facts["cold_start"],
            "ratio": ratios(values, speeds["Keras predict"]),
        }
        line = f"{row['images_per_second']:10,.0f} {row['cold_start']:9.2f} s   "
        print(f"{name:29} {line}" + "{:.2f} ({:.2f} to {:.2f})".format(*row["ratio"]))
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
