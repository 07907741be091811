"""What runs without Keras and TensorFlow: the exported generator, and a server for it.

A package beside `keras_gan`, since importing that imports TensorFlow: Keras knows the classes in
a saved model only where they were imported before it is loaded.
"""

from keras_gan_runtime.generator import Generator

__all__ = ["Generator"]
