"""`keras-gan train`."""

import argparse
import pathlib

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.arguments import add_command, spell
from keras_gan.cli.data import add_data
from keras_gan.cli.evaluate import add_metric_options, read_metric_options
from keras_gan.cli.lines import print_line
from keras_gan.cli.results import print_results
from keras_gan.cli.rules import add_rules, read_changes
from keras_gan.errors import ConfigError
from keras_gan.files.run_folder import CONFIG, require_free, require_unpublished

EXIT_SIGNAL = 128
METRIC_OPTIONS = ("metrics", "extractor", "evaluate_count", "real_count", "patience")
SAME_NAMES = (
    *("recipe", "data", "steps", "hours", "batch_size", "width", "seed", "image_size", "channels"),
    *("skip_corrupt", "background", "medium", "mixed_precision", "jit", "deterministic"),
    *("prefetch", "cache", "tf32", "fit", "mirror", "weights_from", "freeze_discriminator"),
)


def add_train(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan train`."""
    train = add_command(
        commands,
        "train",
        run_train,
        "train a recipe on a data set",
        "Train a recipe on a data set. The run folder holds all results: sample grids, a film of "
        "them, the history, checkpoints and the exported generator. Ctrl-C saves and stops; the "
        "same command resumes the run, bit for bit.",
        check=check_train,
        describe_saved=describe_saved,
    )
    train.add_argument(
        "recipe",
        help="name of a recipe (see: keras-gan recipes), or 'auto' to choose one, and its "
        "settings, for the data and the machine",
    )
    train.add_argument(
        "--data",
        required=True,
        metavar="SOURCE",
        help=f"{', '.join(options.DATA_SETS)}:NAME, tfds:NAME[:SPLIT], a folder of images "
        "(subfolders are classes), a .zip of one, a folder of .tfrecord, a .npy or a .npz",
    )
    train.add_argument("--out", required=True, metavar="RUN", help="the run folder")
    train.add_argument(
        "--export",
        action="store_true",
        help="export the generator anew, also if nothing is left to train (default: export each "
        "step at which a training ends once)",
    )
    add_train_numbers(train)
    add_data(train)
    add_rules(train)
    add_train_metrics(train)
    add_train_fine_tuning(train)
    add_train_checkpoints(train)
    add_train_machine(train)


def add_train_numbers(train: argparse.ArgumentParser) -> None:
    """Adds the options of length and size."""
    numbers = train.add_argument_group("length and size")
    numbers.add_argument("--steps", type=int, help="total number of steps (default: the recipe's)")
    numbers.add_argument(
        "--hours",
        type=float,
        metavar="H",
        help="save and end H hours after the start, timings and compilation included; the same "
        "command resumes (default: no limit)",
    )
    numbers.add_argument("--batch-size", type=int, help="samples per step (default: the recipe's)")
    numbers.add_argument(
        "--width",
        type=options.parse_width,
        help="width of the networks; 'small' for the recipe's variant for a CPU, or 'small:8' for "
        "that variant with another width (default: the recipe's)",
    )
    numbers.add_argument(
        "--every",
        type=int,
        default=50,
        help="steps between two sample grids; the last step has one too (default: 50)",
    )
    numbers.add_argument(
        "--seed", type=int, default=0, help="of weights, noise and order (default: 0)"
    )


def add_train_metrics(train: argparse.ArgumentParser) -> None:
    """Adds the options of metrics."""
    group = train.add_argument_group("metrics during training")
    group.add_argument(
        "--evaluate-every",
        type=int,
        metavar="IMAGES",
        help="images between two evaluations; keeps the best model (default: never)",
    )
    group.add_argument(
        "--patience",
        type=int,
        help="end after this number of evaluations without improvement (default: never)",
    )
    group.add_argument(
        "--log",
        action="append",
        default=[],
        choices=options.TRACKERS,
        help="send the figures and the sample grids to a tracker, too; its files are in RUN/logs; "
        "may be repeated (default: to none)",
    )
    add_metric_options(group)


def add_train_machine(train: argparse.ArgumentParser) -> None:
    """Adds the options of the machine."""
    machine = train.add_argument_group("machine")
    machine.add_argument(
        "--jit",
        action=argparse.BooleanOptionalAction,
        help="compile the step with XLA (default: only on a GPU)",
    )
    machine.add_argument(
        "--mixed-precision",
        choices=options.MIXED_PRECISIONS,
        default=options.AUTO_PRECISION,
        help="precision of the networks (default: auto, by the machine and a timing)",
    )
    machine.add_argument(
        "--tf32",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="let a GPU round float32 products to TF32 in training (default: yes)",
    )
    machine.add_argument(
        "--data-on-device",
        choices=options.DATA_ON_DEVICE,
        default="auto",
        help="copy all of the data to the device (default: auto, on a GPU if they take less than a "
        "quarter of its memory)",
    )
    machine.add_argument(
        "--distribute",
        choices=options.STRATEGIES,
        help="train on all GPUs of this machine (mirrored), or on all machines in TF_CONFIG "
        "(multiworker), each with a part of every batch",
    )
    machine.add_argument(
        "--deterministic",
        action="store_true",
        help="use only deterministic operations, so that the same command gives the same "
        "checkpoints, history and pictures",
    )


def add_train_fine_tuning(train: argparse.ArgumentParser) -> None:
    """Adds the options of fine-tuning."""
    group = train.add_argument_group("fine-tuning")
    group.add_argument(
        "--from",
        dest="weights_from",
        metavar="RUN",
        help="start with the weights of another run, of a .keras file, or of hf:OWNER/NAME on the "
        "Hugging Face hub: fine-tune them on these data (default: new weights)",
    )
    group.add_argument(
        "--freeze-discriminator",
        type=int,
        default=0,
        metavar="N",
        help="don't train the discriminator's first N layers, which helps with few data "
        "(default: train all)",
    )


def add_train_checkpoints(train: argparse.ArgumentParser) -> None:
    """Adds the options of checkpoints."""
    group = train.add_argument_group("checkpoints")
    group.add_argument(
        "--checkpoint-every",
        type=int,
        default=options.STEPS_BETWEEN_CHECKPOINTS,
        metavar="STEPS",
        help=f"steps between two checkpoints (default: {options.STEPS_BETWEEN_CHECKPOINTS})",
    )
    group.add_argument(
        "--keep",
        type=int,
        default=options.CHECKPOINTS_KEPT,
        metavar="N",
        help=f"number of checkpoints to keep (default: {options.CHECKPOINTS_KEPT})",
    )
    group.add_argument(
        "--roll-backs",
        type=int,
        default=0,
        metavar="N",
        help="after NaN or infinity, return to the newest checkpoint with half the learning "
        "rates, at most N times (default: stop)",
    )


def check_train(arguments: argparse.Namespace) -> None:
    """Raises `KerasGanError` unless `--out` is a run or a free folder, and the rest can be read."""
    from keras_gan.files.data_paths import require_source  # with NumPy
    from keras_gan.files.hub import find_weights

    require_unpublished(arguments.out)
    is_new = not pathlib.Path(arguments.out, CONFIG).exists()
    if is_new:
        require_free(arguments.out)
    read_changes(arguments)
    require_source(arguments.data)
    if is_new and arguments.weights_from is not None:
        find_weights(arguments.weights_from, arguments.out)


def run_train(arguments: argparse.Namespace) -> int:
    """Trains, and prints the results."""
    from keras_gan import machine

    if machine.has_unused_gpu():
        print("TensorFlow doesn't use this machine's GPU; --verbose shows its messages.")
    result = kg.runs.train(
        read_settings(arguments),
        arguments.out,
        arguments.every,
        read_metrics(arguments),
        kg.runs.CheckpointOptions(arguments.checkpoint_every, arguments.keep, arguments.roll_backs),
        arguments.distribute,
        arguments.export,
        arguments.log,
        tell=print_line,
    )
    if result.interrupted is not None:
        print(
            f"Stopped at step {int(result.gan.step):,} by {result.interrupted.name}, saved in "
            f"{arguments.out}. The same command resumes from there."
        )
        return EXIT_SIGNAL + result.interrupted
    if result.exported is not None:
        print_results(kg.runs.Run(arguments.out), result)
    return 0


def read_settings(arguments: argparse.Namespace) -> "kg.runs.Settings":
    """Reads the settings from the command line."""
    return kg.runs.Settings(
        **{name: getattr(arguments, name) for name in SAME_NAMES},
        data_on_device=options.DATA_ON_DEVICE[arguments.data_on_device],
        conditional=False if arguments.unconditional else None,
        changes=read_changes(arguments),
    )


def describe_saved(arguments: argparse.Namespace) -> str:
    """Returns what is saved of a run, after the word "stopped"."""
    folder = pathlib.Path(arguments.out, "checkpoints")
    steps = [int(path.stem) for path in folder.glob("*.keras") if path.stem.isdecimal()]
    if not steps:
        return f" before a step was saved in {arguments.out}; the same command starts again."
    return (
        f"; {arguments.out} holds a checkpoint of step {max(steps):,}, from which the same command "
        "resumes."
    )


def read_metrics(arguments: argparse.Namespace) -> "kg.runs.MetricOptions | None":
    """Reads the options of metrics; None for a training without metrics.

    Raises:
        ConfigError: For options of metrics that would never be computed.
    """
    if arguments.evaluate_every is not None:
        return read_metric_options(
            arguments, every=arguments.evaluate_every, patience=arguments.patience
        )
    given = [name for name in METRIC_OPTIONS if getattr(arguments, name) is not None]
    if given:
        raise ConfigError(
            f"expected --evaluate-every IMAGES with {spell(given)}, got no interval at which to "
            f"measure; add it, or leave out {spell(given)}."
        )
    return None
