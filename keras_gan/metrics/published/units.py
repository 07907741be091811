"""Units: convolutions with published weights, of which the published networks consist."""

from keras_gan.metrics.published.readers import Arrays

import keras
import numpy as np

EPSILON = 1e-3  # of the batch normalization of Inception and I3D


class Units:
    """Applies convolutions, with their weights found by name.

    Batch normalization with fixed statistics is a factor and a term of each channel, so it is
    folded into the kernel and the bias.

    Args:
        weights: Dict of arrays: `NAME/kernel` with `NAME/bias`, or with `NAME/beta`, `NAME/mean`
            and `NAME/variance` of a batch normalization without scale.
        dtype: Data type policy of the layers, such as `"float32"` or `"mixed_bfloat16"`.
    """

    def __init__(self, weights: Arrays, dtype: str = "float32") -> None:
        self.weights = weights
        self.dtype = dtype

    def __call__(
        self,
        x: keras.KerasTensor,
        name: str,
        strides: int = 1,
        padding: str = "same",
        activation: str | None = "relu",
    ) -> keras.KerasTensor:
        """Applies a convolution over two or three axes, as its kernel has.

        Args:
            x: Tensor `(batch, ..., channels)`.
            name: Name of its weights.
            strides, padding, activation: As in `keras.layers.Conv2D`.
        """
        kernel, bias = self.fold(name)
        convolution = keras.layers.Conv2D if kernel.ndim == 4 else keras.layers.Conv3D
        layer = convolution(
            kernel.shape[-1],
            kernel.shape[:-2],
            strides,
            padding,
            activation=activation,
            name=name.replace("/", "."),
            dtype=self.dtype,
        )
        y = layer(x)
        layer.set_weights([kernel, bias])
        return y

    def chain(
        self, x: keras.KerasTensor, name: str, count: int, last: tuple = ()
    ) -> keras.KerasTensor:
        """Applies convolutions `NAME/conv`, `NAME/conv_1` and so on, one after another.

        Args:
            x: Tensor `(batch, height, width, channels)`.
            name: First part of the names.
            count: Number of convolutions.
            last: Strides and padding of the last one, if they aren't 1 and `"same"`.
        """
        for index in range(count):
            options = last if index == count - 1 else ()
            x = self(x, f"{name}/{numbered('conv', index)}", *options)
        return x

    def fold(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns kernel and bias of a convolution, with its normalization if there is one."""
        kernel = self.weights[f"{name}/kernel"]
        if f"{name}/bias" in self.weights:
            return kernel, self.weights[f"{name}/bias"]
        beta, mean, variance = (
            self.weights[f"{name}/{part}"].astype("float64")
            for part in ("beta", "mean", "variance")
        )
        factor = 1 / np.sqrt(variance + EPSILON)
        return kernel * factor, beta - mean * factor


def numbered(name: str, index: int) -> str:
    """Returns the name of a layer as TensorFlow numbers it: `conv`, `conv_1`, `conv_2`.

    Example:

    >>> numbered("conv", 0), numbered("conv", 2)
    ('conv', 'conv_2')
    """
    return f"{name}_{index}" if index else name
