r"""How close recipes come to their data after so many minutes of training.

    python tools/minutes.py dcgan --data mnist --minutes 2 5 10 --seeds 0 1 2
    python tools/minutes.py dcgan --data mnist --minutes 2 5 10 --seeds 0 1 2 --unconditional
    python tools/minutes.py r3gan --width small --data cats.zip --image-size 32 --seeds 0 \
        --minutes --cpu-minutes 10 20 40 60 --metrics frechet kernel --extractor photos.keras \
        --samples r3gan.png --model r3gan.keras

The minutes are those of training, with its start and without the measuring: 10,000 samples against
10,000 real ones. CPU minutes are those that the process spends on all its cores, so that they mean
the same beside other programs. Prints a row a seed and their means, and appends them to a JSON
lines file.
"""

import argparse
import json
import statistics
import time

import keras_gan as kg
from keras_gan.runs.evaluation import Measuring, sampler

import keras

CLOCKS = {"minutes": time.monotonic, "cpu_minutes": time.process_time}


class AtMarks(keras.callbacks.Callback):
    """Measures when the training reaches a mark; ends after the last one.

    Args:
        marks: Unit -> marks in ascending order, of `minutes`, `cpu_minutes` and `steps`.
        measure: `model -> figures`.
    """

    def __init__(self, marks, measure):
        super().__init__()
        self.waiting = {unit: list(marks[unit]) for unit in marks}
        self.measure, self.found = measure, []

    def on_train_begin(self, logs=None):
        self.start = {unit: clock() for unit, clock in CLOCKS.items()}

    def on_train_batch_end(self, batch, logs=None):
        now = {unit: clock() for unit, clock in CLOCKS.items()}
        reached = {unit: (now[unit] - self.start[unit]) / 60 for unit in CLOCKS}
        reached["steps"] = int(self.model.step)
        due = [name for name, marks in self.waiting.items() if marks and reached[name] >= marks[0]]
        if not due:
            return
        marks = {f"mark_{name}": self.waiting[name].pop(0) for name in due}
        self.found.append({**marks, **reached, **self.measure(self.model)})
        print(f"  {self.found[-1]}", flush=True)
        for unit, clock in CLOCKS.items():
            self.start[unit] += clock() - now[unit]
        self.model.stop_training = not any(self.waiting.values())


def train(arguments, seed, source, evaluator):
    """One run's rows.

    Args:
        arguments: With `recipe`, `width`, `unconditional`, `augment`, `update`, `images`,
            `minutes`, `cpu_minutes`, `steps`, `samples` and `model`.
    """
    keras.utils.set_random_seed(seed)
    recipe = kg.recipes.sized(kg.recipes.get(arguments.recipe), arguments.width)
    classes = None if arguments.unconditional else source.class_names
    gan = kg.recipes.build(
        recipe,
        source.sample_shape,
        num_classes=classes and len(classes),
        seed=seed,
        images=arguments.images,
        augmentation=arguments.augment,
        update=arguments.update,
    )
    dataset = source.to_dataset(recipe.batch_size, classes is not None, seed=seed)
    marks = AtMarks(
        {unit: getattr(arguments, unit) for unit in (*CLOCKS, "steps")},
        lambda gan: evaluator.evaluate(sampler(gan, source)).figures,
    )
    gan.fit(dataset, steps_per_epoch=10**9, verbose=0, callbacks=[marks])
    if arguments.samples:
        kg.pictures.save_grid(gan.sample(64, seed=0), arguments.samples)
    if arguments.model:
        gan.save(arguments.model)
    return marks.found


def summarize(mark, rows):
    """Prints a mark's means over the seeds."""
    steps = statistics.mean(row["steps"] for row in rows)
    minutes = statistics.mean(row["minutes"] for row in rows)
    for name in (name for name in rows[0] if "[" in name):
        values = [row[name] for row in rows]
        print(
            f"{mark}: {name} mean {statistics.mean(values):.4g} ({min(values):.4g} to "
            f"{max(values):.4g}); {steps:,.0f} steps in {minutes:.1f} min on average"
        )


def parser():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--minutes", type=float, nargs="*", default=[2, 5, 10])
    parser.add_argument("--cpu-minutes", type=float, nargs="*", default=[], help="at these too")
    parser.add_argument("--steps", type=int, nargs="*", default=[], help="measure at these too")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--unconditional", action="store_true")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--channels", type=int, choices=(1, 3))
    parser.add_argument("--width", type=lambda word: int(word) if word.isdigit() else word)
    parser.add_argument("--images", type=int, help="over which the recipe's schedules run")
    parser.add_argument("--augment", choices=(*kg.augment.AUGMENTATIONS, "none"))
    parser.add_argument("--update", choices=kg.models.updates.UPDATES)
    parser.add_argument("--metrics", nargs="+", default=["frechet"])
    parser.add_argument("--extractor", help="as in keras-gan evaluate")
    parser.add_argument("--samples", help="a .png for a grid of the last seed's samples")
    parser.add_argument("--model", help="a .keras file for the last seed's game")
    parser.add_argument("--out", default="minutes.jsonl")
    return parser


def main():
    arguments = parser().parse_args()
    source = kg.datasets.open_source(arguments.data, arguments.image_size, arguments.channels)
    evaluator = Measuring(tuple(arguments.metrics), arguments.extractor).evaluator(source)
    runs = []
    for seed in arguments.seeds:
        print(f"{arguments.recipe} on {arguments.data}, seed {seed}", flush=True)
        runs.append(train(arguments, seed, source, evaluator))
        with open(arguments.out, "a") as file:
            file.write(json.dumps({**vars(arguments), "seed": seed, "rows": runs[-1]}) + "\n")
    for unit in (*CLOCKS, "steps"):
        for mark in getattr(arguments, unit):
            rows = [row for run in runs for row in run if row.get(f"mark_{unit}") == mark]
            summarize(f"{mark:g} {unit.replace('_', ' ')}", rows)


if __name__ == "__main__":
    main()
