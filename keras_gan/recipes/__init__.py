"""Recipes: the networks and hyperparameters of a paper by name, one row each."""

from keras_gan.recipes.building import build
from keras_gan.recipes.changes import change, check_changes, names, without_own
from keras_gan.recipes.choosing import (
    AUTO,
    Choice,
    Facts,
    auto,
    combine_widths,
    describe_choices,
)
from keras_gan.recipes.networks import NetworkSpec
from keras_gan.recipes.reasons import describe
from keras_gan.recipes.recipe import NO_AUGMENTATION, Recipe
from keras_gan.recipes.table import RECIPES, SMALL, SMALL_RECIPES, get
from keras_gan.recipes.texts import describe_changes, numbers_of

__all__ = [
    "AUTO",
    "NO_AUGMENTATION",
    "RECIPES",
    "SMALL",
    "SMALL_RECIPES",
    "Choice",
    "Facts",
    "NetworkSpec",
    "Recipe",
    "auto",
    "build",
    "change",
    "check_changes",
    "combine_widths",
    "describe",
    "describe_changes",
    "describe_choices",
    "get",
    "names",
    "numbers_of",
    "without_own",
]
