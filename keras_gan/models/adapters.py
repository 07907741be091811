"""Adapters: networks of other inputs and outputs as the networks of a `GAN`.

A network whose inputs or outputs have another form becomes a layer of a functional model with the
form that a `GAN` needs. It keeps its weights, and nothing else changes.
"""

import math
from collections.abc import Sequence
from typing import Any

from keras_gan.errors import ConfigError
from keras_gan.models.network_checks import check_network
from keras_gan.networks.copies import copy_attributes
from keras_gan.networks.graph import graph_of, one_or_all
from keras_gan.networks.network import label_input

import keras
from keras import ops

LABEL_WORDS = "label", "class", "condition"
SINGLE = (), (1,)  # shapes of labels that are single numbers


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
    if len(generator.outputs) != 1:
        raise ConfigError(
            "expected a generator with one output, its samples, got "
            f"{len(generator.outputs)}; keep one: keras.Model(generator.inputs, "
            "generator.outputs[0])."
        )
    is_vector = len(latents) == 1 and len(latents[0].shape) == 2
    if is_vector and has_plain_form(generator, index):
        return generator
    sizes = [math.prod(tensor.shape[1:]) for tensor in latents]
    vector = keras.Input((sum(sizes),), name="latents")
    return wrap(generator, vector, split_latents(vector, latents, sizes), index)


def adapt_discriminator(discriminator: keras.Model, generator: keras.Model) -> keras.Model:
    """Returns a discriminator `samples [, labels] -> logits` or `-> [logits, class logits]`."""
    index = find_discriminator_labels(discriminator, generator)
    if len(discriminator.inputs) > 2:
        names = ", ".join(tensor.name for tensor in discriminator.inputs)
        raise ConfigError(
            f"expected a discriminator of samples, or of samples and labels, got the inputs {names}"
            "; make it one of [samples, labels]."
        )
    order = order_outputs(discriminator)
    if order == sorted(order) and has_plain_form(discriminator, index):
        return discriminator
    (tensor,) = (tensor for i, tensor in enumerate(discriminator.inputs) if i != index)
    samples = keras.Input(tensor.shape[1:], dtype=tensor.dtype, name="samples")
    return wrap(discriminator, samples, [samples], index, order)


def find_discriminator_labels(discriminator: keras.Model, generator: keras.Model) -> int | None:
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
    tensors, index = generator.inputs, find_discriminator_labels(discriminator, generator)
    if len(tensors) == 1:
        return None
    labels = None if index is None else tuple(discriminator.inputs[index].shape[1:])
    for is_labels in (
        lambda tensor: "int" in tensor.dtype,
        lambda tensor: any(word in tensor.name.lower() for word in LABEL_WORDS),
        lambda tensor: tuple(tensor.shape[1:]) in SINGLE,
        lambda tensor: tuple(tensor.shape[1:]) == labels,
    ):
        indices = [i for i, tensor in enumerate(tensors) if is_labels(tensor)]
        if len(indices) == 1:
            return indices[0]
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
    """Returns whether a network has no dicts, and takes labels last and as single numbers.

    Args:
        network: A network.
        index: Index of its input of labels; None for one without labels.
    """
    graph = graph_of(network)
    has_dicts = any(isinstance(s, dict) for s in (graph._inputs_struct, graph._outputs_struct))
    takes_numbers = index is None or tuple(network.inputs[index].shape[1:]) in SINGLE
    return takes_numbers and index in (None, 1) and not has_dicts


def order_outputs(discriminator: keras.Model) -> list[int]:
    """Returns the indices of a discriminator's outputs: the logits, then those of classes."""
    outputs = discriminator.outputs
    if len(outputs) > 2:
        raise ConfigError(
            "expected a discriminator with the outputs logits, or [logits, class logits], got "
            f"{len(outputs)} outputs; keep these: keras.Model(discriminator.inputs, "
            "discriminator.outputs[:1])."
        )
    indices = [*range(len(outputs))]
    logits = [index for index in indices if outputs[index].shape[-1] == 1]
    return sorted(indices, key=lambda index: index not in logits) if len(logits) == 1 else indices


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
    if shape in SINGLE:
        return ops.reshape(ops.cast(labels, tensor.dtype), (-1, *shape))
    if len(shape) == 1 and shape[0] is not None:
        return ops.one_hot(labels, shape[0], dtype=tensor.dtype)
    raise ConfigError(
        "expected an input of labels, one class (batch,) or one-hot (batch, num_classes), got "
        f"{tensor.name} of {tuple(tensor.shape)}; use keras.Input((), dtype='int32')."
    )


def wrap(
    network: keras.Model,
    first: keras.KerasTensor,
    tensors: list[keras.KerasTensor],
    index: int | None,
    order: Sequence[int] = (0,),
) -> keras.Model:
    """Returns a functional model around a network, with its name and what its user has set.

    Args:
        network: The network.
        first: First input of the model; the second one is labels, if the network takes them.
        tensors: The network's inputs but labels, made of `first`.
        index: Index of the network's input of labels; None for one without labels.
        order: Indices of the network's outputs in the model.
    """
    inputs = [first]
    if index is not None:
        inputs.append(label_input())
        tensors = [*tensors]
        tensors.insert(index, to_labels(inputs[1], network.inputs[index]))
    packed = keras.tree.pack_sequence_as(graph_of(network)._inputs_struct, tensors)
    outputs = keras.tree.flatten(network(packed))
    outputs = [outputs[place] for place in order]
    model = keras.Model(one_or_all(inputs), one_or_all(outputs), name=network.name)
    copy_attributes(network, model)
    return model
