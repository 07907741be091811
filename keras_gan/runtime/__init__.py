"""What runs without Keras and TensorFlow: the exported generator, and a server for it."""

from keras_gan.runtime.generator import Generator

__all__ = ["Generator"]
