"""Checks of networks, rules and data before training."""

from typing import Any

from keras_gan import media
from keras_gan.augment import Augment
from keras_gan.batches import check_finite
from keras_gan.errors import ConfigError, DataError
from keras_gan.losses import AdversarialLoss
from keras_gan.models.rules import Rules
from keras_gan.networks import mixes_samples

import keras
import numpy as np
import tensorflow as tf


def check_finite_numbers(x: Any) -> None:
    """Raises `DataError` unless an array holds integers or finite floating-point numbers."""
    x = np.asarray(x)
    if np.issubdtype(x.dtype, np.integer):
        return
    if not np.issubdtype(x.dtype, np.floating):
        raise DataError(f"expected numbers as samples, got {x.dtype}; convert them.")
    check_finite(x)


def check_rules_fit(rules: Rules, generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises `ConfigError` unless the `Rules` fit the networks."""
    networks = {"generator": generator, "discriminator": discriminator}
    for penalty in rules.penalties:
        penalty.check(networks[penalty.player])
    check_augmentation(rules.augmentation, generator)
    if rules.update == "one_stage":
        check_one_stage(rules.loss, discriminator)


def check_augmentation(augmentation: Augment | None, generator: keras.Model) -> None:
    """Raises `ConfigError` unless an augmentation is None or fits a generator's samples."""
    if augmentation is None:
        return
    if not isinstance(augmentation, Augment):
        raise ConfigError(
            "expected a keras_gan.augment.Augment such as DiffAugment(), got "
            f"{type(augmentation).__name__}."
        )
    medium = media.of_network(generator)
    if not medium.augmentations:
        raise ConfigError(
            f"expected images for an augmentation, got {medium.noun} of shape "
            f"{tuple(generator.output_shape[1:])}."
        )


def check_one_stage(loss: AdversarialLoss, discriminator: keras.Model) -> None:
    """Raises `ConfigError` if `update="one_stage"` would give the generator a wrong gradient."""
    obstacles = {
        "a discriminator that mixes samples, as BatchNorm does": mixes_samples(discriminator),
        "a discriminator that classifies": len(discriminator.outputs) == 2,
        "a discriminator of patches": len(discriminator.outputs[0].shape) > 2,
        f"{type(loss).__name__}, with a discriminator loss that is flat in places": loss.flat,
    }
    present = [obstacle for obstacle, is_present in obstacles.items() if is_present]
    if present:
        raise ConfigError(
            f"expected update='shared' or 'alternating' for {present[0]}, got 'one_stage': the "
            "generator's gradient would be wrong."
        )


def check_batch(
    samples: tf.Tensor,
    labels: tf.Tensor | None,
    weights: tf.Tensor | None,
    sample_shape: tuple[int, ...],
    conditional: bool,
) -> None:
    """Raises `DataError` for a batch that doesn't fit a GAN.

    Args:
        samples, labels, weights: Batch as Keras unpacks it; missing parts are None.
        sample_shape: Shape of the generator's samples.
        conditional: Whether the networks take labels.
    """
    if weights is not None:
        raise DataError("expected no sample weights: a GAN doesn't use them; drop them.")
    if conditional and labels is None:
        raise DataError(
            "expected (samples, labels) for class-conditional networks, got samples alone; "
            "pass labels (datasets.load(..., labels=True)) or networks without num_classes."
        )
    if not conditional and labels is not None:
        raise DataError(
            "expected samples alone, got labels for networks that take none; drop them "
            "(datasets.load(..., labels=False), or .map(lambda x, y: x)) or build the networks "
            "with num_classes."
        )
    if tuple(samples.shape[1:]) != sample_shape:
        raise DataError(
            f"expected samples of shape {sample_shape}, which the generator makes, got "
            f"{tuple(samples.shape[1:])}; change the networks' shape or the data's image_size."
        )


def check_parts(batch_size: int | None, accumulation: int) -> None:
    """Raises `DataError` unless a batch can be split into equal parts."""
    if accumulation > 1 and (batch_size is None or batch_size % accumulation):
        size = "an unknown size" if batch_size is None else batch_size
        raise DataError(
            f"expected batches of a fixed size that accumulation={accumulation} divides, got "
            f"{size}; choose such a batch size, and batch with drop_remainder=True."
        )


def check_networks_fit(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises `ConfigError` unless the discriminator fits the generator's samples and labels."""
    conditional = len(generator.inputs) == 2
    discriminator_is_conditional = len(discriminator.inputs) == 2 or len(discriminator.outputs) == 2
    if conditional != discriminator_is_conditional or len(generator.inputs) > 2:
        raise ConfigError(
            "expected both networks to know labels or neither, got a generator of "
            f"{len(generator.inputs)} inputs and a discriminator of {len(discriminator.inputs)} "
            f"inputs and {len(discriminator.outputs)} outputs; build both with the same "
            "num_classes."
        )
    sample_shape = tuple(generator.output_shape[1:])
    input_shape = tuple(discriminator.inputs[0].shape[1:])
    if sample_shape != input_shape:
        raise ConfigError(
            f"expected a discriminator of samples {sample_shape}, which the generator makes, got "
            f"one of {input_shape}; build both with the same shape."
        )
    logits = tuple(discriminator.outputs[0].shape)
    if len(logits) < 2 or logits[-1] != 1:
        raise ConfigError(
            "expected a discriminator with one logit for each sample, (batch, 1), or for each "
            f"patch, (batch, rows, columns, 1), got {logits}; end it with Dense(1) or Conv2D(1, "
            "...), without a sigmoid."
        )
    classes = [getattr(n, "num_classes", None) for n in (generator, discriminator)]
    if None not in classes and classes[0] != classes[1]:
        raise ConfigError(f"expected the same num_classes in both networks, got {classes}.")
