"""Choices and defaults of options, for parsers that don't import TensorFlow.

The registries, such as `keras_gan.metrics.METRICS`, have the same names; a test compares them.
"""

import argparse
import re

AUGMENTATIONS = ("ada", "diffaugment")
CHECKPOINTS_KEPT = 3
DATA_ON_DEVICE = {"auto": "auto", "yes": True, "no": False}
DATA_SETS = ("digits", "mnist", "fashion_mnist", "toy")
CROP = "crop"
DIRECTION_METHODS = ("pca", "jacobian")
FITS = (CROP, "pad", "stretch", "whole")
METRICS = (
    *("frechet", "kernel", "inception_score", "precision_recall", "density_coverage", "modes"),
    *("sliced_wasserstein", "nearest"),
)
AUTO_PRECISION, FLOAT32 = "auto", "float32"
MIXED_PRECISIONS = (AUTO_PRECISION, "bfloat16", "float16", FLOAT32)
PUBLISHED = ("inception", "i3d", "lpips")
PRECISIONS = ("float32", "float16", "int8", "int8_dynamic")
SPACES = ("z", "w", "w+")
STEPS_BETWEEN_CHECKPOINTS = 500
STRATEGIES = ("mirrored", "multiworker")
TRACKERS = ("tensorboard", "wandb", "mlflow")
UPDATES = ("shared", "alternating", "one_stage")


def parse_image_size(word: str) -> int | tuple[int, int]:
    """Parses `64`, a square, or `96x64`, height and width; for `argparse`.

    Raises:
        argparse.ArgumentTypeError: For anything else.

    Example:

    >>> parse_image_size("64"), parse_image_size("96x64")
    (64, (96, 64))
    """
    if re.fullmatch("-?[0-9]+(x[0-9]+)?", word) is None:
        raise argparse.ArgumentTypeError(
            f"expected one side, such as 64, or height and width, such as 96x64, got {word!r}"
        )
    sides = tuple(map(int, word.split("x")))
    return sides if len(sides) == 2 else sides[0]


def parse_width(word: str) -> int | str:
    """Parses a width: an integer, or a word that the recipes check; for `argparse`.

    Example:

    >>> parse_width("64"), parse_width("small:8")
    (64, 'small:8')
    """
    try:
        return int(word)
    except ValueError:
        return word
