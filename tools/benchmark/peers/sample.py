"""A worker of `sampling.py`: one way to run a trained generator, so many batches a round.

python peers/sample.py '{"way": "onnx", "folder": "...", "batch": 64, "threads": 2, ...}'
"""

import time

START = time.perf_counter()

import json  # noqa: E402
import pathlib  # noqa: E402
import sys  # noqa: E402

import numpy as np  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from alternate import serve  # noqa: E402


def latents(task):
    """A batch of noise."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((task["batch"], task["latent_dim"]), dtype="float32")


def predict(task):
    """`predict` of the loaded Keras model."""
    import keras_gan  # noqa: F401 - registers its classes

    import keras

    gan, batch = keras.models.load_model(task["folder"] + "/model.keras"), latents(task)
    return lambda: gan.predict(batch, batch_size=task["batch"], verbose=0)


def sample(task):
    """`gan.sample`, which draws the noise too."""
    import keras_gan  # noqa: F401

    import keras

    gan = keras.models.load_model(task["folder"] + "/model.keras")
    return lambda: gan.sample(task["batch"], batch_size=task["batch"])


def saved_model(task):
    """TensorFlow's loader and the signature that TF Serving calls."""
    import tensorflow as tf

    loaded, batch = tf.saved_model.load(task["folder"] + "/served/1"), tf.constant(latents(task))
    serve_one = loaded.signatures["serving_default"]
    return lambda loaded=loaded: serve_one(latents=batch)["images"].numpy()


def saved_model_xla(task):
    """The same, compiled by XLA for this batch."""
    import tensorflow as tf

    loaded, batch = tf.saved_model.load(task["folder"] + "/served/1"), tf.constant(latents(task))
    serve_one = loaded.signatures["serving_default"]
    compiled = tf.function(lambda x: serve_one(latents=x)["images"], jit_compile=True)
    return lambda loaded=loaded: compiled(batch).numpy()  # which keeps the weights


def onnx(task):
    """ONNX Runtime, of one of the files."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task["threads"]
    session = onnxruntime.InferenceSession(
        f"{task['folder']}/{task['file']}", options, providers=["CPUExecutionProvider"]
    )
    batch = latents(task)
    return lambda: session.run(None, {"latents": batch})[0]


def torch(task):
    """PyTorch's twin with weights of its own."""
    from peers.torch_networks import TWINS

    import torch as pytorch

    network = TWINS["dcgan"][0](task["size"], task["channels"], task["latent_dim"], task["width"])
    network.eval()
    batch = pytorch.tensor(latents(task))

    @pytorch.inference_mode()
    def run():
        return network(batch).numpy()

    return run


def main():
    task = json.loads(sys.argv[1])
    run = globals()[task["way"]](task)
    run()
    cold = time.perf_counter() - START
    for _ in range(3):
        run()

    def work():
        calls, start = 0, time.perf_counter()
        while calls < 3 or time.perf_counter() - start < task["seconds"]:
            run()
            calls += 1
        return {"images_per_second": calls * task["batch"] / (time.perf_counter() - start)}

    serve(work, {"cold_start": cold})


if __name__ == "__main__":
    main()
