"""Recipes: the networks and hyperparameters of a paper by name, one row each."""

from keras_gan.recipes.building import build
from keras_gan.recipes.choosing import (
    AUTO,
    Choice,
    Facts,
    auto,
    combine_widths,
    describe_choices,
)
from keras_gan.recipes.networks import NetworkSpec
from keras_gan.recipes.recipe import Recipe
from keras_gan.recipes.table import RECIPES, SMALL, SMALL_RECIPES, get

__all__ = [
    "AUTO",
    "RECIPES",
    "SMALL",
    "SMALL_RECIPES",
    "Choice",
    "Facts",
    "NetworkSpec",
    "Recipe",
    "auto",
    "build",
    "combine_widths",
    "describe_choices",
    "get",
]
