"""The step's shortcuts taken back, one at a time: the same mathematics with more work."""

import contextlib
from unittest import mock

from keras_gan import gradients
from keras_gan.models import GAN, half_steps, updates, view
from keras_gan.noise import fold_in
from keras_gan.penalties import is_due

import tensorflow as tf
from keras import ops


def two_passes():
    """Real and generated samples pass through the discriminator apart."""
    return [mock.patch.object(view, "mixes_samples", return_value=True)]


def all_gradients():
    """Each half-step computes the other player's gradients too, and drops them."""

    def move(self, player, objective, inputs=None, parts=1):
        def and_others():
            loss, measured = objective()
            return loss, {**measured, "others": loss}

        others = [
            v for p in self.players if p != player for v in getattr(self, p).trainable_weights
        ]
        own = getattr(self, player).trainable_weights
        optimizer = getattr(self, f"{player}_optimizer")
        grads, measured = gradients.of_objective(and_others, [*own, *others], lambda loss: loss)
        kept = [grad for grad in grads[len(own) :] if grad is not None]
        measured.pop("others")
        # a sum that is nowhere read would be pruned
        measured[f"{player[0]}_gradient"] = sum(
            tf.norm(grad) for grad in [*grads[: len(own)], *kept]
        )
        optimizer.apply(grads[: len(own)], own)
        return measured

    return [mock.patch.object(GAN, "move", move)]


def masks():
    """Lazy penalties are computed in every step and then multiplied by 0 or 1."""

    def penalties(self, player, seen, key, due):
        total, values = 0.0, {}
        for index, penalty in enumerate(self.penalties):
            if penalty.player != player:
                continue
            value = penalty.measure(*seen, fold_in(key, half_steps.PENALTY_DRAWS + index))
            mask = ops.cast(is_due(penalty, self.step.value), "float32")
            total += mask * penalty.interval * penalty.weight * value
            values[penalty.name] = mask * value
        return total, values

    return [
        mock.patch.object(GAN, "_penalties", penalties),
        mock.patch.object(
            updates,
            "branch_on_interval",
            lambda penalties, step, half_step, *_: half_step(penalties),
        ),
    ]


SHORTCUTS = {
    "one pass of real and fake": two_passes,
    "gradients of own weights alone": all_gradients,
    "lazy penalties as a branch": masks,
}


@contextlib.contextmanager
def without(shortcut):
    """A step that is traced inside goes without this shortcut, or with all for None."""
    with contextlib.ExitStack() as stack:
        for patch in SHORTCUTS[shortcut]() if shortcut else []:
            stack.enter_context(patch)
        yield
