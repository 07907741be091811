"""Tokens: sentences, or other sequences over a vocabulary."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import ClassVar

from keras_gan.errors import ConfigError, DataError, abbreviate
from keras_gan.media.medium import Medium, check_words, has_sizes
from keras_gan.media.text import draw_lines

import numpy as np

INTEGERS = dict.fromkeys(("uint8", "int8", "uint16", "int16", "int32", "int64"), (1.0, 0.0))


@dataclasses.dataclass(frozen=True)
class Tokens(Medium):
    """Sequences of word indices `(length,)`, or of scores for all words `(length, words)`.

    Args:
        vocabulary: Words, index 0 first.
        end: Word of the vocabulary that ends a sequence; None for sequences of one length.
        separator: Separator of the words in a text.

    Example:

    >>> import numpy as np
    >>> from keras_gan import media
    >>> tokens = media.Tokens(("<end>", "the", "cat", "sat"), end="<end>")
    >>> tokens.lines(np.array([[1.0, 2.0, 3.0, 0.0, 0.0]]))
    ['the cat sat']
    """

    vocabulary: tuple[str, ...]
    end: str | None = None
    separator: str = " "

    name: ClassVar = "tokens"
    noun: ClassVar = "sentences"
    tensor: ClassVar = "tokens"
    form: ClassVar = "(length,) or (length, words)"
    rank: ClassVar = 1
    integers: ClassVar = INTEGERS
    suffixes: ClassVar = (".txt",)
    has_tiles: ClassVar = False
    grid: ClassVar = (20, 1)

    def __post_init__(self):
        check_words("vocabulary", self.vocabulary, minimum=2)
        if self.end is not None and self.end not in self.vocabulary:
            raise ConfigError(
                f"expected an end that is in the vocabulary, got {abbreviate(self.end)}."
            )
        if not isinstance(self.separator, str):
            raise ConfigError(f"expected a separator as text, got {abbreviate(self.separator)}.")

    def __str__(self):
        return f"sequences over {len(self.vocabulary):,} words"

    def fits(self, shape: Sequence[int]) -> bool:
        """Returns whether a sample may have this shape, with one index or all scores per word."""
        is_sequence = len(shape) == 1 or (len(shape) == 2 and shape[1] == len(self.vocabulary))
        return is_sequence and has_sizes(shape)

    def indices(self, samples: np.ndarray) -> np.ndarray:
        """Returns the indices of the words, `(count, length)`; for scores, of the highest.

        Raises:
            DataError: For an index outside the vocabulary, or samples of another shape.
            NotFiniteError: For NaN or infinity.
        """
        samples = self.check_samples(samples)
        indices = samples.argmax(axis=2) if samples.ndim == 3 else np.rint(samples).astype("int64")
        if indices.min() < 0 or indices.max() >= len(self.vocabulary):
            raise DataError(
                f"expected indices of words from 0 to {len(self.vocabulary) - 1}, got "
                f"{indices.min()} to {indices.max()}."
            )
        return indices

    def lines(self, samples: np.ndarray) -> list[str]:
        """Formats the samples as texts, each up to its end."""
        return [self.text([self.vocabulary[n] for n in row]) for row in self.indices(samples)]

    def text(self, words: list[str]) -> str:
        """Joins words, up to the end of the sequence."""
        length = words.index(self.end) if self.end in words else len(words)
        return self.separator.join(words[:length])

    def preview(self, samples: np.ndarray, columns: int | None = None) -> np.ndarray:
        """Draws the texts, one line each."""
        return draw_lines(self.lines(samples))

    def write(self, samples: np.ndarray, path: pathlib.Path) -> None:
        """Writes the texts, one line each."""
        text = "".join(f"{line}\n" for line in self.lines(samples))
        path.write_text(text, "utf-8", newline="\n")
