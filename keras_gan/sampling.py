"""Sampling: the games with latents, and the samples of their averaged generators."""

from keras_gan import media, noise
from keras_gan.checks import check_labels
from keras_gan.errors import ConfigError
from keras_gan.networks import truncated
from keras_gan.signature import SERVING_DEFAULT, Signature

import keras
import numpy as np
import tensorflow as tf

LATENT_DISTRIBUTIONS = ("normal", "uniform")


class Sampling:
    """Mixin of the games whose averaged generator turns latents, and a label, into a sample.

    Exports, exploring and callbacks ask for it by `isinstance(game, Sampling)`.

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
        """Number of classes, where the generator says it."""
        return getattr(self.moving_average, "num_classes", None)

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
        """Medium of the samples: what the generator says, else by their shape."""
        return media.of_network(self.moving_average)

    def signatures(self) -> dict[str, Signature]:
        """Returns the functions that exports write, by name: latents [, labels] -> samples."""
        inputs = {"latents": tf.TensorSpec((None, self.latent_dim), tf.float32, name="latents")}
        if self.conditional:
            inputs["labels"] = tf.TensorSpec((None,), tf.int32, name="labels")
        network = self.moving_average
        tolerance = getattr(network, "tolerance", None)
        signature = Signature(network, inputs, self.medium, self.example_inputs, tolerance)
        return {SERVING_DEFAULT: signature}

    def example_inputs(self, batch_size: int, seed: int) -> dict:
        """Returns name -> array: the latents of a seed, and where they are taken all labels."""
        inputs = {"latents": self.latents(batch_size, seed).numpy()}
        if self.conditional:
            inputs["labels"] = np.arange(batch_size, dtype="int32") % (self.num_classes or 1)
        return inputs

    def preview(self, rows: int | None = None, columns: int | None = None, seed: int = 0):
        """Returns samples to look at, the same latents each time.

        Args:
            rows, columns: As many as the medium's previews have by default; a column a class for a
                class-conditional generator.
            seed: Decides the latents.

        Returns:
            `(samples, columns)`: `rows * columns` samples, in rows.
        """
        grid = self.medium.grid
        columns = columns or (self.conditional and self.num_classes) or grid[1]
        count = (rows or grid[0]) * columns
        has_classes = self.conditional and self.num_classes is not None
        labels = np.arange(count) % self.num_classes if has_classes else None
        return self.sample(count, seed=seed, labels=labels), columns

    def sampler(self, source):
        """Returns `(n, seed) -> samples`, to be measured against a source.

        Args:
            source: The data. A class-conditional generator gets labels in their shares.
        """
        return sampler_in_shares(self, source)

    def call(self, inputs, training=False):
        """Returns samples of the averaged generator at `latents` or `[latents, labels]`."""
        return self.moving_average(inputs, training=False)

    def truncated(self, inputs, truncation):
        """Returns samples of the averaged generator by `keras_gan.networks.truncated`."""
        return truncated(self.moving_average, inputs, truncation)

    def latents(self, n, seed=0):
        """The latents of `sample`: the first n of one endless sequence a seed.

        Args:
            n: How many, at least 1; an int or an integer tensor.
            seed: Non-negative int or integer tensor.

        Returns:
            A float32 tensor `(n, latent_dim)`: standard normal or uniform in [-1, 1), as the
            model's `latent_distribution` says.
        """
        return self.draw_latents(n, noise.make_key(seed))

    def draw_latents(self, n, key):
        """Latents `(n, latent_dim)` of a `keras_gan.noise` key."""
        if self.latent_distribution == "uniform":
            return noise.uniform((n, self.latent_dim), key, -1.0, 1.0)
        return noise.normal((n, self.latent_dim), key)

    def sample(self, n, seed=0, labels=None, truncation=1.0, batch_size=256):
        """Samples of the averaged generator.

        Args:
            n: How many, at least 1.
            seed: Non-negative int; the same seed gives the same samples.
            labels: For class-conditional networks: one class for all, or `(n,)` ints; drawn
                uniformly from the seed by default.
            truncation: From 0 to 1. Less than 1 trades variety for typical samples; 0 is the one
                sample at the centre. Latents are scaled by it, or what the generator makes of
                them, where it says so (StyleGAN2).
            batch_size: Samples a forward pass.

        Returns:
            A float32 array `(n, *sample_shape)`, images in [-1, 1].

        Raises:
            ConfigError: For a value out of range, or labels where none are wanted.

        Source: truncation as in Karras et al., "A Style-Based Generator Architecture", CVPR 2019,
        section B, applied to z, whose mean is 0.

        Example:

            images = gan.sample(16, seed=0)
            sevens = gan.sample(16, seed=0, labels=7)
        """
        if n < 1:
            raise ConfigError(f"expected to sample at least 1, got {n}.")
        if not 0 <= seed < 2**63:
            raise ConfigError(f"expected a seed from 0 to 2**63 - 1, got {seed}.")
        labels = self._sampling_labels(n, seed, labels)
        return self.sample_at(self.latents(n, seed), *(labels or [None]), truncation, batch_size)

    def sample_at(self, latents, labels=None, truncation=1.0, batch_size=256):
        """Samples of the averaged generator at these latents.

        Args:
            latents: `(n, latent_dim)` floats, n at least 1, such as `self.latents` gives.
            labels: For class-conditional networks: one class for all, or `(n,)` ints.
            truncation, batch_size: As in `sample`.

        Returns:
            A float32 array `(n, *sample_shape)`, images in [-1, 1].

        Raises:
            ConfigError: For latents of another shape, a truncation out of range, labels where none
                are wanted, or none where they are.

        Example:

            between = gan.sample_at((gan.latents(1, seed=0) + gan.latents(1, seed=1)) / 2**0.5)
        """
        if not 0 <= truncation <= 1:
            raise ConfigError(f"expected a truncation from 0 to 1, got {truncation}.")
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
        """`(labels,)` as int32 `(n,)`, or `()` for networks without labels."""
        if not self.conditional:
            if labels is not None:
                raise ConfigError("expected no labels: these networks take none.")
            return ()
        if labels is None:
            if self.num_classes is None:
                raise ConfigError("expected labels: the generator doesn't say its num_classes.")
            labels = np.random.default_rng(seed).integers(self.num_classes, size=n)
        labels = np.asarray(labels)
        if labels.shape not in ((), (n,)):
            raise ConfigError(f"expected one label or {n}, got labels of shape {labels.shape}.")
        if self.num_classes is not None:
            check_labels(labels, self.num_classes, ConfigError)
        return (tf.broadcast_to(tf.constant(labels, tf.int32), [n]),)

    @property
    def _sampler(self):
        """The averaged generator as one function for every batch size."""
        if "_sampler_function" not in self.__dict__:
            latents = tf.TensorSpec([None, self.latent_dim], tf.float32)
            labels = [tf.TensorSpec([None], tf.int32)] if self.conditional else []
            self.__dict__["_sampler_function"] = tf.function(
                lambda truncation, *inputs: truncated(self, inputs, truncation),
                input_signature=[tf.TensorSpec([], tf.float32), latents, *labels],
            )
        return self.__dict__["_sampler_function"]


def sampler_in_shares(model, source):
    """Returns `(n, seed) -> samples` of a model, with labels in the shares of a source.

    Args:
        model: Has `sample(n, seed, labels)`, `conditional` and `num_classes`.
        source: The data.
    """
    if not model.conditional:
        return model.sample
    counts = np.bincount(source.read_labels(), minlength=model.num_classes)
    shares = counts / counts.sum()

    def sample(n, seed):
        labels = np.random.default_rng([seed, 1]).choice(len(shares), size=n, p=shares)
        return model.sample(n, seed=seed, labels=labels)

    return sample


def require_sampling(model, what: str):
    """Raises `ConfigError` unless a model samples from latents.

    Args:
        model: A game.
        what: What needs it, for the error.
    """
    if not isinstance(model, Sampling):
        raise ConfigError(
            f"expected a model that samples from latents, such as a GAN, for {what}, got a "
            f"{type(model).__name__}."
        )
