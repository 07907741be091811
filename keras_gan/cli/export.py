"""`keras-gan export`."""

import shlex

from keras_gan import runs
from keras_gan.export import page_of


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
    export.add_argument("--web", metavar="DIR", help="also a web page of generator.onnx")


def run_export(arguments):
    """Exports, and says what was made."""
    run = runs.Run(arguments.run)
    made = runs.export_run(run, out=arguments.out, opset=arguments.opset, best=arguments.best)
    for exported in made:
        print(f"{exported.path}  (largest difference from Keras: {exported.difference:.2g})")
    if arguments.web:
        page = page_of(made[-1].path, arguments.web)
        server = f"python -m http.server --directory {shlex.quote(str(page))} 8000"
        print(f"{page}  (look at it at localhost:8000: {server})")
