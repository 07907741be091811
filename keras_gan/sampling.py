"""Sampling: models with latents, and the samples of their averaged generators."""

from collections.abc import Callable, Sequence
from typing import Any

from keras_gan import media, memory, noise, pictures
from keras_gan.checks import check_integer, check_labels, check_number, check_seed
from keras_gan.errors import ConfigError
from keras_gan.networks import truncated
from keras_gan.networks.graph import num_classes_of
from keras_gan.signature import SERVING_DEFAULT, Signature
from keras_gan.tf32 import allow_tf32

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

SMALLEST_PICTURE = 256  # pixels of the shorter side
MOST_SHOWN = 10_000  # samples in one picture
LATENT_DISTRIBUTIONS = ("normal", "uniform")


class Sampling:
    """Mixin of models with an averaged generator `latents [, labels] -> samples`.

    Exports, explorers and callbacks check `isinstance(model, Sampling)`.

    Attributes:
        moving_average: The averaged generator: `latents` or `[latents, labels] -> samples`.
        latent_distribution: One of `LATENT_DISTRIBUTIONS`.
    """

    moving_average: keras.Model
    latent_distribution: str

    @property
    def conditional(self) -> bool:
        """Whether the networks take labels."""
        return len(self.moving_average.inputs) == 2

    @property
    def num_classes(self) -> int | None:
        """Number of classes: the generator's attribute, or what its graph tells, or None."""
        return num_classes_of(self.moving_average)

    def require_classes(self) -> int:
        """Returns the number of classes; raises `ConfigError` if a generator doesn't tell it."""
        if self.num_classes is None:
            raise ConfigError(
                "expected a known number of classes, got a generator whose labels go into neither "
                "an Embedding nor a one-hot; pass it, as in GAN(generator, discriminator, "
                "num_classes=10), or pass labels to sample."
            )
        return self.num_classes

    @property
    def latent_dim(self) -> int:
        """Size of the latent vector."""
        return self.moving_average.inputs[0].shape[-1]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.moving_average.output_shape[1:])

    @property
    def medium(self) -> media.Medium:
        """Medium of the samples: the generator's, or else that of their shape."""
        return media.of_network(self.moving_average)

    def signatures(self) -> dict[str, Signature]:
        """Returns the functions to export, by name: `latents [, labels] -> samples`."""
        self.check_averages()
        inputs = {"latents": tf.TensorSpec((None, self.latent_dim), tf.float32, name="latents")}
        if self.conditional:
            inputs["labels"] = tf.TensorSpec((None,), tf.int32, name="labels")
        network = self.moving_average
        tolerance = getattr(network, "tolerance", None)
        signature = Signature(network, inputs, self.medium, self.example_inputs, tolerance)
        return {SERVING_DEFAULT: signature}

    def example_inputs(self, batch_size: int, seed: int) -> dict:
        """Returns name -> array: the latents of a seed and, for conditional models, all labels."""
        inputs = {"latents": self.latents(batch_size, seed).numpy()}
        if self.conditional:
            inputs["labels"] = np.arange(batch_size, dtype="int32") % self.require_classes()
        return inputs

    def preview(
        self, rows: int | None = None, columns: int | None = None, seed: int = 0
    ) -> tuple[np.ndarray, int]:
        """Generates samples for display, from the same latents each time.

        Args:
            rows, columns: Size of the grid; by default the medium's, with equally many columns for
                each class.
            seed: Seed of the latents.

        Returns:
            `(samples, columns)`: `rows * columns` samples, row by row.
        """
        grid = self.medium.grid
        num_classes = self.require_classes() if self.conditional else None
        columns = columns or count_columns(grid[1], num_classes)
        count = (rows or grid[0]) * columns
        labels = np.arange(count) % num_classes if num_classes else None
        return self.sample(count, seed=seed, labels=labels), columns

    def sampler(self, source: Any) -> Callable:
        """Returns `(n, seed) -> samples`, for metrics against a source.

        Args:
            source: Data whose class frequencies a class-conditional generator follows.
        """
        return sampler_in_shares(self, source)

    def call(self, inputs: tf.Tensor | Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Returns samples of the averaged generator at `latents` or `[latents, labels]`."""
        return self.moving_average(inputs, training=False)

    def truncated(self, inputs: Sequence[tf.Tensor], truncation: float | tf.Tensor) -> tf.Tensor:
        """Returns truncated samples of the averaged generator, as `networks.truncated` does."""
        return truncated(self.moving_average, inputs, truncation)

    def latents(self, n: int | tf.Tensor, seed: int | tf.Tensor = 0) -> tf.Tensor:
        """Draws the latents of `sample`: the first n of the endless sequence of a seed.

        Args:
            n: Number of latent vectors, at least 1; an int or an integer tensor.
            seed: Non-negative int or integer tensor.

        Returns:
            A float32 tensor `(n, latent_dim)`, standard normal or uniform in [-1, 1) as the model's
            `latent_distribution` says.
        """
        return self.draw_latents(n, noise.make_key(seed))

    def draw_latents(self, n: int | tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Draws latents `(n, latent_dim)` from a `keras_gan.noise` key."""
        if self.latent_distribution == "uniform":
            return noise.uniform((n, self.latent_dim), key, -1.0, 1.0)
        return noise.normal((n, self.latent_dim), key)

    @memory.name_remedy(memory.IN_SAMPLING)
    def sample(
        self,
        n: int,
        seed: int = 0,
        labels: Any = None,
        truncation: float = 1.0,
        batch_size: int = 256,
    ) -> np.ndarray:
        """Samples from the averaged generator.

        Args:
            n: Number of samples, at least 1.
            seed: Non-negative int; the same seed gives the same samples.
            labels: For class-conditional networks, one class for all samples or `(n,)` ints; drawn
                uniformly from the seed by default.
            truncation: From 0 to 1. Smaller values give more typical samples of less variety; 0
                gives the average sample only. It scales the latents, or the styles of StyleGAN2.
            batch_size: Number of samples in a forward pass.

        Returns:
            A float32 array `(n, *sample_shape)` in the range of the medium, [-1, 1] for images.

        Raises:
            ConfigError: For a value out of range, or labels for an unconditional model.

        Source: truncation as in Karras et al., "A Style-Based Generator Architecture", CVPR 2019,
        section B, applied to z, whose mean is 0.

        Example:

            images = gan.sample(16, seed=0)
            sevens = gan.sample(16, seed=0, labels=7)
        """
        n, seed = check_integer("number of samples", n), check_seed(seed, bits=63)
        labels = self._sampling_labels(n, seed, labels)
        return self.sample_at(self.latents(n, seed), *(labels or [None]), truncation, batch_size)

    def show(
        self,
        n: int = 16,
        seed: int = 0,
        labels: Any = None,
        truncation: float = 1.0,
        columns: int | None = None,
    ) -> Image.Image:
        """Draws samples as one picture, which a notebook shows by itself.

        Images are shown as a grid, other media by their previews: sound as waveforms and
        spectrograms, points as a plot, rows of a table as text. Small pictures are enlarged.

        Args:
            n: Number of samples, from 1 to 10,000.
            seed, labels, truncation: As in `sample`.
            columns: Number of samples per row; by default the square root of n, rounded up.

        Returns:
            An RGB `PIL.Image`, with alpha channels on white.

        Raises:
            ConfigError: For a value out of range, or labels for an unconditional model.

        Example:

            gan.show(16, seed=1)
            gan.show(10, labels=range(10), columns=10).save("digits.png")
        """
        check_integer("number of samples to show", n, maximum=MOST_SHOWN)
        samples = self.sample(n, seed, labels, truncation)
        picture = self.medium.preview(samples, columns)
        return pictures.to_pillow(pictures.enlarge(picture, SMALLEST_PICTURE))

    @memory.name_remedy(memory.IN_INFERENCE)
    @allow_tf32(False)
    def sample_at(
        self, latents: Any, labels: Any = None, truncation: float = 1.0, batch_size: int = 256
    ) -> np.ndarray:
        """Generates the samples of given latents with the averaged generator.

        Args:
            latents: `(n, latent_dim)` floats, n at least 1, such as the result of `latents`.
            labels: For class-conditional networks, one class for all samples or `(n,)` ints.
            truncation, batch_size: As in `sample`.

        Returns:
            A float32 array `(n, *sample_shape)` in the range of the medium, [-1, 1] for images.

        Raises:
            ConfigError: For latents of another shape, a truncation out of range, labels for an
                unconditional model, or no labels for a conditional one.

        Example:

            between = gan.sample_at((gan.latents(1, seed=0) + gan.latents(1, seed=1)) / 2**0.5)
        """
        check_number("a truncation", truncation, maximum=1)
        self.check_averages()
        latents = tf.convert_to_tensor(latents, tf.float32)
        if latents.shape.rank != 2 or latents.shape[1] != self.latent_dim or not latents.shape[0]:
            raise ConfigError(
                f"expected latents (n, {self.latent_dim}), at least one, got {latents.shape}."
            )
        if self.conditional and labels is None:
            raise ConfigError("expected labels: these networks take a class for each sample.")
        n, truncation = latents.shape[0], tf.constant(truncation, tf.float32)
        inputs = latents, *self._sampling_labels(n, 0, labels)
        return np.concatenate(
            [
                self._sampler(truncation, *(rows[i : i + batch_size] for rows in inputs))
                for i in range(0, n, batch_size)
            ]
        )

    def _sampling_labels(self, n, seed, labels):
        """Returns `(labels,)` as int32 `(n,)`, or `()` for networks without labels."""
        if not self.conditional:
            if labels is not None:
                raise ConfigError("expected no labels: these networks take none.")
            return ()
        if labels is None:
            labels = np.random.default_rng(seed).integers(self.require_classes(), size=n)
        labels = np.asarray(labels)
        if labels.shape not in ((), (n,)):
            raise ConfigError(f"expected one label or {n}, got labels of shape {labels.shape}.")
        if self.num_classes is not None:
            check_labels(labels, self.num_classes, ConfigError)
        return (tf.broadcast_to(tf.constant(labels, tf.int32), [n]),)

    @property
    def _sampler(self):
        """The averaged generator as one compiled function for every batch size."""
        if "_sampler_function" not in self.__dict__:
            latents = tf.TensorSpec([None, self.latent_dim], tf.float32)
            labels = [tf.TensorSpec([None], tf.int32)] if self.conditional else []
            self.__dict__["_sampler_function"] = tf.function(
                lambda truncation, *inputs: truncated(self, inputs, truncation),
                input_signature=[tf.TensorSpec([], tf.float32), latents, *labels],
            )
        return self.__dict__["_sampler_function"]


def count_columns(columns: int, num_classes: int | None) -> int:
    """Returns the columns of a grid: about as many as given, each class in equally many."""
    return columns if num_classes is None else max(columns // num_classes, 1) * num_classes


def sampler_in_shares(model: Any, source: Any) -> Callable:
    """Returns `(n, seed) -> samples` of a model, with the class frequencies of a source.

    Args:
        model: Has `sample(n, seed, labels)`, `conditional` and `num_classes`.
        source: Data with labels.
    """
    if not model.conditional:
        return model.sample
    num_classes = model.require_classes() if isinstance(model, Sampling) else model.num_classes
    counts = np.bincount(source.read_labels(), minlength=num_classes)
    shares = counts / counts.sum()

    def sample(n, seed):
        labels = np.random.default_rng([seed, 1]).choice(len(shares), size=n, p=shares)
        return model.sample(n, seed=seed, labels=labels)

    return sample


def require_sampling(model: Any, purpose: str) -> None:
    """Raises `ConfigError` unless a model samples from latents.

    Args:
        model: An `AdversarialModel`.
        purpose: Purpose of the samples, for the error message.
    """
    if not isinstance(model, Sampling):
        raise ConfigError(
            f"expected a model that samples from latents, such as a GAN, for {purpose}, got a "
            f"{type(model).__name__}."
        )
