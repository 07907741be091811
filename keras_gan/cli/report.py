"""`keras-gan report`."""

import keras_gan as kg


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


def run_report(arguments):
    """Writes a report."""
    found = [kg.runs.Run(folder) for folder in arguments.runs]
    for run in found if arguments.throughput else ():
        print(f"Measuring where the time of {run.folder} goes ...")
        kg.runs.measure_throughput(run)
    own = found[0].report_path if len(found) == 1 else "report.html"
    print(kg.runs.write_report(found, arguments.out or own))
