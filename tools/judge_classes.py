"""Evaluates a generator (ONNX) of digits or Fashion-MNIST with an independent classifier.

The classifier is trained here, on the 60,000 training images, and must read at least 99 % of the
10,000 test digits, or 92 % of Fashion-MNIST's; it is kept in a file for the next time.
KERAS_GAN_DATA names the folder that holds mnist/*.gz and fashion_mnist/*.gz.

    python tools/judge_classes.py runs/digits/export/generator.onnx
    python tools/judge_classes.py runs/fashion/export/generator.onnx --data fashion_mnist

Prints, for samples of every class in turn: the mean confidence, the entropy of the classes read
(at most log 10 = 2.303 nats) and, for a class-conditional generator, the share of samples that are
read as the class that was asked for.
"""

import argparse
import gzip
import os
import pathlib

import keras
import numpy as np
import onnxruntime

REQUIRED_ACCURACY = {"mnist": 0.99, "fashion_mnist": 0.92}
EPOCHS = {"mnist": 4, "fashion_mnist": 12}
BATCH = 128


def read(data, split):
    """Reads the images, in [-1, 1], and labels of a split, "train" or "t10k"."""
    folder = pathlib.Path(os.environ["KERAS_GAN_DATA"]) / data
    with gzip.open(folder / f"{split}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), "uint8", offset=16).reshape(-1, 28, 28, 1)
    with gzip.open(folder / f"{split}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), "uint8", offset=8)
    return images.astype("float32") / 127.5 - 1, labels


def build_classifier():
    """Builds a small convolutional classifier that returns probabilities."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", padding="same"),
            layers.Conv2D(32, 3, activation="relu", strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.Conv2D(64, 3, activation="relu", padding="same"),
            layers.Conv2D(64, 3, activation="relu", strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train_classifier(data):
    """Trains a classifier on the training images of `data`."""
    keras.utils.set_random_seed(0)
    classifier = build_classifier()
    images, labels = read(data, "train")
    steps = EPOCHS[data] * -(-len(images) // BATCH)
    classifier.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, decay_steps=steps)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    classifier.fit(images, labels, batch_size=BATCH, epochs=EPOCHS[data], verbose=2)
    return classifier


def load_classifier(data, path: pathlib.Path):
    """Loads the classifier of `data` from `path`; if missing, trains and saves it."""
    if path.exists():
        classifier = keras.models.load_model(path, safe_mode=True)
    else:
        classifier = train_classifier(data)
    accuracy = classifier.evaluate(*read(data, "t10k"), batch_size=500, verbose=0)[1]
    print(f"classifier: {accuracy:.2%} of the test images of {data}")
    if accuracy < REQUIRED_ACCURACY[data]:
        raise SystemExit(f"expected a classifier of {REQUIRED_ACCURACY[data]:.0%} or better")
    if not path.exists():
        classifier.save(path)
    return classifier


def sample(path, count, seed):
    """Draws samples of the ONNX generator with labels, each class in turn."""
    session = onnxruntime.InferenceSession(path)
    shapes = {entry.name: entry.shape for entry in session.get_inputs()}
    latents = np.random.default_rng(seed).standard_normal((count, shapes["latents"][1]), "float32")
    labels = np.arange(count, dtype="int32") % 10
    feed = {"latents": latents, "labels": labels}
    return session.run(["images"], {name: feed[name] for name in shapes})[0], labels


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("onnx", help="the exported generator")
    parser.add_argument("--data", choices=REQUIRED_ACCURACY, default="mnist")
    parser.add_argument("--classifier", type=pathlib.Path, help="(default: judge_DATA.keras)")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    kept = arguments.classifier or pathlib.Path(f"judge_{arguments.data}.keras")
    classifier = load_classifier(arguments.data, kept)
    images, labels = sample(arguments.onnx, arguments.count, arguments.seed)
    probabilities = classifier.predict(images, batch_size=500, verbose=0).astype("float64")
    share = probabilities.mean(axis=0)
    print(f"samples: {arguments.count}, seed {arguments.seed}")
    print(f"mean confidence: {probabilities.max(axis=1).mean():.4f}")
    print(f"class entropy: {-(share * np.log(share)).sum():.4f} nats")
    print(f"read as asked: {(probabilities.argmax(axis=1) == labels).mean():.2%}")


if __name__ == "__main__":
    main()
