"""How close recipes come to their data after so many minutes of training.

    python tools/minutes.py dcgan --data mnist --minutes 2 5 10 --seeds 0 1 2
    python tools/minutes.py dcgan --data mnist --minutes 2 5 10 --seeds 0 1 2 --unconditional

The minutes are those of training, with its start and without the measuring: 10,000 samples against
10,000 real ones. Prints a row a seed and their means, and appends them to a JSON lines file.
"""

import argparse
import json
import statistics
import time

import keras

import keras_gan as kg
from keras_gan.runs.evaluation import Measuring, sampler


class AtMinutes(keras.callbacks.Callback):
    """Measures when the minutes of training reach each mark, and ends after the last one."""

    def __init__(self, marks, measure):
        super().__init__()
        self.marks, self.measure = list(marks), measure
        self.found = []

    def on_train_begin(self, logs=None):
        self.start, self.measuring = time.monotonic(), 0.0

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        minutes = (now - self.start - self.measuring) / 60
        if minutes < self.marks[len(self.found)]:
            return
        figures = self.measure(self.model)
        self.found.append({"minutes": minutes, "step": int(self.model.step), **figures})
        print(f"  {minutes:.1f} min, step {int(self.model.step):,}: {figures}", flush=True)
        self.measuring += time.monotonic() - now
        self.model.stop_training = len(self.found) == len(self.marks)


def train(arguments, seed, source, evaluator):
    """One run's rows."""
    keras.utils.set_random_seed(seed)
    recipe = kg.recipes.get(arguments.recipe)
    classes = None if arguments.unconditional else source.class_names
    gan = kg.recipes.build(
        recipe,
        source.sample_shape,
        num_classes=classes and len(classes),
        seed=seed,
        augmentation=arguments.augment,
    )
    dataset = source.to_dataset(recipe.batch_size, classes is not None, seed=seed)
    marks = AtMinutes(
        arguments.minutes, lambda gan: evaluator.evaluate(sampler(gan, source)).figures
    )
    gan.fit(dataset, steps_per_epoch=10**9, verbose=0, callbacks=[marks])
    return marks.found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 5, 10])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--unconditional", action="store_true")
    parser.add_argument("--augment", choices=tuple(kg.augment.AUGMENTATIONS))
    parser.add_argument("--metrics", nargs="+", default=["frechet"])
    parser.add_argument("--out", default="minutes.jsonl")
    arguments = parser.parse_args()
    source = kg.datasets.open_source(arguments.data)
    evaluator = Measuring(tuple(arguments.metrics)).evaluator(source)
    runs = []
    for seed in arguments.seeds:
        print(f"{arguments.recipe} on {arguments.data}, seed {seed}", flush=True)
        runs.append(train(arguments, seed, source, evaluator))
        with open(arguments.out, "a") as file:
            file.write(json.dumps({**vars(arguments), "seed": seed, "rows": runs[-1]}) + "\n")
    for rows in zip(*runs, strict=True):
        for name in (name for name in rows[0] if "[" in name):
            values = [row[name] for row in rows]
            print(
                f"{rows[0]['minutes']:.1f} min  {name}  mean {statistics.mean(values):.4g}  "
                f"({min(values):.4g} to {max(values):.4g})"
            )


if __name__ == "__main__":
    main()
