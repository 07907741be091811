"""Interpolation: the way through latents, as a film."""

import dataclasses
import math

from keras_gan import pictures
from keras_gan.checks import check_integer, check_seed
from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, labels_for

import numpy as np

MOST_CLASSES = 25  # that are shown side by side


@dataclasses.dataclass(frozen=True)
class Film:
    """Frames in order.

    Args:
        frames: `(count, height, width, channels)` uint8.
    """

    frames: np.ndarray

    def save(self, path, frames_per_second=25):
        """Writes a `.gif` or a `.mp4`; see `keras_gan.pictures.save_film`."""
        pictures.save_film(self.frames, path, frames_per_second)


def interpolate(gan, seeds, frames=40, labels=None, truncation=1.0, loop=True):
    """A film of the way from one seed's sample to the next, and back to the first.

    Normal latents go along great circles, uniform ones straight. The way slows down at each
    sample, so that it has no jolt.

    Args:
        gan: A game of images, such as a `GAN`.
        seeds: Non-negative ints, at least two.
        frames: From one sample to the next; 25 are a second.
        labels: For class-conditional networks: one class. By default a frame shows all classes
            side by side.
        truncation: As in `GAN.sample`.
        loop: Whether to come back to the first sample, so that the film has no end.

    Returns:
        A `Film`. Frame `k * frames` is seed k's `gan.sample(1, seed)`.

    Raises:
        ConfigError: For a game of no images, fewer than two seeds, or more than 25 classes without
            a label.

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
    way = path(keys, frames, loop, straight=gan.latent_distribution == "uniform")
    together = shown_together(gan, labels)
    count = 1 if together is None else len(together)
    images = gan.sample_at(
        np.repeat(way, count, axis=0),
        None if together is None else np.tile(together, len(way)),
        truncation,
    )
    images = images.reshape(len(way), count, *images.shape[1:])
    columns = columns_of(count)
    return Film(np.stack([pictures.grid(frame, columns).numpy() for frame in images]))


def latents_of(gan, seed):
    """The latents `(1, latent_dim)` of the first sample of a seed."""
    return np.asarray(gan.latents(1, check_seed(seed, bits=63)))


def shown_together(gan, labels):
    """The classes that a frame shows side by side, ints; None for networks without labels."""
    if labels is not None or not gan.conditional:
        return labels_for(gan, 1, labels)
    if gan.num_classes is None or gan.num_classes > MOST_CLASSES:
        raise ConfigError(
            f"expected a label: the generator has {gan.num_classes} classes, and a frame shows at "
            f"most {MOST_CLASSES} side by side."
        )
    return labels_for(gan, gan.num_classes)


def columns_of(count):
    """Columns of a grid, at least as wide as high, that leaves the fewest places empty.

    Example:

    >>> [columns_of(count) for count in (1, 3, 7, 10, 16)]
    [1, 3, 4, 5, 4]
    """
    square = math.ceil(math.sqrt(count))
    return min(range(square, 2 * square), key=lambda columns: (-count % columns, columns))


def path(keys, frames, loop=True, straight=False):
    """Latents on the way through keys.

    Args:
        keys: `(count, latent_dim)`.
        frames: From one key to the next.
        loop: Whether the way leads back to the first key, which then isn't repeated at the end;
            otherwise it ends at the last one.
        straight: Along lines rather than great circles.

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
    way = [between(first, second, times) for first, second in legs]
    return np.concatenate(way if loop else [*way, keys[-1:]]).astype("float32")


def linear(first, second, t):
    """(1 - t) first + t second."""
    return (1 - t) * first + t * second


def slerp(first, second, t):
    """Spherical interpolation, `(sin((1 - t) a) first + sin(t a) second) / sin a`.

    Where the angle a between both is too near 0 or a half turn to divide by its sine, it is
    linear.

    Args:
        first, second: Vectors `(..., size)`, not 0.
        t: From 0 to 1, of a shape that goes with theirs.

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
