"""`keras-gan export`."""

from keras_gan import runs


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


def run_export(arguments):
    """Exports, and says what was made."""
    run = runs.Run(arguments.run)
    made = runs.export_run(run, out=arguments.out, opset=arguments.opset, best=arguments.best)
    for exported in made:
        print(f"{exported.path}  (largest difference from Keras: {exported.difference:.2g})")
