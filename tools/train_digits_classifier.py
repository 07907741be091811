"""Trains the classifier of digits that keras_gan.metrics ships, and writes its weights.

A few minutes on 2 CPU cores. KERAS_GAN_DATA names the folder that holds mnist/*.gz. Batch
normalisation is folded into the convolutions, the features are scaled to a mean variance of 1 over
the training digits, and the weights are stored as float16. What it tells in the end was measured
with the written file.

    python tools/train_digits_classifier.py keras_gan/metrics/extractors/digits.npz
"""

import argparse
import pathlib

import classifiers
from keras_gan import datasets
from keras_gan.metrics.extractors.digits import STRIDES, Digits

import keras
import numpy as np
import tensorflow as tf

FILTERS, KERNELS = (32, 32, 64, 64, 128), (5, 3, 3, 3, 3)
EPOCHS, LEARNING_RATE = 6, 3e-3
REQUIRED_ACCURACY = 0.99


def read(split):
    """MNIST's images in [-1, 1] and labels."""
    return classifiers.read(datasets.open_source(f"mnist:{split}"))


def train(images, labels):
    """A trained network, before its batch normalisation is folded."""
    keras.utils.set_random_seed(classifiers.SEED)
    tf.config.experimental.enable_op_determinism()
    stages = zip(FILTERS, KERNELS, STRIDES, strict=True)
    model = classifiers.build((28, 28, 1), stages)
    classifiers.train(model, images, labels, shifted, EPOCHS, LEARNING_RATE)
    return model


def shifted(images, random):
    """Each image moved by up to 2 pixels, black coming in."""
    return classifiers.moved(images, random, 2, constant_values=-1.0)


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
