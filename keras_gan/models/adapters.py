"""Adapters: networks of other inputs and outputs as the networks of a `GAN`.

A network whose inputs or outputs have another form becomes a layer of a functional model with the
form that a `GAN` needs. It keeps its weights, and nothing else changes.
"""

import math
from collections.abc import Sequence
from typing import Any

from keras_gan.errors import ConfigError
from keras_gan.models.checks import check_network
from keras_gan.networks.copies import MARKS

import keras
from keras import ops

LABEL_WORDS = "label", "class", "condition"


def adapt_pair(generator: Any, discriminator: Any) -> tuple[keras.Model, keras.Model]:
    """Returns both networks with the inputs and outputs of a `GAN`'s.

    Args:
        generator: Network of latents, of any shape and in several inputs, and of labels, as numbers
            or one-hot.
        discriminator: Network of samples and, in any order, of labels. Of its outputs, the one of
            size 1 are the logits.

    Raises:
        ConfigError: For networks that aren't functional, or inputs that are neither.
    """
    check_network("generator", generator)
    check_network("discriminator", discriminator)
    return adapt_generator(generator, discriminator), adapt_discriminator(discriminator, generator)


def adapt_generator(generator: keras.Model, discriminator: keras.Model) -> keras.Model:
    """Returns a generator `latents (batch, latent_dim) [, labels (batch,)] -> samples`."""
    index = find_generator_labels(generator, discriminator)
    latents = [tensor for i, tensor in enumerate(generator.inputs) if i != index]
    check_latents(latents)
    order = [*range(len(generator.inputs))]
    is_plain = len(latents) == 1 and len(latents[0].shape) == 2 and index in (None, 1)
    if is_plain and has_plain_form(generator, index) and len(generator.outputs) == 1:
        return generator
    if len(generator.outputs) != 1:
        raise ConfigError(
            "expected a generator with one output, its samples, got "
            f"{len(generator.outputs)}; keep one: keras.Model(generator.inputs, "
            "generator.outputs[0])."
        )
    sizes = [math.prod(tensor.shape[1:]) for tensor in latents]
    inputs = [keras.Input((sum(sizes),), name="latents")]
    values = iter(split_latents(inputs[0], latents, sizes))
    if index is not None:
        inputs.append(keras.Input((), dtype="int32", name="labels"))
    flat = [
        to_labels(inputs[1], generator.inputs[i]) if i == index else next(values) for i in order
    ]
    return wrap(generator, inputs, generator(pack(generator, flat)))


def adapt_discriminator(discriminator: keras.Model, generator: keras.Model) -> keras.Model:
    """Returns a discriminator `samples [, labels] -> logits` or `-> [logits, class logits]`."""
    index = find_labels(discriminator, generator)
    if len(discriminator.inputs) > 2:
        names = ", ".join(tensor.name for tensor in discriminator.inputs)
        raise ConfigError(
            f"expected a discriminator of samples, or of samples and labels, got the inputs {names}"
            "; make it one of [samples, labels]."
        )
    places = logits_first(discriminator)
    is_plain = index in (None, 1) and places == [*range(len(discriminator.outputs))]
    if is_plain and has_plain_form(discriminator, index) and not named(discriminator, "outputs"):
        return discriminator
    (samples,) = (tensor for i, tensor in enumerate(discriminator.inputs) if i != index)
    inputs = [keras.Input(samples.shape[1:], dtype=samples.dtype, name="samples")]
    flat = [inputs[0]]
    if index is not None:
        inputs.append(keras.Input((), dtype="int32", name="labels"))
        flat.insert(index, to_labels(inputs[1], discriminator.inputs[index]))
    outputs = keras.tree.flatten(discriminator(pack(discriminator, flat)))
    return wrap(discriminator, inputs, [outputs[place] for place in places])


def find_labels(discriminator: keras.Model, generator: keras.Model) -> int | None:
    """Returns the index of a discriminator's input of labels; None for one without labels."""
    shapes = [tuple(tensor.shape) for tensor in discriminator.inputs]
    if len(shapes) == 1:
        return None
    samples = [i for i, shape in enumerate(shapes) if shape == tuple(generator.outputs[0].shape)]
    return 0 if samples == [1] else 1


def find_generator_labels(generator: keras.Model, discriminator: keras.Model) -> int | None:
    """Returns the index of a generator's input of labels; None for one without labels.

    It is the only input of integers, the only one with a name of labels, the only one of single
    numbers, or the only one of the discriminator's labels' shape; or else the last one.
    """
    tensors, place = generator.inputs, find_labels(discriminator, generator)
    if len(tensors) == 1:
        return None
    shapes = [(), (1,)]
    labels = None if place is None else tuple(discriminator.inputs[place].shape[1:])
    for is_labels in (
        lambda tensor: "int" in tensor.dtype,
        lambda tensor: any(word in tensor.name.lower() for word in LABEL_WORDS),
        lambda tensor: tuple(tensor.shape[1:]) in shapes,
        lambda tensor: tuple(tensor.shape[1:]) == labels,
    ):
        places = [i for i, tensor in enumerate(tensors) if is_labels(tensor)]
        if len(places) == 1:
            return places[0]
    return None if labels is None and len(discriminator.outputs) == 1 else len(tensors) - 1


def check_latents(latents: Sequence[keras.KerasTensor]) -> None:
    """Raises `ConfigError` unless inputs take latents: floats of a known shape."""
    for tensor in latents:
        if "float" not in tensor.dtype or None in tensor.shape[1:]:
            raise ConfigError(
                "expected latents as floats of a known shape, such as keras.Input((100,)), got the "
                f"input {tensor.name} of {tensor.dtype} {tuple(tensor.shape)}; change it."
            )
    if not latents:
        raise ConfigError(
            "expected a generator of latents, got one of labels alone; give it an input of "
            "latents, such as keras.Input((100,))."
        )


def has_plain_form(network: keras.Model, index: int | None) -> bool:
    """Returns whether a network takes a list, with labels as numbers."""
    takes_numbers = index is None or tuple(network.inputs[index].shape[1:]) in ((), (1,))
    return takes_numbers and not named(network, "inputs")


def named(network: keras.Model, which: str) -> bool:
    """Returns whether the inputs or the outputs of a network are a dict."""
    graph = getattr(network, "_functional", None) or network
    return isinstance(getattr(graph, f"_{which}_struct", None), dict)


def logits_first(discriminator: keras.Model) -> list[int]:
    """Returns the indices of a discriminator's outputs: the logits, then those of classes."""
    outputs = discriminator.outputs
    places = [*range(len(outputs))]
    if len(outputs) > 2:
        raise ConfigError(
            "expected a discriminator with the outputs logits, or [logits, class logits], got "
            f"{len(outputs)} outputs; keep these: keras.Model(discriminator.inputs, "
            "discriminator.outputs[:1])."
        )
    ones = [place for place in places if outputs[place].shape[-1] == 1]
    return sorted(places, key=lambda place: place not in ones) if len(ones) == 1 else places


def split_latents(
    latents: keras.KerasTensor, tensors: Sequence[keras.KerasTensor], sizes: Sequence[int]
) -> list[keras.KerasTensor]:
    """Splits latents `(batch, sum of sizes)` into those of several inputs."""
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    parts = [latents[:, end - size : end] for end, size in zip(ends, sizes, strict=True)]
    parts = parts if len(sizes) > 1 else [latents]
    shapes = [tuple(tensor.shape[1:]) for tensor in tensors]
    return [
        part if shape == (size,) else ops.reshape(part, (-1, *shape))
        for part, shape, size in zip(parts, shapes, sizes, strict=True)
    ]


def to_labels(labels: keras.KerasTensor, tensor: keras.KerasTensor) -> keras.KerasTensor:
    """Returns labels `(batch,)` in the form of another input: numbers, or one-hot."""
    shape = tuple(tensor.shape[1:])
    if shape in ((), (1,)):
        return ops.reshape(ops.cast(labels, tensor.dtype), (-1, *shape))
    if len(shape) == 1 and shape[0] is not None:
        return ops.one_hot(labels, shape[0], dtype=tensor.dtype)
    raise ConfigError(
        "expected an input of labels, one class (batch,) or one-hot (batch, num_classes), got "
        f"{tensor.name} of {tuple(tensor.shape)}; use keras.Input((), dtype='int32')."
    )


def pack(network: keras.Model, flat: Sequence[keras.KerasTensor]) -> Any:
    """Returns tensors in the structure of a network's inputs."""
    graph = getattr(network, "_functional", None) or network
    return keras.tree.pack_sequence_as(graph._inputs_struct, list(flat))


def one_or_all(tensors: list) -> Any:
    """Returns the only tensor of a list, or the list."""
    return tensors if len(tensors) > 1 else tensors[0]


def wrap(network: keras.Model, inputs: Sequence, outputs: Any) -> keras.Model:
    """Returns a functional model around a network, with its name and what its user has set."""
    inputs, outputs = (one_or_all(keras.tree.flatten(tensors)) for tensors in (inputs, outputs))
    model = keras.Model(inputs, outputs, name=network.name)
    for name in MARKS:
        if name in vars(network):
            setattr(model, name, getattr(network, name))
    return model
