"""Optimizers as quick as the machine allows."""

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class Adam(keras.optimizers.Adam):
    """Keras's Adam, whose update of a weight is one operation instead of a dozen.

    The same numbers up to rounding, and the same arguments, state and schedules.

    Args:
        learning_rate, beta_1, beta_2, epsilon, ...: As in `keras.optimizers.Adam`.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

    Example:

    >>> import keras_gan as kg
    >>> kg.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99).beta_2
    0.99
    """

    def update_step(self, gradient, variable, learning_rate):
        """Moves one weight."""
        if self.amsgrad:
            return super().update_step(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        step = ops.cast(self.iterations + 1, variable.dtype)
        rate, beta_1, beta_2, epsilon = (
            ops.cast(number, variable.dtype)
            for number in (learning_rate, self.beta_1, self.beta_2, self.epsilon)
        )
        tf.raw_ops.ResourceApplyAdam(
            var=resource_handle(variable),
            m=resource_handle(self._momentums[index]),
            v=resource_handle(self._velocities[index]),
            beta1_power=ops.power(beta_1, step),
            beta2_power=ops.power(beta_2, step),
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=epsilon,
            grad=ops.cast(gradient, variable.dtype),
        )


def resource_handle(variable):
    """The resource of a Keras variable, or of the TensorFlow one that an update is handed."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
