"""Where a step's time goes: data, discriminator, penalties, generator."""

import functools
import json
import statistics
import time

from keras_gan.files.atomic import write_text
from keras_gan.runs.evaluation import open_run_source
from keras_gan.runs.folder import writing_to

import tensorflow as tf

ROUNDS, WARM_UP = 15, 2
NOTE = (
    "Medians, measured on a copy of the game. The data pipeline works ahead of the step, so its "
    "time counts only as far as it is longer than the rest."
)


def measure_throughput(run):
    """Times the parts of a step on a copy of a run's game; writes `throughput.json` into the run.

    Args:
        run: A `Run`.

    Returns:
        As `measure`.

    Raises:
        RunError: If there is no checkpoint yet, or the run can't be written to.
    """
    config = run.read_config()
    source = open_run_source(run)
    labels = config["classes"] is not None
    dataset = source.to_dataset(config["batch_size"], labels, seed=config["seed"])
    found = measure(run.load(), dataset)
    with writing_to(run.folder):
        write_text(run.throughput_path, json.dumps(found, indent=2) + "\n")
    return found


def measure(gan, dataset, rounds=ROUNDS):
    """Times the parts of a step. The game moves on: give it a copy.

    Args:
        gan: A compiled `GAN`, such as a checkpoint that was loaded for this.
        dataset: Batches, as `keras_gan.datasets.load` gives them.
        rounds: Timed repetitions of each part.

    Returns:
        `{"parts": [{"name", "milliseconds"}], "total", "batch_size", "note"}`: the total is a whole
        step's, without the data; a penalty's time is shared among the steps of its interval.
    """
    batches = iter(dataset.from_step(int(gan.step)))
    data = milliseconds(lambda: next(batches), rounds)
    real = gan.check_batch(next(batches))
    alone, extra = of_discriminator(gan, *gan.next_duel(real), rounds)
    rules = gan.rules
    every = max([penalty.interval for penalty in rules.penalties] + [rules.n_critic])
    raw = real[0] if real[1] is None else real
    step = compiled(gan, lambda: gan.train_step(raw))
    total = milliseconds(lambda: [step() for _ in range(every)], max(rounds // every, 3)) / every
    parts = [("discriminator", alone), ("its penalties", extra)]
    parts += [("generator, moving average, logs", max(total - alone - extra, 0.0))]
    return {
        "parts": [{"name": n, "milliseconds": ms} for n, ms in [*parts, ("data, beside it", data)]],
        "total": total,
        "batch_size": int(real[0].shape[0]),
        "note": NOTE,
    }


def of_discriminator(gan, real, duel, rounds):
    """Times the discriminator's half-step alone, and its penalties on average, in ms."""
    noise = gan.draw_noise(int(real[0].shape[0]), "discriminator", 0)
    objective = functools.partial(
        duel.discriminator_objective, fake=duel.generate(noise.latents, real[1])
    )
    variables = duel.discriminator.trainable_variables

    def discriminator(*due):
        descend = functools.partial(objective, due=due)
        step = functools.partial(gan.minimize, "discriminator", descend, (real, noise), variables)
        return milliseconds(compiled(gan, step), rounds)

    alone = discriminator()
    extra = sum(
        max(discriminator(penalty.name) - alone, 0.0) / penalty.interval
        for penalty in duel.rules.penalties
    )
    return alone, extra


def compiled(gan, function):
    """A function of no arguments as the game compiles its step."""
    return tf.function(function, jit_compile=bool(gan.jit_compile))


def milliseconds(function, rounds):
    """Median time of a call, up to its results."""
    times = []
    for _ in range(WARM_UP + rounds):
        start = time.perf_counter()
        tf.nest.map_structure(lambda tensor: tensor.numpy(), function())
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[WARM_UP:])
