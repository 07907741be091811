"""Checks of networks, rules and data before training."""

import dataclasses
import types
from collections.abc import Collection, Sequence
from typing import Any

from keras_gan import media, scaling
from keras_gan.augment import Augment
from keras_gan.batches import check_finite
from keras_gan.checks import check_bool, check_integer
from keras_gan.errors import ConfigError, DataError, abbreviate
from keras_gan.losses import AdversarialLoss
from keras_gan.models.rules import Rules
from keras_gan.networks import mixes_samples

import keras
import numpy as np
import tensorflow as tf

DATASETS = (
    tf.data.Dataset,
    tf.distribute.DistributedDataset,
    keras.utils.PyDataset,
    types.GeneratorType,
)
NO_BATCH = "expected data of at least one batch, got none; check the data's filters and batch size."


def check_finite_numbers(x: Any) -> None:
    """Raises `DataError` unless an array holds integers or finite floating-point numbers."""
    x = np.asarray(x)
    if np.issubdtype(x.dtype, np.integer):
        return
    if not np.issubdtype(x.dtype, np.floating):
        raise DataError(f"expected numbers as samples, got {x.dtype}; convert them.")
    check_finite(x)


def is_array_nest(x: Any) -> bool:
    """Returns whether `x` is an array, or a tuple or dict of arrays."""
    if isinstance(x, tuple | dict):
        parts = x.values() if isinstance(x, dict) else x
        return bool(x) and all(map(is_array_nest, parts))
    return isinstance(x, np.ndarray | tf.Tensor)


def describe(data: Any) -> str:
    """Returns what a user passed as data, for an error: kinds of parts instead of their numbers."""
    if not isinstance(data, list | tuple | dict):
        return abbreviate(data)
    parts = data.values() if isinstance(data, dict) else data
    kinds = sorted({type(part).__name__ for part in parts})
    return f"a {type(data).__name__} of {', '.join(kinds) or 'nothing'}"


def check_rows(array: Any, noun: str = "samples") -> None:
    """Raises `DataError` unless a value is an array with at least one row."""
    if not isinstance(array, np.ndarray | tf.Tensor) or not array.shape or not len(array):
        received = getattr(array, "shape", type(array).__name__)
        raise DataError(
            f"expected {noun} as an array (count, ...) of at least one, got {received}; convert "
            "lists with np.asarray."
        )


def check_dataset(data: Any, labels: Any = None, batch_size: int | None = None) -> None:
    """Raises `DataError` unless data can be read batch by batch.

    Args:
        data: A `tf.data.Dataset` with a batch, or another iterable of batches that Keras supports.
        labels, batch_size: None, as both are those of the data set.
    """
    if not isinstance(data, DATASETS):
        raise DataError(
            "expected samples as an array, a tuple or dict of arrays, or a tf.data.Dataset of "
            f"batches, got {describe(data)}; convert lists with np.asarray."
        )
    if labels is not None or batch_size is not None:
        argument = "batch_size" if labels is None else "y"
        raise DataError(
            f"expected no {argument} beside a {type(data).__name__}, whose batches have their own "
            "size and labels; leave it out."
        )
    if isinstance(data, tf.data.Dataset) and data.cardinality() == 0:
        raise DataError(NO_BATCH)


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


def check_samples(
    samples: Any, medium: media.Medium, shape: Sequence[int], domain: str = ""
) -> tf.Tensor:
    """Returns a batch of samples as float32.

    Args:
        samples: Floats `(batch, *shape)`, or integers of a dtype in `medium.integers`.
        medium: The samples' medium.
        shape: Shape of one sample, as the networks expect it.
        domain: Name of the samples' domain for the error, in a game of several.

    Raises:
        DataError: For samples of another shape, or of other integers.
    """
    where = f" in domain {domain}" if domain else ""
    received = tf.TensorShape(getattr(samples, "shape", None))
    if not received.rank or tuple(received[1:]) != tuple(shape):
        size = tuple(received[1:]) if received.rank else f"a {type(samples).__name__} without rows"
        raise DataError(
            f"expected {medium.noun} of shape {tuple(shape)}{where}, as the networks do, "
            f"got {size}; change the networks' shape or the data's, such as its image_size."
        )
    return scaling.to_floats(samples, medium)


def check_domains(data: Any, networks: dict[str, keras.Model]) -> tuple[tf.Tensor, ...]:
    """Returns a batch of several domains as float32 samples of each.

    Args:
        data: Tuple of the samples of each domain.
        networks: Name of each domain, in order -> network that takes its samples.

    Raises:
        DataError: For other domains, or samples that don't fit their network.
    """
    received = len(data) if isinstance(data, tuple | list) else type(data).__name__
    if received != len(networks):
        raise DataError(
            f"expected a tuple of samples of {len(networks)} domains, {', '.join(networks)}, got "
            f"{received}; pass fit((a, b)) or keras_gan.datasets.pair(a, b).to_dataset()."
        )
    shapes = {name: network.inputs[0].shape[1:] for name, network in networks.items()}
    return tuple(
        check_samples(samples, media.of(shape), shape, name)
        for samples, (name, shape) in zip(data, shapes.items(), strict=True)
    )


def check_labels_fit(labels: tf.Tensor | None, conditional: bool) -> tf.Tensor | None:
    """Returns the labels of a batch as int32 `(batch,)`, or None.

    Args:
        labels: Class of each sample, `(batch,)` or `(batch, 1)`; None if they are missing.
        conditional: Whether the networks take labels.

    Raises:
        DataError: For missing or superfluous labels, or labels of another shape.
    """
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
    if labels is None:
        return None
    shape = tf.TensorShape(getattr(labels, "shape", ()))
    if shape.rank is not None and (not shape.rank or tuple(shape[1:]) not in ((), (1,))):
        raise DataError(
            f"expected one class per sample, labels (batch,), got {tuple(shape)}; replace one-hot "
            "labels by their argmax."
        )
    return tf.cast(tf.reshape(labels, (-1,)), "int32")


def check_played(rules: Rules, played: Sequence[str], game: str) -> None:
    """Raises `ConfigError` for rules that a game doesn't play.

    Args:
        rules: The `Rules`.
        played: Names of the fields that the game plays; the others need their default.
        game: Name of the game's class.
    """
    config, plain = rules.get_config(), Rules().get_config()
    defaults = {field.name: field.default for field in dataclasses.fields(Rules)}
    for name in config:
        if name not in played and config[name] != plain[name]:
            raise ConfigError(
                f"expected {name}={defaults[name]!r} for {game}, which doesn't play this rule, got "
                f"{abbreviate(getattr(rules, name))}; leave it out, or play it in update_kind and "
                "name it in played_rules."
            )


def check_trainer(
    jit_compile: bool | str, run_eagerly: bool, steps_per_execution: int
) -> dict[str, Any]:
    """Returns arguments of `keras.Model.compile`; raises `ConfigError` for a bad one."""
    if jit_compile != "auto":
        check_bool("jit_compile", jit_compile)
    check_bool("run_eagerly", run_eagerly)
    check_integer("steps_per_execution", steps_per_execution)
    return {
        "jit_compile": jit_compile,
        "run_eagerly": run_eagerly,
        "steps_per_execution": steps_per_execution,
    }


def check_logs(logs: Any, names: Collection[str], function: str) -> None:
    """Raises `ConfigError` unless a game's function returns the logs of these names."""
    if not isinstance(logs, dict):
        raise ConfigError(f"expected a dict of logs from {function}, got {abbreviate(logs)}.")
    missing, others = sorted(set(names) - logs.keys()), sorted(logs.keys() - set(names))
    if missing or others:
        raise ConfigError(
            f"expected {function} to return the logs {', '.join(names)} in every step, got "
            f"{', '.join([f'no {name}' for name in missing] + others)}; log_names lists them all."
        )


def check_names(names: Collection[str], expected: Collection[str], what: str) -> None:
    """Raises `ConfigError` unless names are the expected ones."""
    if set(names) != set(expected):
        received = ", ".join(names) or "none"
        raise ConfigError(f"expected {what} {', '.join(expected)}, got {received}.")


def check_parts(batch_size: int | None, accumulation: int) -> None:
    """Raises `DataError` unless a batch can be split into equal parts."""
    if accumulation > 1 and (batch_size is None or batch_size % accumulation):
        size = "an unknown size" if batch_size is None else batch_size
        raise DataError(
            f"expected batches of a fixed size that accumulation={accumulation} divides, got "
            f"{size}; choose such a batch size, and batch with drop_remainder=True."
        )


def check_network(name: str, network: Any) -> None:
    """Raises `ConfigError` unless a player's network is a Keras model with known inputs."""
    is_model = isinstance(network, keras.Model) and network.built
    if not is_model or not getattr(network, "inputs", None):
        raise ConfigError(
            f"expected a functional or Sequential keras.Model with keras.Input as the {name}, got "
            f"{abbreviate(network)}."
        )


def check_networks_fit(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises `ConfigError` unless both networks agree about samples and labels."""
    check_shapes_fit(generator, discriminator)
    conditional = len(generator.inputs) == 2
    discriminator_is_conditional = len(discriminator.inputs) == 2 or len(discriminator.outputs) == 2
    if conditional != discriminator_is_conditional or len(generator.inputs) > 2:
        raise ConfigError(
            "expected both networks to know labels or neither, got a generator of "
            f"{len(generator.inputs)} inputs and a discriminator of {len(discriminator.inputs)} "
            f"inputs and {len(discriminator.outputs)} outputs; build both with the same "
            "num_classes."
        )
    classes = [getattr(n, "num_classes", None) for n in (generator, discriminator)]
    if None not in classes and classes[0] != classes[1]:
        raise ConfigError(f"expected the same num_classes in both networks, got {classes}.")


def check_shapes_fit(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises `ConfigError` unless the discriminator takes the samples and gives logits."""
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
