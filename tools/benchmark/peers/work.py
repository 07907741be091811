"""Worker of `train_step.py`: rounds of training steps of one variant.

python peers/work.py '{"peer": "keras_gan", ...}'
"""

import functools
import json
import pathlib
import resource
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from alternate import serve

WARM_UP = 16  # generator moves of all kinds among them, where the discriminator moves five times


def rules(family, loss, penalties=(), interval=1, n_critic=1):
    """Returns the rules of a task."""
    named = {"family": family, "loss": loss, "penalties": penalties}
    return {**named, "interval": interval, "n_critic": n_critic}


RULES = {
    "gan": rules("dcgan", "non_saturating"),
    "r1": rules("dcgan", "non_saturating", ("r1",)),
    "lazy_r1": rules("dcgan", "non_saturating", ("r1",), interval=16),
    "wgan_gp": rules("dcgan", "wasserstein", ("gradient_penalty",), n_critic=5),
    "sngan": rules("resnet", "hinge"),
    "r3gan": rules("r3gan", "relativistic_paired", ("r1", "r2")),
    "progan": rules("progressive", "wasserstein", ("gradient_penalty", "drift")),
    "stylegan2": rules("stylegan2", "non_saturating", ("r1",), interval=16),
}
MIXING = ("progressive", "stylegan2")  # whose discriminator looks at a whole batch: not one_stage


def images(task):
    """Draws a batch of images in [-1, 1]."""
    shape = (task["batch_size"], task["size"], task["size"], task["channels"])
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def keras_networks(task):
    """Makes the package's networks of a task, as name -> network."""
    from keras_gan import media, networks as classes
    from keras_gan.recipes import NetworkSpec, networks

    shape = (task["size"], task["size"], task["channels"])
    dtype = task.get("dtype")
    spec = NetworkSpec(shape, task["latent_dim"], task["width"], media.of(shape), dtype=dtype)
    family = RULES[task["rules"]]["family"]
    if family == "resnet":
        common = {"width": spec.width, "max_width": spec.width, "dtype": dtype}
        return networks.pair(
            classes.ResNetGenerator(shape, spec.latent_dim, **common),
            classes.ResNetDiscriminator(shape, **common, smallest_map=8),
        )
    growing = {"progressive": networks.progan, "stylegan2": networks.stylegan2}
    makers = {name: functools.partial(make, small=True) for name, make in growing.items()}
    makers |= {"r3gan": networks.r3gan, "dcgan": networks.dcgan}
    return makers[family](spec)


def game(task):
    """Makes the package's model of a task before it is compiled, and its schedules."""
    import keras_gan as kg

    players = keras_networks(task)
    if RULES[task["rules"]]["family"] != "progressive":
        return kg.GAN(**players), {}
    level = players["generator"].last_stage - 0.5  # in the middle of the last fading in
    return kg.ProgressiveGAN(**players), {"level": kg.schedules.Cosine(level, level, 1)}


def build(task):
    """Makes the package's compiled model of a task."""
    import keras_gan as kg

    rules = RULES[task["rules"]]
    penalties = {
        "r1": lambda: kg.penalties.R1(0.1, rules["interval"]),
        "r2": lambda: kg.penalties.R2(0.1, rules["interval"]),
        "gradient_penalty": lambda: kg.penalties.GradientPenalty(10.0, rules["interval"]),
        "drift": lambda: kg.penalties.Drift(0.001, rules["interval"]),
    }
    gan, schedules = game(task)
    gan.compile(
        loss=rules["loss"],
        penalties=[penalties[name]() for name in rules["penalties"]],
        schedules=schedules,
        n_critic=rules["n_critic"],
        update=task["update"],
        accumulation=task.get("accumulation", 1),
        remat=task.get("remat", False),
        jit_compile=task.get("jit", False),
    )
    return gan


def keras_gan(task):
    """Returns the package's step in a `tf.function`."""
    from peers.flops import flops
    from peers.longhand import without

    import tensorflow as tf

    gan, real = build(task), tf.constant(images(task))
    step = tf.function(gan.train_step, jit_compile=gan.jit_compile)
    with without(task.get("without")):
        concrete = step.get_concrete_function(real)
    task["flops"] = flops(concrete)
    return lambda: step(real), lambda logs: float(logs["d_loss"])


def keras_examples(task):
    """Returns the step in the style of the Keras examples, with oneDNN's kernels."""
    import keras_gan  # noqa: F401 - chooses them
    from peers.keras_examples import ExampleGAN

    import keras
    import tensorflow as tf

    gan = ExampleGAN(*keras_networks(task).values(), task["latent_dim"])
    gan.compile(*(keras.optimizers.Adam(2e-4, 0.5) for _ in range(2)), jit_compile=False)
    step, real = tf.function(gan.train_step), tf.constant(images(task))
    return lambda: step(real), lambda logs: float(logs["d_loss"])


def torch(task):
    """Returns PyTorch's step."""
    from peers.torch_game import TorchGame

    import torch as pytorch

    names = ("size", "channels", "width", "latent_dim", "batch_size", "update")
    game = TorchGame(
        **{name: task[name] for name in names},
        **RULES[task["rules"]],
        compiled=task["compiled"],
        device=task.get("device", "cpu"),
        bfloat16=task.get("dtype") == "mixed_bfloat16",
    )
    real = pytorch.tensor(images(task), device=game.device).permute(0, 3, 1, 2)
    real = real.contiguous(memory_format=pytorch.channels_last)
    return lambda: game.step(real), float


def measure_peak(task):
    """Measures the speed limits of the machine instead of a step."""
    from peers import peak

    matmul = functools.partial(peak.matmul, task.get("size", 1024), task.get("dtype", "float32"))

    def work():
        return {
            name: peak.operations_a_second(make)
            for name, make in (("matmul", matmul), ("convolution", peak.convolution))
        }

    work()
    serve(work, {})


PEERS = {"keras_gan": keras_gan, "keras_examples": keras_examples, "torch": torch}


def peak_megabytes():
    """Returns the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def gpu_megabytes():
    """Returns the peak of TensorFlow's GPU memory so far; None without a GPU."""
    tf = sys.modules.get("tensorflow")
    if tf is None or not tf.config.list_logical_devices("GPU"):
        return None
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 1e6


def main():
    task = json.loads(sys.argv[1])
    if task["peer"] == "peak":
        return measure_peak(task)
    step, wait = PEERS[task["peer"]](task)
    before, start = peak_megabytes(), time.perf_counter()
    wait(step())
    first_seconds = time.perf_counter() - start  # compiles
    for _ in range(task.get("warm_up", WARM_UP) - 1):
        wait(step())

    def work():
        start = time.perf_counter()
        for _ in range(task["steps"]):
            last = step()
        wait(last)
        return {"seconds": (time.perf_counter() - start) / task["steps"]}

    memory = {"peak_mb": peak_megabytes(), "growth_mb": peak_megabytes() - before}
    memory["gpu_mb"] = gpu_megabytes()
    return serve(work, {"flops": task.get("flops"), "first_seconds": first_seconds, **memory})


if __name__ == "__main__":
    main()
