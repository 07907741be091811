"""A small graph of the form in which Inception's weights of 2015 are published."""

import numpy as np
import tensorflow as tf

ATTRIBUTE = tf.compat.v1.AttrValue
FLOATS = ATTRIBUTE(type=tf.float32.as_datatype_enum)
PICTURES = ATTRIBUTE(
    list=ATTRIBUTE.ListValue(shape=[tf.TensorShape([1, None, None, 3]).as_proto()])
)
VALID = ATTRIBUTE(s=b"VALID")


class GraphOfNodes:
    """A graph as of 2015, written node by node."""

    def __init__(self):
        self.definition = tf.compat.v1.GraphDef()
        self.definition.versions.producer = 8

    def node(self, name, kind, *inputs, **attributes):
        entry = self.definition.node.add(name=name, op=kind, input=inputs)
        for key, value in attributes.items():
            entry.attr[key].CopyFrom(value)

    def constant(self, name, value):
        tensor = tf.make_tensor_proto(value)
        types = {"dtype": ATTRIBUTE(type=tensor.dtype), "value": ATTRIBUTE(tensor=tensor)}
        self.node(name, "Const", **types)

    def layer(self, name, kind, *inputs, **attributes):
        self.node(name, kind, *inputs, T=FLOATS, **attributes)


def sizes(*values):
    return ATTRIBUTE(list=ATTRIBUTE.ListValue(i=values))


def small_graph():
    """The published graph's first and last nodes with one convolution between, and its weights."""
    graph, weights = GraphOfNodes(), small_weights()
    constants = {
        **weights,
        "DecodeJpeg/contents": b"no jpeg",
        "ExpandDims/dim": np.int32(0),
        "ResizeBilinear/size": np.array([9, 9], "int32"),
        "Sub/y": np.float32(128),
        "Mul/y": np.float32(1 / 128),
        "mixed/join/concat_dim": np.int32(3),
        "pool_3/_reshape/shape": np.array([1, 12], "int32"),
    }
    for name, value in constants.items():
        graph.constant(name, value)
    add_first_nodes(graph)
    add_convolution(graph)
    add_last_nodes(graph)
    return graph.definition, weights


def small_weights():
    random = np.random.default_rng(0)
    weights = {
        "conv/conv2d_params": random.normal(size=(3, 3, 3, 6)),
        "conv/batchnorm/moving_mean": random.normal(size=6),
        "conv/batchnorm/moving_variance": random.uniform(1, 2, size=6),
        "conv/batchnorm/beta": random.normal(size=6),
        "conv/batchnorm/gamma": np.ones(6),
        "softmax/weights": random.normal(size=(12, 8)),
        "softmax/biases": random.normal(size=8),
    }
    return {name: value.astype("float32") for name, value in weights.items()}


def add_first_nodes(graph):
    graph.node("DecodeJpeg", "DecodeJpeg", "DecodeJpeg/contents", channels=ATTRIBUTE(i=3))
    bytes_ = ATTRIBUTE(type=tf.uint8.as_datatype_enum)
    graph.node("Cast", "Cast", "DecodeJpeg", SrcT=bytes_, DstT=FLOATS)
    graph.layer("ExpandDims", "ExpandDims", "Cast", "ExpandDims/dim", _output_shapes=PICTURES)
    graph.layer("ResizeBilinear", "ResizeBilinear", "ExpandDims", "ResizeBilinear/size")
    graph.layer("Sub", "Sub", "ResizeBilinear", "Sub/y")
    graph.layer("Mul", "Mul", "Sub", "Mul/y", _output_shapes=PICTURES)


def add_convolution(graph):
    strides = sizes(1, 2, 2, 1)
    inputs = "Mul", "conv/conv2d_params"
    graph.layer("conv/Conv2D", "Conv2D", *inputs, strides=strides, padding=VALID)
    norm = [f"conv/batchnorm/{name}" for name in ("moving_mean", "moving_variance", "beta")]
    graph.layer(
        "conv/batchnorm",
        "BatchNormWithGlobalNormalization",
        *("conv/Conv2D", *norm, "conv/batchnorm/gamma"),
        variance_epsilon=ATTRIBUTE(f=0.001),
        scale_after_normalization=ATTRIBUTE(b=False),
    )
    bad = ATTRIBUTE(s=b"bad")
    graph.layer("conv/CheckNumerics", "CheckNumerics", "conv/batchnorm", message=bad)
    graph.layer("conv/control_dependency", "Identity", "conv/batchnorm", "^conv/CheckNumerics")
    graph.layer("conv", "Relu", "conv/control_dependency")


def add_last_nodes(graph):
    graph.layer("mixed/join", "Concat", "mixed/join/concat_dim", "conv", "conv", N=ATTRIBUTE(i=2))
    windows = {"ksize": sizes(1, 4, 4, 1), "strides": sizes(1, 1, 1, 1), "padding": VALID}
    graph.layer("pool_3", "AvgPool", "mixed/join", **windows)
    graph.layer("pool_3/_reshape", "Reshape", "pool_3", "pool_3/_reshape/shape")
    graph.layer("softmax/logits/MatMul", "MatMul", "pool_3/_reshape", "softmax/weights")
    graph.layer("softmax/logits", "BiasAdd", "softmax/logits/MatMul", "softmax/biases")
    graph.layer("softmax", "Softmax", "softmax/logits")
