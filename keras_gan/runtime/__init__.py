"""The exported generator and a server for it, without Keras and TensorFlow."""

from keras_gan.runtime.generator import Generator

__all__ = ["Generator"]
