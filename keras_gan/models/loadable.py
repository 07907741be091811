"""Whether a saved model can be loaded again: its parts are registered, and have configs."""

import warnings
from collections.abc import Iterator
from typing import Any

from keras_gan.errors import ConfigError, reason_of

import keras


def check_loadable(model: keras.Model) -> None:
    """Raises `ConfigError` unless a saved model could be loaded again.

    Classes and functions that aren't Keras's must be registered, as a file names them only.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras's of lambdas
            config = keras.saving.serialize_keras_object(model)
    except Exception as error:  # configs are made by any code
        raise ConfigError(
            f"expected a model that can be saved, got {model.name}: {reason_of(error)}. Give each "
            "class of your own a get_config that returns all arguments of its constructor."
        ) from error
    names = list(dict.fromkeys(unregistered(config)))
    if names:
        raise ConfigError(
            f"expected registered classes and functions in a model to save, got "
            f"{', '.join(names)}; write @keras.saving.register_keras_serializable() before each, "
            "and named functions or layers in place of lambdas."
        )


def unregistered(config: Any) -> Iterator[str]:
    """Yields the names in a Keras config of what can't be found when it is loaded."""
    if isinstance(config, list | tuple):
        for part in config:
            yield from unregistered(part)
    if not isinstance(config, dict):
        return
    kind, name = config.get("class_name"), config.get("registered_name")
    module = config.get("module")
    if kind == "function":
        kind = name = str(config.get("config"))
    if kind == "__lambda__":
        yield "a lambda"
    elif kind and "module" in config and not is_known(module, kind) and not is_registered(name):
        yield kind
    for value in config.values():
        yield from unregistered(value)


def is_known(module: Any, name: str) -> bool:
    """Returns whether Keras finds a class or a function in its own modules."""
    if module == "builtins":
        return any(hasattr(part, name) for part in (keras.activations, keras.ops, keras.losses))
    return str(module).partition(".")[0] == "keras"


def is_registered(name: Any) -> bool:
    """Returns whether a class or a function is registered under a name."""
    return bool(name) and keras.saving.get_registered_object(name) is not None
