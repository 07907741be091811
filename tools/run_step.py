"""Runs and times a training step of `export_step.py` with JAX only.

    pip install jax    # or jax[cuda13] for a GPU
    python tools/run_step.py step --steps 50 --rounds 11

The steps update the state, with the same batch of random images. Prints images per second, the
floating-point operations and memory of a step as XLA counts them, and the share of the speed of
large matrix products on this machine, measured between the rounds.

Large variables are drawn from a seed, unless the step was exported with `--exact`: the times are
those of the step, but the logs are not those of its model. Needs `step_state.py` beside it.
"""

import argparse
import json
import pathlib
import statistics
import time

from step_state import read_state

import jax
import numpy as np
from jax.extend.backend import get_backend
from jaxlib import _jax


class Step:
    """A compiled step and its state.

    Args:
        folder: What `export_step.py` wrote.
    """

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.facts = json.loads((folder / "step.json").read_text("utf-8"))
        client = get_backend()
        self.device = client.local_devices()[0]
        self.program = client.compile_and_load(
            (folder / "step.mlir").read_text("utf-8"),
            _jax.DeviceList((self.device,)),
            _jax.CompileOptions(),
        )
        self.state = [self.put(array) for array in read_state(folder)]

    def put(self, array):
        """Copies an array to the device without changing its width, as counters have 64 bits."""
        with jax.enable_x64(True):
            return jax.device_put(array, self.device)

    def __call__(self, *batch):
        """Runs one step; returns its logs by name, still on the device."""
        results = self.program.execute_sharded([*batch, *self.state])
        arrays = [arrays[0] for arrays in results.disassemble_into_single_device_arrays()]
        logs = self.facts["logs"]
        for index, array in zip(self.facts["results"], arrays[len(logs) :], strict=True):
            self.state[index] = array
        return dict(zip(logs, arrays, strict=False))

    def random_batch(self):
        """Draws uniform images in [-1, 1], and labels of class 0, as inputs of the step."""
        rng = np.random.default_rng(0)
        return [
            self.put(
                rng.uniform(-1, 1, spec["shape"]).astype(spec["dtype"])
                if spec["dtype"].startswith("float")
                else np.zeros(spec["shape"], spec["dtype"])
            )
            for spec in self.facts["batch"]
        ]

    def cost(self):
        """Returns XLA's counts: operations per step, and bytes of the state and of the rest."""
        memory = self.program.get_compiled_memory_stats()
        return {
            "flops": self.program.cost_analysis().get("flops", float("nan")),
            "state_bytes": memory.argument_size_in_bytes,
            "temporary_bytes": memory.temp_size_in_bytes,
        }


def peak_flops(device, dtype, size=4096, calls=8):
    """Returns the floating-point operations per second of a large matrix product."""
    size = size if device.platform != "cpu" else 1024
    matrix = jax.device_put(np.ones((size, size), "float32"), device).astype(dtype)
    product = jax.jit(lambda a, b: a @ b)
    product(matrix, matrix).block_until_ready()
    start = time.perf_counter()
    for _ in range(calls):
        result = product(matrix, matrix)
    result.block_until_ready()
    return calls * 2 * size**3 / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=20, help="steps a round")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--peak", default="float32", help="number format of the matrix products")
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")
    arguments = parser.parse_args()
    step = Step(arguments.folder)
    batch, cost = step.random_batch(), step.cost()
    jax.block_until_ready(step(*batch))
    seconds, shares = [], []
    for _ in range(arguments.rounds):
        start = time.perf_counter()
        for _ in range(arguments.steps):
            logs = step(*batch)
        jax.block_until_ready(logs)
        seconds.append((time.perf_counter() - start) / arguments.steps)
        shares.append(cost["flops"] / seconds[-1] / peak_flops(step.device, arguments.peak))
    found = {
        "device": step.device.device_kind,
        "milliseconds": [1000 * s for s in seconds],
        "images_per_second": step.facts["images"] / statistics.median(seconds),
        "share_of_peak": shares,
        **cost,
        "logs": {name: float(value) for name, value in logs.items()},
    }
    print(f"{found['device']}: {found['images_per_second']:,.0f} images/s")
    for name in ("milliseconds", "share_of_peak"):
        values = found[name]
        print(f"{name} {statistics.median(values):.4g} ({min(values):.4g} to {max(values):.4g})")
    print(
        f"{cost['flops'] / 1e9:.2f} GFLOP a step, {cost['state_bytes'] / 1e6:.1f} MB of state, "
        f"{cost['temporary_bytes'] / 1e6:.1f} MB beside it"
    )
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1), "utf-8")


if __name__ == "__main__":
    main()
