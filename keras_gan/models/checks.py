"""What a game looks at before it begins, so that the error names what is wrong."""

from keras_gan.augment import Augment
from keras_gan.batches import check_finite
from keras_gan.errors import ConfigError, DataError, unknown
from keras_gan.models.updates import UPDATES
from keras_gan.models.view import mixes_samples
from keras_gan.penalties import Penalty

import numpy as np


def check_seed(seed):
    """Raises `ConfigError` for a seed out of range."""
    if not 0 <= seed < 2**31:
        raise ConfigError(f"expected a seed from 0 to 2**31 - 1, got {seed}.")


def check_finite_floats(x):
    """Raises `DataError` unless an array holds floating-point numbers, none NaN or infinite."""
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        raise DataError(
            f"expected floating-point samples, got {x.dtype}; "
            "bring uint8 images to [-1, 1] with x / 127.5 - 1."
        )
    check_finite(x)


def check_labels(labels, num_classes, error=DataError):
    """Raises `error` unless labels are whole numbers from 0 to `num_classes - 1`."""
    whole = np.issubdtype(labels.dtype, np.integer)
    if not whole or labels.min() < 0 or labels.max() >= num_classes:
        found = f"{labels.min()} to {labels.max()}" if whole else str(labels.dtype)
        raise error(f"expected labels as whole numbers from 0 to {num_classes - 1}, got {found}.")


def whole(name, number):
    """A number as an int; raises `ConfigError` unless it is a whole one of 1 or more."""
    if number < 1 or int(number) != number:
        raise ConfigError(f"expected a whole {name} >= 1, got {number}.")
    return int(number)


def check_rules(rules, networks):
    """Raises `ConfigError` unless a game of two players can be played by these rules.

    Args:
        rules: The arguments of `GAN.compile` by name, but for the optimizers and schedules.
        networks: Name of a player -> its network.
    """
    check_penalties(rules["penalties"], networks, rules["n_critic"])
    check_augmentation(rules["augmentation"], networks["generator"].output_shape[1:])
    check_update(rules["update"], rules["loss"], networks["discriminator"])
    if rules["accumulation"] > 1 and rules["update"] == "one_stage":
        raise ConfigError(
            "expected update='shared' or 'alternating' for "
            f"accumulation={rules['accumulation']}, got 'one_stage', which holds both players' "
            "activations of the whole batch."
        )


def check_penalties(penalties, networks, n_critic):
    """Raises `ConfigError` unless these are penalties that the game can have.

    Args:
        penalties: Of one name each has to be one.
        networks: Name of a player -> its network.
        n_critic: As in `GAN.compile`.
    """
    strange = [penalty for penalty in penalties if not isinstance(penalty, Penalty)]
    if strange:
        raise ConfigError(
            f"expected keras_gan.penalties.Penalty objects such as R1(0.1), got {strange[0]!r}."
        )
    names = [penalty.name for penalty in penalties]
    if len(set(names)) < len(names):
        raise ConfigError(f"expected one penalty of each kind, got {', '.join(names)}.")
    for penalty in penalties:
        penalty.check(networks[penalty.player])
        if penalty.player == "generator" and n_critic > 1:
            raise ConfigError(
                f"expected n_critic=1 for {type(penalty).__name__}, a penalty on the generator, "
                f"got {n_critic}: the steps at which it is due may be those at which it rests."
            )


def check_augmentation(augmentation, sample_shape):
    """Raises `ConfigError` unless this is an augmentation, or None, that the samples allow."""
    if augmentation is None:
        return
    if not isinstance(augmentation, Augment):
        raise ConfigError(
            "expected a keras_gan.augment.Augment such as DiffAugment(), got "
            f"{type(augmentation).__name__}."
        )
    if len(sample_shape) != 3:
        raise ConfigError(f"expected images for an augmentation, got samples of {sample_shape}.")


def check_update(update, loss, discriminator):
    """Raises `ConfigError` for an unknown order of updates, or one that would be wrong here."""
    if update not in UPDATES:
        raise unknown("update", update, UPDATES)
    wrong = {
        "a discriminator that mixes samples, as BatchNorm does": mixes_samples(discriminator),
        "a discriminator that classifies": len(discriminator.outputs) == 2,
        f"{type(loss).__name__}, whose discriminator half is flat in places": loss.flat,
    }
    found = [what for what, holds in wrong.items() if holds]
    if update == "one_stage" and found:
        raise ConfigError(
            f"expected update='shared' or 'alternating' for {found[0]}, got 'one_stage': the "
            "generator's gradient would be wrong."
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
    if tuple(discriminator.outputs[0].shape[1:]) != (1,):
        raise ConfigError(
            "expected a discriminator with one logit a sample, (batch, 1), got "
            f"{discriminator.output_shape}; end it with Dense(1) and no sigmoid."
        )
    classes = [getattr(n, "num_classes", None) for n in (generator, discriminator)]
    if None not in classes and classes[0] != classes[1]:
        raise ConfigError(f"expected the same num_classes in both networks, got {classes}.")
