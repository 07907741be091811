"""Trains a classifier of photographs on CIFAR-10, whose features compare sets of photographs.

    python tools/train_photo_classifier.py photos.keras
    python tools/train_photo_classifier.py grey_photos.keras --channels 1
    keras-gan evaluate runs/cats --extractor photos.keras

For where no `inception` is at hand: the features are 256 averages over the picture, for pictures of
any size. KERAS_GAN_DATA names the folder that holds cifar10.zip.
"""

import argparse
import os
import pathlib

from keras_gan import datasets

import keras
import numpy as np

STAGES = ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2))  # filters and strides
EPOCHS, BATCH_SIZE, LEARNING_RATE, SHIFT, SEED = 6, 128, 2e-3, 3, 0
FEATURES = "features"


def read(split, channels):
    """CIFAR-10's images in [-1, 1] and labels."""
    path = pathlib.Path(os.environ["KERAS_GAN_DATA"]) / "cifar10.zip" / split
    source = datasets.open_source(str(path), channels=channels)
    batches = source.to_dataset(500, labels=True, shuffle=False).take(len(source) // 500)
    images, labels = zip(*batches.as_numpy_iterator(), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def build(channels):
    """Convolutions with BatchNorm, averaged over the picture, then classes."""
    layers = keras.layers
    stack = [keras.Input((None, None, channels))]
    for filters, stride in STAGES:
        stack.append(layers.Conv2D(filters, 3, stride, padding="same", use_bias=False))
        stack.append(layers.BatchNormalization(momentum=0.9))
        stack.append(layers.ReLU())
    stack += [layers.GlobalAveragePooling2D(name=FEATURES), layers.Dense(10)]
    return keras.Sequential(stack)


def altered(images, random):
    """Each image mirrored or not, and moved by up to `SHIFT` pixels."""
    edges = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0))
    padded = np.pad(images, edges, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:3], axis=(1, 2))
    rows, columns = random.integers(0, 2 * SHIFT + 1, (2, len(images)))
    moved = np.moveaxis(windows[np.arange(len(images)), rows, columns], 1, -1)
    mirrored = random.integers(2, size=len(images)).astype(bool)
    return np.where(mirrored[:, None, None, None], moved[:, :, ::-1], moved)


def train(images, labels):
    """A trained network: Adam on a cosine."""
    keras.utils.set_random_seed(SEED)
    steps = len(images) // BATCH_SIZE
    model = build(images.shape[-1])
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
        seen = altered(images[order], random)
        logs = model.fit(seen, labels[order], BATCH_SIZE, shuffle=False, verbose=0).history
        print(f"epoch {epoch + 1}: {logs['accuracy'][0]:.2%} of the training images", flush=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path, help="a .keras file")
    parser.add_argument("--channels", type=int, choices=(1, 3), default=3)
    arguments = parser.parse_args()
    model = train(*read("train", arguments.channels))
    images, labels = read("test", arguments.channels)
    accuracy = model.evaluate(images, labels, 500, verbose=0)[1]
    features = keras.Model(
        model.inputs[0], model.get_layer(FEATURES).output, name=arguments.out.stem
    )
    features.save(arguments.out)
    print(f"{arguments.out}: {accuracy:.2%} of the test images")


if __name__ == "__main__":
    main()
