"""Activation recomputation: memory for time.

On the way back a network needs what its layers made on the way there. Cut into segments it keeps
what goes from one to the next, and makes the rest again, a segment at a time.

Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
"""

import itertools
import math
import typing

from keras_gan import gradients

import keras
import tensorflow as tf

SMALL = 0.25  # of the tensor beside which others are carried along: styles, a picture's channels
BUDGETS = 200  # sizes of the largest segment that are tried


class RematerializedNetwork:
    """A network for training that keeps little: the same outputs and gradients, on its weights.

    Args:
        network: A functional `keras.Model`.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan.models.remat import RematerializedNetwork
    >>> critic = RematerializedNetwork(kg.networks.DCGANDiscriminator((28, 28, 1), width=8))
    >>> tuple(critic(kg.datasets.open_source("digits")[0][0][None], training=True).shape)
    (1, 1)
    """

    def __init__(self, network):
        self.network, self.inputs = network, network.inputs
        calls, cuts = layer_calls(network), choose_cuts(network)
        ends = [0, *[place.end for place in cuts], len(calls)]
        made = [*[place.open for place in cuts], network.outputs]
        self.segments = [
            Segment(calls[start:end], wanted)
            for (start, end), wanted in zip(itertools.pairwise(ends), made, strict=True)
        ]

    def __call__(self, inputs, training=False):
        """The network's outputs."""
        known = dict(zip(map(id, self.network.inputs), keras.tree.flatten(inputs), strict=True))
        for segment in self.segments:
            given = [known[id(tensor)] for tensor in segment.given]
            known |= zip(map(id, segment.made), segment(given, training), strict=True)
        outputs = [known[id(tensor)] for tensor in self.network.outputs]
        return outputs[0] if len(outputs) == 1 else outputs


class Segment:
    """A piece of a network: what it is given leads to what it makes, and is all that is kept.

    Args:
        calls: Successive calls of the network's.
        wanted: Tensors of the network, of which it makes some.
    """

    def __init__(self, calls, wanted):
        inner = {id(tensor) for call in calls for tensor in call.outputs}
        given = {id(t): t for call in calls for t in call.input_tensors if id(t) not in inner}
        self.given = list(given.values())
        self.made = [tensor for tensor in wanted if id(tensor) in inner]
        self.model = keras.Model(self.given, self.made)
        self.state = [variable for variable in self.model.variables if not variable.trainable]

    def __call__(self, given, training):
        """What it makes of values for `given`."""
        floats = [i for i, value in enumerate(given) if tf.as_dtype(value.dtype).is_floating]

        def function(*values):
            inputs = list(given)
            for index, value in zip(floats, values, strict=True):
                inputs[index] = value
            return self.model(inputs, training=training)

        made = gradients.recompute(function, [given[index] for index in floats], self.state)
        return tf.nest.flatten(made)  # in a graph a list of one comes back as a tensor


class Place(typing.NamedTuple):
    """Where a network can be cut.

    Attributes:
        end: How many of its calls come before.
        open: The tensors that these made and others want.
    """

    end: int
    open: list


def choose_cuts(network):
    """The places at which to cut, so that the least has to be kept at once.

    That is all that goes through the cuts, and all within the largest segment; near enough, as of
    the sizes of a largest segment `BUDGETS` are tried.
    """
    calls, places = layer_calls(network), find_cut_points(network)
    made = {id(tensor): index for index, call in enumerate(calls) for tensor in call.outputs}
    sizes = [sum(map(bytes_per_sample, call.outputs)) for call in calls]
    total = [0, *itertools.accumulate(sizes)]
    bounds = [Place(0, []), *places, Place(len(calls), network.outputs)]

    def inside(start, end):
        """Of a segment: what it makes, without what it hands on."""
        handed = sum(bytes_per_sample(t) for t in end.open if made.get(id(t), -1) >= start.end)
        return total[end.end] - total[start.end] - handed

    def cuts_within(budget):
        cuts, start = [], bounds[0]
        for place, following in itertools.pairwise(bounds[1:]):
            if inside(start, following) > budget:
                start = place
                cuts.append(place)
        return cuts

    def kept(cuts):
        through = {id(tensor): bytes_per_sample(tensor) for place in cuts for tensor in place.open}
        segments = itertools.pairwise([bounds[0], *cuts, bounds[-1]])
        return sum(through.values()) + max(inside(*pair) for pair in segments)

    budgets = sorted({inside(*pair) for pair in itertools.combinations(bounds, 2)})
    tried = budgets[:: -(-len(budgets) // BUDGETS)]
    return min([[], *map(cuts_within, tried)], key=kept)


def find_cut_points(network):
    """The places after a call whose output leads on alone, or with little beside it."""
    calls, places = layer_calls(network), []
    last = {id(tensor): index for index, call in enumerate(calls) for tensor in call.input_tensors}
    last |= {id(tensor): len(calls) for tensor in network.outputs}
    waiting = []
    for index, call in enumerate(calls[:-1]):
        waiting = [t for t in [*waiting, *call.outputs] if last.get(id(t), -1) > index]
        largest = max(map(bytes_per_sample, call.outputs))
        beside = sum(map(bytes_per_sample, waiting)) - largest
        leads_on = any(id(tensor) == id(call.outputs[0]) for tensor in waiting)
        if leads_on and beside <= SMALL * largest:
            places.append(Place(index + 1, waiting))
    return places


def layer_calls(network):
    """The calls of its layers, each as soon as what it takes is there: then little waits."""
    levels = {id(tensor): 0 for tensor in network.inputs}
    depths = sorted(network._nodes_by_depth, reverse=True)
    calls = [call for depth in depths for call in network._nodes_by_depth[depth]]
    calls = [call for call in calls if id(call.outputs[0]) not in levels]
    for call in calls:
        level = 1 + max(levels[id(tensor)] for tensor in call.input_tensors)
        levels |= {id(tensor): level for tensor in call.outputs}
    return sorted(calls, key=lambda call: levels[id(call.outputs[0])])


def bytes_per_sample(tensor):
    """Bytes a sample."""
    return math.prod(tensor.shape[1:]) * tf.dtypes.as_dtype(tensor.dtype).size
