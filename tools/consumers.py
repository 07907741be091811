"""Programs in Python that run an exported generator, as functions `open(path, output)`.

    python tools/consumers.py opset MODEL.onnx OUTPUT INPUTS.npz   # one run, to time a cold start

Nothing is imported but what the program itself needs.
"""

import sys

import numpy as np


def open_saved_model(path, output):
    """Opens a SavedModel with TensorFlow's loader in Python."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def run(inputs):
        return serve(**{name: tf.constant(value) for name, value in inputs.items()})[output].numpy()

    run.loaded = loaded
    return run


def open_session(path, output):
    """Opens a SavedModel with TensorFlow's loader in C++, as TF Serving does."""
    import tensorflow as tf

    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
    signature = graph.signature_def["serving_default"]
    wanted = signature.outputs[output].name

    def run(inputs):
        feed = {signature.inputs[name].name: value for name, value in inputs.items()}
        return session.run(wanted, feed)

    return run


def open_onnx(path, output):
    """Opens an ONNX file with onnxruntime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run([output], inputs)[0]


def open_litert(path, output):
    """Opens a LiteRT file with its interpreter."""
    from ai_edge_litert.interpreter import Interpreter

    serve = Interpreter(str(path)).get_signature_runner("serving_default")
    return lambda inputs: serve(**inputs)[output]


OPENERS = {
    "savedmodel": open_saved_model,
    "session": open_session,
    "litert": open_litert,
    **dict.fromkeys(("opset", "float16", "int8"), open_onnx),
}


def opener(consumer):
    """Returns the function that opens a file for a consumer, such as `opset 18`."""
    return OPENERS[consumer.split()[0]]


def main():
    consumer, path, output, inputs = sys.argv[1:]
    with np.load(inputs) as arrays:
        print(opener(consumer)(path, output)(dict(arrays)).shape)


if __name__ == "__main__":
    main()
