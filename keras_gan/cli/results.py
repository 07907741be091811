"""What `keras-gan train` prints at its end: the files of a run, and commands to use them."""

import pathlib

import keras_gan as kg
from keras_gan.errors import counted


def print_results(run: "kg.runs.Run", result: "kg.runs.Result") -> None:
    """Prints the files of a finished run, and commands to use them."""
    rows = [*run_files(run), *exported_files(result)]
    width = max(len(str(path)) for path, _ in rows)
    steps, images = counted(int(result.gan.step), "step"), int(result.gan.images_seen)
    print(f"\nTrained {steps}, {counted(images, 'image')} seen.")
    print("\n".join(f"  {path!s:{width}}  {about}" for path, about in rows))
    print()
    print("\n".join(f"{purpose + ':':18} {way}" for purpose, way in next_steps(run, result)))


def next_steps(run: "kg.runs.Run", result: "kg.runs.Result") -> list[tuple[str, str]]:
    """Returns `(purpose, command)` of what to do with a finished run."""
    folder, out = result.exported[0].path.parent, f"samples{run.read_medium().suffixes[0]}"
    in_browser = "In a browser", f"keras-gan export {run.folder} --web page"
    with_latents = [
        ("How close", f"keras-gan evaluate {run.folder}"),
        ("More samples", f"keras-gan sample {run.folder} --count 100 --out {out}"),
        ("In an app", f"{folder / 'generator.py'}; see the README, 'In an app'"),
        *([in_browser] if isinstance(result.gan.medium, kg.media.Image) else []),
        ("On a server", f"keras-gan serve {run.folder}"),
    ]
    return [
        *(with_latents if isinstance(result.gan, kg.Sampling) else ()),
        ("TF Serving", f"keras-gan export {run.folder} --serving"),
        describe_next_training(int(result.gan.step), run.read_config()["steps"]),
    ]


def describe_next_training(step: int, steps: int) -> tuple[str, str]:
    """Returns `(purpose, command)` that trains a run further."""
    if step < steps:
        return "Go on", f"the same command; {step:,} of {steps:,} steps are done"
    return "Longer training", f"the same command with --steps {2 * step}"


def run_files(run: "kg.runs.Run") -> list[tuple[pathlib.Path, str]]:
    """Returns `(path, description)` of the files of a run."""
    rows = [(run.checkpoints.newest(), "checkpoint, for kg.load_model and to resume")]
    rows += [(run.history_path, "losses, accuracies and gradients")]
    if run.metrics_path.exists():
        rows += [(run.metrics_path, "metrics"), (run.best_path, "the best model by the metrics")]
    for folder, noun in ((run.samples_folder, "sample grid"), (run.density_folder, "picture")):
        if folder.is_dir():
            rows += [(folder, counted(len(list(folder.iterdir())), noun))]
            rows += [(run.folder / "learning.gif", f"film of the {noun}s")]
    rows += [(run.report_path, "report, for a browser")]
    return [(path, text) for path, text in rows if path is not None and path.exists()]


def agreement(exported: "kg.export.Exported") -> str:
    """Returns how closely an exported file's samples agree with Keras's, in words."""
    if exported.difference == 0:
        return "equals Keras's samples"
    return f"within {exported.difference:.1g} of Keras's samples"


def exported_files(result: "kg.runs.Result") -> list[tuple[pathlib.Path, str]]:
    """Returns `(path, description)` of the exported files."""
    saved_model, *files = result.exported
    rows = [
        (saved_model, "SavedModel for TF Serving"),
        *((file, "ONNX for any app") for file in files),
    ]
    files = [(each.path, f"{text} ({agreement(each)})") for each, text in rows]
    script = saved_model.path.parent / "generator.py"
    return [*files, *([(script, "draws samples from the ONNX file")] if script.exists() else [])]
