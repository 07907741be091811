"""What a game looks at before it begins, so that the error names what is wrong."""

from keras_gan import media
from keras_gan.augment import Augment
from keras_gan.batches import check_finite
from keras_gan.errors import ConfigError, DataError
from keras_gan.networks import mixes_samples

import numpy as np


def check_finite_floats(x):
    """Raises `DataError` unless an array holds floating-point numbers, none NaN or infinite."""
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        raise DataError(
            f"expected floating-point samples, got {x.dtype}; "
            "bring uint8 images to [-1, 1] with x / 127.5 - 1."
        )
    check_finite(x)


def check_rules_fit(rules, generator, discriminator):
    """Raises `ConfigError` unless these networks can play by the `Rules`."""
    networks = {"generator": generator, "discriminator": discriminator}
    for penalty in rules.penalties:
        penalty.check(networks[penalty.player])
    check_augmentation(rules.augmentation, generator)
    if rules.update == "one_stage":
        check_one_stage(rules.loss, discriminator)


def check_augmentation(augmentation, generator):
    """Raises `ConfigError` unless this is an augmentation, or None, for a generator's samples."""
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


def check_one_stage(loss, discriminator):
    """Raises `ConfigError` where `update="one_stage"` would give the generator a wrong gradient."""
    wrong = {
        "a discriminator that mixes samples, as BatchNorm does": mixes_samples(discriminator),
        "a discriminator that classifies": len(discriminator.outputs) == 2,
        "a discriminator of patches": len(discriminator.outputs[0].shape) > 2,
        f"{type(loss).__name__}, whose discriminator half is flat in places": loss.flat,
    }
    found = [what for what, holds in wrong.items() if holds]
    if found:
        raise ConfigError(
            f"expected update='shared' or 'alternating' for {found[0]}, got 'one_stage': the "
            "generator's gradient would be wrong."
        )


def check_batch(samples, labels, weights, sample_shape, conditional):
    """Raises `DataError` unless this is a batch that a GAN can learn from.

    Args:
        samples, labels, weights: As Keras unpacks a batch; None where they are missing.
        sample_shape: Shape of the generator's samples.
        conditional: Whether the networks take labels.
    """
    if weights is not None:
        raise DataError("expected no sample weights: a GAN doesn't use them.")
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


def check_parts(batch_size, accumulation):
    """Raises `DataError` unless a batch can be cut into so many parts of one size."""
    if accumulation > 1 and (batch_size is None or batch_size % accumulation):
        found = "an unknown size" if batch_size is None else batch_size
        raise DataError(
            f"expected batches of a fixed size that accumulation={accumulation} divides, got "
            f"{found}; batch with drop_remainder=True and such a size."
        )


def check_networks_fit(generator, discriminator):
    """Raises `ConfigError` unless the generator's samples are what the discriminator takes."""
    conditional = len(generator.inputs) == 2
    told = len(discriminator.inputs) == 2 or len(discriminator.outputs) == 2
    if conditional != told or len(generator.inputs) > 2:
        raise ConfigError(
            "expected both networks to know labels or neither, got a generator of "
            f"{len(generator.inputs)} inputs and a discriminator of {len(discriminator.inputs)} "
            f"inputs and {len(discriminator.outputs)} outputs; build both with the same "
            "num_classes."
        )
    made, judged = generator.output_shape[1:], discriminator.inputs[0].shape[1:]
    if tuple(made) != tuple(judged):
        raise ConfigError(
            f"expected a discriminator of samples {tuple(made)}, which the generator makes, got "
            f"one of {tuple(judged)}; build both with the same shape."
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
