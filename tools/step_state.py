"""State of an exported training step: exact values, or how to draw them.

Large variables of floats are described by shape, mean and deviation, which keeps the files small.
Constants, such as an optimizer's zeros, come back exactly. Other values are drawn anew from a
normal distribution: good for timing a step, not for comparing its results.
"""

import json
import pathlib

import numpy as np

LARGE = 16_384  # values; smaller variables are exact


def write_state(folder, arrays, exact=False):
    """Writes `state.npz` with exact values, and `drawn.json` for the variables to draw.

    Args:
        folder: An existing folder.
        arrays: NumPy arrays.
        exact: Whether to write all values.
    """
    folder = pathlib.Path(folder)
    drawn = {} if exact else {i: describe(x) for i, x in enumerate(arrays) if is_large(x)}
    np.savez(folder / "state.npz", **{str(i): x for i, x in enumerate(arrays) if i not in drawn})
    (folder / "drawn.json").write_text(json.dumps(drawn, indent=1), "utf-8")


def read_state(folder, seed=0):
    """Returns the arrays of `write_state`; the same seed draws the same values."""
    folder = pathlib.Path(folder)
    rng = np.random.default_rng(seed)
    drawn = json.loads((folder / "drawn.json").read_text("utf-8"))
    with np.load(folder / "state.npz") as exact:
        return [
            draw(drawn[str(i)], rng) if str(i) in drawn else exact[str(i)]
            for i in range(len(drawn) + len(exact))
        ]


def is_large(array):
    """Returns whether an array is described instead of written."""
    return array.size >= LARGE and array.dtype == np.float32


def describe(array):
    """Returns how to draw an array.

    >>> describe(np.zeros((2, 3), "float32"))
    {'shape': [2, 3], 'mean': 0.0, 'deviation': 0.0}
    """
    constant = array.min() == array.max()
    mean = array.flat[0] if constant else array.mean(dtype="float64")
    deviation = 0.0 if constant else array.std(dtype="float64")
    return {"shape": list(array.shape), "mean": float(mean), "deviation": float(deviation)}


def draw(description, rng):
    """Draws a float32 array by its description.

    >>> draw({"shape": [2], "mean": 0.5, "deviation": 0.0}, np.random.default_rng(0))
    array([0.5, 0.5], dtype=float32)
    """
    values = rng.standard_normal(description["shape"], dtype="float32")
    return np.float32(description["mean"]) + np.float32(description["deviation"]) * values
