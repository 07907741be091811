"""Trains the classifiers that keras_gan.metrics includes, and writes their weights.

    python tools/train_extractor.py digits keras_gan/metrics/extractors/digits.npz
    python tools/train_extractor.py photos keras_gan/metrics/extractors/photos.npz

The first takes a few minutes on 2 CPU cores, the second about twenty. KERAS_GAN_DATA names the
folder that holds mnist/*.gz and cifar10.zip. Batch normalization is folded into the convolutions,
the features are scaled to a mean variance of 1 over the training images, and the weights are stored
as float16. The printed accuracy is that of the written file.
"""

import argparse
import dataclasses
import os
import pathlib
from collections.abc import Callable

from keras_gan import datasets
from keras_gan.metrics.extractors.shipped import Digits, Photos, Shipped

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE, SEED = 128, 0


def moved(images, random, shift, **padding):
    """Shifts each image by up to `shift` pixels; `padding` fills the border, as in `np.pad`."""
    edges = ((0, 0), (shift, shift), (shift, shift), (0, 0))
    padded = np.pad(images, edges, **padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:3], axis=(1, 2))
    rows, columns = random.integers(0, 2 * shift + 1, (2, len(images)))
    return np.moveaxis(windows[np.arange(len(images)), rows, columns], 1, -1)


def shifted(images, random):
    """Shifts each image by up to 2 pixels, with a black border."""
    return moved(images, random, 2, constant_values=-1.0)


def altered(images, random):
    """Shifts each image by up to 3 pixels, and mirrors half of them."""
    images = moved(images, random, 3, mode="reflect")
    mirrored = random.integers(2, size=len(images)).astype(bool)
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


@dataclasses.dataclass(frozen=True)
class Plan:
    """The training of one classifier.

    Attributes:
        extractor: Its class.
        data: Name of the data, with `{split}` and `$KERAS_GAN_DATA`.
        image_shape: `(height, width, channels)`.
        filters, kernels: Of each convolution.
        alter: `(images, random) -> images`, what an epoch sees of them.
        learning_rate: At the begin; over the epochs it goes to 0 on a cosine.
        accuracy: That is required of it.
    """

    extractor: type[Shipped]
    data: str
    image_shape: tuple
    filters: tuple
    kernels: tuple
    alter: Callable
    learning_rate: float
    accuracy: float
    epochs: int = 6

    def read(self, split):
        """Reads images in [-1, 1] and labels, in their order."""
        source = datasets.open_source(os.path.expandvars(self.data).format(split=split))
        batches = source.to_dataset(500, labels=True, shuffle=False).take(len(source) // 500)
        images, labels = zip(*batches.as_numpy_iterator(), strict=True)
        return np.concatenate(images), np.concatenate(labels)


# fmt: off
PLANS = {
    "digits": Plan(Digits, "mnist:{split}", (28, 28, 1), (32, 32, 64, 64, 128), (5, 3, 3, 3, 3),
                   shifted, 3e-3, 0.99),
    "photos": Plan(Photos, "$KERAS_GAN_DATA/cifar10.zip/{split}", (32, 32, 3),
                   (32, 64, 64, 128, 128, 256), (3, 3, 3, 3, 3, 3), altered,
                   2e-3, 0.8),
}
# fmt: on


def build(plan):
    """Builds convolutions with batch normalization, global average pooling and ten classes."""
    layers = keras.layers
    stack = [keras.Input(plan.image_shape)]
    stages = zip(plan.filters, plan.kernels, plan.extractor.strides, strict=True)
    for filters, size, stride in stages:
        stack.append(layers.Conv2D(filters, size, stride, padding="same", use_bias=False))
        stack.append(layers.BatchNormalization(momentum=0.9))
        stack.append(layers.ReLU())
    return keras.Sequential([*stack, layers.GlobalAveragePooling2D(), layers.Dense(10)])


def train(plan, images, labels):
    """Trains a network, and prints the accuracy of each epoch; batch normalization isn't folded."""
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    model, steps = build(plan), len(images) // BATCH_SIZE
    rate = keras.optimizers.schedules.CosineDecay(plan.learning_rate, plan.epochs * steps)
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    random = np.random.default_rng(SEED)
    for epoch in range(plan.epochs):
        order = random.permutation(len(images))[: steps * BATCH_SIZE]
        seen = plan.alter(images[order], random)
        logs = model.fit(seen, labels[order], BATCH_SIZE, shuffle=False, verbose=0).history
        print(f"epoch {epoch + 1}: {logs['accuracy'][0]:.2%} of what it trained on", flush=True)
    return model


def fold(model, images):
    """Returns float64 weights by name, with folded batch normalization and scaled features."""
    pooled = keras.Sequential(model.layers[:-1]).predict(images, batch_size=500, verbose=0)
    scale = 1 / np.sqrt(pooled.astype("float64").var(axis=0).mean())
    convolutions, norms = model.layers[0:-2:3], model.layers[1:-2:3]
    weights = {}
    for layer, (convolution, norm) in enumerate(zip(convolutions, norms, strict=True)):
        kernel, (gamma, beta, mean, variance) = *convolution.get_weights(), norm.get_weights()
        factor = gamma / np.sqrt(variance.astype("float64") + norm.epsilon)
        last = scale if norm is norms[-1] else 1.0  # ReLU lets a positive factor through
        weights[f"kernel{layer}"] = kernel * factor * last
        weights[f"bias{layer}"] = (beta - mean * factor) * last
    kernel, weights["head_bias"] = model.layers[-1].get_weights()
    return weights | {"head_kernel": kernel / scale}


def judge(plan, path, images):
    """Measures and prints the accuracy of the written file on the test images."""
    extractor = plan.extractor(path)
    test_images, test_labels = plan.read("test")
    accuracy = (extractor.probabilities(test_images).argmax(axis=1) == test_labels).mean()
    print(f"{path}: {path.stat().st_size:,} bytes")
    print(f"{accuracy:.2%} of the {len(test_labels):,} test images")
    print(f"mean variance of the features: {extractor.features(images).var(axis=0).mean():.4f}")
    return accuracy


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extractor", choices=PLANS)
    parser.add_argument("out", type=pathlib.Path, help="the .npz file to write")
    arguments = parser.parse_args()
    plan = PLANS[arguments.extractor]
    images, labels = plan.read("train")
    weights = fold(train(plan, images, labels), images)
    np.savez_compressed(arguments.out, **{k: v.astype("float16") for k, v in weights.items()})
    if judge(plan, arguments.out, images) < plan.accuracy:
        raise SystemExit(f"expected {plan.accuracy:.0%} or better")


if __name__ == "__main__":
    main()
