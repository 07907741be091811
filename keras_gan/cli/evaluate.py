"""`keras-gan evaluate`, and the options of metrics that commands share."""

import argparse
from collections.abc import Sequence

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.arguments import add_best, add_command, check_own_run, spell
from keras_gan.cli.lines import print_line
from keras_gan.errors import ConfigError
from keras_gan.files.run_folder import is_run

DATA_SET_OPTIONS = "image_size", "fit", "medium"


def add_evaluate(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan evaluate`."""
    evaluate = add_command(
        commands,
        "evaluate",
        run_evaluate,
        "measure how close a run's generator is to its data",
        "Measure how close a run's generator is to its data, with figures and verdicts. Given a "
        "data set instead of a run, measure that, as a reference.",
        check=check_evaluate,
    )
    evaluate.add_argument("run", metavar="RUN", help="the run folder, or a data set")
    evaluate.add_argument(
        "--data", metavar="SOURCE", help="data to compare with (default: the run's data)"
    )
    evaluate.add_argument(
        "--image-size",
        type=options.parse_image_size,
        metavar="SIZE",
        help="image size of a data set, as in: keras-gan train --help (default: its own)",
    )
    evaluate.add_argument(
        "--fit", choices=options.FITS, help="fit of a data set's images (default: crop)"
    )
    evaluate.add_argument("--medium", help="medium of a data set, as in: keras-gan train --help")
    add_best(evaluate)
    evaluate.add_argument("--seed", type=int, default=0, help="(default: 0)")
    add_metric_options(evaluate)


def add_metric_options(group: argparse._ArgumentGroup) -> None:
    """Adds the options of metrics."""
    group.add_argument(
        "--metrics",
        nargs="+",
        metavar="METRIC",
        help=f"names from {', '.join(options.METRICS)} (default: those that fit the data)",
    )
    group.add_argument(
        "--extractor",
        help="digits, photos, inception, inception_clean, inception_pytorch, i3d, values, or the "
        ".keras file of a Keras model (default: the one that fits the data)",
    )
    group.add_argument(
        "--evaluate-count",
        type=int,
        metavar="COUNT",
        help="number of generated samples (default: 10,000)",
    )
    group.add_argument(
        "--real-count",
        type=int,
        metavar="COUNT",
        help="number of real samples (default: that of the generated ones)",
    )


def read_metric_options(arguments: argparse.Namespace, **fields) -> "kg.runs.MetricOptions":
    """Reads the options of metrics, with further fields."""
    if arguments.evaluate_count is not None:
        fields["count"] = arguments.evaluate_count
    return kg.runs.MetricOptions(
        names=arguments.metrics and tuple(arguments.metrics),
        extractor=arguments.extractor,
        real_count=arguments.real_count,
        **fields,
    )


def check_evaluate(arguments: argparse.Namespace) -> None:
    """Raises `KerasGanError` unless there are a run or a data set, and the data to compare with."""
    from keras_gan.files.data_paths import require_source  # with NumPy

    if measures_run(arguments):
        check_own_run(arguments.run)
    else:
        require_source(arguments.run)
    if arguments.data is not None:
        require_source(arguments.data)


def measures_run(arguments: argparse.Namespace) -> bool:
    """Returns whether a run is to be measured, and not a data set."""
    return arguments.data is None or is_run(arguments.run)


def run_evaluate(arguments: argparse.Namespace) -> None:
    """Evaluates a run or a data set, and prints the figures and verdicts."""
    metrics = read_metric_options(arguments, seed=arguments.seed)
    run = kg.runs.Run(arguments.run)
    if measures_run(arguments):
        refuse_options(arguments, DATA_SET_OPTIONS, "a run, whose samples have one")
        evaluation, verdicts = kg.runs.evaluate_run(
            run, metrics, arguments.data, arguments.best, tell=print_line
        )
    else:
        refuse_options(arguments, ("best",), "a data set, which has no checkpoints")
        evaluation, verdicts = evaluate_data_set(arguments, metrics), []
    for line in [*evaluation.lines(), *map(str, verdicts)]:
        print_line(line)


def refuse_options(arguments: argparse.Namespace, names: Sequence[str], subject: str) -> None:
    """Raises `ConfigError` for options that were given, but don't go with a subject."""
    values = {name: getattr(arguments, name) for name in names}
    given = [name for name, value in values.items() if value is not None and value is not False]
    if given:
        raise ConfigError(f"expected no {spell(given)} for {subject}; leave {spell(given)} out.")


def evaluate_data_set(
    arguments: argparse.Namespace, metrics: "kg.runs.MetricOptions"
) -> "kg.metrics.Evaluation":
    """Evaluates a data set against another."""
    return kg.runs.evaluate_source(
        arguments.run,
        metrics,
        arguments.data,
        arguments.image_size,
        tell=print_line,
        medium=arguments.medium,
        fit=arguments.fit or options.CROP,
    )
