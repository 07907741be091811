"""Films: pictures in time, as GIF or MP4.

MP4 is written by PyAV, the extra `video`: FFmpeg as a library, which reads videos too.
"""

import math
import pathlib

from keras_gan.errors import ConfigError
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write
from keras_gan.pictures.pillow import on_white, open_png, to_pillow

import numpy as np
from PIL import Image

SMALLEST = {".gif": 128, ".mp4": 256}  # pixels to which small pictures are enlarged
QUALITY = "18"  # x264's constant rate factor: no loss that one sees


def save_film(frames, path, frames_per_second=25, rest=0.0):
    """Writes frames as a film that browsers play; small pictures are enlarged by a whole factor.

    Args:
        frames: `(count, height, width, 1 to 4 channels)` uint8, at least one.
        path: `.gif`, endless, at most 25 frames a second; or `.mp4`, H.264 in yuv420p, which needs
            the extra `video`. Its folder is made; a failure leaves what was there.
        frames_per_second: From 1 to 120.
        rest: Seconds for which a GIF shows the last frame.

    Raises:
        ConfigError: For another kind of file, frames that are no pictures, or without PyAV.

    Example:

        save_film(pictures.to_uint8(images).numpy(), "walk.mp4")
    """
    path, frames = pathlib.Path(path), np.asarray(frames)
    check_film(path, frames, frames_per_second)
    frames = enlarge(frames, SMALLEST[path.suffix])
    with atomic_write(path) as new:
        if path.suffix == ".mp4":
            save_mp4(frames, new, frames_per_second)
        else:
            save_gif(frames, new, len(frames) / frames_per_second, rest)


def check_film(path, frames, frames_per_second=25):
    """Raises `ConfigError` for what can't become a film; see `save_film`."""
    check_film_path(path)
    if frames.ndim != 4 or frames.dtype != np.uint8 or not 1 <= frames.shape[3] <= 4:
        raise ConfigError(
            "expected uint8 frames (count, height, width, 1 to 4 channels), got "
            f"{frames.dtype} {frames.shape}."
        )
    if len(frames) == 0 or not 1 <= frames_per_second <= 120:
        raise ConfigError(
            "expected at least one frame and from 1 to 120 a second, got "
            f"{len(frames)} and {frames_per_second}."
        )


def check_film_path(path):
    """Raises `ConfigError` for a name that is no film's, or an MP4's without PyAV."""
    path = pathlib.Path(path)
    if path.suffix not in SMALLEST:
        raise ConfigError(f"expected a film to end in .gif or .mp4, got {path}.")
    if path.suffix == ".mp4":
        require_av()


def enlarge(images, smallest):
    """Repeats images pixel by pixel, by the least integer factor that reaches `smallest` pixels.

    Args:
        images: `(..., height, width, channels)`.
        smallest: Of the shorter side.

    Example:

    >>> enlarge(np.zeros((28, 28, 1)), 64).shape
    (84, 84, 1)
    """
    factor = max(1, math.ceil(smallest / min(images.shape[-3:-1])))
    return images.repeat(factor, axis=-3).repeat(factor, axis=-2)


def save_gif(frames, path, seconds=6.0, rest=2.0):
    """Writes pictures as an endless GIF that rests on the last one.

    Args:
        frames: Paths of PNG files, or uint8 arrays `(height, width, channels)`; of one size, in
            order; at least one.
        path: File to write.
        seconds: How long one round takes, without the rest; at least 0.04 a frame.
        rest: Seconds for which the last frame is shown, where that is longer than the others.
    """
    if not len(frames):
        raise ConfigError("expected at least one frame for a GIF, got none.")
    pictures = [palette_picture(frame) for frame in frames]
    each = max(40, math.floor(1000 * seconds / len(pictures)))
    durations = [each] * (len(pictures) - 1) + [max(each, round(1000 * rest))]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0)


def palette_picture(frame) -> Image.Image:
    """Converts a PNG file or a uint8 array to 256 colours of its own."""
    if not isinstance(frame, str | pathlib.Path):
        return to_pillow(frame).convert("P", palette=Image.Palette.ADAPTIVE)
    with limits.reading("a PNG", frame, advice="Remove it."), open_png(frame) as picture:
        return on_white(picture).convert("P", palette=Image.Palette.ADAPTIVE)


def save_mp4(frames, path, frames_per_second):
    """Writes uint8 frames as H.264; an odd height or width gains a line, as yuv420p halves them."""
    av = require_av()
    height, width = frames.shape[1:3]
    odd = [(0, height % 2), (0, width % 2), (0, 0)]
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as film:
        stream = film.add_stream("libx264", rate=frames_per_second)
        stream.pix_fmt, stream.options = "yuv420p", {"crf": QUALITY}
        stream.height, stream.width = height + height % 2, width + width % 2
        for frame in frames:
            picture = np.pad(to_pillow(frame), odd, mode="edge")
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        film.mux(stream.encode())


def require_av():
    """Imports PyAV.

    Raises:
        ConfigError: Where it isn't installed.
    """
    try:
        import av
    except ImportError as error:
        raise ConfigError(
            f'expected PyAV to write an MP4 ({error}); install it: pip install "keras_gan[video]", '
            "or write a .gif."
        ) from error
    return av
