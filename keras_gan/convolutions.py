"""Convolutions and both of their gradients, each by the fastest way for its shape on a CPU.

oneDNN is slow for some of them: gradients with respect to images of few channels, whose
vectorization fails, and in bfloat16 gradients on small maps: with respect to kernels, and with AMX
with respect to images. Other ways of the same sums are up to five times as fast; they differ from
oneDNN's result by rounding only. `tools/benchmark/convolutions.py` times them.
"""

import dataclasses
from collections.abc import Callable

from keras_gan import compilation
from keras_gan.environment import processor_features
from keras_gan.errors import ConfigError

import tensorflow as tf
from keras import ops

FEW_CHANNELS = 4  # for `input_gradient_by_depth`
HAS_AMX = "amx_bf16" in processor_features()
# dtype -> largest side of the outputs for which a gradient is computed by products
KERNEL_PRODUCTS = {"bfloat16": 8}
INPUT_PRODUCTS = {"bfloat16": 4 if HAS_AMX else 0}


def convolve(x: tf.Tensor, kernel: tf.Tensor, strides: int = 1, padding: str = "same") -> tf.Tensor:
    """Computes a convolution.

    Args:
        x: `(batch, height, width, channels)`.
        kernel: `(side, side, channels, filters)`.
        strides: Stride along both axes.
        padding: `"same"` or `"valid"`.

    Returns:
        A tensor `(batch, rows, columns, filters)`.

    Raises:
        ConfigError: For maps of integers.

    Example:

    >>> import tensorflow as tf
    >>> from keras_gan.convolutions import convolve
    >>> convolve(tf.ones((1, 4, 4, 2)), tf.ones((3, 3, 2, 5)), strides=2).shape
    TensorShape([1, 2, 2, 5])
    """
    check_floats(x)
    if not compilation.for_tensorflow_on_cpu() or None in x.shape[1:3]:
        return tf.nn.conv2d(x, kernel, strides, padding.upper())
    x, kernel = tf.convert_to_tensor(x), tf.convert_to_tensor(kernel)
    return Convolution.of(x.shape, kernel.shape, strides, padding).convolve(x, kernel)


def check_floats(x: tf.Tensor) -> None:
    """Raises `ConfigError` for maps of integers, such as images that aren't scaled."""
    if not tf.as_dtype(x.dtype).is_floating:
        raise ConfigError(
            f"expected maps of floats to filter, got {tf.as_dtype(x.dtype).name}; convert them, "
            "such as uint8 images by x / 127.5 - 1."
        )


def convolve_transposed(
    x: tf.Tensor, kernel: tf.Tensor, strides: int = 1, padding: str = "same"
) -> tf.Tensor:
    """Computes a transposed convolution, the gradient of `convolve` with respect to its input.

    Args:
        x: `(batch, rows, columns, channels)`.
        kernel: `(side, side, filters, channels)`.
        strides: Stride along both axes.
        padding: `"same"`, for maps of `strides * rows`, or `"valid"`.

    Returns:
        A tensor `(batch, height, width, filters)`.

    Raises:
        ConfigError: For maps of integers.

    Example:

    >>> import tensorflow as tf
    >>> from keras_gan.convolutions import convolve_transposed
    >>> convolve_transposed(tf.ones((1, 4, 4, 2)), tf.ones((4, 4, 5, 2)), strides=2).shape
    TensorShape([1, 8, 8, 5])
    """
    check_floats(x)
    if None in x.shape[1:3]:
        return ops.conv_transpose(x, kernel, strides, padding)
    x, kernel = tf.convert_to_tensor(x), tf.convert_to_tensor(kernel)
    cut = 0 if padding == "same" else max(kernel.shape[0] - strides, 0)
    shape = (None, *(strides * size + cut for size in x.shape[1:3]), kernel.shape[2])
    convolution = Convolution.of(shape, kernel.shape, strides, padding)
    if not compilation.for_tensorflow_on_cpu():
        return convolution.input_gradient_of_tensorflow(x, kernel)
    return convolution.input_gradient(x, kernel)


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution of one shape as three bilinear maps, each with the others as its gradients.

    Attributes:
        height, width: Size of the inputs.
        rows, columns: Size of the outputs.
        side: Side of the kernel.
        channels, filters: Number of input and output channels.
        strides: Stride along both axes.
        padding: `"SAME"` or `"VALID"`.
        top, left: Rows and columns of zeros before the inputs.
    """

    height: int
    width: int
    rows: int
    columns: int
    side: int
    channels: int
    filters: int
    strides: int
    padding: str
    top: int
    left: int

    @classmethod
    def of(cls, x_shape: tuple, kernel_shape: tuple, strides: int, padding: str) -> "Convolution":
        """Returns the convolution for the shapes of inputs and kernel."""
        _, height, width, _ = x_shape
        side, _, channels, filters = kernel_shape
        rows, top = output_size(height, side, strides, padding)
        columns, left = output_size(width, side, strides, padding)
        return cls(
            height,
            width,
            rows,
            columns,
            side,
            channels,
            filters,
            strides,
            padding.upper(),
            top,
            left,
        )

    # The three maps.

    def convolve(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Computes the convolution of inputs and a kernel."""
        return bilinear(
            lambda x, kernel: tf.nn.conv2d(x, kernel, self.strides, self.padding),
            lambda upstream, x, kernel: self.input_gradient(upstream, kernel),
            lambda upstream, x, kernel: self.kernel_gradient(x, upstream),
        )(x, kernel)

    def input_gradient(self, y: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Computes the gradient with respect to the inputs, for a gradient of the outputs."""
        way = self.input_gradient_of_tensorflow
        if self.folded is not None and self.strides > 1 and self.channels <= FEW_CHANNELS:
            way = self.input_gradient_by_depth
        elif self.folded is not None and self.fits(INPUT_PRODUCTS, y.dtype):
            way = self.input_gradient_by_products
        return bilinear(
            way,
            lambda upstream, y, kernel: self.convolve(upstream, kernel),
            lambda upstream, y, kernel: self.kernel_gradient(upstream, y),
        )(y, kernel)

    def kernel_gradient(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Computes the gradient with respect to the kernel, for a gradient of the outputs."""
        by_products = self.folded is not None and self.fits(KERNEL_PRODUCTS, x.dtype)
        return bilinear(
            self.kernel_gradient_by_products if by_products else self.kernel_gradient_of_tensorflow,
            lambda upstream, x, y: self.input_gradient(y, upstream),
            lambda upstream, x, y: self.convolve(x, upstream),
        )(x, y)

    def fits(self, largest: dict[str, int], dtype: tf.DType) -> bool:
        """Returns whether both sides of the outputs are at most `largest` of the dtype."""
        return max(self.rows, self.columns) <= largest.get(dtype.name, 0)

    # By TensorFlow's operations.

    def input_gradient_of_tensorflow(self, y: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Computes `input_gradient` by TensorFlow's operation."""
        shape = (tf.shape(y)[0], self.height, self.width, self.channels)
        return tf.nn.conv2d_transpose(y, kernel, shape, self.strides, self.padding)

    def kernel_gradient_of_tensorflow(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Computes `kernel_gradient` by TensorFlow's operation."""
        return tf.raw_ops.Conv2DBackpropFilter(
            input=x,
            filter_sizes=(self.side, self.side, self.channels, self.filters),
            out_backprop=y,
            strides=(1, self.strides, self.strides, 1),
            padding=self.padding,
        )

    # Ways with stride 1: squares of strides x strides pixels are moved into the channels.

    @property
    def folded(self) -> tuple[int, int, int] | None:
        """Side of the kernel in squares, and rows and columns of zeros after the inputs.

        None if the last inputs have no influence on the outputs.
        """
        side = -(-self.side // self.strides)
        sizes = ((self.rows, self.height, self.top), (self.columns, self.width, self.left))
        after = [
            self.strides * (outputs + side - 1) - size - before for outputs, size, before in sizes
        ]
        return (side, *after) if min(after) >= 0 else None

    def input_gradient_by_depth(self, y: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Computes `input_gradient` as a convolution whose outputs are squares of pixels."""
        side, *_ = self.folded
        kernel = tf.transpose(tf.reverse(self.fold_kernel(kernel), (0, 1)), (0, 1, 3, 2))
        zeros = [[0, 0], [side - 1, side - 1], [side - 1, side - 1], [0, 0]]
        x = tf.nn.depth_to_space(tf.nn.conv2d(y, kernel, 1, zeros), self.strides)
        return x[:, self.top : self.top + self.height, self.left : self.left + self.width]

    def input_gradient_by_products(self, y: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Computes `input_gradient` as one matrix product, whose parts are shifted and added."""
        side, *_ = self.folded
        rows, columns, depth = self.rows, self.columns, self.strides**2 * self.channels
        kernel = tf.reshape(self.fold_kernel(kernel), (-1, self.filters))
        parts = tf.matmul(tf.reshape(y, (-1, self.filters)), kernel, transpose_b=True)
        parts = tf.reshape(parts, (-1, rows, columns, side, side, depth))
        x = tf.add_n(
            [
                tf.pad(
                    parts[:, :, :, i, j],
                    [[0, 0], [i, side - 1 - i], [j, side - 1 - j], [0, 0]],
                )
                for i in range(side)
                for j in range(side)
            ]
        )
        x = x if self.strides == 1 else tf.nn.depth_to_space(x, self.strides)
        return x[:, self.top : self.top + self.height, self.left : self.left + self.width]

    def kernel_gradient_by_products(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Computes `kernel_gradient` as a matrix product for each position of the kernel."""
        side, bottom, right = self.folded
        x = tf.pad(x, [[0, 0], [self.top, bottom], [self.left, right], [0, 0]])
        x = x if self.strides == 1 else tf.nn.space_to_depth(x, self.strides)
        y = tf.reshape(y, (-1, self.filters))
        parts = []
        for i in range(side):
            for j in range(side):
                part = x[:, i : i + self.rows, j : j + self.columns]
                part = tf.reshape(part, (-1, self.strides**2 * self.channels))
                parts.append(tf.matmul(part, y, transpose_a=True))
        return self.unfold_kernel(tf.stack(parts))

    def fold_kernel(self, kernel: tf.Tensor) -> tf.Tensor:
        """Returns the kernel for squares, `(side, side, strides**2 * channels, filters)`."""
        side, *_ = self.folded
        more, s = side * self.strides - self.side, self.strides
        kernel = tf.pad(kernel, [[0, more], [0, more], [0, 0], [0, 0]])
        kernel = tf.reshape(kernel, (side, s, side, s, self.channels, self.filters))
        kernel = tf.transpose(kernel, (0, 2, 1, 3, 4, 5))
        return tf.reshape(kernel, (side, side, s * s * self.channels, self.filters))

    def unfold_kernel(self, kernel: tf.Tensor) -> tf.Tensor:
        """Returns the kernel of a kernel for squares."""
        side, *_ = self.folded
        s = self.strides
        kernel = tf.reshape(kernel, (side, side, s, s, self.channels, self.filters))
        kernel = tf.transpose(kernel, (0, 2, 1, 3, 4, 5))
        kernel = tf.reshape(kernel, (side * s, side * s, self.channels, self.filters))
        return kernel[: self.side, : self.side]


def output_size(size: int, side: int, strides: int, padding: str) -> tuple[int, int]:
    """Returns the number of outputs along an axis, and of zeros before its inputs."""
    if padding == "valid":
        return (size - side) // strides + 1, 0
    outputs = -(-size // strides)
    return outputs, max((outputs - 1) * strides + side - size, 0) // 2


def bilinear(function: Callable, first: Callable, second: Callable) -> Callable:
    """Returns a bilinear function with the given gradients.

    Args:
        function: `(a, b) -> c`.
        first: `(gradient of c, a, b) -> gradient of a`.
        second: `(gradient of c, a, b) -> gradient of b`.
    """

    @tf.custom_gradient
    def apply(a, b):
        def grad(upstream):
            return first(upstream, a, b), second(upstream, a, b)

        return function(a, b), grad

    return apply
