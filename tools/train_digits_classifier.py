"""Trains the classifier of digits that keras_gan.metrics ships, and writes its weights.

A few minutes on 2 CPU cores. KERAS_GAN_DATA names the folder that holds mnist/*.gz. Batch
normalisation is folded into the convolutions, the features are scaled to a mean variance of 1 over
the training digits, and the weights are stored as float16. What it tells in the end was measured
with the written file.

    python tools/train_digits_classifier.py keras_gan/metrics/extractors/digits.npz
"""

import argparse
import pathlib

from keras_gan import datasets
from keras_gan.metrics.extractors.digits import STRIDES, Digits

import keras
import numpy as np
import tensorflow as tf

FILTERS, KERNELS = (32, 32, 64, 64, 128), (5, 3, 3, 3, 3)
EPOCHS, BATCH_SIZE, LEARNING_RATE, SHIFT, SEED = 6, 128, 3e-3, 2, 0
REQUIRED_ACCURACY = 0.99


def read(split):
    """MNIST's images in [-1, 1] and labels."""
    source = datasets.open_source(f"mnist:{split}")
    batches = source.to_dataset(500, labels=True, shuffle=False).take(len(source) // 500)
    images, labels = zip(*batches.as_numpy_iterator(), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def build():
    """The network before its batch normalisation is folded."""
    layers = keras.layers
    stack = [keras.Input((28, 28, 1))]
    for filters, size, stride in zip(FILTERS, KERNELS, STRIDES, strict=True):
        stack.append(layers.Conv2D(filters, size, stride, padding="same", use_bias=False))
        stack.append(layers.BatchNormalization(momentum=0.9))
        stack.append(layers.ReLU())
    stack += [layers.GlobalAveragePooling2D(), layers.Dense(10)]
    return keras.Sequential(stack)


def train(images, labels):
    """A trained network: Adam on a cosine, digits shifted by up to 2 pixels."""
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    steps = len(images) // BATCH_SIZE
    model = build()
    model.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * steps)
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    random = np.random.default_rng(SEED)
    for epoch in range(EPOCHS):
        order = random.permutation(len(images))[: steps * BATCH_SIZE]
        shuffled = shift(images[order], random)
        logs = model.fit(shuffled, labels[order], BATCH_SIZE, shuffle=False, verbose=0).history
        print(f"epoch {epoch + 1}: {logs['accuracy'][0]:.2%} of the shifted training digits")
    return model


def shift(images, random):
    """Each image moved by up to `SHIFT` pixels, black coming in."""
    edges = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0))
    padded = np.pad(images, edges, constant_values=-1.0)
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:3], axis=(1, 2))
    rows, columns = random.integers(0, 2 * SHIFT + 1, (2, len(images)))
    return np.moveaxis(windows[np.arange(len(images)), rows, columns], 1, -1)


def fold(model, images):
    """The weights by name, in float64, batch normalisation folded in and the features scaled."""
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


def judge(path, images):
    """The accuracy of the written file on the test digits; prints what it is."""
    digits = Digits(path)
    test_images, test_labels = read("test")
    accuracy = (digits.probabilities(test_images).argmax(axis=1) == test_labels).mean()
    print(f"{path}: {path.stat().st_size:,} bytes")
    print(f"{accuracy:.2%} of the {len(test_labels):,} test digits")
    print(f"mean variance of the features: {digits.features(images).var(axis=0).mean():.4f}")
    return accuracy


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path, help="the .npz file to write")
    arguments = parser.parse_args()
    images, labels = read("train")
    weights = fold(train(images, labels), images)
    np.savez_compressed(arguments.out, **{k: v.astype("float16") for k, v in weights.items()})
    if judge(arguments.out, images) < REQUIRED_ACCURACY:
        raise SystemExit(f"expected {REQUIRED_ACCURACY:.0%} or better")


if __name__ == "__main__":
    main()
