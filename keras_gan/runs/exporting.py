"""Exports of a run's generator."""

import dataclasses
import json
import os
import pathlib
import shutil
from collections.abc import Callable, Sequence

from keras_gan import export, metrics
from keras_gan.files import atomic
from keras_gan.files.atomic import write_text
from keras_gan.progress import clock, quiet
from keras_gan.runs.evaluation import MetricOptions, open_run_source
from keras_gan.runs.folder import Run, writing_to
from keras_gan.sampling import Sampling, require_sampling, sampler_in_shares
from keras_gan.signature import signatures_of

import keras
import numpy as np

RUNTIME = pathlib.Path(__file__).parents[1] / "runtime"


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """Options of the exports of a run.

    Attributes:
        opset: Version of the operators in the ONNX file.
        interface: A `keras_gan.export.Interface`: form of the ONNX file's inputs and outputs.
        precision: Precision of the ONNX file, one of `keras_gan.export.PRECISIONS`.
        licence: Licence of the generator, for the file's metadata.
        jit_compile: Whether the server compiles the SavedModel with XLA.
        litert: Whether to write `generator.tflite` too.
        serving: Whether to write warm-up requests and configuration files for TF Serving.
    """

    opset: int = 18
    interface: export.Interface = dataclasses.field(default_factory=export.Interface)
    precision: str = "float32"
    licence: str | None = None
    jit_compile: bool = False
    litert: bool = False
    serving: bool = False


def export_run(
    run: Run,
    gan: keras.Model | None = None,
    out: str | os.PathLike | None = None,
    options: ExportOptions | None = None,
    best: bool = False,
) -> list[export.Exported]:
    """Exports a run's generator: a SavedModel version, `generator.onnx` and `generator.py`.

    The version's `assets.extra` holds the generator as ONNX too, for `keras-gan serve`: from
    latents (and truncation, if scaling latents has no effect) to float32 images.

    Args:
        run: A `Run`.
        gan: Its model; by default that of the newest checkpoint.
        out: The folder; `RUN/export` by default.
        options: `ExportOptions`.
        best: Whether to load the best model by the run's metrics, if `gan` is None.

    Returns:
        The `Exported` files, SavedModel first.

    Raises:
        RunError: For a folder in a published run.
    """
    options = options or ExportOptions()
    folder = run.export_folder if out is None else atomic.check_path(out)
    if folder.resolve().is_relative_to(run.folder.resolve()):
        run.check_unpublished()
    card = make_card(run, options.licence)
    gan = gan or run.load(best)
    with clock("exporting"):
        exported = export_files(gan, folder, card, options)
    if folder == run.export_folder:
        with writing_to(run.folder):
            write_text(run.exported_path, json.dumps({"step": int(gan.step)}) + "\n")
    return exported


def make_card(run: Run, licence: str | None = None) -> export.Card:
    """Makes the description of a run's generator for the metadata of its files."""
    config = run.read_config()
    return export.Card(config.get("recipe"), config.get("classes"), licence)


def export_page(
    run: Run, folder: str | os.PathLike, licence: str | None = None, best: bool = False
) -> export.Exported:
    """Writes the web page of a run's generator; the run's export stays as it is.

    Args:
        run: A `Run`.
        folder: The page's folder; see `keras_gan.export.to_web`.
        licence: Licence of the generator, for the file's metadata.
        best: Whether to load the best model by the run's metrics.

    Returns:
        The `Exported` page.
    """
    return export.to_web(run.load(best), folder, make_card(run, licence))


def export_files(
    gan: keras.Model, out: pathlib.Path, card: export.Card, options: ExportOptions
) -> list[export.Exported]:
    """Exports a model into a folder; returns the `Exported` files, SavedModel first."""
    names = {name: file_name(gan, name) for name in signatures_of(gan)}
    with export.work_folder(out) as work:
        interface = export.served_interface(gan)
        served = {
            name: export.to_onnx(gan, work / file, options.opset, card, interface, signature=name)
            for name, file in names.items()
        }
        beside = [each.path for each in served.values()]
        exports = [export.to_saved_model(gan, out, options.jit_compile, options.serving, beside)]
        for name in names:
            exports.append(export_for_apps(gan, name, served[name], out, card, options))
        if isinstance(gan, Sampling):
            shutil.copyfile(RUNTIME / "generator.py", work / "generator.py")
            atomic.replace(work / "generator.py", out / "generator.py")
    if options.litert:
        for name, file in names.items():
            path = (out / file).with_suffix(".tflite")
            exports.append(export.to_litert(gan, path, name))
    if options.serving:
        export.write_serving_files(out)
    return exports


def file_name(model: keras.Model, signature: str) -> str:
    """Returns the name of a signature's ONNX file; raises `ConfigError` if no file can have it."""
    atomic.check_name(signature)
    return "generator.onnx" if isinstance(model, Sampling) else f"{signature}.onnx"


def export_for_apps(
    gan: keras.Model,
    signature: str,
    served: export.Exported,
    out: pathlib.Path,
    card: export.Card,
    options: ExportOptions,
) -> export.Exported:
    """Writes a signature's ONNX file, with the requested options, into the model's folder.

    Args:
        gan: The model.
        signature: Name of the signature.
        served: The ONNX file for servers; it is moved if it already has the requested options.
        out: The folder.
        card: A `keras_gan.export.Card`.
        options: `ExportOptions`.

    Returns:
        The `Exported` ONNX file.
    """
    path, form = out / served.path.name, (options.interface, options.precision)
    if form == (export.served_interface(gan), "float32"):
        atomic.replace(served.path, path)
        return dataclasses.replace(served, path=path)
    return export.to_onnx(gan, path, options.opset, card, *form, signature)


class ExportedModel:
    """An ONNX file with the sampling interface of the model from which it was exported.

    Args:
        gan: The model.
        path: The file.
    """

    def __init__(self, gan: Sampling, path: str | os.PathLike):
        from keras_gan.runtime import Generator

        self.conditional, self.num_classes = gan.conditional, gan.num_classes

        self.generator = Generator(path)

    def sample(
        self, n: int, seed: int = 0, labels: int | Sequence[int] | np.ndarray | None = None
    ) -> np.ndarray:
        """Draws samples in the form of `GAN.sample`, whatever the file's interface."""
        images = self.generator.sample(n, seed, labels)
        if self.generator.metadata.get("layout") == "NCHW":
            images = np.moveaxis(images, 1, -1)
        return images / np.float32(127.5) - 1 if images.dtype == np.uint8 else images


def compare_quality(
    run: Run,
    gan: keras.Model,
    path: str | os.PathLike,
    count: int = 10_000,
    tell: Callable[[str], None] = quiet,
) -> tuple[metrics.Evaluation, metrics.Evaluation]:
    """Measures the cost of an ONNX file's precision.

    It is the difference between the Frechet distances of both generators from the data.

    Args:
        run: The run of the generator.
        gan: Its model.
        path: The ONNX file.
        count: Number of samples of each generator, and of the data.
        tell: Function to call with lines of progress.

    Returns:
        The `keras_gan.metrics.Evaluation`s of the Keras generator and of the file.

    Raises:
        ConfigError: For a model without latents.
    """
    require_sampling(gan, "comparing precisions")
    source = open_run_source(run)
    evaluator = MetricOptions(("frechet",), count=count).evaluator(source, tell)
    models = (gan, ExportedModel(gan, path))
    return tuple(evaluator.evaluate(sampler_in_shares(model, source)) for model in models)
