"""`keras-gan sample`."""

import argparse
import pathlib
from collections.abc import Sequence

import keras_gan as kg
from keras_gan import environment
from keras_gan.errors import ConfigError, RunError, counted

DEVICES, MOST_ON_CPU = ("auto", "cpu", "gpu"), 64


def add_sample(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan sample`."""
    sample = commands.add_parser(
        "sample",
        help="draw samples from a run's generator",
        description="Draw samples from a run's averaged generator: images as a grid (.png), sound "
        "(.wav), clips (.gif or .mp4), points and rows (.csv), sentences (.txt); or for any medium "
        "a preview (.png) or the values (.npy).",
    )
    sample.set_defaults(command=run_sample)
    sample.add_argument("run", metavar="RUN", help="the run folder, or hf:OWNER/NAME")
    sample.add_argument("--best", action="store_true", help="use the best checkpoint")
    sample.add_argument(
        "--out", metavar="FILE", help="(default: samples.png, samples.wav, ... by medium)"
    )
    sample.add_argument("--count", type=int, default=64, help="(default: 64)")
    sample.add_argument("--seed", type=int, default=0, help="(default: 0)")
    sample.add_argument("--label", help="name or number of one class (default: any)")
    sample.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help=f"(default: auto, the CPU for up to {MOST_ON_CPU} samples, as a GPU takes longer to "
        "start)",
    )
    sample.add_argument(
        "--truncation",
        type=float,
        default=1.0,
        help="from 0 to 1; smaller values give more typical samples (default: 1)",
    )


def run_sample(arguments: argparse.Namespace) -> None:
    """Draws samples and writes them."""
    is_small = arguments.count <= MOST_ON_CPU
    if is_small if arguments.device == "auto" else arguments.device == "cpu":
        environment.hide_gpus()
    elif arguments.device == "gpu":
        require_gpu()
    from keras_gan.sampling import require_sampling

    run = kg.runs.open_run(arguments.run)
    medium = run.read_medium()
    out = pathlib.Path(arguments.out or f"samples{medium.suffixes[0]}")
    medium.check_path(out)
    label = find_label(arguments.label, run.read_config().get("classes"))
    gan = run.load(arguments.best)
    require_sampling(gan, "drawing samples")
    samples = gan.sample(
        arguments.count, seed=arguments.seed, labels=label, truncation=arguments.truncation
    )
    try:
        medium.save(samples, out)
    except OSError as error:
        raise RunError(f"could not write {out}: {error.strerror}.") from error
    print(f"{out}: {counted(arguments.count, 'sample')}, seed {arguments.seed}")


def require_gpu() -> None:
    """Raises `ConfigError` if TensorFlow has no GPU."""
    from keras_gan import machine

    if not machine.gpus():
        raise ConfigError("expected a GPU for --device gpu, got none that TensorFlow can use.")


def find_label(word: str | None, classes: Sequence[str] | None) -> int | None:
    """Returns the label of a class from its name or number; None for None."""
    if word is None:
        return None
    if classes is None:
        raise ConfigError("expected no --label: this run's generator has no classes.")
    if word in classes:
        return classes.index(word)
    if word.isdigit() and int(word) < len(classes):
        return int(word)
    raise ConfigError(f"expected a --label of {', '.join(classes)}, got {word!r}.")
