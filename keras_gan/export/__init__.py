"""Exports for programs without Keras: SavedModel, ONNX, LiteRT, and a web page."""

from keras_gan.export.interface import Card, Interface, served_interface
from keras_gan.export.litert import to_litert
from keras_gan.export.onnx import to_onnx
from keras_gan.export.parity import Exported, work_folder
from keras_gan.export.saved_model import to_saved_model
from keras_gan.export.serving import write_serving_files
from keras_gan.export.web import to_web, write_page
from keras_gan.options import PRECISIONS

__all__ = [
    "PRECISIONS",
    "Card",
    "Exported",
    "Interface",
    "served_interface",
    "to_litert",
    "to_onnx",
    "to_saved_model",
    "to_web",
    "work_folder",
    "write_page",
    "write_serving_files",
]
