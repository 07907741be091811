"""Every gradient in the package: the only file with a GradientTape."""

import keras
import tensorflow as tf
from keras import ops


def of_objective(objective, variables, scale_loss, inputs=None):
    """Gradients of a player's objective with respect to that player's weights alone.

    Args:
        objective: `() -> (loss, measured)`, a float32 scalar and what to report beside it.
        variables: Keras variables of the player that moves. Nothing else is watched, so
            no work is done for weights that stay.
        scale_loss: The optimizer's `scale_loss`, which guards float16 against underflow.
        inputs: A tensor that the objective reads, whose gradient is wanted too.

    Returns:
        `(gradients, measured)`, the gradients still scaled, as the optimizer expects them; None
        for a variable on which the loss doesn't depend. With `inputs`, `measured` has their
        gradient, unscaled, as `slope`.
    """
    weights = [variable.value for variable in variables]
    watched = weights if inputs is None else [*weights, inputs]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for tensor in watched:
            tape.watch(tensor)
        loss, measured = objective()
        scaled_loss = scale_loss(loss)
    grads = [  # an embedding's comes in slices, of which a class may have several
        None if grad is None else tf.convert_to_tensor(grad)
        for grad in tape.gradient(scaled_loss, watched)
    ]
    if inputs is not None:
        measured = {**measured, "slope": grads.pop() / scale_loss(tf.ones(()))}
    return grads, measured


def of_parts(objective, count, variables, scale_loss):
    """As `of_objective`, where the objective is the mean over parts of the batch, one at a time.

    Args:
        objective: `(index) -> (loss, measured)` of a part, for indices from 0 to `count - 1`.
        count: How many parts, at least 2.
        variables, scale_loss: As in `of_objective`.

    Returns:
        `(gradients, measured)`, means over the parts.
    """

    def of_part(index):
        return of_objective(lambda: objective(index), variables, scale_loss)

    def add_part(index, grads, measured):
        found = of_part(index)
        return (index + 1, *tf.nest.map_structure(tf.add, (grads, measured), found))

    _, *sums = tf.while_loop(
        lambda index, *_: index < count,
        add_part,
        (tf.constant(1), *of_part(tf.constant(0))),
        parallel_iterations=1,
        maximum_iterations=count - 1,
    )
    return tf.nest.map_structure(lambda total: total / count, sums)


def recomputed(function, inputs, state):
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


def ratio_of_slopes(loss, real_logits, fake_logits):
    """(dL_G / df_i) / (dL_D / df_i) of every fake logit; 0 where the discriminator's is 0.

    Args:
        loss: A `keras_gan.losses.AdversarialLoss`.
        real_logits, fake_logits: `(batch,)` float32.

    Returns:
        `(batch,)` float32, through which no gradient flows.
    """
    real_logits, fake_logits = tf.stop_gradient(real_logits), tf.stop_gradient(fake_logits)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(fake_logits)
        losses = [half(real_logits, fake_logits) for half in (loss.generator, loss.discriminator)]
    return tf.math.divide_no_nan(*(tape.gradient(value, fake_logits) for value in losses))


def of_inputs(function, inputs):
    """Gradient of `function`'s summed output with respect to its inputs.

    `function` is called on a copy of the inputs, so that one that remembers its outputs for a
    tensor computes them anew, where this gradient sees it.

    Args:
        function: `inputs -> (batch,)`, such as a discriminator.
        inputs: `(batch, ...)` float tensor.

    Returns:
        A tensor of `inputs`'s shape; differentiable once more.
    """
    inputs = tf.identity(ops.convert_to_tensor(inputs))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        total = ops.sum(function(inputs))
    return tape.gradient(total, inputs)
