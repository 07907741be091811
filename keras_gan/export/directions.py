"""The latent directions along which a generator's samples change most."""

import numpy as np

BATCH_SIZE = 64


def main_directions(generate, latents, labels=None, count=8, step=1e-2):
    """The top eigenvectors of the mean of J^T J over latents.

    J is the Jacobian of the sample with respect to the latents, here by central differences. A
    step along an eigenvector changes the sample, on average, by the root of its eigenvalue; see
    Wang and Ponce, "The Geometry of Deep Generative Image Models" (ICLR 2021).

    Args:
        generate: `latents (n, size), labels (n,) or None -> samples (n, ...)`.
        latents: The points where J is taken, float32 `(points, size)`.
        labels: A class for each point, for generators with classes.
        count: How many directions; all where the latents are fewer.
        step: Of the differences. The default leaves float32's rounding about 1e-5 of a pixel.

    Returns:
        `(directions, shares)`: unit vectors `(count, size)`, the strongest first, each with its
        largest entry positive; and each one's share of all change, `(count,)`.
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
    return oriented(strongest), shares


def oriented(vectors):
    """The vectors `(count, size)`, each turned so that its largest entry is positive.

    Example:

    >>> oriented(np.array([[1.0, -2.0], [3.0, 1.0]])).tolist()
    [[-1.0, 2.0], [3.0, 1.0]]
    """
    largest = np.abs(vectors).argmax(axis=1)
    return vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]


def jacobian_at(generate, point, label, step):
    """The transposed Jacobian at one point, `(size, values of a sample)`, float64."""
    steps = np.float32(step) * np.eye(len(point), dtype="float32")
    ends = np.concatenate([point + steps, point - steps])
    labels = None if label is None else np.full(len(ends), label, "int32")
    samples = [
        generate(ends[i : i + BATCH_SIZE], None if labels is None else labels[i : i + BATCH_SIZE])
        for i in range(0, len(ends), BATCH_SIZE)
    ]
    ahead, behind = np.split(np.concatenate(samples).reshape(len(ends), -1).astype("float64"), 2)
    return (ahead - behind) / (2 * step)
