"""`keras-gan evaluate`, and the options of metrics that commands share."""

import keras_gan as kg
from keras_gan import options
from keras_gan.errors import ConfigError


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
    evaluate.add_argument(
        "--image-size", type=int, help="of a data set in place of the run (default: its own)"
    )
    evaluate.add_argument(
        "--medium", help="of a data set in place of the run, as in: keras-gan train --help"
    )
    evaluate.add_argument("--best", action="store_true", help="the best checkpoint, not the last")
    evaluate.add_argument("--seed", type=int, default=0, help="(default: 0)")
    add_metric_options(evaluate)


def add_metric_options(group):
    """What is measured, and on how much."""
    group.add_argument(
        "--metrics",
        nargs="+",
        metavar="METRIC",
        help=f"of {', '.join(options.METRICS)} (default: those that fit the data)",
    )
    group.add_argument(
        "--extractor",
        help="digits, photos, inception, values, or the .keras file of a Keras model "
        "(default: what fits the data)",
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


def read_metric_options(arguments, **more):
    """How to measure, as the command line says."""
    return kg.runs.MetricOptions(
        names=arguments.metrics and tuple(arguments.metrics),
        extractor=arguments.extractor,
        count=arguments.evaluate_count,
        real_count=arguments.real_count,
        **more,
    )


def run_evaluate(arguments):
    """Measures, and says what was found."""
    metrics = read_metric_options(arguments, seed=arguments.seed)
    run = kg.runs.Run(arguments.run)
    if run.config_path.exists() or arguments.data is None:
        for option in ("image_size", "medium"):
            if getattr(arguments, option) is not None:
                option = option.replace("_", "-")
                raise ConfigError(f"expected no --{option} for a run, whose samples have one.")
        found, told = kg.runs.evaluate_run(run, metrics, arguments.data, arguments.best, tell=print)
    else:
        sources = arguments.run, metrics, arguments.data, arguments.image_size
        found, told = kg.runs.evaluate_source(*sources, print, arguments.medium), []
    print("\n".join([*found.lines(), *map(str, told)]))
