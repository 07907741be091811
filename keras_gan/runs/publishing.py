"""Publishing: a run as a folder that the Hugging Face hub, and anyone's computer, understands."""

import json
import os
import pathlib
import shutil
from collections.abc import Callable, Mapping, Sequence

from keras_gan import export, media, pictures
from keras_gan.errors import ConfigError, counted
from keras_gan.files import hub
from keras_gan.files.atomic import check_path, check_replaceable, replace, write_text
from keras_gan.files.run_folder import is_free
from keras_gan.progress import clock, quiet
from keras_gan.runs import sessions
from keras_gan.runs.exporting import RUNTIME, make_card
from keras_gan.runs.folder import Run
from keras_gan.runs.licences import FILE, Licence, find_licence
from keras_gan.runs.model_card import CardFacts, without_folders, write_card
from keras_gan.runs.report.data import MAX_SIDE, read_optional, shrink
from keras_gan.runs.schemas import EVALUATIONS
from keras_gan.sampling import require_sampling

import keras


def publish(
    run: Run,
    folder: str | os.PathLike,
    licence: str | None = None,
    best: bool = False,
    repository: str | None = None,
    private: bool = False,
    tell: Callable[[str], None] = quiet,
) -> pathlib.Path:
    """Writes a run as a folder to share, and uploads it to the Hugging Face hub if asked to.

    The folder holds a model card (README.md), samples.png, model.keras, generator.onnx,
    generator.py, config.json and, for images, a web page. Folders of this machine that the run's
    settings and commands name are left out. It is complete or absent.

    Args:
        run: A `Run`.
        folder: The folder, new or empty.
        licence: Identifier of the generator's licence, such as `"cc-by-4.0"`, or a file with the
            text of another one.
        best: Whether to publish the best model by the run's metrics.
        repository: `OWNER/NAME` on the hub, to upload the folder to.
        private: Whether only you can see a repository that is created.
        tell: Function to call with lines: what was written, what is missing, the address.

    Returns:
        The folder.

    Raises:
        ConfigError: For a folder that holds files, the current one, an unknown licence, a model
            without latents, or an upload without the extra `hub` or a token. Nothing is written
            then.
        RunError: If the run has no model.
        ExportError: If the folder can't be written.
        HubError: If the upload fails; the folder is complete then.

    Example:

        kg.runs.publish(kg.runs.Run("runs/digits"), "published", licence="cc-by-4.0")
    """
    folder = check_path(folder)
    check_replaceable(folder)
    if not is_free(folder):
        raise ConfigError(
            f"expected a new or empty folder to publish into, got {folder}, which holds other "
            "files; choose another one."
        )
    found = None if licence is None else find_licence(licence)
    if repository is not None:
        hub.check_upload(repository)
    run.check_unpublished()
    gan = run.load(best)
    require_sampling(gan, "publishing")
    evaluations = evaluations_of(run, int(gan.step), tell)
    if found is None:
        tell("No licence is named, without which nobody may use the model; name one: --license.")
    with clock("publishing"), export.work_folder(folder.absolute().parent) as work:
        new = work / "published"
        has_page = write_generator(gan, new, make_card(run, found and found.name))
        shutil.copyfile(run.model_path(best), new / "model.keras")
        write_texts(run, gan, new, found, repository, evaluations, has_page)
        if folder.exists():
            replace(folder, work / "replaced")
        replace(new, folder)
    tell(describe_files(folder))
    if repository is not None:
        tell(f"Uploaded to {hub.upload(folder, repository, private)}")
    return folder


def write_generator(gan: keras.Model, folder: pathlib.Path, card: export.Card) -> bool:
    """Writes the generator as ONNX, with its script, and its page; returns whether it has one."""
    has_page = isinstance(gan.medium, media.Image) and gan.medium.fits(gan.sample_shape)
    if has_page:
        export.to_web(gan, folder, card)
    else:
        folder.mkdir()
        path, interface = folder / "generator.onnx", export.served_interface(gan)
        export.to_onnx(gan, path, card=card, interface=interface)
    shutil.copyfile(RUNTIME / "generator.py", folder / "generator.py")
    return has_page


def write_texts(
    run: Run,
    gan: keras.Model,
    folder: pathlib.Path,
    licence: Licence | None,
    repository: str | None,
    evaluations: Sequence[Mapping],
    has_page: bool,
) -> None:
    """Writes the settings, the picture, the text of another licence and the card."""
    config = published_config(run.read_config())
    write_text(folder / "config.json", json.dumps(config, indent=2) + "\n")
    if licence and licence.file:
        shutil.copyfile(licence.file, folder / FILE)
    facts = CardFacts(
        name=repository.partition("/")[2] if repository else run.folder.absolute().name,
        config=config,
        step=int(gan.step),
        images=int(gan.images_seen),
        count=draw_samples(gan, folder / "samples.png"),
        conditional=gan.conditional,
        evaluations=evaluations,
        sessions=sessions.read(run.sessions_path),
        licence=licence,
        repository=repository,
        has_page=has_page,
    )
    write_text(folder / "README.md", write_card(facts))


def draw_samples(gan: keras.Model, path: pathlib.Path) -> int:
    """Draws samples as a picture no larger than a screen; returns their number."""
    samples, columns = gan.preview()
    pictures.save_png(gan.medium.preview(samples, columns), path)
    with pictures.open_png(path) as picture:
        smaller = shrink(picture) if max(picture.size) > MAX_SIDE else None
    if smaller:
        path.write_bytes(smaller)
    return len(samples)


def published_config(config: Mapping) -> dict:
    """Returns a run's settings with names in place of paths."""
    names = {name: config.get(name) for name in ("data", "weights_from")}
    return {**config, **{name: text and without_folders(text) for name, text in names.items()}}


def evaluations_of(run: Run, step: int, tell: Callable[[str], None]) -> Sequence[Mapping]:
    """Returns the evaluations of the model of a step, and tells if there are none."""
    entries = read_optional(run.evaluation_path, EVALUATIONS) or []
    found = [
        {**each, "data": without_folders(each["data"])} for each in entries if each["step"] == step
    ]
    if not found:
        other = f"only of step {entries[-1]['step']:,}" if entries else "none"
        tell(
            f"No figures are published, as there are {other}; keras-gan evaluate {run.folder} "
            f"measures the model of step {step:,} (with --best the best)."
        )
    return found


def describe_files(folder: pathlib.Path) -> str:
    """Returns a line with the files of a folder, their number and their size."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files) / 1e6
    names = ", ".join(path.relative_to(folder).as_posix() for path in files)
    return f"{folder}: {counted(len(files), 'file')}, {size:.1f} MB: {names}"
