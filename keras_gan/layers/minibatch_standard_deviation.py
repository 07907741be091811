"""Minibatch standard deviation: the variation within a batch as a feature."""

from typing import Any

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Appends channels with the standard deviation over a group of samples.

    The discriminator then sees it if a generator repeats itself. The standard deviation at each
    pixel is averaged over pixels and channels and appended as a constant map. A batch is split into
    groups of `group_size`, or of the largest smaller number that divides it: sample i is in a group
    with the samples i + k batch / group.

    Args:
        group_size: Number of samples in a group, at least 1.
        num_channels: Number of appended channels; each averages its part of the input channels.
        **kwargs: As in `keras.layers.Layer`.

    Raises:
        ConfigError: If `group_size` is below 1 or `num_channels` doesn't divide the input channels.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, section 3; the groups as in
    StyleGAN's code.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> x = np.array([1.0, 3.0], "float32").reshape(2, 1, 1, 1)
    >>> kg.layers.MinibatchStandardDeviation()(x)[:, 0, 0, 1].numpy().tolist()
    [1.0, 1.0]
    """

    mixes_samples = True

    def __init__(self, group_size: int = 4, num_channels: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.group_size = check_integer("group_size", group_size)
        self.num_channels = check_integer("num_channels", num_channels)

    def build(self, input_shape: tuple) -> None:
        """Checks the number of channels; the layer has no weights."""
        if input_shape[-1] % self.num_channels:
            raise ConfigError(
                f"expected num_channels that divide the input's {input_shape[-1]}, got "
                f"{self.num_channels}."
            )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Appends `num_channels` channels to `(batch, height, width, channels)`."""
        _, height, width, channels = inputs.shape
        size = self._group_size_of(ops.shape(inputs)[0])
        x = ops.cast(inputs, "float32")
        parts = (height, width, self.num_channels, channels // self.num_channels)
        x = ops.reshape(x, (size, -1, *parts))
        deviation = ops.sqrt(ops.var(x, axis=0) + 1e-8)
        deviation = ops.mean(deviation, axis=(1, 2, 4))
        deviation = ops.tile(deviation, (size, 1))
        maps = ops.reshape(ops.cast(deviation, inputs.dtype), (-1, 1, 1, self.num_channels))
        maps = ops.broadcast_to(maps, (*ops.shape(inputs)[:3], self.num_channels))
        return ops.concatenate([inputs, maps], axis=-1)

    def _group_size_of(self, batch):
        """Returns the largest number up to `group_size` that divides the batch."""
        if isinstance(batch, int):
            return max(n for n in range(1, self.group_size + 1) if batch % n == 0)
        sizes = ops.arange(1, self.group_size + 1, dtype="int32")
        return ops.max(ops.where(ops.equal(batch % sizes, 0), sizes, 1))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the shape with `num_channels` more channels."""
        return (*input_shape[:-1], input_shape[-1] + self.num_channels)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        config = {"group_size": self.group_size, "num_channels": self.num_channels}
        return {**super().get_config(), **config}
