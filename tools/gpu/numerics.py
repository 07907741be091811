"""Questions about numbers: what the machine is, and whether its results are right and repeat."""

import os

import keras_gan as kg
from keras_gan import machine
from keras_gan.tf32 import allow_tf32

import keras
import numpy as np
import tensorflow as tf


def describe_machine(options):
    """Names the GPU, the versions and the resources."""
    build = tf.sysconfig.get_build_info()
    details = machine.gpus()
    return {
        "GPUs": [str(gpu.get("device_name", gpu)) for gpu in details],
        "compute capability": [str(gpu.get("compute_capability")) for gpu in details],
        "GPU memory, GB": (machine.gpu_memory() or 0) / 1e9,
        "cores": machine.cores(),
        "memory, GiB": machine.memory(),
        "TensorFlow": tf.__version__,
        "Keras": keras.__version__,
        "built for CUDA, cuDNN": [str(build.get(f"{n}_version")) for n in ("cuda", "cudnn")],
        "XLA_FLAGS": os.environ.get("XLA_FLAGS", ""),
        "TF_XLA_FLAGS": os.environ.get("TF_XLA_FLAGS", ""),
    }


def computations(size):
    """Returns products, a convolution and its gradients as functions, and their arguments."""
    rng = np.random.default_rng(0)
    matrices = rng.normal(size=(2, size, size))
    images, kernel = rng.normal(size=(8, 16, 16, 32)), rng.normal(size=(3, 3, 32, 32)) / 17

    def convolve(x, w):
        return tf.nn.conv2d(x, w, 2, "SAME")

    def slopes(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            total = tf.reduce_sum(tf.tanh(convolve(x, w)))
        return tape.gradient(total, [x, w])

    maps = images, kernel
    return {
        "product": (tf.matmul, matrices),
        "convolution": (convolve, maps),
        "gradients": (slopes, maps),
    }


def compare_with_float64(options):
    """Compares float32, TF32 and bfloat16 on the device with float64 on the processor."""
    figures = {}
    for name, (function, arrays) in computations(64 if options.quick else 1024).items():
        with tf.device("/CPU:0"):
            expected = tf.nest.flatten(function(*map(tf.constant, arrays)))
        for dtype, tf32 in (("float32", False), ("float32", True), ("bfloat16", True)):
            for jit in (False, True):
                with allow_tf32(tf32):
                    compiled = tf.function(function, jit_compile=jit)
                    found = tf.nest.flatten(compiled(*(tf.cast(x, dtype) for x in arrays)))
                errors = map(relative_error, found, expected)
                number = "TF32" if dtype == "float32" and tf32 else dtype
                figures[f"{name}, {number}{', XLA' if jit else ''}"] = max(errors)
    return figures


def relative_error(array, expected):
    """Returns the largest difference as a share of the largest expected value."""
    expected, difference = expected.numpy(), tf.cast(array, "float64").numpy() - expected.numpy()
    return float(np.abs(difference).max() / np.abs(expected).max())


def compare_exports(options):
    """Exports a generator with TF32 allowed, and measures what TF32 would have done."""
    gan = kg.recipes.build("quick", (28, 28, 1), width=8 if options.quick else None)
    digits = kg.datasets.load("digits", batch_size=64)
    gan.fit(digits, steps_per_epoch=2 if options.quick else 200, verbose=0)
    folder = options.out / "scratch" / "exports"
    with allow_tf32(True):
        onnx = kg.export.to_onnx(gan, folder / "generator.onnx")
        saved_model = kg.export.to_saved_model(gan, folder)
        samples = draw(gan)
    with allow_tf32(False):
        difference = np.abs(draw(gan) - samples)
    return {
        "ONNX, largest difference": onnx.difference,
        "SavedModel, largest difference": saved_model.difference,
        "TF32 in the comparison would give": float(difference.max()),
    }


def draw(gan):
    """Draws samples by the generator itself, as `gan.sample` never allows TF32."""
    latents = tf.constant(gan.latents(64, seed=0))
    return tf.function(gan.moving_average)(latents).numpy().astype("float64")


def resume(options):
    """Stops, saves, loads and continues a training, beside an unbroken one and its repetition."""
    size, width, steps = (16, 8, 3) if options.quick else (32, 64, 100)
    images = random_images(64 if options.quick else 6_400, size)

    def start():
        keras.utils.set_random_seed(0)
        gan = kg.GAN(
            kg.networks.DCGANGenerator((size, size, 3), 64, width),
            kg.networks.DCGANDiscriminator((size, size, 3), width),
        )
        gan.compile(penalties=[kg.penalties.R1(0.1, 4)])
        return gan

    def fit(gan, epochs):
        batch = 8 if options.quick else 64
        gan.fit(images, batch_size=batch, steps_per_epoch=steps, epochs=epochs, verbose=0)
        return gan

    whole, again = fit(start(), 2), fit(start(), 2)
    path = options.out / "scratch" / "resume.keras"
    path.parent.mkdir(parents=True, exist_ok=True)
    fit(start(), 1).save(path)
    resumed = fit(kg.load_model(path), 1)
    return {
        "compiled by XLA": bool(whole.jit_compile),
        "steps": int(resumed.step),
        "resumed, largest difference": difference(whole, resumed),
        "resumed in equal bits": difference(whole, resumed) == 0,
        "repeated in equal bits": difference(whole, again) == 0,
    }


def random_images(count, size, channels=3):
    """Draws uint8 images."""
    shape = (count, size, size, channels)
    return np.random.default_rng(0).integers(0, 256, shape, dtype="uint8")


def difference(first, second):
    """Returns the largest difference of the state of two models; NaN if one has NaN."""
    pairs = zip(state(first), state(second), strict=True)
    return float(max(np.abs(a.astype("float64") - b).max(initial=0) for a, b in pairs))


def state(gan):
    """Returns the values of a model's weights and of its optimizers' variables."""
    optimizers = [getattr(gan, f"{player}_optimizer") for player in gan.players]
    variables = [*gan.variables, *(v for each in optimizers for v in each.variables)]
    return [np.asarray(variable) for variable in variables]
