"""A run's generator for other programs."""

import dataclasses
import pathlib
import shutil

from keras_gan import export
from keras_gan.runs.evaluation import MetricOptions, open_run_source
from keras_gan.sampling import Sampling, sampler_in_shares

import numpy as np

RUNTIME = pathlib.Path(__file__).parents[1] / "runtime"


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """What to export beside the SavedModel, and how.

    Attributes:
        opset: Of the ONNX file.
        interface: A `keras_gan.export.Interface`: what the ONNX file takes and gives.
        precision: Of the ONNX file, one of `keras_gan.export.PRECISIONS`.
        licence: What may be done with the generator, for the file's metadata.
        jit_compile: Whether the SavedModel is compiled by XLA where it runs.
        litert: Whether to write `generator.tflite` too.
        serving: Whether to write warm-up requests and the files to run TF Serving with.
    """

    opset: int = 18
    interface: export.Interface = dataclasses.field(default_factory=export.Interface)
    precision: str = "float32"
    licence: str | None = None
    jit_compile: bool = False
    litert: bool = False
    serving: bool = False


def export_run(run, gan=None, out=None, options=None, best=False):
    """Exports a run's generator: a SavedModel version, `generator.onnx` and `generator.py` for it.

    The version's `assets.extra` has the generator as ONNX too, with latents in, and the truncation
    where the generator has its own, and float32 images out, for `keras-gan serve`.

    Args:
        run: A `Run`.
        gan: Its model; of the newest checkpoint by default.
        out: The folder; `RUN/export` by default.
        options: `ExportOptions`.
        best: Without `gan`: whether to take the best checkpoint by the run's metrics.

    Returns:
        The `Exported`, SavedModel first.
    """
    options = options or ExportOptions()
    config = run.read_config()
    gan = gan or run.load(best)
    out = pathlib.Path(out or run.export_folder)
    card = export.Card(config.get("recipe"), config.get("classes"), options.licence)
    names = {name: file_name(gan, name) for name in gan.signatures()}
    with export.work_folder(out) as work:
        interface = export.served_interface(gan)
        served = {
            name: export.to_onnx(gan, work / file, options.opset, card, interface, signature=name)
            for name, file in names.items()
        }
        beside = [each.path for each in served.values()]
        saved_model = export.to_saved_model(gan, out, options.jit_compile, options.serving, beside)
        made = [saved_model]
        for name in names:
            made.append(for_apps(gan, name, served[name], out, card, options))
    if isinstance(gan, Sampling):
        shutil.copyfile(RUNTIME / "generator.py", out / "generator.py")
    if options.litert:
        for name, file in names.items():
            path = (out / file).with_suffix(".tflite")
            made.append(export.to_litert(gan, path, name))
    if options.serving:
        export.write_serving_files(out)
    return made


def file_name(model, signature):
    """Returns the name of a signature's ONNX file."""
    return "generator.onnx" if isinstance(model, Sampling) else f"{signature}.onnx"


def for_apps(gan, signature, served, out, card, options):
    """Puts a signature's ONNX file, as asked for, into the model's folder.

    Args:
        gan: The game.
        signature: Name of the signature.
        served: The `Exported` ONNX file that is served; it is moved where it is what is asked for.
        out: The folder.
        card: A `keras_gan.export.Card`.
        options: `ExportOptions`.

    Returns:
        The `Exported` ONNX file.
    """
    path, form = out / served.path.name, (options.interface, options.precision)
    if form == (export.served_interface(gan), "float32"):
        return dataclasses.replace(served, path=served.path.replace(path))
    return export.to_onnx(gan, path, options.opset, card, *form, signature)


class ExportedGame:
    """An ONNX file that is sampled as the game it came from.

    Args:
        gan: The game.
        path: The file.
    """

    def __init__(self, gan, path):
        self.conditional, self.num_classes = gan.conditional, gan.num_classes
        from keras_gan.runtime import Generator

        self.generator = Generator(path)

    def sample(self, n, seed=0, labels=None):
        """Samples as `GAN.sample` gives them, whatever the file's interface."""
        images = self.generator.sample(n, seed, labels)
        if self.generator.metadata.get("layout") == "NCHW":
            images = np.moveaxis(images, 1, -1)
        return images / np.float32(127.5) - 1 if images.dtype == np.uint8 else images


def compare_quality(run, gan, path, count=10_000, tell=lambda line: None):
    """What an ONNX file's precision costs: the Frechet distance of both generators from the data.

    Args:
        run: The run that the generator is from.
        gan: Its model.
        path: The ONNX file.
        count: Samples of each, and of the data.
        tell: Called with lines that say what happens.

    Returns:
        Two `keras_gan.metrics.Evaluation`: of the Keras generator and of the file.
    """
    source = open_run_source(run)
    evaluator = MetricOptions(("frechet",), count=count).evaluator(source, tell)
    games = (gan, ExportedGame(gan, path))
    return tuple(evaluator.evaluate(sampler_in_shares(game, source)) for game in games)
