"""Films: sequences of pictures, as GIF or MP4.

MP4 files are written by PyAV (FFmpeg as a library), the extra `video`.
"""

import fractions
import math
import os
import pathlib
from collections.abc import Sequence
from types import ModuleType

from keras_gan.checks import check_number
from keras_gan.errors import ConfigError, missing_extra
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write, check_file, check_path
from keras_gan.pictures.pillow import on_white, open_png, to_pillow

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

SMALLEST = {".gif": 128, ".mp4": 256}  # pixels to which small pictures are enlarged
QUALITY = "18"  # x264's constant rate factor; visually lossless


def save_film(
    frames: ArrayLike, path: str | os.PathLike, frames_per_second: float = 25, rest: float = 0.0
) -> None:
    """Writes frames as a film that browsers can play; small frames are enlarged.

    Args:
        frames: `(count, height, width, 1 to 4 channels)` uint8, at least one.
        path: File to write, atomically; its folder is created if needed. `.gif` repeats and has
            at most 25 frames per second; `.mp4` is H.264 in yuv420p and needs the extra `video`.
        frames_per_second: Frame rate, from 1 to 120.
        rest: Seconds for which a GIF shows the last frame.

    Raises:
        ConfigError: For another suffix, the path of a folder, frames of another shape or type, a
            number out of range, or an MP4 without PyAV.

    Example:

        save_film(pictures.to_uint8(images).numpy(), "walk.mp4")
    """
    path, frames = check_path(path), np.asarray(frames)
    check_film_path(path)
    check_frames(frames)
    check_number("frames_per_second", frames_per_second, 1, 120)
    check_number("rest", rest)
    frames = enlarge(frames, SMALLEST[path.suffix])
    with atomic_write(path) as new:
        if path.suffix == ".mp4":
            save_mp4(frames, new, frames_per_second)
        else:
            save_gif(frames, new, len(frames) / frames_per_second, rest)


def check_frames(frames: np.ndarray) -> None:
    """Raises `ConfigError` for frames that `save_film` can't write."""
    fits = frames.ndim == 4 and frames.size > 0 and frames.shape[3] <= 4
    if not fits or frames.dtype != np.uint8:
        raise ConfigError(
            "expected uint8 frames (count, height, width, 1 to 4 channels), at least one, got "
            f"{frames.dtype} {frames.shape}."
        )


def check_film_path(path: str | os.PathLike) -> None:
    """Raises `ConfigError` for a path that isn't a film's, a folder, or an MP4 without PyAV."""
    path = check_path(path)
    if path.suffix not in SMALLEST:
        raise ConfigError(f"expected a film to end in .gif or .mp4, got {path}.")
    check_file(path)
    if path.suffix == ".mp4":
        require_av()


def enlarge(images: np.ndarray, smallest: int) -> np.ndarray:
    """Enlarges images by the smallest integer factor that gives at least `smallest` pixels.

    Args:
        images: `(..., height, width, channels)`.
        smallest: Minimum length of the shorter side.

    Example:

    >>> enlarge(np.zeros((28, 28, 1)), 64).shape
    (84, 84, 1)
    """
    factor = max(1, math.ceil(smallest / min(images.shape[-3:-1])))
    return images.repeat(factor, axis=-3).repeat(factor, axis=-2)


def save_gif(
    frames: Sequence[str | os.PathLike | np.ndarray],
    path: str | os.PathLike,
    seconds: float = 6.0,
    rest: float = 2.0,
) -> None:
    """Writes pictures as a repeating GIF that rests on the last one, atomically.

    Args:
        frames: Paths of PNG files, or uint8 arrays `(height, width, channels)`, all of one size;
            at least one.
        path: File to write.
        seconds: Duration of one round without the rest; at least 0.04 seconds per frame.
        rest: Minimum duration of the last frame in seconds.

    Raises:
        ConfigError: For no frames, a negative duration, or the path of a folder.
    """
    check_file(path)
    check_number("seconds", seconds)
    check_number("rest", rest)
    if not len(frames):
        raise ConfigError("expected at least one frame for a GIF, got none.")
    pictures = [palette_picture(frame) for frame in frames]
    each = max(40, math.floor(1000 * seconds / len(pictures)))
    durations = [each] * (len(pictures) - 1) + [max(each, round(1000 * rest))]
    options = {"save_all": True, "append_images": pictures[1:], "duration": durations, "loop": 0}
    with atomic_write(path) as new:
        pictures[0].save(new, "GIF", **options)


def palette_picture(frame: str | os.PathLike | np.ndarray) -> Image.Image:
    """Converts a PNG file or a uint8 array to an adaptive palette of 256 colours."""
    if not isinstance(frame, str | pathlib.Path):
        return to_pillow(frame).convert("P", palette=Image.Palette.ADAPTIVE)
    with limits.reading("a PNG", frame, advice="Remove it."), open_png(frame) as picture:
        return on_white(picture).convert("P", palette=Image.Palette.ADAPTIVE)


def save_mp4(frames: np.ndarray, path: pathlib.Path, frames_per_second: float) -> None:
    """Writes uint8 frames as H.264, padded to even height and width, which yuv420p requires."""
    av = require_av()
    height, width = frames.shape[1:3]
    odd = [(0, height % 2), (0, width % 2), (0, 0)]
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as film:
        rate = fractions.Fraction(frames_per_second).limit_denominator(1_000)
        stream = film.add_stream("libx264", rate=rate)
        stream.pix_fmt, stream.options = "yuv420p", {"crf": QUALITY}
        stream.height, stream.width = height + height % 2, width + width % 2
        for frame in frames:
            picture = np.pad(to_pillow(frame), odd, mode="edge")
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        film.mux(stream.encode())


def require_av() -> ModuleType:
    """Imports PyAV.

    Raises:
        ConfigError: If it isn't installed.
    """
    try:
        import av
    except ImportError as error:
        message = missing_extra("video", "to write an MP4", error)
        raise ConfigError(f"{message} Or write a .gif.") from error
    return av
