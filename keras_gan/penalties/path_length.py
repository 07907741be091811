"""Path length regularization, a penalty on the generator."""

from typing import Any

from keras_gan import gradients, noise, replicas
from keras_gan.checks import check_integer, is_number
from keras_gan.errors import ConfigError, abbreviate
from keras_gan.penalties.penalty import Penalty

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class PathLength(Penalty):
    """Path length regularization of the generator: weight E[(|J^T y| - a)^2].

    It makes steps of a fixed size in w change the image by a fixed amount. J is the Jacobian of the
    image with respect to the styles, y an image of N(0, 1) noise divided by the square root of the
    number of pixels, and a the moving average of |J^T y|. That length is the root mean square,
    over the layers, of the norm of the gradient of <G(w), y> with respect to each layer's style.

    The generator needs a `mapping` and a `synthesis`, as in StyleGAN2.

    Args:
        weight: Factor of the penalty; 2 in the paper.
        interval: Number of steps between two evaluations; see `Penalty`.
        decay: Weight of a new length in the moving average, from 0 to 1.
        shrink: Divisor of the batch size for this penalty, to save memory.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020,
    section 3.2.

    Example:

        gan.compile(penalties=[kg.penalties.R1(1.0, 16), kg.penalties.PathLength()])
    """

    name = "path_length"
    player = "generator"

    def __init__(
        self, weight: float = 2.0, interval: int = 4, decay: float = 0.01, shrink: int = 2
    ):
        super().__init__(weight, interval)
        if not is_number(decay) or not 0 < decay <= 1:
            raise ConfigError(f"expected a decay above 0 and up to 1, got {abbreviate(decay)}.")
        self.decay, self.shrink = decay, check_integer("shrink", shrink)
        self.mean = keras.Variable(
            0.0, trainable=False, dtype="float32", aggregation="mean", name="mean_path_length"
        )
        self.variables = (self.mean,)

    def check(self, network: keras.Model) -> None:
        """Raises `ConfigError` for a generator without a mapping and a synthesis."""
        if not (hasattr(network, "mapping") and hasattr(network, "synthesis")):
            raise ConfigError(
                "expected a generator with a mapping and a synthesis for PathLength, such as "
                f"StyleGAN2Generator, got {type(network).__name__}."
            )

    def measure(
        self,
        generator: Any,
        latents: tf.Tensor,
        labels: tf.Tensor | None,
        key: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Updates a and computes E[(|J^T y| - a)^2].

        Args:
            generator: Has `mapping(inputs, training)` and `synthesis(styles, key, training)`.
            latents: `(batch, latent_dim)`.
            labels: `(batch,)`, or None.
            key: Determines y and the noise of the synthesis.
        """
        count = -(-ops.shape(latents)[0] // self.shrink)
        inputs = [rows[:count] for rows in (latents, labels) if rows is not None]
        styles = generator.mapping(inputs if len(inputs) > 1 else inputs[0], training=True)
        lengths = path_lengths(generator, styles, key)
        (mean,) = replicas.average([ops.mean(ops.stop_gradient(lengths))])
        average = self.mean.value + self.decay * (mean - self.mean.value)
        self.mean.assign(average)
        return ops.mean(ops.square(lengths - average))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "decay": self.decay, "shrink": self.shrink}


def path_lengths(generator: Any, styles: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Computes |J^T y| of each sample, `(batch,)`; see `PathLength`."""

    def product(styles):
        images = generator.synthesis(styles, noise.fold_in(key, 1), training=True)
        draws = replicas.rows_of_batch(lambda shape: noise.normal(shape, key), ops.shape(images))
        pixels = images.shape[1] * images.shape[2]
        return ops.sum(images * draws, axis=(1, 2, 3)) * pixels**-0.5

    slopes = gradients.input_gradients(product, styles)
    return ops.sqrt(ops.mean(ops.sum(ops.square(slopes), axis=2), axis=1) + 1e-12)
