"""`keras-gan export`."""

import shlex

import keras_gan as kg
from keras_gan import options


def add_export(commands):
    """`keras-gan export`."""
    parser = commands.add_parser(
        "export",
        help="export a run's generator",
        description="Export a run's averaged generator: the next SavedModel version as TF Serving "
        "reads it, generator.onnx, and generator.py, which samples it with onnxruntime and NumPy "
        "alone. All are checked against the Keras generator first.",
    )
    parser.set_defaults(command=run_export)
    parser.add_argument("run", metavar="RUN", help="the run folder")
    parser.add_argument("--best", action="store_true", help="the best checkpoint, not the last")
    parser.add_argument("--out", metavar="DIR", help="the model's folder (default: RUN/export)")
    parser.add_argument("--licence", metavar="TEXT", help="what may be done with the generator")
    add_onnx(parser.add_argument_group("generator.onnx"))
    more = parser.add_argument_group("other programs")
    more.add_argument("--jit", action="store_true", help="a SavedModel that XLA compiles")
    more.add_argument("--web", metavar="DIR", help="a web page, as a folder of static files")
    more.add_argument("--litert", action="store_true", help="generator.tflite too")
    more.add_argument(
        "--serving",
        action="store_true",
        help="warm-up requests, and TF Serving's configurations for docker and Kubernetes",
    )


def add_onnx(group):
    """Options of the ONNX file."""
    group.add_argument("--opset", type=int, default=18, help="version of the operators (18)")
    group.add_argument(
        "--precision",
        choices=options.PRECISIONS,
        default="float32",
        help="of the weights; with int8 of the computation too (float32)",
    )
    for name, text in (
        ("seeded", "latents are drawn inside, from count and seed"),
        ("truncation", "truncation is an input"),
        ("uint8", "images as uint8"),
        ("channels-first", "images as batch, channels, height, width"),
    ):
        group.add_argument(f"--{name}", action="store_true", help=text)


def run_export(arguments):
    """Exports, and says what was made and how exact it is."""
    run = kg.runs.Run(arguments.run)
    interface = kg.export.Interface(
        arguments.seeded, arguments.truncation, arguments.uint8, arguments.channels_first
    )
    choices = kg.runs.ExportOptions(
        arguments.opset,
        interface,
        arguments.precision,
        arguments.licence,
        arguments.jit,
        arguments.litert,
        arguments.serving,
    )
    made = kg.runs.export_run(run, None, arguments.out, choices, arguments.best)
    for exported in made:
        print(
            f"{exported.path}  (difference from Keras: at most {exported.difference:.2g}, "
            f"mean {exported.mean:.2g})"
        )
    if arguments.precision != "float32":
        gan = run.load(arguments.best)
        before, after = kg.runs.compare_quality(run, gan, made[1].path, tell=print)
        for name, found in (("Keras", before), (arguments.precision, after)):
            print(f"{name}: {found.lines()[0]}")
    if arguments.web:
        page = kg.export.write_page(made[0].path / "assets.extra" / "generator.onnx", arguments.web)
        server = f"python -m http.server --directory {shlex.quote(str(page))} 8000"
        print(f"{page}  (look at it at localhost:8000: {server})")
