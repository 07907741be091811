"""Questions about times and memory of training steps."""

import functools
import importlib.util
import math
import statistics
import threading
import time

import keras_gan  # noqa: F401 - before TensorFlow
from alternate import ratios, start_workers, steps_in_turn
from gpu.numerics import random_images
from gpu.tasks import allow_any_kernels, task_of
from peers import work

import tensorflow as tf

ROUNDS = 5


def compile_step(name, options):
    """Times the first step of a training, which compiles it."""
    step, wait = work.keras_gan(task_of(name, options.quick))
    start = time.perf_counter()
    wait(step())
    return {"first step, s": time.perf_counter() - start}


def time_step(name, options):
    """Times a step beside PyTorch's and beside large matrix products, in alternating rounds."""
    task = task_of(name, options.quick)
    size = 256 if options.quick else 8192
    tasks = {"ours": task, "peak": {"peer": "peak", "dtype": "bfloat16", "size": size}}
    has_torch = importlib.util.find_spec("torch") is not None
    if has_torch:
        device = "cpu" if options.quick else "cuda"
        tasks["torch"] = {**task, "peer": "torch", "compiled": False, "device": device}
    results, facts = steps_in_turn(tasks, rounds_of(options))
    seconds = [row["seconds"] for row in results["ours"]]
    peak = statistics.median(row["matmul"] for row in results["peak"])
    figures = step_figures(task, seconds, facts["ours"], peak)
    if not has_torch:
        return {**figures, "PyTorch": "skipped: torch isn't installed"}
    torch = [row["seconds"] for row in results["torch"]]
    return figures | {
        "PyTorch, eager, ms": 1000 * statistics.median(torch),
        "times as fast as PyTorch, median, min, max": list(ratios(torch, seconds)),
    }


def step_figures(task, seconds, facts, peak):
    """Returns the figures of a step without its twin."""
    median = statistics.median(seconds)
    figures = {
        "ms": 1000 * median,
        "images/s": task["batch_size"] / median,
        "first step, s": facts["first_seconds"],
        "peak of GPU memory, MB": facts["gpu_mb"],
        "bf16 products, TFLOP/s": peak / 1e12,
    }
    if facts["flops"]:  # None where steps differ
        speed = facts["flops"] / median
        figures |= {"TFLOP/s": speed / 1e12, "share of the products' speed": speed / peak}
    return figures


def cost_of_determinism(name, options):
    """Times a step with deterministic kernels, as keras_gan sets them, beside any kernels."""
    task = task_of(name, options.quick)
    tasks = {"deterministic": task, "any": {**task, "environment": allow_any_kernels()}}
    results, _ = steps_in_turn(tasks, rounds_of(options))
    seconds = {each: [row["seconds"] for row in rows] for each, rows in results.items()}
    return {
        "deterministic, ms": 1000 * statistics.median(seconds["deterministic"]),
        "any kernels, ms": 1000 * statistics.median(seconds["any"]),
        "times as long, median, min, max": list(ratios(seconds["deterministic"], seconds["any"])),
    }


def time_fit(name, options):
    """Times `fit` beside the bare step, with the data on the device and not, over ten fits."""
    task = task_of(name, options.quick)
    gan, steps, batch = work.build(task), 2 * task["steps"], task["batch_size"]
    count = 64 if options.quick else 20_000
    images = random_images(count, task["size"], task["channels"])
    step, real = (
        tf.function(gan.train_step, jit_compile=gan.jit_compile),
        tf.constant(images[:batch]),
    )

    def run_bare():
        for _ in range(steps):
            logs = step(real)
        float(logs["d_loss"])

    def run_fit(on_device):
        gan.fit(
            images, batch_size=batch, steps_per_epoch=steps, verbose=0, data_on_device=on_device
        )

    bare = milliseconds(run_bare, steps)
    figures, memory = {"bare step, ms": bare}, []
    for on_device, fits in ((True, 10), (False, 3)):
        times = []
        for _ in range(fits):
            times.append(milliseconds(functools.partial(run_fit, on_device), steps, warm_up=0))
            memory.append(device_megabytes())
        fit = statistics.median(times[1:])  # the first compiles
        place = "data on the device" if on_device else "data on the host"
        figures |= {f"fit, {place}, ms": fit, f"fit, {place}, times the step": fit / bare}
    return figures | {
        "MB in use after the 1st, 2nd and 10th fit": [memory[0], memory[1], memory[9]],
    }


def milliseconds(run, steps, warm_up=1):
    """Returns the milliseconds per step of a function that runs steps."""
    for _ in range(warm_up):
        run()
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start) / steps


def device_megabytes():
    """Returns the GPU memory in use, or without a GPU the process's largest so far."""
    if tf.config.list_logical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["current"] / 1e6
    return work.peak_megabytes()


def run_two_at_a_time(options):
    """Times a training alone and beside another one on the same GPU."""
    task = task_of("quick", options.quick)
    workers = start_workers({"first": task, "second": task})
    first, second = workers.values()
    alone = [first.round()["seconds"] for _ in range(rounds_of(options))]
    both = []
    for _ in range(rounds_of(options)):
        thread = threading.Thread(target=second.round)
        thread.start()
        both.append(first.round()["seconds"])
        thread.join()
    for worker in workers.values():
        worker.close()
    return {
        "alone, ms": 1000 * statistics.median(alone),
        "beside another, ms": 1000 * statistics.median(both),
        "times as long": statistics.median(both) / statistics.median(alone),
    }


def time_operations(options):
    """Times R3GAN's convolutions alone: forward, gradients, and gradients of gradients."""
    width, batch = (16, 2) if options.quick else (768, 256)
    sides = (4,) if options.quick else (32, 8)
    figures = {}
    for side in sides:
        for name, kernel, channels in (
            ("1x1 in", (1, 1, width, 2 * width), width),
            ("grouped 3x3", (3, 3, 16, 2 * width), 2 * width),
            ("1x1 out", (1, 1, 2 * width, width), 2 * width),
        ):
            shapes = (batch, side, side, channels), kernel
            flops = 2 * batch * side**2 * math.prod(kernel)
            for way, (ms, products) in time_convolution(*shapes, options).items():
                speed = products * flops / ms / 1e9
                figures[f"{side}x{side}, {name}, {way}: ms, TFLOP/s"] = [ms, speed]
    return figures


def time_convolution(shape, kernel_shape, options):
    """Returns way -> (milliseconds, number of products of the forward pass's size)."""
    dtype = "float32" if options.quick else "bfloat16"
    x, w = (tf.cast(tf.random.normal(s), dtype) for s in (shape, kernel_shape))

    def forward(x, w):
        return tf.nn.conv2d(x, w, 1, "SAME")

    def gradients(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            total = tf.reduce_sum(forward(x, w) ** 2)
        return tape.gradient(total, [x, w])

    def second_gradients(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            total = tf.reduce_sum(gradients(x, w)[0] ** 2)
        return tape.gradient(total, [x, w])

    found = {}
    for function, products in ((forward, 1), (gradients, 3), (second_gradients, 6)):
        compiled = tf.function(function, jit_compile=not options.quick)
        found[function.__name__.replace("_", " ")] = time_call(compiled, x, w), products
    return found


def time_call(function, *arguments, calls=20):
    """Returns the milliseconds of a call, the mean of several without waiting in between."""

    def run():
        for _ in range(calls):
            result = function(*arguments)
        tf.reshape(tf.nest.flatten(result)[0], -1)[0].numpy()

    return milliseconds(run, calls)


def rounds_of(options):
    """Returns the number of rounds."""
    return 1 if options.quick else ROUNDS
