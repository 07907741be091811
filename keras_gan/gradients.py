"""Every gradient in the package: the only file with a GradientTape."""

import tensorflow as tf
from keras import ops


def of_objective(objective, variables, scale_loss):
    """Gradients of a player's objective with respect to that player's weights alone.

    Args:
        objective: `() -> (loss, measured)`, a float32 scalar and what to report beside it.
        variables: Keras variables of the player that moves. Nothing else is watched, so
            no work is done for weights that stay.
        scale_loss: The optimizer's `scale_loss`, which guards float16 against underflow.

    Returns:
        `(gradients, measured)`, the gradients still scaled, as the optimizer expects them; None
        for a variable on which the loss doesn't depend.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for variable in variables:
            tape.watch(variable.value)
        loss, measured = objective()
        scaled_loss = scale_loss(loss)
    return tape.gradient(scaled_loss, [variable.value for variable in variables]), measured


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
