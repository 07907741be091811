"""Copies of networks, also of those with layers that aren't registered."""

import inspect
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from keras_gan.errors import ConfigError, KerasGanError, reason_of

import keras

USER_ATTRIBUTES = "medium", "num_classes", "tolerance"  # of a network


def copy_network(network: keras.Model, change: Callable = lambda config: config) -> keras.Model:
    """Returns a copy of a network, with the same weights, that isn't trainable.

    The classes and functions of its layers needn't be registered. Layers without variables, such as
    a `Lambda`, are shared with the copy.

    Args:
        network: A functional or Sequential model.
        change: Function of the Keras config of each layer, which returns that of its copy; for a
            `Lambda` of the name of its precision policy alone.

    Raises:
        ConfigError: For a network with a part that can't be made from its config.
    """
    try:
        copy = make_copy(network, change)
        copy.set_weights(network.get_weights())
    except KerasGanError:
        raise
    except Exception as error:  # a config is made and read by any code
        raise ConfigError(
            f"expected a network that can be copied, got {network.name} "
            f"({type(network).__name__}): {reason_of(error)}. Give each class of your own a "
            "get_config that returns all arguments of its constructor, and write lambdas as named "
            "functions."
        ) from error
    copy_attributes(network, copy)
    copy.trainable = False
    return copy


def copy_attributes(network: keras.Model, copy: keras.Model) -> None:
    """Sets the attributes of a network that its user has set on a copy that lacks them."""
    for name in USER_ATTRIBUTES:
        if name in vars(network) and name not in vars(copy):
            setattr(copy, name, getattr(network, name))


def make_copy(network: keras.Model, change: Callable) -> keras.Model:
    """Returns a network of the same layers with new weights; see `copy_network`."""
    if is_of_keras(type(network)):
        return keras.models.clone_model(
            network,
            clone_function=lambda layer: copy_layer(layer, change),
            recursive=True,
        )
    with keras.saving.custom_object_scope(own_parts(network._flatten_layers())):
        return type(network).from_config(change(network.get_config()))


def copy_layer(layer: Any, change: Callable) -> Any:
    """Returns a new layer of the same config; one without variables itself, if nothing changes."""
    if isinstance(layer, keras.layers.Lambda):
        policy = change(layer.dtype_policy.name)
        return layer if policy == layer.dtype_policy.name else copy_lambda(layer, policy)
    if not isinstance(layer, keras.layers.Layer):
        return layer  # an operation, such as of keras.ops
    config = layer.get_config()
    changed = change(config)
    if not layer.variables and changed == config:
        return layer
    with keras.saving.custom_object_scope(own_parts(layer._flatten_layers())):
        return type(layer).from_config(changed)


def copy_lambda(layer: keras.layers.Lambda, policy: str) -> keras.layers.Lambda:
    """Returns a `Lambda` of the same function in another precision."""
    return keras.layers.Lambda(
        layer.function,
        layer._output_shape,
        layer.mask,
        layer.arguments,
        name=layer.name,
        dtype=policy,
    )


def own_parts(layers: Iterable[Any]) -> dict[str, Any]:
    """Returns the classes and functions of layers that aren't Keras's, by name.

    Args:
        layers: Layers; what they hold, such as their activations, counts too.
    """
    parts = {}
    for layer in layers:
        for value in (layer, *held_by(layer)):
            part = value if inspect.isfunction(value) else type(value)
            if not is_of_keras(part):
                parts[part.__name__] = part
    return parts


def held_by(layer: Any) -> list[Any]:
    """Returns the functions, and the objects with a config, that a layer holds."""
    lists = [v for v in vars(layer).values() if isinstance(v, list | tuple)]
    values = itertools.chain(vars(layer).values(), *lists)
    return [value for value in values if inspect.isfunction(value) or hasattr(value, "get_config")]


def is_of_keras(part: Any) -> bool:
    """Returns whether a class or a function is defined in Keras."""
    return part.__module__.partition(".")[0] == "keras"
