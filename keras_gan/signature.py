"""Signature: a function of a game's networks that programs without Keras can call."""

import dataclasses
from collections.abc import Callable

from keras_gan.errors import ConfigError
from keras_gan.media import Medium

import keras
import numpy as np
import tensorflow as tf

SERVING_DEFAULT = "serving_default"  # TensorFlow Serving's name of the signature that is meant


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function of one averaged network, as exports write it: `inputs -> samples`.

    Attributes:
        network: The averaged network that computes it.
        inputs: Name -> `tf.TensorSpec` of a batch, in the order in which the network takes them.
        medium: `keras_gan.media.Medium` of the samples; it names the output.
        example: `(batch_size, seed) -> name -> array`: inputs to compare exports with. Uniform
            numbers in [-1, 1] by default, and zeros for integers.
        tolerance: Largest difference that its exports may have, where its layers enlarge rounding.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.recipes.build("dcgan", (28, 28, 1), width=4)
    >>> signature = gan.signatures()["serving_default"]
    >>> [*signature.inputs], signature.output, signature.sample_shape
    (['latents'], 'images', (28, 28, 1))
    """

    network: keras.Model
    inputs: dict[str, tf.TensorSpec]
    medium: Medium
    example: Callable | None = None
    tolerance: float | None = None

    @classmethod
    def between(cls, network: keras.Model, medium: Medium) -> "Signature":
        """Returns the signature of a network that turns samples into samples of the same medium."""
        spec = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name=medium.tensor)
        return cls(network, {medium.tensor: spec}, medium)

    def __call__(self, inputs: dict):
        """Returns the samples for name -> tensor."""
        values = self.values(inputs)
        return self.network(values if len(values) > 1 else values[0], training=False)

    def values(self, inputs: dict) -> list:
        """Returns the inputs in the order in which the network takes them."""
        return [inputs[name] for name in self.inputs]

    @property
    def output(self) -> str:
        """Name of the output, such as `"images"`."""
        return self.medium.tensor

    @property
    def sample_shape(self) -> tuple:
        """Shape of one sample; None for a size that differs."""
        return tuple(self.network.output_shape[1:])

    def example_inputs(self, batch_size: int, seed: int) -> dict:
        """Returns name -> array: inputs of a seed."""
        if self.example is not None:
            return self.example(batch_size, seed)
        random = np.random.default_rng(seed)
        return {name: example_of(spec, batch_size, random) for name, spec in self.inputs.items()}


def example_of(spec, batch_size, random):
    """Returns an array of a spec: uniform numbers in [-1, 1], or zeros for integers."""
    shape = (batch_size, *spec.shape[1:])
    if not spec.dtype.is_floating:
        return np.zeros(shape, spec.dtype.as_numpy_dtype)
    return random.uniform(-1, 1, shape).astype(spec.dtype.as_numpy_dtype)


def pick(signatures: dict, name: str | None = None) -> Signature:
    """Returns the signature of a name, or for None the only one.

    Raises:
        ConfigError: For another name, or None where there are several.
    """
    if name is None and len(signatures) == 1:
        return next(iter(signatures.values()))
    if name not in signatures:
        known = ", ".join(signatures)
        raise ConfigError(f"expected signature= as one of {known}, got {name!r}.")
    return signatures[name]
