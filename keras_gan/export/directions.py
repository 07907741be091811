"""The latent directions along which a generator's samples change most."""

from collections.abc import Callable

from keras_gan.tf32 import allow_tf32

import numpy as np

BATCH_SIZE = 64


@allow_tf32(False)
def main_directions(
    generate: Callable[[np.ndarray, np.ndarray | None], np.ndarray],
    latents: np.ndarray,
    labels: np.ndarray | None = None,
    count: int = 8,
    step: float = 1e-2,
) -> tuple[np.ndarray, np.ndarray]:
    """Computes the top eigenvectors of the mean of J^T J over latents.

    J is the Jacobian of the sample with respect to the latents, estimated by central differences. A
    unit step along an eigenvector changes the sample by the square root of the eigenvalue, in the
    root mean square over the latents. Source: Wang and Ponce, "The Geometry of Deep Generative
    Image Models" (ICLR 2021).

    Args:
        generate: Function from latents `(n, size)` and labels `(n,)` or None to samples `(n, ...)`.
        latents: The points at which J is evaluated, float32 `(points, size)`.
        labels: Labels of the points, for class-conditional generators.
        count: Number of directions; at most as many as there are latent dimensions.
        step: Step of the differences. With the default, float32 rounding errors are about 1e-5 of a
            pixel.

    Returns:
        `(directions, shares)`: unit vectors `(count, size)` by decreasing eigenvalue, each with its
        largest entry positive; and the share of each eigenvalue in their sum, `(count,)`.
    """
    size = latents.shape[1]
    total = np.zeros((size, size))
    for index, point in enumerate(latents):
        label = None if labels is None else labels[index]
        jacobian = jacobian_at(generate, point, label, step)
        total += jacobian @ jacobian.T
    values, vectors = np.linalg.eigh(total)
    strongest = vectors.T[::-1][:count]
    shares = np.maximum(values[::-1][:count], 0) / max(values.sum(), np.finfo(float).tiny)
    return orient(strongest), shares


def orient(vectors: np.ndarray) -> np.ndarray:
    """Returns the vectors `(count, size)`, signs flipped so that largest entries are positive.

    Example:

    >>> orient(np.array([[1.0, -2.0], [3.0, 1.0]])).tolist()
    [[-1.0, 2.0], [3.0, 1.0]]
    """
    largest = np.abs(vectors).argmax(axis=1)
    return vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]


def jacobian_at(
    generate: Callable, point: np.ndarray, label: int | None, step: float
) -> np.ndarray:
    """Computes the transposed Jacobian at one point, float64 `(size, values of a sample)`."""
    steps = np.float32(step) * np.eye(len(point), dtype="float32")
    ends = np.concatenate([point + steps, point - steps])
    labels = None if label is None else np.full(len(ends), label, "int32")
    samples = [
        generate(ends[i : i + BATCH_SIZE], None if labels is None else labels[i : i + BATCH_SIZE])
        for i in range(0, len(ends), BATCH_SIZE)
    ]
    ahead, behind = np.split(np.concatenate(samples).reshape(len(ends), -1).astype("float64"), 2)
    return (ahead - behind) / (2 * step)
