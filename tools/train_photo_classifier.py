"""Trains a classifier of photographs on CIFAR-10, whose features compare sets of photographs.

    python tools/train_photo_classifier.py photos.keras
    keras-gan evaluate runs/cats --extractor photos.keras

For where no `inception` is at hand: the features are 256 averages over the picture, for pictures of
any size. KERAS_GAN_DATA names the folder that holds cifar10.zip.
"""

import argparse
import os
import pathlib

import classifiers
from keras_gan import datasets

import keras
import numpy as np

STAGES = ((32, 3, 1), (64, 3, 2), (64, 3, 1), (128, 3, 2), (128, 3, 1), (256, 3, 2))
EPOCHS, LEARNING_RATE = 6, 2e-3
FEATURES = "features"


def read(split):
    """CIFAR-10's images in [-1, 1] and labels."""
    path = pathlib.Path(os.environ["KERAS_GAN_DATA"]) / "cifar10.zip" / split
    return classifiers.read(datasets.open_source(str(path)))


def altered(images, random):
    """Each image moved by up to 3 pixels, mirrored or not."""
    images = classifiers.moved(images, random, 3, mode="reflect")
    mirrored = random.integers(2, size=len(images)).astype(bool)
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path, help="a .keras file")
    arguments = parser.parse_args()
    keras.utils.set_random_seed(classifiers.SEED)
    model = classifiers.build((None, None, 3), STAGES, FEATURES)
    classifiers.train(model, *read("train"), altered, EPOCHS, LEARNING_RATE)
    accuracy = model.evaluate(*read("test"), 500, verbose=0)[1]
    features = keras.Model(
        model.inputs[0], model.get_layer(FEATURES).output, name=arguments.out.stem
    )
    features.save(arguments.out)
    print(f"{arguments.out}: {accuracy:.2%} of the test images")


if __name__ == "__main__":
    main()
