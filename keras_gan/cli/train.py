"""`keras-gan train`."""

import argparse
import contextlib
import pathlib

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.evaluate import add_metric_options, read_metric_options
from keras_gan.cli.lines import print_line
from keras_gan.errors import ConfigError, counted

EXIT_SIGNAL = 128
RULE = "rule_"  # prefix of the parsed arguments that are fields of `keras_gan.Rules`


def add_train(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan train`."""
    train = commands.add_parser(
        "train",
        help="train a recipe on a data set",
        description="Train a recipe on a data set. The run folder holds all results: sample "
        "grids, a film of them, the history, checkpoints and the exported generator. Ctrl-C "
        "saves and stops; the same command resumes the run, bit for bit.",
    )
    train.set_defaults(command=run_train, describe_saved=describe_saved)
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
        "--log",
        action="append",
        default=[],
        choices=options.TRACKERS,
        help="send the figures and the sample grids to a tracker, too; its files are in RUN/logs; "
        "may be repeated (default: to none)",
    )
    train.add_argument(
        "--export",
        action="store_true",
        help="export the generator anew, also if nothing is left to train (default: export each "
        "step at which a training ends once)",
    )
    add_train_numbers(train)
    add_train_data(train)
    add_train_rules(train)
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
        type=parse_width,
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


def parse_width(word: str) -> int | str:
    """Parses a width: an integer, or a word that the recipes check."""
    return int(word) if word.lstrip("-").isdigit() else word


def add_train_data(train: argparse.ArgumentParser) -> None:
    """Adds the options of the data."""
    data = train.add_argument_group("data")
    data.add_argument(
        "--image-size",
        type=options.parse_image_size,
        metavar="SIZE",
        help="size of the samples: 64, a square, or 96x64, height x width (default: the images')",
    )
    data.add_argument(
        "--fit",
        choices=options.FITS,
        default=options.CROP,
        help="how images of another aspect fit: crop to the centre, pad with the background, "
        "stretch, or refuse all but whole ones (default: crop)",
    )
    data.add_argument(
        "--mirror", action="store_true", help="learn each image mirrored too, left to right"
    )
    data.add_argument(
        "--channels",
        type=int,
        choices=(1, 3, 4),
        help="4 includes alpha (default: those of the images, without alpha)",
    )
    data.add_argument(
        "--background",
        default="white",
        metavar="COLOUR",
        help="background of images with alpha, and of --fit pad: white, black or #rrggbb; with 4 "
        "channels, the colour of fully transparent pixels (default: white)",
    )
    data.add_argument(
        "--skip-corrupt", action="store_true", help="skip images that can't be decoded"
    )
    data.add_argument(
        "--cache",
        metavar="FOLDER",
        help="folder for decoded and resized images (default: decode them in every epoch)",
    )
    data.add_argument(
        "--prefetch", type=int, default=2, metavar="N", help="batches read ahead (default: 2)"
    )
    data.add_argument(
        "--medium",
        metavar="MEDIUM",
        help="medium of a .npy or .npz, if its shape is ambiguous: sound:16000 (Hz), video:10 "
        "(frames per second), image or points (default: by its shape)",
    )
    data.add_argument(
        "--unconditional",
        action="store_true",
        help="don't learn the classes (default: learn them if the data have labels)",
    )


def add_train_rules(train: argparse.ArgumentParser) -> None:
    """Adds the options of the rules, of which some have an option of their own."""
    group = train.add_argument_group("the rules of the game (default: the recipe's)")
    add_rule(
        group,
        "--augment",
        "augmentation",
        choices=(*options.AUGMENTATIONS, "none"),
        help="augment the inputs of the discriminator, for few data",
    )
    add_rule(
        group,
        "--update",
        "update",
        choices=options.UPDATES,
        help="order of the updates in a step: same samples for both players, separate samples, or "
        "one pass for both",
    )
    add_rule(
        group,
        "--accumulation",
        "accumulation",
        type=int,
        metavar="N",
        help="split batches into N parts, which saves memory; not with --update one_stage",
    )
    add_rule(
        group,
        "--remat",
        "remat",
        action="store_true",
        default=None,
        help="recompute activations instead of storing them: saves memory, takes time",
    )

    group.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="NAME=VALUE",
        help="change a rule or a number of the recipe, such as loss=hinge, r1=0.5, "
        "learning_rate=1e-4 or augmentation.p=0.3; may be repeated (see: keras-gan recipes RECIPE)",
    )


def add_rule(group: argparse._ArgumentGroup, option: str, name: str, **arguments) -> None:
    """Adds an option for a field of `keras_gan.Rules`; None keeps the recipe's."""
    group.add_argument(option, dest=RULE + name, **arguments)


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


METRIC_OPTIONS = ("metrics", "extractor", "evaluate_count", "real_count", "patience")
SAME_NAMES = (
    *("recipe", "data", "steps", "hours", "batch_size", "width", "seed", "image_size", "channels"),
    *("skip_corrupt", "background", "medium", "mixed_precision", "jit", "deterministic"),
    *("prefetch", "cache", "tf32", "fit", "mirror", "weights_from", "freeze_discriminator"),
)


def read_settings(arguments: argparse.Namespace) -> "kg.runs.Settings":
    """Reads the settings from the command line."""
    return kg.runs.Settings(
        **{name: getattr(arguments, name) for name in SAME_NAMES},
        data_on_device=options.DATA_ON_DEVICE[arguments.data_on_device],
        conditional=False if arguments.unconditional else None,
        changes=read_changes(arguments),
    )


def read_changes(arguments: argparse.Namespace) -> dict[str, str | int | float | bool]:
    """Reads the changes of the recipe, from `--set` and from the options of single rules.

    Raises:
        ConfigError: For what isn't `NAME=VALUE`, or a name that is given twice.
    """
    values = {name: value for name, value in vars(arguments).items() if value is not None}
    changes = {name.removeprefix(RULE): v for name, v in values.items() if name.startswith(RULE)}
    for text in arguments.changes:
        name, equals, value = map(str.strip, text.partition("="))
        if not (name and equals and value):
            raise ConfigError(f"expected --set NAME=VALUE, such as --set r1=0.5, got {text!r}.")
        if name in changes:
            raise ConfigError(f"expected {name} once, got it twice; leave one of them out.")
        changes[name] = parse_value(value)
    return changes


def parse_value(text: str) -> str | int | float | bool:
    """Parses a value: a bool, an integer, another number, or text.

    Example:

    >>> parse_value("1e-4"), parse_value("2"), parse_value("true"), parse_value("hinge")
    (0.0001, 2, True, 'hinge')
    """
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for number in (int, float):
        with contextlib.suppress(ValueError):
            return number(text)
    return text


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
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ConfigError(
            f"expected --evaluate-every IMAGES with {names}, got no interval at which to measure; "
            f"add it, or leave out {names}."
        )
    return None


def print_results(run: "kg.runs.Run", result: "kg.runs.Result") -> None:
    """Prints the files of a finished run, and commands to use them."""
    rows = [*run_files(run), *exported_files(result)]
    width = max(len(str(path)) for path, _ in rows)
    steps, images = counted(int(result.gan.step), "step"), int(result.gan.images_seen)
    print(f"\nTrained {steps}, {counted(images, 'image')} seen.")
    print("\n".join(f"  {path!s:{width}}  {about}" for path, about in rows))
    print()
    print("\n".join(f"{purpose + ':':18} {way}" for purpose, way in next_steps(run, result)))


def next_steps(run: "kg.runs.Run", result: "kg.runs.Result") -> list[tuple[str, str]]:
    """Returns `(purpose, command)` of what to do with a finished run."""
    folder, out = result.exported[0].path.parent, f"samples{run.read_medium().suffixes[0]}"
    in_browser = "In a browser", f"keras-gan export {run.folder} --web page"
    with_latents = [
        ("How close", f"keras-gan evaluate {run.folder}"),
        ("More samples", f"keras-gan sample {run.folder} --count 100 --out {out}"),
        ("In an app", f"{folder / 'generator.py'}; see the README, 'In an app'"),
        *([in_browser] if isinstance(result.gan.medium, kg.media.Image) else []),
        ("On a server", f"keras-gan serve {run.folder}"),
    ]
    return [
        *(with_latents if isinstance(result.gan, kg.Sampling) else ()),
        ("TF Serving", f"keras-gan export {run.folder} --serving"),
        describe_next_training(int(result.gan.step), run.read_config()["steps"]),
    ]


def describe_next_training(step: int, steps: int) -> tuple[str, str]:
    """Returns `(purpose, command)` that trains a run further."""
    if step < steps:
        return "Go on", f"the same command; {step:,} of {steps:,} steps are done"
    return "Longer training", f"the same command with --steps {2 * step}"


def run_files(run: "kg.runs.Run") -> list[tuple[pathlib.Path, str]]:
    """Returns `(path, description)` of the files of a run."""
    rows = [(run.checkpoints.newest(), "checkpoint, for kg.load_model and to resume")]
    rows += [(run.history_path, "losses, accuracies and gradients")]
    if run.metrics_path.exists():
        rows += [(run.metrics_path, "metrics"), (run.best_path, "the best model by the metrics")]
    for folder, noun in ((run.samples_folder, "sample grid"), (run.density_folder, "picture")):
        if folder.is_dir():
            rows += [(folder, counted(len(list(folder.iterdir())), noun))]
            rows += [(run.folder / "learning.gif", f"film of the {noun}s")]
    rows += [(run.report_path, "report, for a browser")]
    return [(path, text) for path, text in rows if path is not None and path.exists()]


def agreement(exported: "kg.export.Exported") -> str:
    """Returns how closely an exported file's samples agree with Keras's, in words."""
    if exported.difference == 0:
        return "equals Keras's samples"
    return f"within {exported.difference:.1g} of Keras's samples"


def exported_files(result: "kg.runs.Result") -> list[tuple[pathlib.Path, str]]:
    """Returns `(path, description)` of the exported files."""
    saved_model, *files = result.exported
    rows = [
        (saved_model, "SavedModel for TF Serving"),
        *((file, "ONNX for any app") for file in files),
    ]
    files = [(each.path, f"{text} ({agreement(each)})") for each, text in rows]
    script = saved_model.path.parent / "generator.py"
    return [*files, *([(script, "draws samples from the ONNX file")] if script.exists() else [])]
