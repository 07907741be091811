"""Rematerialization: recomputes activations in the backward pass to save memory.

A network is cut into segments. Training stores only the tensors between segments and recomputes the
others in the backward pass, one segment at a time.

Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from keras_gan import gradients

import keras
import tensorflow as tf

SMALL = 0.25  # a cut may pass tensors, such as styles, of this size relative to the largest one
BUDGETS = 200  # number of sizes of the largest segment to try


class RematerializedNetwork:
    """A network for training that stores few activations, with the same outputs and gradients.

    It uses the weights of the original network.

    Args:
        network: A functional `keras.Model`.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan.models.remat import RematerializedNetwork
    >>> network = RematerializedNetwork(kg.networks.DCGANDiscriminator((28, 28, 1), width=8))
    >>> tuple(network(kg.datasets.open_source("digits")[0][0][None], training=True).shape)
    (1, 1)
    """

    def __init__(self, network: keras.Model):
        self.network, self.inputs, self.variables = network, network.inputs, network.variables
        calls, cuts = layer_calls(network), choose_cuts(network)
        ends = [0, *[cut.end for cut in cuts], len(calls)]
        live_tensors = [*[cut.tensors for cut in cuts], network.outputs]
        self.segments = [
            Segment(calls[start:end], tensors)
            for (start, end), tensors in zip(itertools.pairwise(ends), live_tensors, strict=True)
        ]

    def __call__(self, inputs: Any, training: bool = False) -> Any:
        """Returns the outputs of the network."""
        values = dict(zip(map(id, self.network.inputs), keras.tree.flatten(inputs), strict=True))
        for segment in self.segments:
            segment_inputs = [values[id(tensor)] for tensor in segment.inputs]
            outputs = segment(segment_inputs, training)
            values |= zip(map(id, segment.outputs), outputs, strict=True)
        outputs = [values[id(tensor)] for tensor in self.network.outputs]
        return outputs[0] if len(outputs) == 1 else outputs


class Segment:
    """A segment of a network, of which training stores only the inputs.

    Args:
        calls: Successive layer calls of the network.
        tensors: Symbolic tensors of the network; the segment outputs those that it computes.
    """

    def __init__(self, calls: Sequence[Any], tensors: Sequence[keras.KerasTensor]):
        inner = {id(tensor) for call in calls for tensor in call.outputs}
        inputs = {id(t): t for call in calls for t in call.input_tensors if id(t) not in inner}
        self.inputs = list(inputs.values())
        self.outputs = [tensor for tensor in tensors if id(tensor) in inner]
        self.model = keras.Model(self.inputs, self.outputs)
        self.state = [variable for variable in self.model.variables if not variable.trainable]

    def __call__(self, inputs: Sequence[tf.Tensor], training: bool) -> list[tf.Tensor]:
        """Runs the segment."""
        floats = [i for i, value in enumerate(inputs) if tf.as_dtype(value.dtype).is_floating]

        def function(*values):
            all_inputs = list(inputs)
            for index, value in zip(floats, values, strict=True):
                all_inputs[index] = value
            return self.model(all_inputs, training=training)

        outputs = gradients.recompute(function, [inputs[index] for index in floats], self.state)
        return tf.nest.flatten(outputs)  # a graph returns a list of one tensor as a tensor


class Cut(NamedTuple):
    """A place at which a network can be cut.

    Attributes:
        end: Number of layer calls before it.
        tensors: Tensors of these calls that later calls use.
    """

    end: int
    tensors: list


def choose_cuts(network: keras.Model) -> list[Cut]:
    """Returns the cuts that minimize the memory needed at once.

    That is the size of all tensors at the cuts and of all tensors within the largest segment. The
    minimum is approximate: it is searched over `BUDGETS` sizes of the largest segment.
    """
    calls, candidates = layer_calls(network), find_cut_points(network)
    producers = {id(tensor): index for index, call in enumerate(calls) for tensor in call.outputs}
    sizes = [sum(map(bytes_per_sample, call.outputs)) for call in calls]
    total = [0, *itertools.accumulate(sizes)]
    bounds = [Cut(0, []), *candidates, Cut(len(calls), network.outputs)]

    def inner_size(start, end):
        """Computes the size of a segment's tensors, without its outputs."""
        outputs = sum(
            bytes_per_sample(t) for t in end.tensors if producers.get(id(t), -1) >= start.end
        )
        return total[end.end] - total[start.end] - outputs

    def cuts_within(budget):
        cuts, start = [], bounds[0]
        for cut, following in itertools.pairwise(bounds[1:]):
            if inner_size(start, following) > budget:
                start = cut
                cuts.append(cut)
        return cuts

    def memory(cuts):
        stored = {id(tensor): bytes_per_sample(tensor) for cut in cuts for tensor in cut.tensors}
        segments = itertools.pairwise([bounds[0], *cuts, bounds[-1]])
        return sum(stored.values()) + max(inner_size(*pair) for pair in segments)

    budgets = sorted({inner_size(*pair) for pair in itertools.combinations(bounds, 2)})
    budgets = budgets[:: -(-len(budgets) // BUDGETS)]
    return min([[], *map(cuts_within, budgets)], key=memory)


def find_cut_points(network: keras.Model) -> list[Cut]:
    """Returns the cuts after calls whose output is much larger than the other live tensors."""
    calls, cuts = layer_calls(network), []
    last = {id(tensor): index for index, call in enumerate(calls) for tensor in call.input_tensors}
    last |= {id(tensor): len(calls) for tensor in network.outputs}
    live = []
    for index, call in enumerate(calls[:-1]):
        live = [t for t in [*live, *call.outputs] if last.get(id(t), -1) > index]
        largest = max(map(bytes_per_sample, call.outputs))
        others = sum(map(bytes_per_sample, live)) - largest
        is_used = any(id(tensor) == id(call.outputs[0]) for tensor in live)
        if is_used and others <= SMALL * largest:
            cuts.append(Cut(index + 1, live))
    return cuts


def layer_calls(network: keras.Model) -> list[Any]:
    """Returns the network's layer calls, each as early as possible, so few tensors are live."""
    levels = {id(tensor): 0 for tensor in network.inputs}
    depths = sorted(network._nodes_by_depth, reverse=True)
    calls = [call for depth in depths for call in network._nodes_by_depth[depth]]
    calls = [call for call in calls if id(call.outputs[0]) not in levels]
    for call in calls:
        level = 1 + max(levels[id(tensor)] for tensor in call.input_tensors)
        levels |= {id(tensor): level for tensor in call.outputs}
    return sorted(calls, key=lambda call: levels[id(call.outputs[0])])


def bytes_per_sample(tensor: keras.KerasTensor) -> int:
    """Returns the size of a tensor in bytes per sample."""
    return math.prod(tensor.shape[1:]) * tf.dtypes.as_dtype(tensor.dtype).size
