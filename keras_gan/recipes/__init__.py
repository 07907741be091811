"""Recipes: the networks and settings of a paper by name, a line each."""

from keras_gan.recipes.building import SMALL, build, sized
from keras_gan.recipes.choosing import AUTO, Choice, Facts, auto, tell_choices
from keras_gan.recipes.recipe import Recipe
from keras_gan.recipes.table import RECIPES, get

__all__ = [
    "AUTO",
    "RECIPES",
    "SMALL",
    "Choice",
    "Facts",
    "Recipe",
    "auto",
    "build",
    "get",
    "sized",
    "tell_choices",
]
