"""Pair: two sources for one model, domain A and domain B."""

from collections.abc import Callable
from typing import Any

from keras_gan import batches
from keras_gan.checks import check_seed
from keras_gan.datasets.source import Source
from keras_gan.errors import ConfigError, DataError, abbreviate

import tensorflow as tf

OTHER_ORDER = 2**31  # added to b's seed; user seeds are below, so no other set uses it


class Pair:
    """A pair of sources that are read together.

    Args:
        a, b: `Source`s; `keras_gan.datasets.ArraySource` makes one of an array.
        aligned: Whether sample i of `a` corresponds to sample i of `b`. If so, both are read in
            the same order; otherwise each has its own permutation, and the smaller set repeats
            earlier.

    Raises:
        ConfigError: For anything but sources.
        DataError: For aligned sources of different lengths.

    Example:

    >>> import keras_gan as kg
    >>> digits = kg.datasets.open_source("digits")
    >>> pair = kg.datasets.pair(digits, digits)
    >>> [batch.shape[0] for batch in next(iter(pair.to_dataset(batch_size=8)))]
    [8, 8]
    """

    def __init__(self, a: Source, b: Source, aligned: bool = False) -> None:
        check_source(a)
        check_source(b)
        if aligned and len(a) != len(b):
            raise DataError(
                f"expected aligned sources of one length, got {len(a)} samples in {a.name} and "
                f"{len(b)} in {b.name}; remove samples without a partner, or pair them unaligned."
            )
        self.a, self.b, self.aligned = a, b, aligned

    def __len__(self) -> int:
        return max(len(self.a), len(self.b))

    def to_dataset(
        self, batch_size: int = 1, shuffle: bool = True, seed: int = 0, prefetch: int = 2
    ) -> tf.data.Dataset:
        """Makes a step-addressed `tf.data.Dataset` of `(samples of a, samples of b)`.

        An epoch is as long as the larger set. Batch k is a function of (seed, k) only. Labels of
        the sources are left out.

        Args:
            batch_size: Samples of each source per batch.
            shuffle: Whether to permute the samples anew in each epoch.
            seed: Int from 0 to 2**31 - 1 that determines the orders.
            prefetch: Number of batches to prepare ahead.

        Raises:
            ConfigError: For a number out of range.
            DataError: If a source has fewer samples than a batch.
        """
        check_seed(seed)
        seeds = (seed, seed if self.aligned else seed + OTHER_ORDER)
        readers = [
            batches.make_reader(samples_of(source), len(source), batch_size, order, shuffle)
            for source, order in zip((self.a, self.b), seeds, strict=True)
        ]
        steps = len(self) // batch_size
        return batches.from_reader(batches.zip_readers(*readers), steps, batch_size, seed, prefetch)


def check_source(source: Any) -> None:
    """Raises `ConfigError` for anything else than a `Source`."""
    if not isinstance(source, Source):
        raise ConfigError(
            f"expected a Source to pair, got {abbreviate(source)}; for samples in memory use "
            "keras_gan.datasets.ArraySource(name, samples)."
        )


def samples_of(source: Source) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """Returns a source's `fetch` without labels."""
    return lambda indices: source.fetch(indices).map(lambda samples, _: samples)
