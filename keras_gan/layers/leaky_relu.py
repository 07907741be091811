"""LeakyReLU with a gradient that TensorFlow's graph optimizer can handle."""

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class LeakyReLU(keras.layers.LeakyReLU):
    """`keras.layers.LeakyReLU` with a gradient that reads the output instead of the input.

    Input and output have the same sign, so the values are the same. With Keras's gradient,
    TensorFlow 2.21 fails to fuse convolution, bias and activation ("remapper failed") and stops
    optimizing the whole step.

    Args:
        negative_slope: Slope below 0.
        **kwargs: As in `keras.layers.Layer`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.LeakyReLU(0.5)(np.array([-2.0, 2.0], "float32")).numpy().tolist()
    [-1.0, 2.0]
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns positive inputs unchanged and the others times `negative_slope`."""
        slope = float(self.negative_slope)

        @ops.custom_gradient
        def leaky_relu(x):
            outputs = ops.leaky_relu(x, slope)

            # its gradient with respect to the features is 0; TensorFlow would pass it to the input
            features = tf.stop_gradient(outputs)

            def gradient(upstream):
                return tf.raw_ops.LeakyReluGrad(gradients=upstream, features=features, alpha=slope)

            return outputs, gradient

        return leaky_relu(inputs)
