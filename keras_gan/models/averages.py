"""Moving averages of the weights of networks."""

import keras
import tensorflow as tf
from keras import ops


def update_average(
    average: keras.Model,
    network: keras.Model,
    batch_size: int | tf.Tensor,
    half_life: float | tf.Tensor,
) -> None:
    """Updates a moving average: average <- beta average + (1 - beta) network.

    beta = 0.5^(batch size / half-life). BatchNorm's statistics are averaged too, as the network's
    own don't fit averaged weights. Integer variables are copied.

    Args:
        average: Copy of the network, of `copy_network`.
        network: Network in training.
        batch_size: Number of images of the step.
        half_life: Number of images after which a weight counts half.

    Source: half-life in images as in Karras et al., "Training Generative Adversarial Networks with
    Limited Data", NeurIPS 2020.
    """
    batch_size = ops.cast(batch_size, "float32")
    beta = ops.power(0.5, batch_size / ops.maximum(half_life, 1e-8))
    for mean, weight in zip(average.weights, network.weights, strict=True):
        is_float = keras.backend.is_float_dtype(weight.dtype)
        mean.assign(weight + beta * (mean - weight) if is_float else weight)
