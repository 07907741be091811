"""Checks of networks, rules and data before training."""

import dataclasses
import itertools
import numbers
import types
from collections.abc import Callable, Collection, Sequence
from typing import Any

from keras_gan import media, scaling
from keras_gan.augment import Augment
from keras_gan.batches import check_finite
from keras_gan.checks import check_bool, check_integer, is_number
from keras_gan.errors import ConfigError, DataError, abbreviate, unknown
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


def has_rows(array: Any) -> bool:
    """Returns whether a value is a tensor or an array with at least one axis."""
    return hasattr(array, "shape") and tf.TensorShape(array.shape).rank != 0


def check_rows(array: Any, noun: str = "samples") -> None:
    """Raises `DataError` unless a value is an array with at least one row."""
    if not isinstance(array, np.ndarray | tf.Tensor) or not has_rows(array) or not len(array):
        received = getattr(array, "shape", type(array).__name__)
        raise DataError(
            f"expected {noun} as an array (count, ...) of at least one, got {received}; convert "
            "lists with np.asarray."
        )


def check_compiled(model: keras.Model, method: str) -> None:
    """Raises `ConfigError` before `compile`, for a method that needs it."""
    if not model.compiled:
        raise ConfigError(f"expected a compiled model; call compile() before {method}().")


UNUSED = {
    "class_weight": "a game weights no classes; leave it out, or balance the data",
    "sample_weight": "a game weights no samples; leave it out, or repeat the important ones",
    "validation_split": "the data are read by step; pass validation_data",
}
COUNTS = {  # integers among Keras's options of `fit` and `evaluate` -> their minimum
    **dict.fromkeys(("batch_size", "steps_per_epoch", "validation_batch_size"), 1),
    **dict.fromkeys(("steps", "validation_steps", "validation_freq"), 1),
    **dict.fromkeys(("epochs", "initial_epoch"), 0),
}


def check_keras_options(**options: Any) -> None:
    """Raises `ConfigError` for options of Keras's methods that no game uses, or out of range.

    Args:
        **options: Name -> value; None stands for Keras's default, as 0 does for those of no use.
    """
    for name, advice in UNUSED.items():
        value = options.get(name)
        if value is not None and not (is_number(value) and value == 0):
            raise ConfigError(f"expected no {name}: {advice}.")
    for name, minimum in COUNTS.items():
        value = options.get(name)
        are_epochs = name == "validation_freq" and isinstance(value, list)
        if value is not None and not are_epochs:
            check_integer(name, value, minimum)
    check_callbacks(options.get("callbacks"))


def check_callbacks(callbacks: Any) -> None:
    """Raises `ConfigError` unless callbacks are None, a Keras callback or several."""
    kinds = keras.callbacks.Callback | keras.callbacks.CallbackList
    for callback in keras.tree.flatten(callbacks):
        if callback is not None and not isinstance(callback, kinds):
            raise ConfigError(
                "expected a list of keras.callbacks.Callback objects as callbacks, got "
                f"{abbreviate(callback)}."
            )


def check_dataset(data: Any, labels: Any = None, batch_size: int | None = None) -> Any:
    """Returns data that can be read batch by batch; raises `DataError` for others.

    Args:
        data: A `tf.data.Dataset` with a batch, or another iterable of batches that Keras supports.
        labels, batch_size: None, as both are those of the data set.

    Returns:
        The data; in place of a generator, one that yields its batches.
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
    if isinstance(data, types.GeneratorType):
        return check_generator(data)
    is_dataset = isinstance(data, tf.data.Dataset)
    count = data.cardinality() if is_dataset else getattr(data, "num_batches", None)
    if count == 0:
        raise DataError(NO_BATCH)
    return data


def check_generator(batches: types.GeneratorType) -> types.GeneratorType:
    """Returns a generator of the same batches, once it has read the first one.

    Raises:
        DataError: For no batch, or batches that aren't tuples of arrays.
    """
    for first in batches:
        parts = keras.tree.flatten(first)
        if not isinstance(first, tuple) or not all(p is None or np.ndim(p) for p in parts):
            raise DataError(
                "expected tuples of arrays from a generator, (samples,) or (samples, labels), got "
                f"{describe(first) if isinstance(first, tuple) else type(first).__name__}; yield "
                "(samples,)."
            )
        return (batch for batch in itertools.chain([first], batches))
    raise DataError(NO_BATCH)


def check_duel(generator: Any, discriminator: Any, rules: Any, scheduled: Any, name: Any) -> None:
    """Raises `ConfigError` unless the arguments of a `Duel` have their types and fit each other."""
    check_network("generator", generator)
    check_network("discriminator", discriminator)
    if not isinstance(rules, Rules):
        raise ConfigError(
            "expected keras_gan.Rules for a Duel, such as Rules(loss='hinge'), got "
            f"{abbreviate(rules)}."
        )
    if not callable(scheduled):
        raise ConfigError(
            "expected a function (name, number) -> number as scheduled, such as the model's "
            f"scheduled, got {abbreviate(scheduled)}."
        )
    if not isinstance(name, str):
        raise ConfigError(f"expected a str as the name of a Duel, got {abbreviate(name)}.")
    check_shapes_fit(generator, discriminator)
    check_rules_fit(rules, generator, discriminator)


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
        raise DataError(
            f"expected {medium.noun} of shape {tuple(shape)}{where}, as the networks do, got "
            f"{describe_misfit(samples, received, tuple(shape))}."
        )
    return scaling.to_floats(samples, medium)


def describe_misfit(samples: Any, received: tf.TensorShape, shape: tuple[int, ...]) -> str:
    """Returns how a batch differs from samples of a shape and what to do, for an error.

    Args:
        samples: The batch.
        received: Its shape.
        shape: Shape of one sample, as the networks expect it.
    """
    if not hasattr(samples, "shape"):
        return f"a {type(samples).__name__} without rows; convert it with np.asarray"
    if received.rank is None or None in received[1:]:
        return (
            "a size that TensorFlow doesn't know; name it: dataset.map(lambda x: "
            f"tf.ensure_shape(x, {(None, *shape)}))"
        )
    if not received.rank or tuple(received) == shape:
        return "single ones instead of batches; batch them: dataset.batch(32)"
    return (
        f"{tuple(received[1:])}; change the networks' shape or the data's, such as its image_size"
    )


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


def is_names(value: Any) -> bool:
    """Returns whether a value is a tuple or a list of strings."""
    return isinstance(value, tuple | list) and all(isinstance(name, str) for name in value)


def is_name_map(value: Any, is_value: Callable = lambda value: isinstance(value, str)) -> bool:
    """Returns whether a value is a dict of strings to strings, or to other values."""
    return isinstance(value, dict) and is_names([*value]) and all(map(is_value, value.values()))


FORMS = {
    "players": (lambda value: is_name_map(value, is_names), "{'generator': ('generator',)}"),
    "averages": (is_name_map, "{'moving_average': 'generator'}"),
    "domains": (is_name_map, "{'a': 'discriminator_a'}"),
    "log_prefixes": (is_name_map, "{'generator': 'g'}"),
    "log_names": (is_names, "('d_loss', 'g_loss')"),
    "played_rules": (is_names, "('n_critic',)"),
    "test_log_names": (is_names, "('d_loss',)"),
}


def check_forms(game: keras.Model, names: Sequence[str]) -> None:
    """Raises `ConfigError` unless attributes that a game defines have the form in `FORMS`."""
    for name in names:
        has_form, example = FORMS[name]
        value = getattr(game, name)
        if not has_form(value):
            raise ConfigError(
                f"expected {name} of {type(game).__name__} as names in the form {example}, got "
                f"{abbreviate(value)}."
            )


def check_free(game: keras.Model, name: str) -> None:
    """Raises `ConfigError` for a name of a network that another attribute of a game has."""
    if name in dir(game):
        raise ConfigError(
            f"expected a name of its own for each network of {type(game).__name__}, got {name!r}, "
            "which is another attribute; rename it in players or averages."
        )


def check_domain_networks(game: keras.Model) -> None:
    """Raises `ConfigError` unless each of a game's domains names one of its networks."""
    for domain, name in game.domains.items():
        if not isinstance(getattr(game, name, None), keras.Model):
            raise unknown(
                f"network of domain {domain}", name, (*game.network_names(), *game.averages)
            )


def check_intervals(intervals: Any, game: str) -> None:
    """Raises `ConfigError` unless a game's intervals are a dict of names to pairs of integers."""
    example = "(interval, offset) of integers, such as {'r1': (16, 0)}"
    if not isinstance(intervals, dict):
        raise ConfigError(
            f"expected {game}.intervals as a dict of {example}, got {abbreviate(intervals)}."
        )
    for name, value in intervals.items():
        is_pair = isinstance(value, tuple | list) and len(value) == 2
        if not is_pair or not all(is_number(n, numbers.Integral) for n in value) or value[0] < 1:
            raise ConfigError(
                f"expected {game}.intervals as a dict of {example}, with an interval >= 1, got "
                f"{abbreviate(value)} for {name}."
            )


def check_played(rules: Rules, played: Sequence[str], game: str) -> None:
    """Raises `ConfigError` for rules that a game doesn't play, or that don't exist.

    Args:
        rules: The `Rules`.
        played: Names of the fields that the game plays; the others need their default.
        game: Name of the game's class.
    """
    config, plain = rules.get_config(), Rules().get_config()
    defaults = {field.name: field.default for field in dataclasses.fields(Rules)}
    for name in played:
        if name not in defaults:
            raise unknown(f"rule in played_rules of {game}", name, defaults)
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


def check_loss(result: Any, player: str) -> tuple[tf.Tensor, dict]:
    """Returns a player's `(loss, logs)`; raises `ConfigError` for another result."""
    is_pair = isinstance(result, tuple | list) and len(result) == 2
    if not is_pair or not isinstance(result[1], dict):
        raise ConfigError(
            f"expected the objective of {player} to return (loss, logs), a scalar and a dict, got "
            f"{abbreviate(result)}."
        )
    return result


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


def first_rows(batch: Any, function: str) -> Any:
    """Returns the first array of a batch; raises `ConfigError` unless a game's function gives one.

    Args:
        batch: A tensor, or a nest of tensors and None, that the function returned.
        function: Name of the function.
    """
    rows = next((part for part in keras.tree.flatten(batch) if part is not None), None)
    if not has_rows(rows):
        raise ConfigError(
            f"expected {function} to return a batch, a nest of tensors (batch, ...), got "
            f"{describe(batch)}."
        )
    return rows


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
