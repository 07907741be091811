"""Every gradient in the package: the only file with a GradientTape."""

import keras
import tensorflow as tf
from keras import ops


class Recording:
    """Records what is computed from a player's weights, for the gradients of a loss.

    Args:
        variables: Keras variables of the player that is updated. Nothing else is watched, so no
            work is done for weights that stay.
        *inputs: Tensors whose gradients are wanted too.

    Example:

    >>> import keras, keras_gan as kg
    >>> weight = keras.Variable(3.0)
    >>> with kg.gradients.Recording([weight]) as recording:
    ...     loss = weight * weight
    >>> [float(grad) for grad in recording.gradients(loss)]
    [6.0]
    """

    def __init__(self, variables, *inputs):
        self.watched = [*(variable.value for variable in variables), *inputs]
        self.tape = tf.GradientTape(watch_accessed_variables=False)

    def __enter__(self):
        self.tape.__enter__()
        for tensor in self.watched:
            self.tape.watch(tensor)
        return self

    def __exit__(self, *error):
        self.tape.__exit__(*error)

    def paused(self):
        """Returns a context in which nothing is recorded."""
        return self.tape.stop_recording()

    def gradients(self, loss, scale=1.0):
        """Computes the gradients of a loss by the variables, then by the inputs.

        Args:
            loss: A float32 scalar.
            scale: Factor of all gradients, such as an optimizer's `scale_loss(1.0)`, which guards
                float16 against underflow.

        Returns:
            A list of tensors; None for a variable on which the loss doesn't depend.
        """
        grads = self.tape.gradient(loss, self.watched, tf.convert_to_tensor(scale, loss.dtype))
        # an embedding's gradient comes in slices, of which a class may have several
        return [None if grad is None else tf.convert_to_tensor(grad) for grad in grads]


def mean_over_parts(function, count):
    """Returns the mean of `function(index)` over the parts of a batch, one at a time.

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


def recompute(function, inputs, state):
    """`function(*inputs)`, which keeps its inputs alone and is computed again on the way back.

    The gradients are the same, second ones too, which `tf.recompute_grad` doesn't have.

    Args:
        function: `*tensors -> tensor`, or a list of them, such as a piece of a network.
        inputs: Float tensors.
        state: Variables that `function` reads and may move: batch statistics, seeds. The second
            time it reads what it read at first, and moves nothing.

    Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
    """
    before = [(variable, tf.identity(variable.value)) for variable in state]

    @tf.custom_gradient
    def forgetting(*inputs):
        def way_back(*slopes, variables=()):
            again = [after(slopes[0], value) for value in inputs]
            watched = [*again, *variables]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(watched)
                with keras.StatelessScope(state_mapping=before):
                    outputs = tf.nest.flatten(function(*again))
            found = tape.gradient(outputs, watched, list(slopes), tf.UnconnectedGradients.ZERO)
            found, others = found[: len(inputs)], found[len(inputs) :]
            return (found, others) if variables else found

        return function(*inputs), way_back

    return forgetting(*inputs)


def after(slope, value):
    """The value, but not before there is a slope, or the memory would be needed at once.

    TensorFlow keeps to a control dependency, XLA to a number that it can't know to be 0.
    """
    number = tf.reshape(slope, (-1,))[0]
    zero = tf.where(tf.equal(number, number), tf.zeros_like(number), number)
    with tf.control_dependencies([zero]):
        return value + tf.cast(zero, value.dtype)


def slope_ratio(loss, real_logits, fake_logits):
    """Returns (dL_G / df_i) / (dL_D / df_i) of each fake logit; 0 where the divisor is 0.

    Args:
        loss: A `keras_gan.losses.AdversarialLoss`.
        real_logits, fake_logits: `(batch,)` float32.

    Returns:
        `(batch,)` float32, through which no gradient flows.
    """
    real_logits, fake_logits = tf.stop_gradient(real_logits), tf.stop_gradient(fake_logits)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(fake_logits)
        generator_loss = loss.generator(real_logits, fake_logits)
        discriminator_loss = loss.discriminator(real_logits, fake_logits)
    slopes = [tape.gradient(value, fake_logits) for value in (generator_loss, discriminator_loss)]
    return tf.math.divide_no_nan(*slopes)


def input_gradients(function, inputs):
    """Returns the gradient of `function`'s summed output with respect to its inputs.

    Args:
        function: `inputs -> (batch,)`, such as a discriminator.
        inputs: `(batch, ...)` float tensor.

    Returns:
        A tensor of `inputs`'s shape; differentiable once more.
    """
    inputs = ops.convert_to_tensor(inputs)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        total = ops.sum(function(inputs))
    return tape.gradient(total, inputs)
