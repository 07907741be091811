"""Signature: a function of a model's networks that exported programs offer."""

import dataclasses
from collections.abc import Callable

from keras_gan.errors import ConfigError, abbreviate
from keras_gan.media import Medium

import keras
import numpy as np
import tensorflow as tf

SERVING_DEFAULT = "serving_default"  # TensorFlow Serving's default signature


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function `inputs -> samples` of one averaged network, for exports.

    Attributes:
        network: Averaged network that computes the samples.
        inputs: Name -> `tf.TensorSpec` of a batch, in the order of the network's inputs.
        medium: `keras_gan.media.Medium` of the samples; it names the output.
        example: `(batch_size, seed) -> name -> array`, inputs for comparing exports. Uniform
            numbers in [-1, 1] by default, and zeros for integers.
        tolerance: Largest difference allowed in exports, for networks that amplify rounding.

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
        """Returns the signature of a network that maps samples to samples of the same medium."""
        spec = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name=medium.tensor)
        return cls(network, {medium.tensor: spec}, medium)

    def __call__(self, inputs: dict) -> tf.Tensor:
        """Returns the samples for name -> tensor."""
        values = self.values(inputs)
        return self.network(values if len(values) > 1 else values[0], training=False)

    def values(self, inputs: dict) -> list:
        """Returns the inputs in the order of the network's inputs."""
        return [inputs[name] for name in self.inputs]

    @property
    def output(self) -> str:
        """Name of the output, such as `"images"`."""
        return self.medium.tensor

    @property
    def sample_shape(self) -> tuple:
        """Shape of one sample, with None for a variable size."""
        return tuple(self.network.output_shape[1:])

    def example_inputs(self, batch_size: int, seed: int) -> dict:
        """Returns name -> array, the example inputs of a seed."""
        if self.example is not None:
            return self.example(batch_size, seed)
        random = np.random.default_rng(seed)
        return {name: draw_example(spec, batch_size, random) for name, spec in self.inputs.items()}


def draw_example(spec: tf.TensorSpec, batch_size: int, random: np.random.Generator) -> np.ndarray:
    """Draws an array of a spec: uniform numbers in [-1, 1], or zeros for integers."""
    shape = (batch_size, *spec.shape[1:])
    if not spec.dtype.is_floating:
        return np.zeros(shape, spec.dtype.as_numpy_dtype)
    return random.uniform(-1, 1, shape).astype(spec.dtype.as_numpy_dtype)


def advise_model(model: object) -> str:
    """Returns how to get a model of the package from something else, for an error."""
    if isinstance(model, keras.Model):
        return "make one of this generator: keras_gan.GAN(generator, discriminator)"
    return "load one: keras_gan.load_model('model.keras')"


def signatures_of(model: keras.Model) -> dict[str, Signature]:
    """Returns a model's signatures by name; raises `ConfigError` for another result."""
    if not callable(getattr(model, "signatures", None)):
        raise ConfigError(
            "expected a model of keras_gan, such as GAN(generator, discriminator), got "
            f"{abbreviate(model)}; {advise_model(model)}."
        )
    signatures = model.signatures()
    parts = signatures.values() if isinstance(signatures, dict) else [signatures]
    if not all(isinstance(part, Signature) for part in parts):
        raise ConfigError(
            f"expected {type(model).__name__}.signatures to return a dict of names to Signature "
            f"objects, such as Signature.between(network, medium), got {abbreviate(signatures)}."
        )
    return signatures


def pick(signatures: dict, name: str | None = None) -> Signature:
    """Returns the signature of a name; None means the only one.

    Raises:
        ConfigError: For an unknown name, or None with several signatures.
    """
    if name is None and len(signatures) == 1:
        return next(iter(signatures.values()))
    if name not in signatures:
        names = ", ".join(signatures)
        raise ConfigError(f"expected signature= as one of {names}, got {name!r}.")
    return signatures[name]
