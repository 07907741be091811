"""`keras-gan sample`."""

import argparse
import pathlib

import keras_gan as kg
from keras_gan import environment
from keras_gan.cli.arguments import (
    add_command,
    add_shared_run,
    add_truncation,
    check_apart_from_data,
    check_run_and_out,
    find_label,
)
from keras_gan.errors import ConfigError, counted

DEVICES, MOST_ON_CPU = ("auto", "cpu", "gpu"), 64


def add_sample(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan sample`."""
    sample = add_command(
        commands,
        "sample",
        run_sample,
        "draw samples from a run's generator",
        "Draw samples from a run's averaged generator: images as a grid (.png), sound (.wav), "
        "clips (.gif or .mp4), points and rows (.csv), sentences (.txt); or for any medium a "
        "preview (.png) or the values (.npy).",
        check=check_run_and_out,
    )
    add_shared_run(sample)
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
    add_truncation(sample)


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
    check_apart_from_data(run, out)
    label = find_label(arguments.label, run.read_config().get("classes"))
    gan = run.load(arguments.best)
    require_sampling(gan, "drawing samples")
    samples = gan.sample(
        arguments.count, seed=arguments.seed, labels=label, truncation=arguments.truncation
    )
    with kg.runs.folder.writing_to(out):
        medium.save(samples, out)
    print(f"{out}: {counted(arguments.count, 'sample')}, seed {arguments.seed}")


def require_gpu() -> None:
    """Raises `ConfigError` if TensorFlow has no GPU."""
    from keras_gan import machine

    if not machine.gpus():
        raise ConfigError("expected a GPU for --device gpu, got none that TensorFlow can use.")
