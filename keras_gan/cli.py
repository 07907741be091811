"""The command `keras-gan`."""

import argparse
import importlib.metadata
import pathlib
import sys

import numpy as np

from keras_gan import augment, datasets, metrics, pictures, recipes, runs
from keras_gan.errors import ConfigError, DataError, KerasGanError, RunError
from keras_gan.models.updates import UPDATES

EXIT_FAILED, EXIT_BAD_INPUT, EXIT_SIGNAL = 1, 2, 128


def main(arguments=None) -> int:
    """Runs a command.

    Args:
        arguments: Words of the command line; the process's own by default.

    Returns:
        0 for success, 1 for a failure, 2 for bad input, 130 after Ctrl-C, 143 after SIGTERM.
    """
    parsed = build_parser().parse_args(arguments)
    try:
        return parsed.command(parsed) or 0
    except (ConfigError, DataError, RunError) as error:
        return tell(error, EXIT_BAD_INPUT)
    except KerasGanError as error:
        return tell(error, EXIT_FAILED)
    except KeyboardInterrupt:
        return tell("stopped", EXIT_SIGNAL + 2)


def tell(error, code):
    """Prints an error and returns the exit code."""
    print(f"keras-gan: {error}", file=sys.stderr)
    return code


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="keras-gan",
        description="Learn a data set's distribution with a generative adversarial network, "
        "sample from it, and export the generator for other programs.",
    )
    version = importlib.metadata.version("keras_gan")
    parser.add_argument("--version", action="version", version=f"keras-gan {version}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_train(commands)
    add_sample(commands)
    add_evaluate(commands)
    add_report(commands)
    add_export(commands)
    listing = commands.add_parser("recipes", help="list the recipes")
    listing.set_defaults(command=run_recipes)
    return parser


def add_train(commands):
    """`keras-gan train`."""
    train = commands.add_parser(
        "train",
        help="train a recipe on a data set",
        description="Train a recipe on a data set. Everything lands in the run folder: sample "
        "grids, a GIF of the learning, the history, a checkpoint and the exported generator. "
        "Ctrl-C saves; the same command again goes on where it stopped.",
    )
    train.set_defaults(command=run_train)
    train.add_argument("recipe", help="name of a recipe; see: keras-gan recipes")
    train.add_argument(
        "--data",
        required=True,
        metavar="SOURCE",
        help=f"{', '.join(datasets.NAMES)}, tfds:NAME[:SPLIT], a folder of images (subfolders "
        "become classes), a .zip of one, a .npy or a .npz",
    )
    train.add_argument("--out", required=True, metavar="RUN", help="the run folder")
    add_train_numbers(train)
    add_train_data(train)
    add_train_metrics(train)
    add_train_machine(train)


def add_train_numbers(train):
    """How long and how much."""
    numbers = train.add_argument_group("how long and how much")
    numbers.add_argument("--steps", type=int, help="step at which to end (default: the recipe's)")
    numbers.add_argument("--batch-size", type=int, help="samples a step (default: the recipe's)")
    numbers.add_argument(
        "--width", type=int, help="the networks' width; smaller is faster (default: the recipe's)"
    )
    numbers.add_argument(
        "--every", type=int, default=50, help="steps between two sample grids (default: 50)"
    )
    numbers.add_argument(
        "--seed", type=int, default=0, help="decides weights, noise and order (default: 0)"
    )


def add_train_data(train):
    """The data."""
    data = train.add_argument_group("the data")
    data.add_argument(
        "--image-size", type=int, help="cut images to squares of so many pixels (default: theirs)"
    )
    data.add_argument("--channels", type=int, choices=(1, 3, 4), help="(default: the images' own)")
    data.add_argument(
        "--skip-corrupt", action="store_true", help="leave out images that can't be decoded"
    )
    data.add_argument(
        "--augment",
        choices=tuple(augment.AUGMENTATIONS),
        help="show the discriminator everything through an augmentation, for few data",
    )
    data.add_argument(
        "--unconditional",
        action="store_true",
        help="don't learn the classes (default: learn them where the data have labels)",
    )


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
    add_measuring(group)


def add_measuring(group):
    """What is measured, and on how much."""
    group.add_argument(
        "--metrics",
        nargs="+",
        metavar="METRIC",
        help=f"of {', '.join(metrics.METRICS)} (default: those that fit the data)",
    )
    group.add_argument(
        "--extractor", help="digits, inception or pixels (default: what fits the data)"
    )
    group.add_argument(
        "--evaluate-count",
        type=int,
        default=10_000,
        metavar="COUNT",
        help="generated samples (default: 10,000)",
    )
    group.add_argument(
        "--real-count", type=int, metavar="COUNT", help="real samples (default: as many)"
    )


def add_train_machine(train):
    """The machine."""
    machine = train.add_argument_group("the machine")
    machine.add_argument(
        "--jit",
        action=argparse.BooleanOptionalAction,
        help="compile the step with XLA (default: on a GPU)",
    )
    machine.add_argument(
        "--mixed-precision",
        choices=("bfloat16", "float16"),
        help="compute in 16 bits (default: float32)",
    )
    machine.add_argument(
        "--update",
        choices=tuple(UPDATES),
        help="who moves when: on two passes of the generator, one, or one of both players "
        "(default: the recipe's)",
    )
    machine.add_argument(
        "--accumulation",
        type=int,
        default=1,
        metavar="N",
        help="let a batch pass in N parts, for 1/N of the memory; with --update alternating",
    )
    machine.add_argument(
        "--remat",
        action="store_true",
        help="compute activations again instead of keeping them: more time, less memory",
    )


def add_sample(commands):
    """`keras-gan sample`."""
    sample = commands.add_parser(
        "sample",
        help="draw samples from a run's generator",
        description="Draw samples from a run's averaged generator: a grid as .png, or the values "
        "as .npy.",
    )
    sample.set_defaults(command=run_sample)
    sample.add_argument("run", metavar="RUN", help="the run folder")
    sample.add_argument("--best", action="store_true", help="the best checkpoint, not the last")
    sample.add_argument("--out", default="samples.png", help=".png or .npy (default: samples.png)")
    sample.add_argument("--count", type=int, default=64, help="(default: 64)")
    sample.add_argument("--seed", type=int, default=0, help="(default: 0)")
    sample.add_argument("--label", help="name or number of one class (default: any)")
    sample.add_argument(
        "--truncation",
        type=float,
        default=1.0,
        help="from 0 to 1; less gives more typical samples (default: 1)",
    )


def add_evaluate(commands):
    """`keras-gan evaluate`."""
    evaluate = commands.add_parser(
        "evaluate",
        help="measure how close a run's generator is to its data",
        description="Measure how close a run's generator is to its data, in figures and in words. "
        "A data set in place of the run is measured as if a generator had made it: the floor.",
    )
    evaluate.set_defaults(command=run_evaluate)
    evaluate.add_argument("run", metavar="RUN", help="the run folder, or a data set")
    evaluate.add_argument(
        "--data", metavar="SOURCE", help="what to measure against (default: the run's data)"
    )
    evaluate.add_argument("--best", action="store_true", help="the best checkpoint, not the last")
    evaluate.add_argument("--seed", type=int, default=0, help="(default: 0)")
    add_measuring(evaluate)


def add_report(commands):
    """`keras-gan report`."""
    report = commands.add_parser(
        "report",
        help="write a run's report, or compare runs",
        description="Write one HTML file that shows a run: curves, the film of the learning, "
        "verdicts, metrics, settings, commands. Several runs are shown side by side.",
    )
    report.set_defaults(command=run_report)
    report.add_argument("runs", metavar="RUN", nargs="+", help="run folders")
    report.add_argument(
        "--out", help="the file (default: RUN/report.html, or report.html for several runs)"
    )
    report.add_argument(
        "--throughput",
        action="store_true",
        help="measure first where a step's time goes, on a copy of each game",
    )


def add_export(commands):
    """`keras-gan export`."""
    export = commands.add_parser(
        "export",
        help="export a run's generator",
        description="Export a run's averaged generator: the next SavedModel version as TF Serving "
        "reads it, and generator.onnx. Both are checked against the Keras generator first.",
    )
    export.set_defaults(command=run_export)
    export.add_argument("run", metavar="RUN", help="the run folder")
    export.add_argument("--best", action="store_true", help="the best checkpoint, not the last")
    export.add_argument("--out", metavar="DIR", help="the model's folder (default: RUN/export)")
    export.add_argument("--opset", type=int, default=18, help="ONNX opset (default: 18)")


def run_train(arguments):
    """Trains, and says what was made."""
    settings = runs.Settings(
        recipe=arguments.recipe,
        data=arguments.data,
        steps=arguments.steps,
        batch_size=arguments.batch_size,
        width=arguments.width,
        seed=arguments.seed,
        image_size=arguments.image_size,
        channels=arguments.channels,
        skip_corrupt=arguments.skip_corrupt,
        conditional=False if arguments.unconditional else None,
        augmentation=arguments.augment,
        mixed_precision=arguments.mixed_precision,
        update=arguments.update,
        accumulation=arguments.accumulation,
        remat=arguments.remat,
        jit=arguments.jit,
    )
    measuring = None
    if arguments.evaluate_every is not None:
        measuring = read_measuring(
            arguments, every=arguments.evaluate_every, patience=arguments.patience
        )
    result = runs.train(settings, arguments.out, arguments.every, measuring, tell=print)
    if result.interrupted is not None:
        print(
            f"Stopped at step {int(result.gan.step):,} by {result.interrupted.name}, saved in "
            f"{arguments.out}. The same command goes on from there."
        )
        return EXIT_SIGNAL + result.interrupted
    tell_made(runs.Run(arguments.out), result)
    return 0


def tell_made(run, result):
    """Prints what a finished run holds and how to use it."""
    saved_model, onnx = result.exported
    rows = [(run.checkpoint_path, "everything, for keras.models.load_model and to go on")]
    rows += [(run.history_path, "losses, accuracies and gradients")]
    if run.metrics_path.exists():
        rows += [(run.metrics_path, "metrics"), (run.best_path, "the game when they were best")]
    for folder, what in ((run.samples_folder, "sample grids"), (run.density_folder, "pictures")):
        if folder.is_dir():
            rows += [(folder, f"{len(list(folder.iterdir()))} {what}")]
            rows += [(run.folder / "learning.gif", "the film of the learning")]
    rows += [(run.report_path, "all of it to look at, in a browser")]
    rows += [
        (saved_model.path, f"SavedModel for TF Serving (differs by {saved_model.difference:.1g})")
    ]
    rows += [(onnx.path, f"ONNX for any app (differs by {onnx.difference:.1g})")]
    width = max(len(str(path)) for path, _ in rows)
    print(f"\nTrained {int(result.gan.step):,} steps, {int(result.gan.images_seen):,} images seen.")
    print("\n".join(f"  {path!s:{width}}  {about}" for path, about in rows))
    print(f"\nHow close:         keras-gan evaluate {run.folder}")
    print(f"More samples:      keras-gan sample {run.folder} --count 100 --out samples.png")
    print(f"Train on:          the same command with --steps {2 * int(result.gan.step)}")
    print("In an app:         onnxruntime, six lines: see the README, 'In an app'")
    print(
        "With TF Serving:   tensorflow_model_server --rest_api_port=8501 --model_name=gan "
        f"--model_base_path={saved_model.path.parent.absolute()}"
    )


def run_sample(arguments):
    """Draws samples and writes them."""
    out = pathlib.Path(arguments.out)
    if out.suffix not in (".png", ".npy"):
        raise ConfigError(f"expected --out to end in .png or .npy, got {out}.")
    run = runs.Run(arguments.run)
    label = find_label(arguments.label, run.read_config().get("classes"))
    samples = run.load(arguments.best).sample(
        arguments.count, seed=arguments.seed, labels=label, truncation=arguments.truncation
    )
    try:
        if out.suffix == ".png":
            pictures.save_grid(samples, out)
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            np.save(out, samples)
    except OSError as error:
        raise RunError(f"could not write {out}: {error.strerror}.") from error
    print(f"{out}: {arguments.count} samples, seed {arguments.seed}")


def find_label(word, classes):
    """The number of a class given by name or number; None for none."""
    if word is None:
        return None
    if classes is None:
        raise ConfigError("expected no --label: this run's generator has no classes.")
    if word in classes:
        return classes.index(word)
    if word.isdigit() and int(word) < len(classes):
        return int(word)
    raise ConfigError(f"expected a --label of {', '.join(classes)}, got {word!r}.")


def read_measuring(arguments, **more):
    """How to measure, as the command line says."""
    return runs.Measuring(
        names=arguments.metrics and tuple(arguments.metrics),
        extractor=arguments.extractor,
        count=arguments.evaluate_count,
        real_count=arguments.real_count,
        **more,
    )


def run_evaluate(arguments):
    """Measures, and says what was found."""
    measuring = read_measuring(arguments, seed=arguments.seed)
    run = runs.Run(arguments.run)
    if run.folder.is_dir() or arguments.data is None:
        found, told = runs.evaluate_run(run, measuring, arguments.data, arguments.best, tell=print)
    else:
        found, told = runs.evaluate_source(arguments.run, measuring, arguments.data, print), []
    print("\n".join([*found.lines(), *map(str, told)]))


def run_report(arguments):
    """Writes a report."""
    found = [runs.Run(folder) for folder in arguments.runs]
    for run in found if arguments.throughput else ():
        print(f"Measuring where the time of {run.folder} goes ...")
        runs.measure_throughput(run)
    own = found[0].report_path if len(found) == 1 else "report.html"
    print(runs.write_report(found, arguments.out or own))


def run_export(arguments):
    """Exports, and says what was made."""
    run = runs.Run(arguments.run)
    made = runs.export_run(run, out=arguments.out, opset=arguments.opset, best=arguments.best)
    for exported in made:
        print(f"{exported.path}  (largest difference from Keras: {exported.difference:.2g})")


def run_recipes(arguments):
    """Lists the recipes."""
    for name, recipe in recipes.RECIPES.items():
        print(f"{name:8} {recipe.about}")
        print(
            f"{'':8} width {recipe.width}, batch {recipe.batch_size}, {recipe.steps:,} steps, "
            f"Adam {recipe.learning_rate:g} ({recipe.beta_1}, {recipe.beta_2}), {recipe.loss}"
        )


if __name__ == "__main__":
    sys.exit(main())
