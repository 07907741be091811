"""Sound: waveforms of one or several channels."""

import dataclasses
import itertools
import pathlib
import wave
from typing import ClassVar

from keras_gan.checks import check_integer
from keras_gan.media.medium import UNIT, Medium, with_edges

import numpy as np

CHANNELS = tuple(range(1, 9))
PAUSE = 0.25  # seconds between sounds in a file
LOUDEST = 32_767  # maximum of 16-bit samples
WIDTH, WAVE_HEIGHT, BANDS = 128, 32, 64  # pixels of a tile
FRAME = 256  # maximum number of samples of a spectrum
QUIETEST = -80.0  # lower limit of a spectrogram, in decibels relative to a full-scale sine


@dataclasses.dataclass(frozen=True)
class Sound(Medium):
    """Sounds `(samples, channels)` in [-1, 1].

    Args:
        rate: Sample rate in Hz.

    Example:

    >>> import numpy as np
    >>> from keras_gan import media
    >>> hum = np.sin(np.arange(4_000) * 0.2)[None, :, None]
    >>> media.Sound(rate=8_000).preview(hum).shape
    (98, 130, 1)
    """

    rate: int = 16_000

    name: ClassVar = "sound"
    noun: ClassVar = "sounds"
    tensor: ClassVar = "audio"
    form: ClassVar = "(samples, 1 to 8 channels)"
    rank: ClassVar = 2
    channels: ClassVar = CHANNELS
    range: ClassVar = UNIT
    integers: ClassVar = {"int16": (32_768.0, 0.0)}
    suffixes: ClassVar = (".wav",)
    grid: ClassVar = (5, 5)

    def __post_init__(self):
        rate = check_integer("rate", self.rate, maximum=1_000_000)
        # a Python int, which JSON can represent
        object.__setattr__(self, "rate", rate)

    def __str__(self):
        return f"sound at {self.rate:,} Hz"

    def tiles(self, samples: np.ndarray) -> np.ndarray:
        """Draws each sound's waveform above its spectrogram, with low frequencies at the bottom."""
        sounds = self.check_samples(samples)
        tiles = [np.concatenate([draw_wave(s), draw_spectrogram(s)]) for s in sounds]
        return with_edges(np.stack(tiles)[..., None])

    def write(self, samples: np.ndarray, path: pathlib.Path) -> None:
        """Writes the sounds one after another to a 16-bit WAV file, a quarter of a second apart.

        Values outside [-1, 1] are clipped.
        """
        silence = ((0, 0), (0, round(PAUSE * self.rate)), (0, 0))
        sounds = np.pad(samples, silence).reshape(-1, samples.shape[2])
        values = np.rint(LOUDEST * np.clip(sounds[: len(sounds) - silence[1][1]], *UNIT))
        with wave.open(str(path), "wb") as file:
            file.setnchannels(samples.shape[2])
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(values.astype("<i2").tobytes())


def parts_of(values: np.ndarray, count: int) -> list[np.ndarray]:
    """Splits an array along its first axis into parts of about equal size, none empty."""
    edges = np.linspace(0, len(values), count + 1).astype(int)
    return [values[a : max(b, a + 1)] for a, b in itertools.pairwise(edges)]


def draw_wave(sound: np.ndarray) -> np.ndarray:
    """Draws a sound's minima and maxima over time as a picture `(WAVE_HEIGHT, WIDTH)`.

    Args:
        sound: `(samples, channels)`.
    """
    parts = parts_of(sound, WIDTH)
    low, high = (np.array([extreme(part) for part in parts]) for extreme in (np.min, np.max))
    levels = np.linspace(1.0, -1.0, WAVE_HEIGHT)[:, None]
    half = 1.0 / (WAVE_HEIGHT - 1)
    return np.where((levels <= high + half) & (levels >= low - half), 1.0, -1.0)


def draw_spectrogram(sound: np.ndarray) -> np.ndarray:
    """Draws a sound's spectrogram in decibels as a picture `(BANDS, WIDTH)`.

    Args:
        sound: `(samples, channels)`; the channels are averaged.
    """
    mono = sound.mean(axis=1)
    frame = 2 ** int(np.log2(max(min(FRAME, len(mono) // 4), 1)))
    starts = np.linspace(0, len(mono) - frame, WIDTH).astype(int)
    window = np.hanning(frame + 2)[1:-1]
    spectra = np.abs(np.fft.rfft(mono[starts[:, None] + np.arange(frame)] * window))
    loudness = 20 * np.log10(np.maximum(2 * spectra / window.sum(), 10 ** (QUIETEST / 20)))
    bands = np.stack([part.max(axis=0) for part in parts_of(loudness.T, BANDS)])
    return np.clip(1.0 - 2.0 * bands[::-1] / QUIETEST, *UNIT)
