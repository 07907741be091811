"""The trained generator for programs that don't know Keras: SavedModel and ONNX."""

from keras_gan.export.onnx import to_onnx
from keras_gan.export.parity import Exported
from keras_gan.export.saved_model import to_saved_model

__all__ = ["Exported", "to_onnx", "to_saved_model"]
