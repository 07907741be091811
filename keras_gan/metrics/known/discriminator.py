"""The optimal discriminator of two distributions, and a learned one's distance from it."""

from keras_gan.errors import DataError

import numpy as np
from numpy.typing import ArrayLike


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Computes the optimal discriminator D* = p / (p + q); 1/2 where both are 0.

    Args:
        p: Densities of the data, or masses of cells, at least 0.
        q: Densities or masses of the generated samples.

    Returns:
        A float64 array from 0 to 1.

    Raises:
        DataError: For a negative or infinite density, or NaN.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, proposition 1.

    Example:

    >>> from keras_gan.metrics.known import optimal_discriminator
    >>> optimal_discriminator([0.3, 0.3, 0.0], [0.3, 0.1, 0.0])
    array([0.5 , 0.75, 0.5 ])
    """
    p, q = np.asarray(p, "float64"), np.asarray(q, "float64")
    total = p + q
    if not (np.isfinite(total).all() and (p >= 0).all() and (q >= 0).all()):
        raise DataError("expected finite densities or masses of at least 0.")
    return np.divide(p, total, out=np.full(total.shape, 0.5), where=total > 0)


def discriminator_gap(logits: ArrayLike, p: ArrayLike, q: ArrayLike) -> float:
    """Computes a discriminator's mean distance from the optimal one, E|sigmoid(logit) - D*|.

    The mean is over (p + q) / 2, the distribution of a discriminator's inputs. If `q` is estimated
    from samples, its noise is part of the gap, so use many samples or few cells.

    Args:
        logits: Logits at the cells, such as `gan.judge(cell_centres(edges))`, one value per cell in
            any shape.
        p: Masses of the data in the cells; their sum may be less than 1.
        q: Masses of the generated samples.

    Returns:
        A float from 0 to 1.

    Raises:
        DataError: For different numbers of values, NaN, or masses that are all 0.

    Example:

    >>> from keras_gan.metrics.known import discriminator_gap
    >>> discriminator_gap([0.0, 0.0], [0.5, 0.5], [0.5, 0.5])
    0.0
    """
    logits, p, q = (np.asarray(values, "float64").ravel() for values in (logits, p, q))
    if not len(logits) == len(p) == len(q):
        raise DataError(
            f"expected a logit and two masses for every cell, got {len(logits)} logits and "
            f"{len(p)} and {len(q)} masses."
        )
    weights = (p + q) / 2
    if np.isnan(logits).any() or not weights.sum() > 0:
        raise DataError("expected logits that are numbers, and masses that are not all 0.")
    gaps = np.abs(sigmoid(logits) - optimal_discriminator(p, q))
    return float(gaps @ weights / weights.sum())


def sigmoid(logits: ArrayLike) -> np.ndarray:
    """Computes 1 / (1 + exp(-logit)) without overflow, float64."""
    return (1 + np.tanh(np.asarray(logits, "float64") / 2)) / 2
