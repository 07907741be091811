"""Every gradient in the package: the only file with a GradientTape."""

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
    grads = tape.gradient(scaled_loss, watched)
    if inputs is not None:
        measured = {**measured, "slope": grads.pop() / scale_loss(tf.ones(()))}
    return grads, measured


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
