"""Penalties on the gradient of the discriminator with respect to its inputs."""

from collections.abc import Callable

from keras_gan import gradients, noise, replicas
from keras_gan.checks import check_bool, check_positive
from keras_gan.penalties.penalty import Penalty

import keras
import tensorflow as tf
from keras import ops


def squared_norm(gradient: tf.Tensor) -> tf.Tensor:
    """Computes the squared L2 norm of each sample, `(batch,)` float32."""
    gradient = ops.cast(gradient, "float32")
    return ops.sum(ops.square(gradient), axis=tuple(range(1, len(gradient.shape))))


def norm(gradient: tf.Tensor) -> tf.Tensor:
    """Computes the L2 norm of each sample, with gradient 0 instead of NaN where the norm is 0."""
    return ops.sqrt(ops.maximum(squared_norm(gradient), 1e-12))


def interpolate(real: tf.Tensor, fake: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Returns a random point on the line between each real and generated sample.

    Args:
        real, fake: `(batch, *sample_shape)`.
        key: Determines the fraction along each line, uniform in [0, 1).
    """
    shape = (ops.shape(real)[0], *[1] * (len(real.shape) - 1))
    fraction = replicas.rows_of_batch(lambda shape: noise.uniform(shape, key), shape)
    return real + fraction * (fake - real)


@keras.saving.register_keras_serializable(package="keras_gan")
class R1(Penalty):
    """Gradient penalty at real samples: (weight / 2) E[|grad_x D(x)|^2].

    Args:
        weight: gamma. Scale it with the number of pixels: about 0.1 to 1 for digits.
        interval: Number of steps between two evaluations; see `Penalty`.

    Source: Mescheder et al., "Which Training Methods for GANs do actually Converge?", ICML 2018,
    equation 9.

    Example:

    >>> import keras_gan as kg
    >>> from keras import ops
    >>> penalty = kg.penalties.R1(weight=2.0)
    >>> linear = lambda x: 3.0 * x[:, 0]
    >>> float(penalty(linear, ops.ones((4, 1)), None))
    9.0
    """

    name = "r1"

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Computes E[|grad_x D(x)|^2] / 2."""
        return ops.mean(squared_norm(gradients.input_gradients(discriminator, real))) / 2.0


@keras.saving.register_keras_serializable(package="keras_gan")
class R2(Penalty):
    """Gradient penalty at generated samples: (weight / 2) E[|grad_x D(G(z))|^2].

    Args:
        weight: gamma, as in `R1`.
        interval: Number of steps between two evaluations; see `Penalty`.

    Source: Mescheder et al., ICML 2018, equation 10.
    """

    name = "r2"

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Computes E[|grad_x D(G(z))|^2] / 2."""
        return ops.mean(squared_norm(gradients.input_gradients(discriminator, fake))) / 2.0


@keras.saving.register_keras_serializable(package="keras_gan")
class GradientPenalty(Penalty):
    """WGAN-GP: weight E[(|grad_x D(x)| - 1)^2] on lines between real and generated samples.

    Args:
        weight: lambda; 10 in the paper.
        interval: Number of steps between two evaluations; see `Penalty`.
        one_sided: Whether to penalize only norms above 1: (max(0, |grad| - 1))^2.

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, equation 3;
    one-sided as in Petzka et al., "On the regularization of Wasserstein GANs", ICLR 2018.

    Example:

    >>> import keras_gan as kg
    >>> from keras import ops
    >>> penalty = kg.penalties.GradientPenalty(weight=10.0)
    >>> linear = lambda x: 3.0 * x[:, 0]  # a gradient of 3 everywhere
    >>> x = ops.ones((4, 1))
    >>> float(penalty(linear, x, -x, kg.noise.make_key(seed=0)))
    40.0
    """

    name = "gradient_penalty"

    def __init__(self, weight: float = 10.0, interval: int = 1, one_sided: bool = False):
        super().__init__(weight, interval)
        self.one_sided = check_bool("one_sided", one_sided)

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Computes E[(|grad_x D(x)| - 1)^2] at interpolated x."""
        excess = norm(gradients.input_gradients(discriminator, interpolate(real, fake, key))) - 1.0
        return ops.mean(ops.square(ops.relu(excess) if self.one_sided else excess))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "one_sided": self.one_sided}


@keras.saving.register_keras_serializable(package="keras_gan")
class ZeroCentered(Penalty):
    """0-GP: weight E[|grad_x D(x)|^2] on lines between real and generated samples.

    Args:
        weight: lambda.
        interval: Number of steps between two evaluations; see `Penalty`.

    Source: Thanh-Tung et al., "Improving Generalization and Stability of Generative Adversarial
    Networks", ICLR 2019, equation 12.
    """

    name = "zero_centered"

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Computes E[|grad_x D(x)|^2] at interpolated x."""
        return ops.mean(
            squared_norm(gradients.input_gradients(discriminator, interpolate(real, fake, key)))
        )


@keras.saving.register_keras_serializable(package="keras_gan")
class DRAGAN(Penalty):
    """Gradient penalty at perturbed real samples: weight E[(|grad_x D(x)| - 1)^2].

    Each value is shifted by alpha U(0, c std), with alpha ~ U(0, 1) for each sample and std the
    standard deviation of all values of the batch.

    Args:
        weight: lambda; 10 in the paper.
        interval: Number of steps between two evaluations; see `Penalty`.
        scale: c, in standard deviations of the data; 0.5 in the authors' code.

    Source: Kodali et al., "On Convergence and Stability of GANs", 2017, algorithm 1.
    """

    name = "dragan"

    def __init__(self, weight: float = 10.0, interval: int = 1, scale: float = 0.5):
        super().__init__(weight, interval)
        self.scale = check_positive("scale", scale)

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Computes E[(|grad_x D(x)| - 1)^2] at perturbed real x."""
        width = self.scale * ops.std(real)
        shift_key = noise.fold_in(key, 1)
        draws = replicas.rows_of_batch(
            lambda shape: noise.uniform(shape, shift_key), ops.shape(real)
        )
        perturbed = real + draws * width
        grads = gradients.input_gradients(discriminator, interpolate(real, perturbed, key))
        return ops.mean(ops.square(norm(grads) - 1.0))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "scale": self.scale}
