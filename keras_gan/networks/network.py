"""Network: a functional graph in a class, so that it keeps its name, its size and its config."""

import keras
from keras import ops

from keras_gan.errors import ConfigError


class Network(keras.Model):
    """Base of the players: `keras.Model(inputs, outputs)` that remembers what it was made of.

    Args:
        inputs, outputs: The functional graph.
        config: The subclass's constructor arguments, for `get_config`.
        dtype: The precision policy of the layers.
        name: Name of the model.
    """

    def __init__(self, inputs, outputs, config, dtype, name):
        super().__init__(inputs=inputs, outputs=outputs, name=name)
        self._config = {**config, "dtype": dtype.name, "name": name}
        self.num_classes = config["num_classes"]

    def get_config(self):
        """Constructor arguments."""
        return dict(self._config)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The network with these constructor arguments and new weights."""
        return cls(**config)


def resolve_policy(dtype):
    """The precision policy by name, or Keras's global one for None."""
    return keras.dtype_policies.get(dtype) if dtype else keras.config.dtype_policy()


def label_input():
    """The labels of a class-conditional network: `(batch,)` int32."""
    return keras.Input((), dtype="int32", name="labels")


def check_num_classes(num_classes):
    """Raises `ConfigError` unless `num_classes` is None or at least 2."""
    if num_classes is not None and num_classes < 2:
        raise ConfigError(f"expected num_classes >= 2, or None for no labels, got {num_classes}.")


def with_one_hot(x, labels, num_classes):
    """`x (batch, n)` beside the one-hot label: conditioning by concatenation.

    Source: Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014.
    """
    one_hot = ops.one_hot(labels, num_classes, dtype=x.dtype)
    return keras.layers.Concatenate(dtype=x.dtype)([x, one_hot])


def compute_dtypes(model):
    """The dtypes in which a model's layers compute, such as `{"float32", "bfloat16"}`."""
    return {layer.compute_dtype for layer in model._flatten_layers()}
