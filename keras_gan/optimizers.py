"""Optimizers with fused updates."""

from collections.abc import Sequence
from typing import Any

from keras_gan.errors import ConfigError, abbreviate

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class Adam(keras.optimizers.Adam):
    """Keras's Adam with one fused operation per weight instead of a dozen.

    Numbers are the same up to rounding; arguments, state and schedules are Keras's.

    Args:
        learning_rate, beta_1, beta_2, epsilon, ...: As in `keras.optimizers.Adam`.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

    Example:

    >>> import keras_gan as kg
    >>> kg.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99).beta_2
    0.99
    """

    def update_step(
        self, gradient: tf.Tensor, variable: keras.Variable | tf.Variable, learning_rate: Any
    ) -> None:
        """Updates one weight."""
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


def get(identifier: keras.optimizers.Optimizer | str | None) -> keras.optimizers.Optimizer:
    """Returns an optimizer by Keras's name; None gives an Adam for GANs.

    Args:
        identifier: A Keras optimizer, which is returned unchanged; its name; or None.

    Raises:
        ConfigError: For an unknown name or another type.

    Example:

    >>> import keras_gan as kg
    >>> kg.optimizers.get(None).beta_2, kg.optimizers.get("sgd").name
    (0.99, 'sgd')
    """
    if identifier is None:
        return Adam(1e-3, beta_1=0.0, beta_2=0.99)
    try:
        return keras.optimizers.get(identifier)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            "expected a Keras optimizer such as keras_gan.optimizers.Adam(1e-3), or a name such as "
            f"'adam', got {abbreviate(identifier)}."
        ) from error


def build(optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]) -> None:
    """Builds an optimizer for weights.

    Raises:
        ConfigError: For an optimizer that updates other weights already.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if inner.built and list(map(id, inner._trainable_variables)) != list(map(id, variables)):
        raise ConfigError(
            f"expected an optimizer for each player, got a {type(inner).__name__} that updates "
            "other weights already; make another one."
        )
    optimizer.build(variables)


def resource_handle(variable: keras.Variable | tf.Variable) -> tf.Tensor:
    """Returns the resource handle of a Keras or TensorFlow variable."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle


def unscaled_norm(
    grads: Sequence[tf.Tensor | None], optimizer: keras.optimizers.Optimizer
) -> tf.Tensor:
    """Computes the L2 norm of all gradients together, without the optimizer's loss scale.

    Returns:
        A float32 scalar; 0 for an overflow in float16, as the loss scale then skips the step.
    """
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in grads if g is not None]
    norm = ops.sqrt(sum(squares, ops.zeros((), "float32")))
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        norm = norm / ops.cast(optimizer.scale_loss(1.0), "float32")
        return ops.where(ops.isfinite(norm), norm, 0.0)
    return norm
