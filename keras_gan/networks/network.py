"""Network: the base class of functional networks with a config, and parts that they share."""

from collections.abc import Callable, Sequence
from typing import Any

from keras_gan import media
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError

import keras
import tensorflow as tf
from keras import ops

PROPERTIES = ("medium", "frozen_layers")  # of a network, in its config


class Network(keras.Model):
    """Base of networks: a functional `keras.Model` that saves its constructor's arguments.

    Args:
        inputs, outputs: Symbolic tensors of the functional graph.
        config: Arguments of the subclass's constructor, for `get_config`.
        dtype: Precision policy of the layers.
        name: Name of the model.

    Attributes:
        earlier: Name of an argument -> its value in networks that were saved before it existed.
    """

    earlier: dict[str, Any] = {}

    def __init__(
        self, inputs: Any, outputs: Any, config: dict, dtype: keras.DTypePolicy, name: str | None
    ):
        super().__init__(inputs=inputs, outputs=outputs, name=name)
        self._config = {**config, "dtype": dtype.name, "name": name}
        self.num_classes = config.get("num_classes")

    @property
    def medium(self) -> media.Medium | None:
        """Medium of the samples, or None if it isn't set; see `keras_gan.media.of_network`.

        Set it if the shape of the samples isn't enough, as for sound with another sample rate. It
        is saved with the network.
        """
        config = self._config.get("medium")
        return config and media.from_config(config)

    @medium.setter
    def medium(self, medium: media.Medium) -> None:
        self._config["medium"] = medium.to_config()

    @property
    def frozen_layers(self) -> int:
        """Number of layers with weights, from the inputs on, that aren't trained; saved too."""
        return self._config.get("frozen_layers", 0)

    @frozen_layers.setter
    def frozen_layers(self, count: int) -> None:
        freeze_layers(self, count)
        self._config["frozen_layers"] = count

    def get_config(self) -> dict:
        """Returns the constructor's arguments, and the medium and frozen layers if they are set."""
        return dict(self._config)

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Network":
        """Makes the network of a config, with new weights."""
        arguments = {name: value for name, value in config.items() if name not in PROPERTIES}
        arguments = {**cls.earlier, **arguments}
        network = cls(**arguments)
        if config.get("medium") is not None:
            network.medium = media.from_config(config["medium"])
        if config.get("frozen_layers"):
            network.frozen_layers = config["frozen_layers"]
        return network


def freeze_layers(network: keras.Model, count: int) -> None:
    """Freezes the first layers with weights of a network; the others train.

    Args:
        network: A network.
        count: Number of layers, fewer than there are.

    Raises:
        ConfigError: For a number out of range.
    """
    frozen = first_layers(network, count)
    for layer in network.layers:
        if layer.weights:
            layer.trainable = layer not in frozen


def first_layers(network: keras.Model, count: int) -> list[keras.layers.Layer]:
    """Returns the first layers with weights; raises `ConfigError` for as many as there are."""
    layers = [layer for layer in network.layers if layer.weights]
    check_integer("number of frozen layers", count, 0, len(layers) - 1)
    return layers[:count]


def truncated(
    generator: Any, inputs: Sequence[tf.Tensor], truncation: float | tf.Tensor
) -> tf.Tensor:
    """Generates samples closer to the average, by scaled latents or the generator's own method.

    A generator whose latents have no meaningful length, such as StyleGAN2, has a method
    `truncated(inputs, truncation)`.

    Args:
        generator: Network, or a model that is called like one.
        inputs: `[latents]` or `[latents, labels]`.
        truncation: From 0, which gives the average sample, to 1, which changes nothing.
    """
    if truncates_itself(generator):
        return generator.truncated(inputs, truncation)
    latents, *labels = inputs
    latents = latents * truncation
    return generator([latents, *labels] if labels else latents, training=False)


def truncates_itself(generator: Any) -> bool:
    """Returns whether a generator has its own truncation instead of scaled latents."""
    return hasattr(generator, "truncated")


def resolve_policy(dtype: str | None) -> keras.DTypePolicy:
    """Returns a precision policy by name, or Keras's global one for None."""
    return keras.dtype_policies.get(dtype) if dtype else keras.config.dtype_policy()


def label_input() -> keras.KerasTensor:
    """Makes the label input of a class-conditional network: `(batch,)` int32."""
    return keras.Input((), dtype="int32", name="labels")


def check_num_classes(num_classes: int | None) -> None:
    """Raises `ConfigError` unless `num_classes` is None or at least 2."""
    if num_classes is not None and num_classes < 2:
        raise ConfigError(f"expected num_classes >= 2, or None for no labels, got {num_classes}.")


def check_choice(name: str, value: Any, choices: Sequence) -> None:
    """Raises `ConfigError` unless an argument is one of its choices."""
    if value not in choices:
        names = ", ".join(map(repr, choices))
        raise ConfigError(f"expected {name} to be one of {names}, got {value!r}.")


def concatenate_one_hot(
    x: keras.KerasTensor, labels: keras.KerasTensor, num_classes: int
) -> keras.KerasTensor:
    """Concatenates the one-hot label to `x (batch, ..., n)` at every position.

    Source: Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014.
    """
    one_hot = ops.one_hot(labels, num_classes, dtype=x.dtype)
    positions = x.shape[1:-1]
    if positions:
        one_hot = ops.reshape(one_hot, (-1, *[1] * len(positions), num_classes))
        one_hot = ops.tile(one_hot, (1, *positions, 1))
    return keras.layers.Concatenate(dtype=x.dtype)([x, one_hot])


CONDITIONINGS = ("projection", "concatenation", "auxiliary")


def generator_inputs(latent_dim: int, num_classes: int | None) -> tuple:
    """Returns the latents and the inputs of a generator: the latents, or `[latents, labels]`.

    Args:
        latent_dim: Size of the latent vector.
        num_classes: Number of classes, or None.

    Raises:
        ConfigError: For a latent vector without a value.
    """
    latents = keras.Input((check_integer("latent_dim", latent_dim),), name="latents")
    return latents, latents if num_classes is None else [latents, label_input()]


def discriminator_inputs(
    samples: keras.KerasTensor, num_classes: int | None, conditioning: str = "projection"
) -> keras.KerasTensor | list:
    """Returns the inputs of a discriminator: the samples, or `[samples, labels]`."""
    takes_labels = num_classes is not None and conditioning != "auxiliary"
    return [samples, label_input()] if takes_labels else samples


def discriminator_outputs(
    features: keras.KerasTensor,
    inputs: keras.KerasTensor | list,
    num_classes: int | None,
    conditioning: str,
    dense: Callable,
) -> keras.KerasTensor | list:
    """Adds the head of a discriminator to its last features.

    - `"projection"`: adds the inner product of features and label embedding to the logit
      (Miyato and Koyama, "cGANs with Projection Discriminator", ICLR 2018, equation 3).
    - `"auxiliary"`: outputs class logits besides the logit (Odena et al., "Conditional Image
      Synthesis with Auxiliary Classifier GANs", ICML 2017).

    Args:
        features: `(batch, n)` float32.
        inputs: Result of `discriminator_inputs`.
        num_classes: Number of classes, or None.
        conditioning: One of `CONDITIONINGS`.
        dense: `(layer) -> layer`, a wrapper of layers with weights, such as spectral normalization.

    Returns:
        Logits `(batch, 1)`, or `[logits, class logits (batch, num_classes)]`.
    """
    name = "logits" if num_classes is None or conditioning != "projection" else None
    logits = dense(keras.layers.Dense(1, kernel_initializer=INIT, dtype="float32", name=name))
    logits = logits(features)
    if num_classes is None or conditioning == "concatenation":
        return logits
    if conditioning == "auxiliary":
        head = keras.layers.Dense(num_classes, dtype="float32", name="class_logits")
        return [logits, dense(head)(features)]
    embed = dense(keras.layers.Embedding(num_classes, features.shape[-1], dtype="float32"))
    projection = ops.sum(features * embed(inputs[1]), axis=-1, keepdims=True)
    return keras.layers.Add(dtype="float32", name="logits")([logits, projection])


INIT = "glorot_uniform"


def compute_dtypes(model: keras.Model) -> set[str]:
    """Returns the dtypes in which a model's layers compute, such as `{"float32", "bfloat16"}`."""
    return {layer.compute_dtype for layer in model._flatten_layers()}


def mixes_samples(network: keras.Model) -> bool:
    """Returns whether a sample's output depends on the rest of its batch, as with BatchNorm.

    A custom layer that mixes samples needs an attribute `mixes_samples = True`.
    """
    return any(
        isinstance(layer, keras.layers.BatchNormalization) or getattr(layer, "mixes_samples", False)
        for layer in network._flatten_layers()
    )
