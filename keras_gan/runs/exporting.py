"""A run's generator for other programs."""

import pathlib

from keras_gan import export


def export_run(run, gan=None, out=None, opset=18, best=False):
    """Exports a run's generator as SavedModel and ONNX.

    Args:
        run: A `Run`.
        gan: Its model; of the newest checkpoint by default.
        out: The folder; `RUN/export` by default.
        opset: Of the ONNX file.
        best: Without `gan`: whether to take the best checkpoint by the run's metrics.

    Returns:
        The two `Exported`, SavedModel first.
    """
    config = run.read_config()
    gan = gan or run.load(best)
    out = pathlib.Path(out or run.export_folder)
    return (
        export.to_saved_model(gan, out),
        export.to_onnx(
            gan,
            out / "generator.onnx",
            opset,
            recipe=config.get("recipe"),
            class_names=config.get("classes"),
        ),
    )
