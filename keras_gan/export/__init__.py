"""The trained generator for programs that don't know Keras: SavedModel, ONNX, a web page."""

from keras_gan.export.onnx import to_onnx
from keras_gan.export.parity import Exported
from keras_gan.export.saved_model import to_saved_model
from keras_gan.export.web import page_of, to_web

__all__ = ["Exported", "page_of", "to_onnx", "to_saved_model", "to_web"]
