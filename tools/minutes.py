r"""Measures how close recipes come to their data within a number of minutes.

    python tools/minutes.py dcgan --data mnist --minutes 2 5 10 --seeds 0 1 2
    python tools/minutes.py dcgan --data mnist --minutes 2 5 10 --seeds 0 1 2 --unconditional
    python tools/minutes.py r3gan --width small --data cats.zip --image-size 32 --seeds 0 \
        --minutes --cpu-minutes 10 20 40 60 --metrics frechet kernel --extractor photos \
        --samples r3gan.png --keep checkpoints

The minutes include the start of training, but not the evaluation of 10,000 samples against 10,000
real ones. CPU minutes are summed over all cores of the process, so they don't depend on the load of
the machine. With --keep, the same command resumes an interrupted run. Prints a row per seed and
their means, and appends them to a JSON lines file.
"""

import argparse
import json
import pathlib
import statistics
import time

import keras_gan as kg
from keras_gan import options
from keras_gan.runs.evaluation import MetricOptions

import keras

CLOCKS = {"minutes": time.monotonic, "cpu_minutes": time.process_time}
SAVE_SECONDS = 120


class AtMarks(keras.callbacks.Callback):
    """Callback that evaluates the model at each mark, and ends the training after the last.

    Args:
        marks: Unit -> marks in ascending order, of `minutes`, `cpu_minutes` and `steps`.
        measure: Function from a model to its figures.
        folder: Folder of checkpoints to resume from; None for no checkpoints.
    """

    def __init__(self, marks, measure, folder=None):
        super().__init__()
        self.marks, self.measure, self.folder = marks, measure, folder
        self.found, self.spent = [], dict.fromkeys(CLOCKS, 0.0)

    def on_train_begin(self, logs=None):
        if self.folder and self.spent_file().exists():
            state = json.loads(self.spent_file().read_text("utf-8"))
            self.found, self.spent = state["found"], state["spent"]
        self.saved = time.monotonic()
        self.start = {unit: clock() - self.spent[unit] for unit, clock in CLOCKS.items()}

    def on_train_batch_end(self, batch, logs=None):
        now = {unit: clock() for unit, clock in CLOCKS.items()}
        self.spent = {unit: now[unit] - self.start[unit] for unit in CLOCKS}
        due = self.due()
        if due:
            self.found.append({**due, **self.reached(), **self.measure(self.model)})
            print(f"  {self.found[-1]}", flush=True)
        self.model.stop_training = not any(self.waiting(unit) for unit in self.marks)
        if self.folder and (self.model.stop_training or now["minutes"] > self.saved + SAVE_SECONDS):
            self.save()
        for unit, clock in CLOCKS.items():
            self.start[unit] += clock() - now[unit]

    def reached(self):
        """Returns the progress of the training in each unit."""
        minutes = {unit: self.spent[unit] / 60 for unit in CLOCKS}
        return {**minutes, "steps": int(self.model.step)}

    def waiting(self, unit):
        """Returns the marks of a unit that are still to be measured."""
        done = {row.get(f"mark_{unit}") for row in self.found}
        return [mark for mark in self.marks[unit] if mark not in done]

    def due(self):
        """Returns the marks that are reached, as `mark_UNIT -> mark`."""
        reached = self.reached()
        return {
            f"mark_{unit}": self.waiting(unit)[0]
            for unit in self.marks
            if self.waiting(unit) and reached[unit] >= self.waiting(unit)[0]
        }

    def spent_file(self):
        """Returns the path of the data that belong to the checkpoint of the model's step."""
        return self.folder / f"{int(self.model.step):08d}.json"

    def save(self):
        """Saves times and figures, then the model."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.spent_file().write_text(
            json.dumps({"found": self.found, "spent": self.spent}), "utf-8"
        )
        kg.checkpoints.Checkpoints(self.folder).save(self.model)
        self.saved = time.monotonic()


def train(arguments, seed, source, evaluator):
    """Trains one run; returns its rows.

    Args:
        arguments: With `recipe`, `width`, `unconditional`, `augment`, `update`, `images`,
            `mixed_precision`, `weights_from`, `minutes`, `cpu_minutes`, `steps`, `samples` and
            `keep`.
    """
    keras.utils.set_random_seed(seed)
    size = source.medium.size(source.sample_shape)
    recipe = kg.recipes.get(arguments.recipe, arguments.width).at(size)
    classes = None if arguments.unconditional else source.class_names
    gan = kg.recipes.build(
        recipe,
        source.sample_shape,
        num_classes=classes and len(classes),
        seed=seed,
        images=arguments.images,
        augmentation=arguments.augment,
        update=arguments.update,
        dtype=arguments.mixed_precision and f"mixed_{arguments.mixed_precision}",
    )
    if arguments.weights_from:
        kg.transfer(gan, kg.runs.Run(arguments.weights_from).load())
    folder = arguments.keep and pathlib.Path(arguments.keep) / f"{arguments.recipe}_{seed}"
    if folder and kg.checkpoints.Checkpoints(folder).newest():
        gan = kg.checkpoints.Checkpoints(folder).load()
    dataset = source.to_dataset(recipe.batch_size, classes is not None, seed=seed)
    marks = AtMarks(
        {unit: getattr(arguments, unit) for unit in (*CLOCKS, "steps")},
        lambda gan: evaluator.evaluate(gan.sampler(source)).figures,
        folder,
    )
    gan.fit(dataset, steps_per_epoch=10**9, verbose=0, callbacks=[marks])
    if arguments.samples:
        kg.pictures.save_grid(gan.sample(64, seed=0), arguments.samples)
    return marks.found


def summarize(mark, rows):
    """Prints the means over seeds at each mark."""
    steps = statistics.mean(row["steps"] for row in rows)
    minutes = statistics.mean(row["minutes"] for row in rows)
    for name in (name for name in rows[0] if "[" in name):
        values = [row[name] for row in rows]
        print(
            f"{mark}: {name} mean {statistics.mean(values):.4g} ({min(values):.4g} to "
            f"{max(values):.4g}); {steps:,.0f} steps in {minutes:.1f} min on average"
        )


def parser():
    """Makes the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--minutes", type=float, nargs="*", default=[2, 5, 10])
    parser.add_argument("--cpu-minutes", type=float, nargs="*", default=[], help="at these too")
    parser.add_argument("--steps", type=int, nargs="*", default=[], help="measure at these too")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--unconditional", action="store_true")
    parser.add_argument("--image-size", type=options.parse_image_size)
    parser.add_argument("--channels", type=int, choices=(1, 3))
    parser.add_argument("--width", type=lambda word: int(word) if word.isdigit() else word)
    parser.add_argument("--images", type=int, help="over which the recipe's schedules run")
    parser.add_argument("--augment", choices=(*kg.augment.AUGMENTATIONS, "none"))
    parser.add_argument("--update", choices=options.UPDATES)
    parser.add_argument("--mixed-precision", choices=("bfloat16", "float16"))
    parser.add_argument("--metrics", nargs="+", default=["frechet"])
    parser.add_argument("--extractor", help="as in keras-gan evaluate")
    parser.add_argument("--from", dest="weights_from", help="a run with whose weights to start")
    parser.add_argument("--samples", help="a .png for a grid of the last seed's samples")
    parser.add_argument("--keep", help="a folder for checkpoints, by which a stopped run goes on")
    parser.add_argument("--out", default="minutes.jsonl")
    return parser


def main():
    arguments = parser().parse_args()
    source = kg.datasets.open_source(arguments.data, arguments.image_size, arguments.channels)
    evaluator = MetricOptions(tuple(arguments.metrics), arguments.extractor).evaluator(source)
    runs = []
    for seed in arguments.seeds:
        print(f"{arguments.recipe} on {arguments.data}, seed {seed}", flush=True)
        runs.append(train(arguments, seed, source, evaluator))
        with open(arguments.out, "a", encoding="utf-8") as file:
            file.write(json.dumps({**vars(arguments), "seed": seed, "rows": runs[-1]}) + "\n")
    for unit in (*CLOCKS, "steps"):
        for mark in getattr(arguments, unit):
            rows = [row for run in runs for row in run if row.get(f"mark_{unit}") == mark]
            summarize(f"{mark:g} {unit.replace('_', ' ')}", rows)


if __name__ == "__main__":
    main()
