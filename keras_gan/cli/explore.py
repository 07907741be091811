"""`keras-gan explore`: sheets and films of a generator's latent space."""

import argparse
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.arguments import (
    add_shared_run,
    add_truncation,
    check_apart_from_data,
    check_run_and_out,
    find_label,
)
from keras_gan.cli.lines import print_line
from keras_gan.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

FILMS = ".gif", ".mp4"  # suffixes


def add_explore(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan explore`."""
    parser = commands.add_parser(
        "explore",
        help="explore the latent space of a run's generator",
        description="Explore the latent space of a run's averaged generator, and find real images "
        "in it.",
    )
    parser.set_defaults(check=check_explore)
    add_shared_run(parser)
    kinds = parser.add_subparsers(title="what", required=True, metavar="WHAT")
    add_truncations(kinds)
    add_interpolate(kinds)
    add_classes(kinds)
    add_invert(kinds)
    add_neighbours(kinds)
    add_directions(kinds)
    add_mix(kinds)


def add_kind(
    kinds: argparse._SubParsersAction,
    name: str,
    run: Callable[[argparse.Namespace], None],
    out: str,
    text: str,
    label: str | None = "name or number of one class (default: all in turn)",
    suffixes: Sequence[str] = (".png",),
) -> argparse.ArgumentParser:
    """Adds a kind of exploration, with the common options.

    Args:
        kinds: The subparsers.
        name: Name of the kind.
        run: Function that runs it.
        out: Default of `--out`.
        text: Help text.
        label: Help text of `--label`; None for no such option.
        suffixes: Suffixes that `--out` may have.
    """
    kind = kinds.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    kind.set_defaults(command=run, suffixes=suffixes)
    kind.add_argument("--out", default=out, help=f"(default: {out})")
    if label:
        kind.add_argument("--label", help=label)
    return kind


def add_count_and_seed(
    kind: argparse.ArgumentParser, count: int, seed: str = "seed of the latents (default: 0)"
) -> None:
    """Adds `--count`, with its default, and `--seed`, with its help text."""
    kind.add_argument("--count", type=int, default=count, help=f"(default: {count})")
    kind.add_argument("--seed", type=int, default=0, help=seed)


def add_truncations(kinds: argparse._SubParsersAction) -> None:
    """Adds `keras-gan explore RUN truncation`."""
    text = "draw samples at truncations from 0 to 1, a column for each"
    kind = add_kind(kinds, "truncation", run_truncation, "truncation.png", text)
    add_count_and_seed(kind, 8)
    kind.add_argument("--columns", type=int, default=6, help="(default: 6)")


def run_truncation(arguments: argparse.Namespace) -> None:
    """Writes the sheet of truncations."""
    out, run, label = open_run(arguments)
    gan = run.load(arguments.best)
    numbers = arguments.count, arguments.columns, arguments.seed
    save(kg.explore.truncation(gan, *numbers, label, class_names(run)), out)


def add_interpolate(kinds: argparse._SubParsersAction) -> None:
    """Adds `keras-gan explore RUN interpolate`."""
    text = "write a film that interpolates between the samples of seeds"
    label = "name or number of one class (default: all, side by side)"
    kind = add_kind(kinds, "interpolate", run_interpolate, "walk.gif", text, label, FILMS)
    kind.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3, 4], help="(default: 1 2 3 4)"
    )
    kind.add_argument("--frames", type=int, default=40, help="per pair of seeds (default: 40)")
    kind.add_argument("--once", action="store_true", help="don't return to the first seed")
    add_truncation(kind)


def run_interpolate(arguments: argparse.Namespace) -> None:
    """Writes the film."""
    out, run, label = open_run(arguments)
    kg.pictures.films.check_film_path(out)
    gan = run.load(arguments.best)
    numbers = arguments.seeds, arguments.frames, label, arguments.truncation
    save(kg.explore.interpolate(gan, *numbers, loop=not arguments.once), out)


def add_classes(kinds: argparse._SubParsersAction) -> None:
    """Adds `keras-gan explore RUN classes`."""
    text = "draw the same latents with each class, a column for each"
    kind = add_kind(kinds, "classes", run_classes, "classes.png", text, label=None)
    kind.add_argument(
        "--labels", nargs="+", metavar="LABEL", help="names or numbers of classes (default: all)"
    )
    add_count_and_seed(kind, 8)
    add_truncation(kind)


def run_classes(arguments: argparse.Namespace) -> None:
    """Writes the sheet of classes."""
    out, run, _ = open_run(arguments)
    names = class_names(run)
    labels = arguments.labels and [find_label(word, names) for word in arguments.labels]
    gan = run.load(arguments.best)
    numbers = arguments.count, arguments.seed, labels, arguments.truncation
    save(kg.explore.classes(gan, *numbers, names), out)


def add_invert(kinds: argparse._SubParsersAction) -> None:
    """Adds `keras-gan explore RUN invert`."""
    text = "find the latents of real images: real, found, difference, nearest training image"
    label = "name or number of one class, guess, all (tries each) or own (default: guess)"
    kind = add_kind(kinds, "invert", run_invert, "inversion.png", text, label)
    kind.add_argument(
        "pictures", nargs="+", metavar="PICTURE", help="image files, or one data set (mnist:test)"
    )
    seed = "seed of the choice of images and of the initial latents (default: 0)"
    add_count_and_seed(kind, 16, seed)
    kind.add_argument("--space", choices=options.SPACES, help="(default: w if available)")
    kind.add_argument("--steps", type=int, default=200, help="(default: 200)")
    kind.add_argument("--starts", type=int, default=4, help="per image (default: 4)")
    kind.add_argument("--extractor", help="compare its features too, such as digits")
    kind.add_argument(
        "--tuning", type=int, default=0, metavar="STEPS", help="tune a copy of the generator"
    )
    kind.add_argument("--data", metavar="SOURCE", help="training data (default: the run's)")
    kind.add_argument("--latents", metavar="FILE", help="write the latents as .npz too")


def run_invert(arguments: argparse.Namespace) -> None:
    """Inverts images, writes the sheet, and prints the distances."""
    word, arguments.label = arguments.label, None
    out, run, _ = open_run(arguments)
    images, image_labels = read_images(arguments, run.read_config())
    labels = choose_labels(word, image_labels, class_names(run))
    source = kg.runs.evaluation.open_run_source(run, arguments.data, print_line)
    gan = run.load(arguments.best)
    search = kg.explore.SearchOptions(
        starts=arguments.starts, steps=arguments.steps, extractor=arguments.extractor
    )
    values = arguments.space, search, arguments.tuning, arguments.seed
    inversion = kg.explore.invert(gan, images, labels, *values)
    nearest = kg.explore.nearest_in_source(images, source)
    save(inversion.sheet(nearest, class_names(run)), out)
    if arguments.latents:
        with kg.runs.folder.writing_to(arguments.latents):
            inversion.save(arguments.latents)
    print(inversion.summary(nearest))


def read_images(
    arguments: argparse.Namespace, config: dict
) -> tuple["np.ndarray", "np.ndarray | None"]:
    """Reads the images to invert, and their labels if they have any."""
    from keras_gan.datasets.image_files import SUFFIXES
    from keras_gan.datasets.images import read_image
    from keras_gan.metrics.evaluate import choose, read_batches

    import numpy as np

    words, shape = arguments.pictures, config["sample_shape"]
    options = kg.runs.evaluation.reading_options(config)
    if all(pathlib.Path(word).suffix.lower() in SUFFIXES for word in words):
        return np.stack([read_image(word, shape, **options) for word in words]), None
    if len(words) > 1:
        raise ConfigError(f"expected image files, or one data set, got {', '.join(words)}.")
    source = kg.datasets.open_source(words[0], tuple(shape[:2]), shape[2], **options)
    indices = choose(len(source), arguments.count, arguments.seed)
    images = np.concatenate(list(read_batches(source, indices, len(indices))))
    return images, source.read_labels()[indices] if source.class_names else None


def choose_labels(
    word: str | None, image_labels: "np.ndarray | None", classes: Sequence[str] | None
) -> "str | int | np.ndarray":
    """Returns the argument `labels` of `explore.invert` for the value of `--label`."""
    if word in (None, "guess", "all"):
        return word or "guess"
    if word != "own":
        return find_label(word, classes)
    if image_labels is None or classes is None:
        raise ConfigError("expected a generator with classes, and images with labels, for own.")
    return image_labels


def add_neighbours(kinds: argparse._SubParsersAction) -> None:
    """Adds `keras-gan explore RUN neighbours`."""
    text = "show samples with their nearest training samples"
    kind = add_kind(kinds, "neighbours", run_neighbours, "neighbours.png", text)
    add_count_and_seed(kind, 8)
    kind.add_argument("--columns", type=int, default=5, help="neighbours per sample (default: 5)")
    kind.add_argument("--extractor", help="of compared features (default: by the data)")
    kind.add_argument("--data", metavar="SOURCE", help="training data (default: the run's)")


def run_neighbours(arguments: argparse.Namespace) -> None:
    """Writes the sheet of neighbours."""
    out, run, label = open_run(arguments)
    gan = run.load(arguments.best)
    source = kg.runs.evaluation.open_run_source(run, arguments.data, print_line)
    extractor = arguments.extractor or kg.metrics.default_extractor(source, print_line)
    numbers = arguments.count, arguments.columns, arguments.seed
    save(kg.explore.neighbours(gan, source, *numbers, label, extractor, class_names(run)), out)


def add_directions(kinds: argparse._SubParsersAction) -> None:
    """Adds `keras-gan explore RUN directions`."""
    text = "find the latent directions along which samples change most, a row for each"
    label = "name or number of one class (default: all for the directions, the first for the sheet)"
    kind = add_kind(kinds, "directions", run_directions, "directions.png", text, label)
    kind.add_argument(
        "--by", choices=options.DIRECTION_METHODS, default="pca", help="(default: pca)"
    )
    add_count_and_seed(kind, 8)
    kind.add_argument("--columns", type=int, default=7, help="(default: 7)")
    kind.add_argument("--latents", metavar="FILE", help="write the directions as .npz too")


def run_directions(arguments: argparse.Namespace) -> None:
    """Writes the sheet of directions, and optionally their vectors."""
    out, run, label = open_run(arguments)
    gan = run.load(arguments.best)
    directions = kg.explore.directions(gan, arguments.by, arguments.count, label, arguments.seed)
    save(directions.sheet(gan, arguments.seed, label, arguments.columns), out)
    if arguments.latents:
        with kg.runs.folder.writing_to(arguments.latents):
            directions.save(arguments.latents)


def add_mix(kinds: argparse._SubParsersAction) -> None:
    """Adds `keras-gan explore RUN mix`."""
    text = "mix coarse styles of one sample with fine styles of another (style-based generators)"
    label = "name or number of one class (default: the first)"
    kind = add_kind(kinds, "mix", run_mix, "mix.png", text, label)
    kind.add_argument("--rows", type=int, nargs="+", default=[1, 2, 3], help="seeds (1 2 3)")
    kind.add_argument("--columns", type=int, nargs="+", default=[4, 5, 6, 7], help="seeds (4 to 7)")
    kind.add_argument(
        "--layer", type=int, help="layer of the first fine style (default: the middle)"
    )


def run_mix(arguments: argparse.Namespace) -> None:
    """Writes the sheet of mixed styles."""
    out, run, label = open_run(arguments)
    gan = run.load(arguments.best)
    save(kg.explore.mix(gan, arguments.rows, arguments.columns, arguments.layer, label), out)


def check_explore(arguments: argparse.Namespace) -> None:
    """Raises `KerasGanError` unless RUN and `--data` exist, and `--out` is a file to write."""
    from keras_gan.files.data_paths import require_source  # with NumPy

    check_run_and_out(arguments)
    if getattr(arguments, "data", None) is not None:
        require_source(arguments.data)
    if pathlib.Path(arguments.out).suffix not in arguments.suffixes:
        suffixes = " or ".join(arguments.suffixes)
        raise ConfigError(f"expected --out to end in {suffixes}, got {arguments.out}.")


def open_run(
    arguments: argparse.Namespace,
) -> tuple[pathlib.Path, "kg.runs.Run", int | None]:
    """Checks the common options; returns the file to write, the run and the label."""
    out = pathlib.Path(arguments.out)
    run = kg.runs.open_run(arguments.run)
    medium = run.read_medium()
    if not isinstance(medium, kg.media.Image):
        raise ConfigError(f"expected a run of images to explore, got one of {medium.noun}.")
    check_apart_from_data(run, out)
    label = find_label(getattr(arguments, "label", None), class_names(run))
    return out, run, label


def class_names(run: "kg.runs.Run") -> list[str] | None:
    """Returns the names of a run's classes, or None."""
    return run.read_config().get("classes")


def save(picture: "kg.explore.Sheet | kg.explore.Film", out: pathlib.Path) -> None:
    """Writes a sheet or a film, and prints its path."""
    with kg.runs.folder.writing_to(out):
        picture.save(out)
    print(out)
