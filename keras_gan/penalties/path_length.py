"""The penalty on the generator: path length regularisation."""

from keras_gan import gradients, noise, replicas
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.penalties.penalty import Penalty

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class PathLength(Penalty):
    """A step of w changes G's image by a fixed length: weight E[(|J^T y| - a)^2].

    J is the Jacobian of the image with respect to the styles, y ~ N(0, 1) an image over the root
    of its pixels, and a the moving average of the length. |J^T y| is the root of the mean, over
    the layers, of the squared norms of the gradients of <G(w), y> by each layer's style.

    A penalty on the generator, which has to have a `mapping` and a `synthesis`, as StyleGAN2's.

    Args:
        weight: 2 in the paper.
        interval: Every how many steps; see `Penalty`.
        decay: Share of each new length in the moving average, from 0 to 1.
        shrink: The penalty is taken on 1 of so many samples of a batch, to save memory.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020,
    section 3.2.

    Example:

        gan.compile(penalties=[kg.penalties.R1(1.0, 16), kg.penalties.PathLength()])
    """

    name = "path_length"
    player = "generator"

    def __init__(self, weight=2.0, interval=4, decay=0.01, shrink=2):
        super().__init__(weight, interval)
        if not 0 < decay <= 1:
            raise ConfigError(f"expected a decay of more than 0, up to 1, got {decay}.")
        self.decay, self.shrink = decay, check_integer("shrink", shrink)
        self.mean = keras.Variable(
            0.0, trainable=False, dtype="float32", aggregation="mean", name="mean_path_length"
        )
        self.variables = (self.mean,)

    def check(self, network):
        """Raises `ConfigError` for a generator without a mapping and a synthesis."""
        if not (hasattr(network, "mapping") and hasattr(network, "synthesis")):
            raise ConfigError(
                "expected a generator with a mapping and a synthesis for PathLength, such as "
                f"StyleGAN2Generator, got {type(network).__name__}."
            )

    def measure(self, generator, latents, labels, key=None):
        """Computes E[(|J^T y| - a)^2]; a moves first.

        Args:
            generator: With `mapping(inputs, training)` and `synthesis(styles, key, training)`.
            latents: `(batch, latent_dim)`.
            labels: `(batch,)`, or None.
            key: Decides y, and the noise of the synthesis.
        """
        count = -(-ops.shape(latents)[0] // self.shrink)
        inputs = [rows[:count] for rows in (latents, labels) if rows is not None]
        styles = generator.mapping(inputs if len(inputs) > 1 else inputs[0], training=True)
        lengths = path_lengths(generator, styles, key)
        (mean,) = replicas.average([ops.mean(ops.stop_gradient(lengths))])
        moved = self.mean.value + self.decay * (mean - self.mean.value)
        self.mean.assign(moved)
        return ops.mean(ops.square(lengths - moved))

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "decay": self.decay, "shrink": self.shrink}


def path_lengths(generator, styles, key):
    """|J^T y| of each sample, `(batch,)`; see `PathLength`."""

    def product(styles):
        images = generator.synthesis(styles, noise.fold_in(key, 1), training=True)
        draws = replicas.rows_of_batch(lambda shape: noise.normal(shape, key), ops.shape(images))
        pixels = images.shape[1] * images.shape[2]
        return ops.sum(images * draws, axis=(1, 2, 3)) * pixels**-0.5

    slopes = gradients.input_gradients(product, styles)
    return ops.sqrt(ops.mean(ops.sum(ops.square(slopes), axis=2), axis=1) + 1e-12)
