"""Every gradient in the package: the only file with a GradientTape."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import tensorflow as tf
from keras import ops


class Recording:
    """A gradient tape on a player's weights.

    Args:
        variables: Keras variables to differentiate by. Nothing else is watched, so other weights
            cost nothing.
        *inputs: More tensors to differentiate by.

    Example:

    >>> import keras, keras_gan as kg
    >>> weight = keras.Variable(3.0)
    >>> with kg.gradients.Recording([weight]) as recording:
    ...     loss = weight * weight
    >>> [float(grad) for grad in recording.gradients(loss)]
    [6.0]
    """

    def __init__(self, variables: Sequence[keras.Variable], *inputs: tf.Tensor):
        self.watched = [*(variable.value for variable in variables), *inputs]
        self.tape = tf.GradientTape(watch_accessed_variables=False)

    def __enter__(self):
        self.tape.__enter__()
        for tensor in self.watched:
            self.tape.watch(tensor)
        return self

    def __exit__(self, *error):
        self.tape.__exit__(*error)

    def paused(self) -> AbstractContextManager:
        """Returns a context in which nothing is recorded."""
        return self.tape.stop_recording()

    def gradients(self, loss: tf.Tensor, scale: float | tf.Tensor = 1.0) -> list[tf.Tensor | None]:
        """Computes the gradients of a loss with respect to the variables, then the inputs.

        Args:
            loss: A float32 scalar.
            scale: Factor of all gradients, such as an optimizer's `scale_loss(1.0)`, which protects
                float16 against underflow.

        Returns:
            A list of tensors; None for a variable on which the loss doesn't depend.
        """
        grads = self.tape.gradient(loss, self.watched, tf.convert_to_tensor(scale, loss.dtype))
        # the gradient of an embedding comes as slices, with repeated indices
        return [None if grad is None else tf.convert_to_tensor(grad) for grad in grads]


def mean_over_parts(function: Callable, count: int) -> Any:
    """Computes the mean of `function(index)` over the parts of a batch, one at a time.

    Args:
        function: `(index) -> nest of float tensors`, for integer scalars from 0 to `count - 1`.
        count: Number of parts, at least 2.
    """

    def add_part(index, sums):
        return index + 1, tf.nest.map_structure(tf.add, sums, function(index))

    _, sums = tf.while_loop(
        lambda index, _: index < count,
        add_part,
        (tf.constant(1), function(tf.constant(0))),
        parallel_iterations=1,
        maximum_iterations=count - 1,
    )
    return tf.nest.map_structure(lambda total: total / count, sums)


def part_of_rows(rows: tf.Tensor, parts: int, index: tf.Tensor) -> tf.Tensor:
    """Returns one of several equal parts of the rows of a tensor."""
    return ops.reshape(rows, (parts, -1, *rows.shape[1:]))[index]


def recompute(
    function: Callable, inputs: Sequence[tf.Tensor], state: Sequence[keras.Variable]
) -> Any:
    """Calls `function(*inputs)` and recomputes it in the backward pass instead of storing it.

    The gradients are the same, including second ones, which `tf.recompute_grad` lacks.

    Args:
        function: `*tensors -> tensor` or list of tensors, such as a segment of a network.
        inputs: Float tensors.
        state: Variables that `function` reads and may update, such as batch statistics or seeds.
            The recomputation reads their first values and updates nothing.

    Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
    """
    old_state = [(variable, tf.identity(variable.value)) for variable in state]

    @tf.custom_gradient
    def forward(*inputs):
        def backward(*upstream, variables=()):
            inputs_again = [delay_until(upstream[0], value) for value in inputs]
            sources = [*inputs_again, *variables]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(sources)
                with keras.StatelessScope(state_mapping=old_state):
                    outputs = tf.nest.flatten(function(*inputs_again))
            grads = tape.gradient(outputs, sources, list(upstream), tf.UnconnectedGradients.ZERO)
            input_grads, variable_grads = grads[: len(inputs)], grads[len(inputs) :]
            return (input_grads, variable_grads) if variables else input_grads

        return function(*inputs), backward

    return forward(*inputs)


def delay_until(upstream: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    """Returns a value, but not before an upstream gradient exists, to save memory until then.

    TensorFlow respects a control dependency, XLA a number that it can't prove to be 0.
    """
    number = tf.reshape(upstream, (-1,))[0]
    zero = tf.where(tf.equal(number, number), tf.zeros_like(number), number)
    with tf.control_dependencies([zero]):
        return value + tf.cast(zero, value.dtype)


def slope_ratio(loss: Any, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Computes (dL_G / df_i) / (dL_D / df_i) for each fake logit; 0 where the divisor is 0.

    Args:
        loss: A `keras_gan.losses.AdversarialLoss`.
        real_logits, fake_logits: `(batch,)` float32.

    Returns:
        `(batch,)` float32, without a gradient.
    """
    real_logits, fake_logits = tf.stop_gradient(real_logits), tf.stop_gradient(fake_logits)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(fake_logits)
        generator_loss = loss.generator(real_logits, fake_logits)
        discriminator_loss = loss.discriminator(real_logits, fake_logits)
    slopes = [tape.gradient(value, fake_logits) for value in (generator_loss, discriminator_loss)]
    return tf.math.divide_no_nan(*slopes)


def input_gradients(function: Callable, inputs: tf.Tensor) -> tf.Tensor:
    """Computes the gradient of a function's summed output with respect to its inputs.

    Args:
        function: `inputs -> (batch,)`, such as a discriminator.
        inputs: `(batch, ...)` float tensor.

    Returns:
        A tensor of the shape of `inputs`, which can be differentiated again.
    """
    inputs = ops.convert_to_tensor(inputs)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        total = ops.sum(function(inputs))
    return tape.gradient(total, inputs)
