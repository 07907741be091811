"""`keras-gan export`."""

import argparse
import functools
import pathlib
import shlex

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.arguments import add_best, add_command, check_shared_run, spell
from keras_gan.cli.lines import print_line
from keras_gan.errors import ConfigError, RunError, counted
from keras_gan.files.model_folders import (
    find_models,
    has_versions,
    list_versions,
    load_newest,
    way_to_export,
)
from keras_gan.files.run_folder import is_on_hub, is_run, require_unpublished

# Options of the files in the model's folder, and their defaults
OF_FILES = {
    **{"opset": 18, "precision": "float32"},
    **dict.fromkeys(("seeded", "truncation", "uint8", "channels_first"), False),
    **dict.fromkeys(("jit", "litert", "serving"), False),
}


def add_export(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan export`."""
    parser = add_command(
        commands,
        "export",
        run_export,
        "export a run's generator",
        "Export a run's averaged generator: the next SavedModel version for TF Serving, "
        "generator.onnx, and generator.py, which draws samples with onnxruntime and NumPy. All "
        "files are compared with the Keras generator first.",
        check=check_export,
    )
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="+",
        help="the run folder, or hf:OWNER/NAME; with --web alone also several, or folders of "
        "exported models, for one page with a choice of generators",
    )
    add_best(parser)
    parser.add_argument("--out", metavar="DIR", help="the model's folder (default: RUN/export)")
    parser.add_argument(
        "--licence", "--license", metavar="TEXT", help="licence, for the file's metadata"
    )
    add_onnx(parser.add_argument_group("generator.onnx"))
    others = parser.add_argument_group("other formats")
    others.add_argument("--jit", action="store_true", help="compile the SavedModel with XLA")
    others.add_argument(
        "--web",
        metavar="DIR",
        help="write a web page, as a folder of files; without --out nothing else",
    )
    others.add_argument("--litert", action="store_true", help="write generator.tflite too")
    others.add_argument(
        "--serving",
        action="store_true",
        help="write warm-up requests, and TF Serving's configurations for Docker and Kubernetes",
    )


def add_onnx(group: argparse._ArgumentGroup) -> None:
    """Adds the options of the ONNX file."""
    group.add_argument("--opset", type=int, default=18, help="operator version (default: 18)")
    group.add_argument(
        "--precision",
        choices=options.PRECISIONS,
        default="float32",
        help="precision of the weights, with int8 also of the computation (default: float32)",
    )
    for name, text in (
        ("seeded", "draw latents in the graph, from count and seed"),
        ("truncation", "add the input truncation"),
        ("uint8", "return images as uint8"),
        ("channels-first", "return images as batch, channels, height, width"),
    ):
        group.add_argument(f"--{name}", action="store_true", help=text)


def read_options(arguments: argparse.Namespace) -> "kg.runs.ExportOptions":
    """Reads the options of the exported files."""
    interface = kg.export.Interface(
        arguments.seeded, arguments.truncation, arguments.uint8, arguments.channels_first
    )
    return kg.runs.ExportOptions(
        arguments.opset,
        interface,
        arguments.precision,
        arguments.licence,
        arguments.jit,
        arguments.litert,
        arguments.serving,
    )


def check_export(arguments: argparse.Namespace) -> None:
    """Raises `KerasGanError` unless the run folder is one, and the options go together.

    The options of other files than the page's need `--out` if there is a page.
    """
    if writes_several(arguments):
        check_several(arguments)
        find_files(tuple(arguments.runs))
    else:
        check_one(arguments)
    given = [name for name, default in OF_FILES.items() if getattr(arguments, name) != default]
    if given and writes_page_alone(arguments):
        raise ConfigError(
            f"expected --out DIR with {spell(given)} beside --web, as --web alone writes the page "
            "and leaves the run's export as it is; add it, or export in two commands."
        )


def check_one(arguments: argparse.Namespace) -> None:
    """Raises `KerasGanError` unless a run can be exported to where it is to be."""
    run = arguments.runs[0]
    if not is_run(run) and any(map(has_versions, find_models(pathlib.Path(run)).values())):
        raise RunError(
            f"expected a run, got exported models in {run}; name the run to export it anew, or "
            f"write a page of these generators: keras-gan export {run} --web DIR."
        )
    if arguments.out is None and arguments.web is None:
        require_unpublished(run)
    check_shared_run(run)


def writes_page_alone(arguments: argparse.Namespace) -> bool:
    """Returns whether only a page is to be written."""
    return arguments.web is not None and arguments.out is None


def writes_several(arguments: argparse.Namespace) -> bool:
    """Returns whether a page of exported models is to be written, instead of a run's export."""
    first, *others = arguments.runs
    return bool(others) or (
        writes_page_alone(arguments) and not (is_on_hub(first) or is_run(first))
    )


def check_several(arguments: argparse.Namespace) -> None:
    """Raises `ConfigError` for options that a page of exported models doesn't have."""
    if not writes_page_alone(arguments) or arguments.best or arguments.licence:
        raise ConfigError(
            f"expected --web DIR alone with {counted(len(arguments.runs), 'folder')}, for a page "
            "of the generators that are exported there; for another export, name one run."
        )


def run_export(arguments: argparse.Namespace) -> None:
    """Exports a run's generator; prints the files and their differences from Keras."""
    from keras_gan.sampling import require_sampling

    if writes_several(arguments):
        print_page(kg.export.write_page(find_files(tuple(arguments.runs)), arguments.web))
        return
    run = kg.runs.open_run(arguments.runs[0])
    if writes_page_alone(arguments):
        page = kg.runs.export_page(run, arguments.web, arguments.licence, arguments.best)
        print_page(page.path)
        return
    gan = run.load(arguments.best)
    if arguments.web is not None:
        require_sampling(gan, "a page")
    exports = kg.runs.export_run(run, gan, arguments.out, read_options(arguments))
    for exported in exports:
        print(
            f"{exported.path}  (difference from Keras: at most {exported.difference:.2g}, "
            f"mean {exported.mean:.2g})"
        )
    if arguments.precision != "float32" and isinstance(gan, kg.Sampling):
        evaluations = kg.runs.compare_quality(run, gan, exports[1].path, tell=print)
        for name, evaluation in zip(("Keras", arguments.precision), evaluations, strict=True):
            print(f"{name}: {evaluation.lines()[0]}")
    if arguments.web is not None:
        path = exports[0].path / "assets.extra" / "generator.onnx"
        print_page(kg.export.write_page(path, arguments.web))


@functools.cache
def find_files(folders: tuple[str, ...]) -> dict[str, pathlib.Path]:
    """Finds the exported generators for a page, as name -> ONNX file of the newest intact version.

    They are loaded before TensorFlow starts, so the result is kept.

    Raises:
        ConfigError: For a folder without intact exports, or equal names.
    """
    files = {}
    for given in map(pathlib.Path, folders):
        models = find_models(given)
        twice = sorted(files.keys() & models.keys())
        if twice:
            raise ConfigError(f"expected models of different names, got {twice[0]} twice.")
        found = {name: find_intact(name, folder) for name, folder in models.items()}
        if not any(found.values()):
            raise ConfigError(
                f"expected a run or exported models in {given}, found none; make one by: "
                f"{way_to_export(given)}"
            )
        files |= {name: path for name, path in found.items() if path is not None}
    return files


def find_intact(name: str, folder: pathlib.Path) -> pathlib.Path | None:
    """Returns the newest version's ONNX file that a page can show; tells of those left out."""
    from keras_gan.export.web import load_generator

    def load(version: int, path: pathlib.Path) -> pathlib.Path:
        load_generator(path)
        return path

    def report(found: tuple, error: Exception) -> None:
        print_line(f"version {found[0]} of {name} is left out: {error}")

    return load_newest(list_versions(folder), load, report)


def print_page(page: pathlib.Path) -> None:
    """Prints the path of a page, and the command that shows it."""
    server = f"python -m http.server --directory {shlex.quote(str(page))} 8000"
    print(f"{page}  (to open it at localhost:8000: {server})")
