"""Timings of the parts of a step: data, discriminator, penalties, generator."""

import functools
import json
import statistics
from collections.abc import Callable

from keras_gan.errors import ConfigError
from keras_gan.files.atomic import write_text
from keras_gan.models import GAN, Duel
from keras_gan.runs.evaluation import open_run_source
from keras_gan.runs.folder import Run, writing_to
from keras_gan.runs.timing import compile_as_model, time_call

import tensorflow as tf

ROUNDS, WARM_UP = 15, 2
NOTE = (
    "Medians, measured on a copy of the model. The data pipeline works ahead of the step, so its "
    "time only matters if it exceeds the rest."
)


def measure_throughput(run: Run) -> dict:
    """Times the parts of a step on a copy of a run's model; writes `throughput.json`.

    Args:
        run: A `Run`.

    Returns:
        The result of `measure`.

    Raises:
        RunError: If there is no checkpoint yet, or the run isn't writable.
    """
    config = run.read_config()
    source = open_run_source(run)
    labels = config["classes"] is not None
    dataset = source.to_dataset(config["batch_size"], labels, seed=config["seed"])
    timings = measure(run.load(), dataset)
    with writing_to(run.folder):
        write_text(run.throughput_path, json.dumps(timings, indent=2) + "\n")
    return timings


def measure(gan: GAN, dataset: tf.data.Dataset, rounds: int = ROUNDS) -> dict:
    """Times the parts of a step. This trains the model: pass a copy.

    Args:
        gan: A compiled `GAN`, such as a checkpoint that was loaded for this purpose.
        dataset: tf.data.Dataset, as returned by `keras_gan.datasets.load`.
        rounds: Number of timed repetitions of each part.

    Returns:
        `{"parts": [{"name", "milliseconds"}], "total", "batch_size", "note"}`. The total is the
        time of a step without the data. A penalty's time is divided by its interval.

    Raises:
        ConfigError: For another game than a GAN.
    """
    if not isinstance(gan, GAN):
        raise ConfigError(
            f"expected a GAN, whose step has these parts, to time, got a {type(gan).__name__}."
        )
    batches = iter(dataset.from_step(int(gan.step)))
    data = median_milliseconds(lambda: next(batches), rounds)
    real = gan.check_batch(next(batches))
    plain, extra = time_discriminator(gan, *gan.next_duel(real), rounds)
    rules = gan.rules
    period = max([penalty.interval for penalty in rules.penalties] + [rules.n_critic])
    batch = real[0] if real[1] is None else real
    step = compile_as_model(gan, lambda: gan.train_step(batch))
    rounds = max(rounds // period, 3)
    total = median_milliseconds(lambda: [step() for _ in range(period)], rounds) / period
    parts = [("discriminator", plain), ("its penalties", extra)]
    parts += [("generator, moving average, logs", max(total - plain - extra, 0.0))]
    return {
        "parts": [{"name": n, "milliseconds": ms} for n, ms in [*parts, ("data, beside it", data)]],
        "total": total,
        "batch_size": int(real[0].shape[0]),
        "note": NOTE,
    }


def time_discriminator(gan: GAN, real: tuple, duel: Duel, rounds: int) -> tuple[float, float]:
    """Times the discriminator's half-step without penalties, and its penalties per step, in ms."""
    noise = gan.draw_noise(int(real[0].shape[0]), "discriminator", 0)
    batch = real, noise, duel.generate(noise.latents, real[1])
    variables = duel.discriminator.trainable_variables

    def time_half_step(*due):
        def objective(real, noise, fake):
            return duel.discriminator_objective(real, noise, due, fake)

        step = functools.partial(gan.minimize, "discriminator", objective, batch, variables)
        return median_milliseconds(compile_as_model(gan, step), rounds)

    plain = time_half_step()
    extra = sum(
        max(time_half_step(penalty.name) - plain, 0.0) / penalty.interval
        for penalty in duel.rules.penalties
    )
    return plain, extra


def median_milliseconds(function: Callable, rounds: int) -> float:
    """Returns the median time of a call, including the transfer of its results."""
    times = [time_call(function) for _ in range(WARM_UP + rounds)]
    return 1000 * statistics.median(times[WARM_UP:])
