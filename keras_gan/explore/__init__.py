"""Exploration of a generator: sheets and films of its latents, and the latents of real images."""

from keras_gan.explore.classes import classes
from keras_gan.explore.directions import Directions, directions
from keras_gan.explore.interpolate import Film, interpolate, slerp
from keras_gan.explore.invert import Inversion, invert
from keras_gan.explore.mix import mix
from keras_gan.explore.neighbours import Nearest, nearest_in_source, neighbours
from keras_gan.explore.search import SearchOptions
from keras_gan.explore.truncation import truncation
from keras_gan.options import DIRECTION_METHODS, SPACES
from keras_gan.pictures.sheets import Sheet

__all__ = [
    "DIRECTION_METHODS",
    "SPACES",
    "Directions",
    "Film",
    "Inversion",
    "Nearest",
    "SearchOptions",
    "Sheet",
    "classes",
    "directions",
    "interpolate",
    "invert",
    "mix",
    "nearest_in_source",
    "neighbours",
    "slerp",
    "truncation",
]
