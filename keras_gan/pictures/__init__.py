"""Pictures: rendered files that people look at, grids and sheets as PNG, films as GIF and MP4."""

from keras_gan.pictures.films import check_film_path, enlarge, save_film, save_gif
from keras_gan.pictures.grids import grid, png, save_grid, save_png, to_uint8
from keras_gan.pictures.pillow import on_white, open_png, to_pillow
from keras_gan.pictures.sheets import Sheet

__all__ = [
    "Sheet",
    "check_film_path",
    "enlarge",
    "grid",
    "on_white",
    "open_png",
    "png",
    "save_film",
    "save_gif",
    "save_grid",
    "save_png",
    "to_pillow",
    "to_uint8",
]
