"""Multilayer perceptrons as in 2014, for samples of any shape.

Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014.
"""

import math
from collections.abc import Sequence

from keras_gan import media
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, abbreviate
from keras_gan.layers import LeakyReLU, Maxout
from keras_gan.networks.network import (
    CONDITIONINGS,
    Network,
    check_choice,
    check_num_classes,
    concatenate_one_hot,
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    resolve_policy,
)

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="keras_gan")
class MLPGenerator(Network):
    """MLP generator: dense layers with ReLU.

    Args:
        sample_shape: Shape of a sample, such as `(28, 28, 1)` for images or `(2,)` for points.
        latent_dim: Size of the latent vector.
        units: Number of units of each hidden layer.
        output_activation: `"tanh"` for samples in [-1, 1], `"linear"` for unbounded ones. By
            default that of the medium of this shape, or linear with moments.
        moments: `(means, variances)` of the data, one number per value of the last axis. The
            layers then make standardized samples, which are scaled to the data's units.
        num_classes: Number of classes, for a class-conditional generator; the one-hot label is
            concatenated to the latents.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an empty sample shape.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.MLPGenerator((2,), latent_dim=4, units=(16,)).output_shape
    (None, 2)
    """

    def __init__(
        self,
        sample_shape: Sequence[int] = (28, 28, 1),
        latent_dim: int = 100,
        units: Sequence[int] = (1200, 1200),
        output_activation: str | None = None,
        moments: Sequence[Sequence[float]] | None = None,
        num_classes: int | None = None,
        dtype: str | None = None,
        name: str = "mlp_generator",
    ):
        size = check_sample_shape(sample_shape)
        check_units(units)
        check_num_classes(num_classes)
        policy = resolve_policy(dtype)
        if output_activation is None:
            medium = media.of(sample_shape)
            output_activation = medium.activation if moments is None else "linear"
        latents, inputs = generator_inputs(latent_dim, num_classes)
        x = latents if num_classes is None else concatenate_one_hot(*inputs, num_classes)
        for width in units:
            x = hidden_dense(x, width, policy, activation="relu")
        x = keras.layers.Dense(size, dtype=policy)(x)
        x = keras.layers.Reshape(tuple(sample_shape), dtype=policy)(x)
        samples = keras.layers.Activation(output_activation, dtype="float32", name="samples")(x)
        if moments is not None:
            samples = standardization(sample_shape, moments, invert=True)(samples)
        config = {
            "sample_shape": list(sample_shape),
            "latent_dim": latent_dim,
            "units": list(units),
            "output_activation": output_activation,
            "moments": moments,
            "num_classes": num_classes,
        }
        super().__init__(inputs, samples, config, policy, name)


@keras.saving.register_keras_serializable(package="keras_gan")
class MLPDiscriminator(Network):
    """MLP discriminator: maxout or leaky ReLU layers with optional dropout, then one logit.

    Args:
        sample_shape: Shape of a sample.
        units: Number of units of each hidden layer.
        pieces: Number of linear functions per maxout unit; 1 means leaky ReLU (0.2) instead.
        dropout: Fraction of hidden units to drop in training; 0.5 in 2014.
        moments: `(means, variances)` of the data to standardize samples, as in `MLPGenerator`.
        num_classes: Number of classes, for a class-conditional discriminator.
        conditioning: `"concatenation"` of the one-hot label to the sample, `"projection"` or
            `"auxiliary"`, as in `DCGANDiscriminator`.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an empty sample shape.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.MLPDiscriminator((2,), units=(16,)).output_shape
    (None, 1)
    """

    def __init__(
        self,
        sample_shape: Sequence[int] = (28, 28, 1),
        units: Sequence[int] = (240, 240),
        pieces: int = 5,
        dropout: float = 0.0,
        moments: Sequence[Sequence[float]] | None = None,
        num_classes: int | None = None,
        conditioning: str = "concatenation",
        dtype: str | None = None,
        name: str = "mlp_discriminator",
    ):
        check_sample_shape(sample_shape)
        check_units(units)
        check_num_classes(num_classes)
        check_choice("conditioning", conditioning, CONDITIONINGS)
        policy = resolve_policy(dtype)
        samples = keras.Input(tuple(sample_shape), name="samples")
        inputs = discriminator_inputs(samples, num_classes, conditioning)
        x = samples if moments is None else standardization(sample_shape, moments)(samples)
        x = keras.layers.Flatten(dtype=policy)(x)
        if num_classes is not None and conditioning == "concatenation":
            x = concatenate_one_hot(x, inputs[1], num_classes)
        for width in units:
            x = hidden_layer(x, width, pieces, policy)
            if dropout:
                x = keras.layers.Dropout(dropout, dtype=policy)(x)
        outputs = discriminator_outputs(x, inputs, num_classes, conditioning, lambda layer: layer)
        config = {
            "sample_shape": list(sample_shape),
            "units": list(units),
            "pieces": pieces,
            "dropout": dropout,
            "moments": moments,
            "num_classes": num_classes,
            "conditioning": conditioning,
        }
        super().__init__(inputs, outputs, config, policy, name)


def standardization(
    sample_shape: Sequence[int], moments: Sequence[Sequence[float]], invert: bool = False
) -> keras.layers.Layer:
    """Makes the layer `(x - mean) / sqrt(variance)` along the last axis, or its inverse.

    Raises:
        ConfigError: For moments that don't fit the sample shape.
    """
    sizes = [len(numbers) for numbers in moments]
    if sizes != [sample_shape[-1]] * 2:
        raise ConfigError(
            f"expected moments of {sample_shape[-1]} means and as many variances, got "
            f"{abbreviate(moments)}."
        )
    mean, variance = (np.asarray(numbers, "float64") for numbers in moments)
    if not variance.min() > 0:
        index = int(np.argmin(variance))
        raise ConfigError(
            f"expected moments with variances above 0, got {variance[index]:g} in column {index}; "
            "leave constant columns out."
        )
    deviation = np.sqrt(variance)
    scale, offset = (deviation, mean) if invert else (1.0 / deviation, -mean / deviation)
    return keras.layers.Rescaling(scale.tolist(), offset.tolist(), dtype="float32")


def hidden_layer(
    x: keras.KerasTensor, width: int, pieces: int, policy: keras.DTypePolicy
) -> keras.KerasTensor:
    """Applies a maxout layer, or with one piece a dense layer with leaky ReLU."""
    if pieces > 1:
        return Maxout(width, pieces, dtype=policy)(x)
    return LeakyReLU(0.2, dtype=policy)(hidden_dense(x, width, policy))


def hidden_dense(
    x: keras.KerasTensor, width: int, policy: keras.DTypePolicy, activation: str | None = None
) -> keras.KerasTensor:
    """Applies a dense layer with biases initialized uniformly within 1 / sqrt(inputs).

    With biases of 0, all kinks of a network of points go through the origin. In one dimension it
    starts as two linear pieces, and a discriminator of data on one side stays flat for long.
    """
    limit = x.shape[-1] ** -0.5
    return keras.layers.Dense(
        width,
        activation=activation,
        kernel_initializer="he_normal",
        bias_initializer=keras.initializers.RandomUniform(-limit, limit),
        dtype=policy,
    )(x)


def check_units(units: Sequence[int]) -> None:
    """Raises `ConfigError` unless each hidden layer has units."""
    for width in units:
        check_integer("number of units", width)


def check_sample_shape(sample_shape: Sequence[int]) -> int:
    """Returns the number of values of a sample.

    Raises:
        ConfigError: For a shape without axes, or with a size below 1.
    """
    if not sample_shape or min(sample_shape) < 1:
        raise ConfigError(
            f"expected a sample_shape of one axis or more, such as (2,) or (28, 28, 1), got "
            f"{tuple(sample_shape)}."
        )
    return math.prod(sample_shape)
