"""`keras-gan train`."""

from argparse import BooleanOptionalAction

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.evaluate import add_metric_options, read_metric_options

EXIT_SIGNAL = 128
RULE = "rule_"  # how an option of the rules begins among the parsed arguments


def add_train(commands):
    """`keras-gan train`."""
    train = commands.add_parser(
        "train",
        help="train a recipe on a data set",
        description="Train a recipe on a data set. Everything lands in the run folder: sample "
        "grids, a GIF of the learning, the history, a checkpoint and the exported generator. "
        "Ctrl-C saves; the same command again goes on where it stopped, bit for bit.",
    )
    train.set_defaults(command=run_train)
    train.add_argument(
        "recipe",
        help="name of a recipe (see: keras-gan recipes), or 'auto' to have one picked, with its "
        "settings, by the data and the machine; it says why",
    )
    train.add_argument(
        "--data",
        required=True,
        metavar="SOURCE",
        help=f"{', '.join(options.DATA_SETS)}, tfds:NAME[:SPLIT], a folder of images (subfolders "
        "become classes), a .zip of one, a folder of .tfrecord, a .npy or a .npz",
    )
    train.add_argument("--out", required=True, metavar="RUN", help="the run folder")
    add_train_numbers(train)
    add_train_data(train)
    add_train_rules(train)
    add_train_metrics(train)
    add_train_keeping(train)
    add_train_machine(train)


def add_train_numbers(train):
    """How long and how much."""
    numbers = train.add_argument_group("how long and how much")
    numbers.add_argument("--steps", type=int, help="step at which to end (default: the recipe's)")
    numbers.add_argument(
        "--hours",
        type=float,
        metavar="H",
        help="end after so many hours, saved; the same command goes on (default: at the last step)",
    )
    numbers.add_argument("--batch-size", type=int, help="samples a step (default: the recipe's)")
    numbers.add_argument(
        "--width",
        type=width_of,
        help="the networks' width; smaller is faster, and 'small' is the recipe's way on a "
        "processor (default: the recipe's)",
    )
    numbers.add_argument(
        "--every", type=int, default=50, help="steps between two sample grids (default: 50)"
    )
    numbers.add_argument(
        "--seed", type=int, default=0, help="decides weights, noise and order (default: 0)"
    )


def width_of(word):
    """A width from the command line: a whole number, or a word that the recipes know."""
    return int(word) if word.lstrip("-").isdigit() else word


def add_train_data(train):
    """The data."""
    data = train.add_argument_group("the data")
    data.add_argument(
        "--image-size", type=int, help="cut images to squares of so many pixels (default: theirs)"
    )
    data.add_argument(
        "--channels",
        type=int,
        choices=(1, 3, 4),
        help="4 learns alpha, too (default: the images' own, without alpha)",
    )
    data.add_argument(
        "--background",
        default="white",
        metavar="COLOUR",
        help="on which images with an alpha channel are laid: white, black or #rrggbb; with 4 "
        "channels the colour of what is wholly transparent (default: white)",
    )
    data.add_argument(
        "--skip-corrupt", action="store_true", help="leave out images that can't be decoded"
    )
    data.add_argument(
        "--cache",
        metavar="FOLDER",
        help="keep decoded and resized images there, filled at the first use (default: decode them "
        "in every epoch)",
    )
    data.add_argument(
        "--prefetch", type=int, default=2, metavar="N", help="batches made ahead (default: 2)"
    )
    data.add_argument(
        "--medium",
        metavar="MEDIUM",
        help="what a .npy or .npz holds, where its shape doesn't tell it: sound:16000 (Hz), "
        "video:10 (frames a second), image or points (default: by its shape)",
    )
    data.add_argument(
        "--unconditional",
        action="store_true",
        help="don't learn the classes (default: learn them where the data have labels)",
    )


def add_train_rules(train):
    """Options of the game's rules: each is a field of `keras_gan.Rules` (see `rule`)."""
    group = train.add_argument_group("the rules of the game (default: the recipe's)")
    rule(
        group,
        "--augment",
        "augmentation",
        choices=(*options.AUGMENTATIONS, "none"),
        help="show the discriminator all samples through an augmentation, for few data",
    )
    rule(
        group,
        "--update",
        "update",
        choices=options.UPDATES,
        help="the order of a step's updates: on one pass of the generator, on two, or both players "
        "on one pass of each",
    )
    rule(
        group,
        "--accumulation",
        "accumulation",
        type=int,
        metavar="N",
        help="pass a batch in N parts, for 1/N of the memory; not with --update one_stage",
    )
    rule(
        group,
        "--remat",
        "remat",
        action="store_true",
        default=None,
        help="recompute activations instead of keeping them: more time, less memory",
    )


def rule(group, option, name, **arguments):
    """Adds an option for a field of `keras_gan.Rules`; None leaves the recipe's."""
    group.add_argument(option, dest=RULE + name, **arguments)


def add_train_metrics(train):
    """The metrics."""
    group = train.add_argument_group("metrics while it trains")
    group.add_argument(
        "--evaluate-every",
        type=int,
        metavar="IMAGES",
        help="measure the generator every so many images and keep the best (default: never)",
    )
    group.add_argument(
        "--patience",
        type=int,
        help="end after so many measurements without a better first figure (default: never)",
    )
    add_metric_options(group)


def add_train_machine(train):
    """The machine."""
    machine = train.add_argument_group("the machine")
    machine.add_argument(
        "--jit",
        action=BooleanOptionalAction,
        help="compile the step with XLA (default: on a GPU)",
    )
    machine.add_argument(
        "--mixed-precision",
        choices=options.MIXED_PRECISIONS,
        help="compute in 16 bits (default: float32, or as the recipe auto picks)",
    )
    machine.add_argument(
        "--distribute",
        choices=options.STRATEGIES,
        help="train on all GPUs of this machine (mirrored), or of all machines that TF_CONFIG "
        "names (multiworker), each with its part of every batch",
    )
    machine.add_argument(
        "--deterministic",
        action="store_true",
        help="use operations alone that give the same bits each time: the same command twice "
        "gives the same checkpoints, history and pictures",
    )


def add_train_keeping(train):
    """What is kept."""
    group = train.add_argument_group("what is kept")
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
        help=f"how many of the newest checkpoints stay (default: {options.CHECKPOINTS_KEPT})",
    )
    group.add_argument(
        "--roll-backs",
        type=int,
        default=0,
        metavar="N",
        help="where numbers are NaN or infinite, go back to the newest checkpoint with half the "
        "learning rates, so many times (default: stop)",
    )


def run_train(arguments):
    """Trains, and says what was made."""
    from keras_gan import machine

    if machine.has_unused_gpu():
        print("TensorFlow doesn't use this machine's GPU; --verbose shows what it says of it.")
    metrics = None
    if arguments.evaluate_every is not None:
        metrics = read_metric_options(
            arguments, every=arguments.evaluate_every, patience=arguments.patience
        )
    result = kg.runs.train(
        read_settings(arguments),
        arguments.out,
        arguments.every,
        metrics,
        kg.runs.CheckpointOptions(arguments.checkpoint_every, arguments.keep, arguments.roll_backs),
        arguments.distribute,
        tell=print,
    )
    if result.interrupted is not None:
        print(
            f"Stopped at step {int(result.gan.step):,} by {result.interrupted.name}, saved in "
            f"{arguments.out}. The same command goes on from there."
        )
        return EXIT_SIGNAL + result.interrupted
    if result.exported is not None:
        tell_made(kg.runs.Run(arguments.out), result)
    return 0


SAME_NAMES = (
    *("recipe", "data", "steps", "hours", "batch_size", "width", "seed", "image_size", "channels"),
    *("skip_corrupt", "background", "medium", "mixed_precision", "jit", "deterministic"),
    *("prefetch", "cache"),
)


def read_settings(arguments):
    """Returns the `Settings` that the command line asks for."""
    named = {name: value for name, value in vars(arguments).items() if value is not None}
    rules = {name.removeprefix(RULE): v for name, v in named.items() if name.startswith(RULE)}
    return kg.runs.Settings(
        **{name: getattr(arguments, name) for name in SAME_NAMES},
        conditional=False if arguments.unconditional else None,
        rules=rules,
    )


def tell_made(run, result):
    """Prints what a finished run holds and how to use it."""
    rows = [*kept_in(run), *exported_in(result)]
    width = max(len(str(path)) for path, _ in rows)
    print(f"\nTrained {int(result.gan.step):,} steps, {int(result.gan.images_seen):,} images seen.")
    print("\n".join(f"  {path!s:{width}}  {about}" for path, about in rows))
    print(f"\nHow close:         keras-gan evaluate {run.folder}")
    out = f"samples{run.read_medium().suffixes[0]}"
    print(f"More samples:      keras-gan sample {run.folder} --count 100 --out {out}")
    print(f"Train on:          the same command with --steps {2 * int(result.gan.step)}")
    print("In an app:         onnxruntime, six lines: see the README, 'In an app'")
    print(
        "With TF Serving:   tensorflow_model_server --rest_api_port=8501 --model_name=gan "
        f"--model_base_path={result.exported[0].path.parent.absolute()}"
    )


def kept_in(run):
    """`(path, what it is)` of what the training left."""
    rows = [(run.checkpoints.newest(), "everything, for kg.load_model and to go on")]
    rows += [(run.history_path, "losses, accuracies and gradients")]
    if run.metrics_path.exists():
        rows += [(run.metrics_path, "metrics"), (run.best_path, "the game when they were best")]
    for folder, what in ((run.samples_folder, "sample grids"), (run.density_folder, "pictures")):
        if folder.is_dir():
            rows += [(folder, f"{len(list(folder.iterdir()))} {what}")]
            rows += [(run.folder / "learning.gif", "the film of the learning")]
    return [*rows, (run.report_path, "all of it to look at, in a browser")]


def exported_in(result):
    """`(path, what it is)` of what was exported."""
    saved_model, *files = result.exported
    rows = [
        (saved_model, "SavedModel for TF Serving"),
        *((file, "ONNX for any app") for file in files),
    ]
    return [(each.path, f"{text} (differs by {each.difference:.1g})") for each, text in rows]
