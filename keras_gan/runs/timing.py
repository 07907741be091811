"""Timing of compiled functions of a model."""

import time
from collections.abc import Callable

import keras
import tensorflow as tf


def compile_as_model(model: keras.Model, function: Callable) -> Callable:
    """Returns a function without arguments, compiled as the model compiles its step."""
    return tf.function(function, jit_compile=bool(model.jit_compile))


def time_call(function: Callable) -> float:
    """Calls a function and returns the seconds until its results are on the host."""
    start = time.perf_counter()
    tf.nest.map_structure(lambda tensor: tensor.numpy(), function())
    return time.perf_counter() - start
