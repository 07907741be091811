"""Tokens: sentences, or other sequences over a vocabulary."""

import dataclasses
from typing import ClassVar

from keras_gan.errors import ConfigError, DataError, abbreviate
from keras_gan.media.medium import Medium, check_words, has_sizes
from keras_gan.media.text import draw_lines

import numpy as np

WHOLE = dict.fromkeys(("uint8", "int8", "uint16", "int16", "int32", "int64"), (1.0, 0.0))


@dataclasses.dataclass(frozen=True)
class Tokens(Medium):
    """Sequences of words by number, `(length,)`; or of a score for each word, `(length, words)`.

    Args:
        vocabulary: The words, number 0 first.
        end: The word of the vocabulary with which a sequence ends; None where all have one length.
        separator: What stands between two words of a text.

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
    integers: ClassVar = WHOLE
    suffixes: ClassVar = (".txt",)
    has_tiles: ClassVar = False
    grid: ClassVar = (20, 1)

    def __post_init__(self):
        check_words("vocabulary", self.vocabulary, least=2)
        if self.end is not None and self.end not in self.vocabulary:
            raise ConfigError(
                f"expected an end that is in the vocabulary, got {abbreviate(self.end)}."
            )
        if not isinstance(self.separator, str):
            raise ConfigError(f"expected a separator as text, got {abbreviate(self.separator)}.")

    def __str__(self):
        return f"sequences over {len(self.vocabulary):,} words"

    def fits(self, shape):
        """Returns whether a sample has a number, or all scores, for each place."""
        right = len(shape) == 1 or (len(shape) == 2 and shape[1] == len(self.vocabulary))
        return right and has_sizes(shape)

    def numbers(self, samples):
        """Returns the words' numbers `(count, length)`; of scores, those of the highest.

        Raises:
            DataError: For a number that is no word's.
        """
        samples = np.asarray(samples)
        numbers = samples.argmax(axis=2) if samples.ndim == 3 else np.rint(samples).astype("int64")
        if numbers.min() < 0 or numbers.max() >= len(self.vocabulary):
            raise DataError(
                f"expected numbers of words from 0 to {len(self.vocabulary) - 1}, got "
                f"{numbers.min()} to {numbers.max()}."
            )
        return numbers

    def lines(self, samples):
        """Returns the samples as texts, each up to its end."""
        return [self.text([self.vocabulary[n] for n in row]) for row in self.numbers(samples)]

    def text(self, words):
        """Returns words as one text."""
        length = words.index(self.end) if self.end in words else len(words)
        return self.separator.join(words[:length])

    def preview(self, samples, columns=None):
        """Returns the texts, a line each."""
        return draw_lines(self.lines(samples))

    def write(self, samples, path):
        """Writes a line a text."""
        path.write_text("".join(f"{line}\n" for line in self.lines(samples)), "utf-8")
