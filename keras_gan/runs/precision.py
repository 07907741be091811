"""Choice of a run's precision, unless the user makes it."""

from collections.abc import Callable

from keras_gan import machine, media
from keras_gan.options import FLOAT32
from keras_gan.progress import clock
from keras_gan.runs.starting import build
from keras_gan.runs.timing import compile_as_model, time_call

import tensorflow as tf

BFLOAT16, FLOAT16 = "bfloat16", "float16"
BFLOAT16_GPUS, FLOAT16_GPUS = (8, 0), (7, 0)  # lowest compute capabilities
SHORT = 500  # steps for which a timing doesn't pay
TIMED_STEPS = 5
LEAST_GAIN = 1.1  # below it, float32


def choose_precision(
    config: dict, dataset: tf.data.Dataset, replicas: int, tell: Callable[[str], None]
) -> tuple[str, str]:
    """Chooses the precision of the networks for a game and this machine.

    Args:
        config: Settings of a new run.
        dataset: Its batches.
        replicas: Number of replicas that train.
        tell: Function to call with a line of text before a timing.

    Returns:
        `(precision, reason)`.
    """
    candidate, reason = narrower_precision(config, replicas, machine.gpus())
    if reason is None:
        tell(f"Timing {TIMED_STEPS} steps in float32 and in {candidate} ...")
        with clock("compiling and timing"):
            plain, narrow = (time_step(config, each, dataset) for each in (FLOAT32, candidate))
        gain = plain / narrow
        reason = f"a step in {candidate} is {gain:.2f} times as fast as in float32"
        candidate = candidate if gain >= LEAST_GAIN else FLOAT32
    return candidate, reason


def narrower_precision(config: dict, replicas: int, gpus: list[dict]) -> tuple[str, str | None]:
    """Returns the precision to compare with float32, and why it needs no comparison, or None.

    Args:
        config: Settings of a new run.
        replicas: Number of replicas that train.
        gpus: The result of `machine.gpus()`.
    """
    if not isinstance(media.from_config(config["medium"]), media.Image):
        return FLOAT32, "only images are trained in 16 bits"
    capability = tuple(gpus[0].get("compute_capability") or (0, 0)) if gpus else None
    if gpus and capability >= BFLOAT16_GPUS:
        return BFLOAT16, "this GPU has units for it"
    if gpus and capability < FLOAT16_GPUS:
        return FLOAT32, "this GPU has no units for 16 bits, or its kind is unknown"
    if not gpus and not machine.has_bfloat16_units():
        return FLOAT32, "this processor has no units for bfloat16"
    if config["steps"] < SHORT:
        return FLOAT32, f"fewer than {SHORT} steps"
    if config["deterministic"]:
        return FLOAT32, "deterministic runs don't depend on a timing"
    if replicas > 1:
        return FLOAT32, "several replicas, whose steps aren't timed"
    return (FLOAT16 if gpus else BFLOAT16), None


def time_step(config: dict, precision: str, dataset: tf.data.Dataset) -> float:
    """Returns the seconds of a step at the end of the schedules, the shortest of a few."""
    model = build({**config, "mixed_precision": precision})
    model.images_seen.assign(config["schedule_steps"] * config["batch_size"])
    batch = next(iter(dataset.from_step(0)))
    step = compile_as_model(model, lambda: model.train_step(batch))
    time_call(step)  # traces it
    return min(time_call(step) for _ in range(TIMED_STEPS))
