"""Minibatch standard deviation: how much the samples of a batch differ, as a feature."""

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Adds channels that tell how much the samples of a group differ: a generator can't repeat.

    The standard deviation over the group at every place, averaged over places and channels, as a
    constant map. A batch is cut into groups of `group_size`, or of the largest smaller number that
    divides it: sample i is in a group with i + k batch / group.

    Args:
        group_size: Samples of a group, at least 1.
        num_channels: Channels added; each is the mean over its part of the input's channels.
        **kwargs: As in `keras.layers.Layer`.

    Raises:
        ConfigError: For a group without samples, or channels that don't divide the input's.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, section 3; groups as in
    StyleGAN's program.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> x = np.array([1.0, 3.0], "float32").reshape(2, 1, 1, 1)
    >>> kg.layers.MinibatchStandardDeviation()(x)[:, 0, 0, 1].numpy().tolist()
    [1.0, 1.0]
    """

    mixes_samples = True

    def __init__(self, group_size=4, num_channels=1, **kwargs):
        super().__init__(**kwargs)
        self.group_size = check_integer("group_size", group_size)
        self.num_channels = check_integer("num_channels", num_channels)

    def build(self, input_shape):
        """Looks at the channels; there are no weights."""
        if input_shape[-1] % self.num_channels:
            raise ConfigError(
                f"expected num_channels that divide the input's {input_shape[-1]}, got "
                f"{self.num_channels}."
            )

    def call(self, inputs):
        """Maps `(batch, height, width, channels)` to `(batch, height, width, channels + num_channels)`."""
        _, height, width, channels = inputs.shape
        size = self._size_of_group(ops.shape(inputs)[0])
        x = ops.cast(inputs, "float32")
        parts = (height, width, self.num_channels, channels // self.num_channels)
        x = ops.reshape(x, (size, -1, *parts))
        deviation = ops.sqrt(ops.var(x, axis=0) + 1e-8)
        deviation = ops.mean(deviation, axis=(1, 2, 4))
        deviation = ops.tile(deviation, (size, 1))
        maps = ops.reshape(ops.cast(deviation, inputs.dtype), (-1, 1, 1, self.num_channels))
        maps = ops.broadcast_to(maps, (*ops.shape(inputs)[:3], self.num_channels))
        return ops.concatenate([inputs, maps], axis=-1)

    def _size_of_group(self, batch):
        """The largest number up to `group_size` that divides the batch."""
        if isinstance(batch, int):
            return max(n for n in range(1, self.group_size + 1) if batch % n == 0)
        sizes = ops.arange(1, self.group_size + 1, dtype="int32")
        return ops.max(ops.where(ops.equal(batch % sizes, 0), sizes, 1))

    def compute_output_shape(self, input_shape):
        """`num_channels` more."""
        return (*input_shape[:-1], input_shape[-1] + self.num_channels)

    def get_config(self):
        """Returns the constructor's arguments."""
        config = {"group_size": self.group_size, "num_channels": self.num_channels}
        return {**super().get_config(), **config}
