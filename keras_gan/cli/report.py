"""`keras-gan report`."""

import argparse

import keras_gan as kg
from keras_gan.cli.arguments import add_command, check_out, check_own_run


def add_report(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan report`."""
    report = add_command(
        commands,
        "report",
        run_report,
        "write a run's report, or compare runs",
        "Write one HTML file with a run's curves, film, verdicts, metrics, settings and commands. "
        "Several runs are shown side by side.",
        check=check_report,
    )
    report.add_argument("runs", metavar="RUN", nargs="+", help="run folders")
    report.add_argument(
        "--out", help="the file (default: RUN/report.html, or report.html for several runs)"
    )
    report.add_argument(
        "--throughput",
        action="store_true",
        help="time the parts of a step first, on a copy of each model",
    )


def check_report(arguments: argparse.Namespace) -> None:
    """Raises `KerasGanError` unless the runs are some, and `--out`, if given, can be a file."""
    for run in arguments.runs:
        check_own_run(run)
    check_out(arguments)


def run_report(arguments: argparse.Namespace) -> None:
    """Writes a report."""
    runs = [kg.runs.Run(folder) for folder in arguments.runs]
    for run in runs if arguments.throughput else ():
        print(f"Timing the parts of a step of {run.folder} ...")
        kg.runs.measure_throughput(run)
    default = runs[0].report_path if len(runs) == 1 else "report.html"
    print(kg.runs.write_report(runs, arguments.out or default))
