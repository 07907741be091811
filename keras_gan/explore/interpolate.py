"""Interpolation: a path through the latents, as a film."""

import dataclasses
import math
import os
from collections.abc import Sequence

from keras_gan import pictures
from keras_gan.checks import check_integer, check_seed
from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, labels_for
from keras_gan.sampling import Sampling

import numpy as np

MAX_CLASSES = 25  # side by side in a frame


@dataclasses.dataclass(frozen=True)
class Film:
    """A sequence of frames.

    Args:
        frames: `(count, height, width, channels)` uint8.
    """

    frames: np.ndarray

    def save(self, path: str | os.PathLike, frames_per_second: int = 25) -> None:
        """Writes a `.gif` or `.mp4` file; see `keras_gan.pictures.save_film`."""
        pictures.save_film(self.frames, path, frames_per_second)


def interpolate(
    gan: Sampling,
    seeds: Sequence[int],
    frames: int = 40,
    labels: int | None = None,
    truncation: float = 1.0,
    loop: bool = True,
) -> Film:
    """Makes a film that interpolates from one seed's sample to the next.

    Normal latents move along great circles, uniform latents along straight lines. The movement
    slows down at each sample, so that it is smooth.

    Args:
        gan: A model of images, such as a `GAN`.
        seeds: Non-negative ints, at least two.
        frames: Number of frames from one sample to the next, at 25 frames per second.
        labels: One class, for class-conditional networks. By default a frame shows all classes
            side by side.
        truncation: As in `GAN.sample`.
        loop: Whether to return to the first sample, so that the film can repeat.

    Returns:
        A `Film`. Frame `k * frames` is seed k's `gan.sample(1, seed)`.

    Raises:
        ConfigError: For a model that doesn't generate images, fewer than two seeds, or more than
            25 classes without a label.

    Source: Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985; for latents:
    White, "Sampling Generative Networks", 2016.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.DCGANGenerator((8, 8, 1), latent_dim=4, width=4),
    ...              kg.networks.DCGANDiscriminator((8, 8, 1), width=4))
    >>> kg.explore.interpolate(gan, seeds=[1, 2, 3], frames=5).frames.shape
    (15, 8, 8, 1)
    """
    check_images(gan)
    check_integer("number of frames", frames)
    if len(seeds) < 2:
        raise ConfigError(f"expected at least two seeds to go between, got {len(seeds)}.")
    keys = np.concatenate([latents_of(gan, seed) for seed in seeds])
    latents = path(keys, frames, loop, straight=gan.latent_distribution == "uniform")
    classes = classes_per_frame(gan, labels)
    count = 1 if classes is None else len(classes)
    images = gan.sample_at(
        np.repeat(latents, count, axis=0),
        None if classes is None else np.tile(classes, len(latents)),
        truncation,
    )
    images = images.reshape(len(latents), count, *images.shape[1:])
    columns = columns_of(count)
    return Film(np.stack([pictures.grid(frame, columns).numpy() for frame in images]))


def latents_of(gan: Sampling, seed: int) -> np.ndarray:
    """Returns the latents `(1, latent_dim)` of a seed's first sample."""
    return np.asarray(gan.latents(1, check_seed(seed, bits=63)))


def classes_per_frame(gan: Sampling, labels: int | None) -> np.ndarray | None:
    """Returns the classes that a frame shows side by side; None for networks without labels."""
    if labels is not None or not gan.conditional:
        return labels_for(gan, 1, labels)
    if gan.num_classes is None or gan.num_classes > MAX_CLASSES:
        raise ConfigError(
            f"expected a label: the generator has {gan.num_classes} classes, and a frame shows at "
            f"most {MAX_CLASSES} side by side."
        )
    return labels_for(gan, gan.num_classes)


def columns_of(count: int) -> int:
    """Returns the number of columns of the grid, at least as wide as high, with fewest gaps.

    Example:

    >>> [columns_of(count) for count in (1, 3, 7, 10, 16)]
    [1, 3, 4, 5, 4]
    """
    square = math.ceil(math.sqrt(count))
    return min(range(square, 2 * square), key=lambda columns: (-count % columns, columns))


def path(keys: np.ndarray, frames: int, loop: bool = True, straight: bool = False) -> np.ndarray:
    """Interpolates a path of latents through key latents.

    Args:
        keys: `(count, latent_dim)`.
        frames: Number of frames from one key to the next.
        loop: Whether the path returns to the first key, which isn't repeated at the end;
            otherwise it ends at the last key.
        straight: Whether to follow straight lines rather than great circles.

    Returns:
        `(count * frames, latent_dim)`, or `((count - 1) * frames + 1, latent_dim)` without a loop.

    Example:

    >>> path(np.eye(2), frames=2, straight=True).round(2).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.5, 0.5]]
    """
    ends = np.roll(keys, -1, axis=0)
    legs = zip(keys, ends, strict=True) if loop else zip(keys[:-1], ends[:-1], strict=True)
    times = (1 - np.cos(np.pi * np.arange(frames) / frames))[:, None] / 2
    between = linear if straight else slerp
    parts = [between(first, second, times) for first, second in legs]
    return np.concatenate(parts if loop else [*parts, keys[-1:]]).astype("float32")


def linear(first: np.ndarray, second: np.ndarray, t: float | np.ndarray) -> np.ndarray:
    """Computes the linear interpolation `(1 - t) first + t second`."""
    return (1 - t) * first + t * second


def slerp(first: np.ndarray, second: np.ndarray, t: float | np.ndarray) -> np.ndarray:
    """Computes the spherical interpolation `(sin((1 - t) a) first + sin(t a) second) / sin a`.

    It is linear where the angle a between the vectors is too close to 0 or pi to divide by its
    sine.

    Args:
        first, second: Vectors `(..., size)`, not 0.
        t: Position from 0 to 1, of a shape that broadcasts with the vectors.

    Example:

    >>> slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.5).round(3).tolist()
    [0.707, 0.707]
    """
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    norms = [np.linalg.norm(end, axis=-1, keepdims=True) for end in (first, second)]
    cosine = np.sum(first * second, axis=-1, keepdims=True) / (norms[0] * norms[1])
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    spherical = sine > 1e-6
    sine = np.where(spherical, sine, 1.0)
    curved = (np.sin((1 - t) * angle) * first + np.sin(t * angle) * second) / sine
    return np.where(spherical, curved, linear(first, second, t))
