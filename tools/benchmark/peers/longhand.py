"""Training steps without one of the package's optimizations: equal results with more work.

Each function returns the patches that disable an optimization.
"""

import contextlib
from unittest import mock

from keras_gan import gradients
from keras_gan.models import GAN, Duel, duel
from keras_gan.noise import fold_in

import tensorflow as tf
from keras import ops


def two_passes():
    """Passes real and generated samples through the discriminator separately."""
    return [mock.patch.object(duel, "mixes_samples", return_value=True)]


class AllGradients(gradients.Recording):
    """Tape that also computes the other player's gradients, and discards them."""

    def __init__(self, variables, *inputs):
        super().__init__(variables, *inputs)
        self.tape = tf.GradientTape()

    def gradients(self, loss, scale=1.0):
        own = {id(tensor) for tensor in self.watched}
        others = [v for v in self.tape.watched_variables() if id(v) not in own]
        count, self.watched = len(self.watched), [*self.watched, *others]
        grads = super().gradients(loss, scale)
        norm = sum(tf.norm(grad) for grad in grads[count:] if grad is not None)
        zero = tf.where(tf.equal(norm, norm), 0.0, norm)  # what is nowhere read would be pruned
        return [None if grad is None else grad + zero for grad in grads[:count]]


def all_gradients():
    """Computes the gradients of all weights on which a loss depends, in every half-step."""
    return [mock.patch.object(gradients, "Recording", AllGradients)]


def masks():
    """Computes lazy penalties in every step, and multiplies them by 0 or 1."""
    kinds = []

    def switch(self, step, update, names=None):
        kinds[:] = [self.kind_of_step(step)]
        return update(tuple(kinds[0]))

    def penalties(self, player, arguments, key, due, **at_hand):
        total, values = 0.0, {}
        for index, penalty in enumerate(self.rules.penalties):
            if penalty.player != player:
                continue
            draw = fold_in(key, duel.PENALTY_DRAWS + index)
            mask = ops.cast(kinds[0][penalty.name], "float32")
            value = mask * penalty.measure(*arguments, draw, **at_hand)
            total += penalty.interval * penalty.weight * value
            values[penalty.name] = value
        return total, values

    return [
        mock.patch.object(GAN, "switch", switch),
        mock.patch.object(Duel, "_penalties", penalties),
    ]


SHORTCUTS = {
    "one pass of real and fake": two_passes,
    "gradients of own weights alone": all_gradients,
    "lazy penalties as a branch": masks,
}


@contextlib.contextmanager
def without(shortcut):
    """Disables an optimization for steps that are traced in the block; None disables none."""
    with contextlib.ExitStack() as stack:
        for patch in SHORTCUTS[shortcut]() if shortcut else []:
            stack.enter_context(patch)
        yield
