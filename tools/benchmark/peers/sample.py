"""Worker of `sampling.py`: runs a trained generator in one way.

python peers/sample.py '{"way": "onnx", "folder": "...", "batch": 64, "threads": 2, ...}'

Each function below returns a function without arguments that generates a batch.
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
    """Draws a batch of latents."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((task["batch"], task["latent_dim"]), dtype="float32")


def predict(task):
    """Runs `predict` of the loaded Keras model."""
    import keras_gan  # noqa: F401 - registers its classes

    import keras

    gan, batch = keras.models.load_model(task["folder"] + "/model.keras"), latents(task)
    return lambda: gan.predict(batch, batch_size=task["batch"], verbose=0)


def sample(task):
    """Runs `gan.sample`, which also draws the latents."""
    import keras_gan  # noqa: F401

    import keras

    gan = keras.models.load_model(task["folder"] + "/model.keras")
    return lambda: gan.sample(task["batch"], batch_size=task["batch"])


def saved_model(task):
    """Runs the SavedModel's signature that TF Serving calls."""
    import tensorflow as tf

    loaded, batch = tf.saved_model.load(task["folder"] + "/served/1"), tf.constant(latents(task))
    serve_one = loaded.signatures["serving_default"]
    return lambda loaded=loaded: serve_one(latents=batch)["images"].numpy()


def saved_model_xla(task):
    """Runs the same signature, compiled by XLA."""
    import tensorflow as tf

    loaded, batch = tf.saved_model.load(task["folder"] + "/served/1"), tf.constant(latents(task))
    serve_one = loaded.signatures["serving_default"]
    compiled = tf.function(lambda x: serve_one(latents=x)["images"], jit_compile=True)
    return lambda loaded=loaded: compiled(batch).numpy()  # which keeps the weights


def onnx(task):
    """Runs an ONNX file in onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task["threads"]
    session = onnxruntime.InferenceSession(
        f"{task['folder']}/{task['file']}", options, providers=["CPUExecutionProvider"]
    )
    batch = latents(task)
    return lambda: session.run(None, {"latents": batch})[0]


def torch(task):
    """Runs the same network in PyTorch, with random weights."""
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
