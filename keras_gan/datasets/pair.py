"""Pair: two sources that are learned together, domain A and domain B."""

from keras_gan import batches
from keras_gan.datasets.source import Source
from keras_gan.errors import DataError

OTHER_ORDER = 2**31  # added to a seed, it is no other set's: seeds are below


class Pair:
    """Two sources, read together.

    Args:
        a, b: `Source`s.
        aligned: Whether sample i of `a` belongs to sample i of `b`. Then both are read in one
            order; else each is permuted by itself, and the smaller set begins anew earlier.

    Raises:
        DataError: For aligned sources of different lengths.

    Example:

    >>> import keras_gan as kg
    >>> digits = kg.datasets.open_source("digits")
    >>> pair = kg.datasets.pair(digits, digits)
    >>> [batch.shape[0] for batch in next(iter(pair.to_dataset(batch_size=8)))]
    [8, 8]
    """

    def __init__(self, a: Source, b: Source, aligned: bool = False):
        if aligned and len(a) != len(b):
            raise DataError(
                f"expected aligned sources of one length, got {len(a)} samples in {a.name} and "
                f"{len(b)} in {b.name}; leave out what has no partner, or pair them unaligned."
            )
        self.a, self.b, self.aligned = a, b, aligned

    def __len__(self):
        return max(len(self.a), len(self.b))

    def to_dataset(self, batch_size: int = 1, shuffle: bool = True, seed: int = 0, prefetch=2):
        """Makes a step-addressed `tf.data.Dataset` of `(samples of a, samples of b)`.

        An epoch is as long as the larger set. Batch k is a function of (seed, k) alone.

        Args:
            batch_size: Samples of each in a batch.
            shuffle: Whether each epoch is a new permutation.
            seed: From 0 to 2**31 - 1; decides the orders.
            prefetch: Batches that are made ahead.

        Raises:
            DataError: If one has fewer samples than a batch.
        """
        seeds = (seed, seed if self.aligned else seed + OTHER_ORDER)
        readers = [
            batches.make_reader(samples_of(source), len(source), batch_size, order, shuffle)
            for source, order in zip((self.a, self.b), seeds, strict=True)
        ]
        steps = len(self) // batch_size
        return batches.from_reader(batches.zip_readers(*readers), steps, batch_size, seed, prefetch)


def samples_of(source):
    """Returns a source's `fetch` without labels."""
    return lambda indices: source.fetch(indices).map(lambda samples, _: samples)
