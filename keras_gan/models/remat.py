"""Activation recomputation: memory for time.

On the way back a network needs what its layers made on the way there. Cut into segments it keeps
what goes from one to the next, and makes the rest again, a segment at a time.

Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
"""

import itertools
import math

from keras_gan import gradients

import keras
import tensorflow as tf


class Rematerialized:
    """A network for training that keeps little: the same outputs and gradients, on its weights.

    Args:
        network: A functional `keras.Model`. Its first input leads through it; the others, such as
            labels, are at hand everywhere.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan.models.remat import Rematerialized
    >>> critic = Rematerialized(kg.networks.DCGANDiscriminator((28, 28, 1), width=8))
    >>> tuple(critic(kg.datasets.open_source("digits")[0][0][None], training=True).shape)
    (1, 1)
    """

    def __init__(self, network):
        outputs = network.outputs[0] if len(network.outputs) == 1 else network.outputs
        ends = [network.inputs[0], *best_cuts(network), outputs]
        others = network.inputs[1:]
        self.segments = [
            keras.Model([start, *others], end) for start, end in itertools.pairwise(ends)
        ]

    def __call__(self, inputs, training=False):
        """The network's outputs."""
        leading, *others = inputs if isinstance(inputs, list | tuple) else [inputs]
        for segment in self.segments:
            leading = gradients.recomputed(
                lambda x, segment=segment: segment([x, *others], training=training),
                leading,
                [variable for variable in segment.variables if not variable.trainable],
            )
        return leading


def best_cuts(network):
    """The tensors at which to cut, so that the least has to be kept at once.

    That is all tensors at the cuts, and all within the largest segment.
    """
    narrow, within = narrow_places(network)
    sizes = [0, *map(size_of, narrow), 0]
    total = list(itertools.accumulate([a + b for a, b in zip(within, sizes[1:], strict=True)]))
    inside = {  # of a segment from the i-th place to the j-th, 0 being the network's input
        (i, j): total[j - 1] - (total[i - 1] if i else 0) - sizes[j]
        for i, j in itertools.combinations(range(len(sizes)), 2)
    }

    def cuts_within(budget):
        cuts, start = [], 0
        for end in range(1, len(sizes)):
            if inside[start, end] > budget and end - 1 > start:
                start = end - 1
                cuts.append(start)
        return cuts

    def kept(cuts):
        segments = itertools.pairwise([0, *cuts, len(sizes) - 1])
        return sum(sizes[i] for i in cuts) + max(inside[pair] for pair in segments)

    best = min(map(cuts_within, sorted(set(inside.values()))), key=kept)
    return [narrow[i - 1] for i in best]


def narrow_places(network):
    """The tensors through which all goes that leads from the first input to the outputs.

    Returns:
        Those tensors in order, without the first input and the outputs; and for each stretch
        before, between and after them, how many bytes a sample it makes within.
    """
    known = {id(tensor) for tensor in network.inputs}
    calls = [call for call in calls_of(network) if id(call.outputs[0]) not in known]
    waiting, narrow, within = set(known), [], [0]
    for index, call in enumerate(calls):
        made, later = call.outputs, calls[index + 1 :]
        wanted = {id(tensor) for other in later for tensor in other.input_tensors}
        waiting = {i for i in {*waiting, *map(id, made)} if i in wanted}
        open_ends = waiting - {id(tensor) for tensor in network.inputs[1:]}
        if later and open_ends == {id(made[0])}:
            narrow.append(made[0])
            within.append(0)
        elif later:
            within[-1] += sum(map(size_of, made))
    return narrow, within


def calls_of(network):
    """The calls of its layers from the inputs to the outputs; a layer may be called repeatedly."""
    depths = sorted(network._nodes_by_depth, reverse=True)
    return [call for depth in depths for call in network._nodes_by_depth[depth]]


def size_of(tensor):
    """Bytes a sample."""
    return math.prod(tensor.shape[1:]) * tf.dtypes.as_dtype(tensor.dtype).size
