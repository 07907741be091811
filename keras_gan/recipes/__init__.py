"""Recipes: the networks and settings of a paper by name, a line each."""

from keras_gan.recipes.building import SMALL, build, sized
from keras_gan.recipes.recipe import Recipe
from keras_gan.recipes.table import RECIPES, get

__all__ = ["RECIPES", "SMALL", "Recipe", "build", "get", "sized"]
