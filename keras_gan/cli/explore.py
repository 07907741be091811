"""`keras-gan explore`: what people do with a generator."""

import pathlib

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.sample import find_label
from keras_gan.errors import ConfigError


def add_explore(commands):
    """`keras-gan explore`."""
    parser = commands.add_parser(
        "explore",
        help="look around in a run's generator",
        description="Look around in the latents of a run's averaged generator, and find pictures "
        "in them.",
    )
    parser.add_argument("run", metavar="RUN", help="the run folder")
    parser.add_argument("--best", action="store_true", help="the best checkpoint, not the last")
    kinds = parser.add_subparsers(title="what", required=True, metavar="WHAT")
    add_truncation(kinds)
    add_interpolate(kinds)
    add_classes(kinds)
    add_invert(kinds)
    add_neighbours(kinds)
    add_directions(kinds)
    add_mix(kinds)


def add_kind(kinds, name, run, out, text, label="name or number of one class (default: in turn)"):
    """One of the things to do, with the options that they share."""
    kind = kinds.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    kind.set_defaults(command=run)
    kind.add_argument("--out", default=out, help=f"(default: {out})")
    if label:
        kind.add_argument("--label", help=label)
    return kind


def add_numbers(kind, count, seed="decides the latents (default: 0)"):
    """How many, and the seed."""
    kind.add_argument("--count", type=int, default=count, help=f"(default: {count})")
    kind.add_argument("--seed", type=int, default=0, help=seed)


def add_scale(kind):
    """The truncation."""
    kind.add_argument("--truncation", type=float, default=1.0, help="from 0 to 1 (default: 1)")


def add_truncation(kinds):
    """`truncation`."""
    text = "samples from the one at the centre to full variety, a column a truncation"
    kind = add_kind(kinds, "truncation", run_truncation, "truncation.png", text)
    add_numbers(kind, 8)
    kind.add_argument("--columns", type=int, default=6, help="(default: 6)")


def run_truncation(arguments):
    """Writes the sheet."""
    out, run, label = opened(arguments)
    gan = run.load(arguments.best)
    numbers = arguments.count, arguments.columns, arguments.seed
    save(kg.explore.truncation(gan, *numbers, label, class_names(run)), out)


def add_interpolate(kinds):
    """`interpolate`."""
    text = "a film of the way from one seed's sample to the next, and back"
    label = "name or number of one class (default: all, side by side)"
    kind = add_kind(kinds, "interpolate", run_interpolate, "walk.gif", text, label)
    kind.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3, 4], help="(default: 1 2 3 4)"
    )
    kind.add_argument("--frames", type=int, default=40, help="from one to the next (default: 40)")
    kind.add_argument("--once", action="store_true", help="don't come back to the first")
    add_scale(kind)


def run_interpolate(arguments):
    """Writes the film."""
    out, run, label = opened(arguments, kg.pictures.films.SMALLEST)
    gan = run.load(arguments.best)
    numbers = arguments.seeds, arguments.frames, label, arguments.truncation
    save(kg.explore.interpolate(gan, *numbers, loop=not arguments.once), out)


def add_classes(kinds):
    """`classes`."""
    text = "the same latents as every class, a column a class"
    kind = add_kind(kinds, "classes", run_classes, "classes.png", text, label=None)
    kind.add_argument(
        "--labels", nargs="+", metavar="LABEL", help="names or numbers of classes (default: all)"
    )
    add_numbers(kind, 8)
    add_scale(kind)


def run_classes(arguments):
    """Writes the sheet."""
    out, run, _ = opened(arguments)
    names = class_names(run)
    labels = arguments.labels and [find_label(word, names) for word in arguments.labels]
    gan = run.load(arguments.best)
    numbers = arguments.count, arguments.seed, labels, arguments.truncation
    save(kg.explore.classes(gan, *numbers, names), out)


def add_invert(kinds):
    """`invert`."""
    text = "find the latents of real pictures: real, found, difference, nearest training picture"
    label = "name or number of one class, guess, all (each is tried) or own (default: guess)"
    kind = add_kind(kinds, "invert", run_invert, "inversion.png", text, label)
    kind.add_argument(
        "pictures", nargs="+", metavar="PICTURE", help="image files, or one data set (mnist:test)"
    )
    add_numbers(kind, 16, "decides the pictures of a data set, and where to start (default: 0)")
    kind.add_argument("--space", choices=options.SPACES, help="(default: w where there is one)")
    kind.add_argument("--steps", type=int, default=200, help="(default: 200)")
    kind.add_argument("--starts", type=int, default=4, help="of each picture (default: 4)")
    kind.add_argument("--extractor", help="compare its features too, such as digits")
    kind.add_argument(
        "--tuning", type=int, default=0, metavar="STEPS", help="tune a copy of the generator"
    )
    kind.add_argument("--data", metavar="SOURCE", help="training data (default: the run's)")
    kind.add_argument("--latents", metavar="FILE", help="write what was found as .npz, too")


def run_invert(arguments):
    """Inverts, writes the sheet, and says how near it came."""
    word, arguments.label = arguments.label, None
    out, run, _ = opened(arguments)
    images, own = read_pictures(arguments, run.read_config())
    labels = labels_to_invert(word, own, class_names(run))
    source, gan = kg.runs.evaluation.open_run_source(run, arguments.data), run.load(arguments.best)
    search = kg.explore.SearchOptions(
        starts=arguments.starts, steps=arguments.steps, extractor=arguments.extractor
    )
    choices = arguments.space, search, arguments.tuning, arguments.seed
    found = kg.explore.invert(gan, images, labels, *choices)
    nearest = kg.explore.nearest_in_source(images, source)
    save(found.sheet(nearest, class_names(run)), out)
    if arguments.latents:
        with kg.runs.folder.writing_to(arguments.latents):
            found.save(arguments.latents)
    print(found.summary(nearest))


def read_pictures(arguments, config):
    """The pictures to invert and their own labels, None where they have none."""
    from keras_gan.datasets.archives import IMAGE_SUFFIXES
    from keras_gan.datasets.images import read_image
    from keras_gan.metrics.evaluate import choose, read_batches

    import numpy as np

    words, shape = arguments.pictures, config["sample_shape"]
    background = kg.runs.evaluation.background_of(config)
    if all(pathlib.Path(word).suffix.lower() in IMAGE_SUFFIXES for word in words):
        return np.stack([read_image(word, shape, background) for word in words]), None
    if len(words) > 1:
        raise ConfigError(f"expected image files, or one data set, got {', '.join(words)}.")
    source = kg.datasets.open_source(words[0], shape[0], shape[2], background=background)
    places = choose(len(source), arguments.count, arguments.seed)
    images = np.concatenate(list(read_batches(source, places, len(places))))
    return images, source.read_labels()[places] if source.class_names else None


def labels_to_invert(word, own, classes):
    """The labels to invert with, as `explore.invert` takes them."""
    if word in (None, "guess", "all"):
        return word or "guess"
    if word != "own":
        return find_label(word, classes)
    if own is None or classes is None:
        raise ConfigError("expected a generator with classes, and pictures with labels, for own.")
    return own


def add_neighbours(kinds):
    """`neighbours`."""
    text = "samples beside their nearest training samples"
    kind = add_kind(kinds, "neighbours", run_neighbours, "neighbours.png", text)
    add_numbers(kind, 8)
    kind.add_argument("--columns", type=int, default=5, help="beside each sample (default: 5)")
    kind.add_argument("--extractor", help="what compares them (default: what fits the data)")
    kind.add_argument("--data", metavar="SOURCE", help="training data (default: the run's)")


def run_neighbours(arguments):
    """Writes the sheet."""
    out, run, label = opened(arguments)
    gan = run.load(arguments.best)
    source = kg.runs.evaluation.open_run_source(run, arguments.data)
    fitting = source.extractor or source.medium.extractor(source.sample_shape)
    extractor = arguments.extractor or fitting
    numbers = arguments.count, arguments.columns, arguments.seed
    save(kg.explore.neighbours(gan, source, *numbers, label, extractor, class_names(run)), out)


def add_directions(kinds):
    """`directions`."""
    text = "the latent directions along which the pictures change most, a row each"
    label = "name or number of one class (default: all for the directions, the first for the sheet)"
    kind = add_kind(kinds, "directions", run_directions, "directions.png", text, label)
    kind.add_argument(
        "--by", choices=options.DIRECTION_METHODS, default="pca", help="(default: pca)"
    )
    add_numbers(kind, 8)
    kind.add_argument("--columns", type=int, default=7, help="(default: 7)")
    kind.add_argument("--latents", metavar="FILE", help="write the directions as .npz, too")


def run_directions(arguments):
    """Writes the sheet, and the directions where asked for."""
    out, run, label = opened(arguments)
    gan = run.load(arguments.best)
    found = kg.explore.directions(gan, arguments.by, arguments.count, label, arguments.seed)
    save(found.sheet(gan, arguments.seed, label, arguments.columns), out)
    if arguments.latents:
        with kg.runs.folder.writing_to(arguments.latents):
            found.save(arguments.latents)


def add_mix(kinds):
    """`mix`."""
    text = "one sample's coarse styles with another's fine ones, of generators with styles"
    label = "name or number of one class (default: the first)"
    kind = add_kind(kinds, "mix", run_mix, "mix.png", text, label)
    kind.add_argument("--rows", type=int, nargs="+", default=[1, 2, 3], help="seeds (1 2 3)")
    kind.add_argument("--columns", type=int, nargs="+", default=[4, 5, 6, 7], help="seeds (4 to 7)")
    kind.add_argument(
        "--layer", type=int, help="the first of the fine styles (default: the middle)"
    )


def run_mix(arguments):
    """Writes the sheet."""
    out, run, label = opened(arguments)
    gan = run.load(arguments.best)
    save(kg.explore.mix(gan, arguments.rows, arguments.columns, arguments.layer, label), out)


def opened(arguments, suffixes=(".png",)):
    """The file to write, the run, and the label asked for."""
    out = pathlib.Path(arguments.out)
    if out.suffix not in suffixes:
        raise ConfigError(f"expected --out to end in {' or '.join(suffixes)}, got {out}.")
    if out.suffix in kg.pictures.films.SMALLEST:
        kg.pictures.films.check_film_path(out)
    run = kg.runs.Run(arguments.run)
    medium = run.read_medium()
    if not isinstance(medium, kg.media.Image):
        raise ConfigError(f"expected a run of images to explore, got one of {medium.noun}.")
    label = find_label(getattr(arguments, "label", None), class_names(run))
    return out, run, label


def class_names(run):
    """The names of a run's classes, or None."""
    return run.read_config().get("classes")


def save(made, out):
    """Writes a sheet or a film, and says where."""
    with kg.runs.folder.writing_to(out):
        made.save(out)
    print(out)
