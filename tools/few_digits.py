"""Measures the benefit of augmentation for few data: some bundled digits, in equal steps.

    python tools/few_digits.py --count 500 --steps 2000 --seeds 0 1 2

Trains the recipe `quick` without labels on a random subset of the digits, with each augmentation
and without; evaluates 10,000 samples against all 10,000 digits, and the share of them that are
authentic with respect to the subset.
"""

import argparse
import statistics

import keras_gan as kg

import keras
import numpy as np

AUGMENTATIONS = {
    "none": lambda: None,
    "diffaugment": lambda: kg.augment.DiffAugment(("translation", "cutout")),
    "ada": lambda: kg.augment.ADA(("geometry", "color"), images=100_000),
}


def digits():
    """Returns all bundled digits, sorted by class."""
    source = kg.datasets.open_source("digits")
    return next(iter(source.to_dataset(len(source), shuffle=False))).numpy()


def train(images, augmentation, seed, steps):
    """Trains a model for a number of steps."""
    keras.utils.set_random_seed(seed)
    gan = kg.recipes.build("quick", images.shape[1:], seed=seed, augmentation=augmentation)
    dataset = kg.datasets.ArraySource("few", images).to_dataset(64, seed=seed)
    gan.fit(dataset, steps_per_epoch=steps, verbose=0)
    return gan


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--augmentations", nargs="+", default=list(AUGMENTATIONS))
    arguments = parser.parse_args()
    images = digits()
    few = np.random.default_rng(0).permutation(images)[: arguments.count]
    distance, nearest = kg.metrics.get(["frechet", "nearest"], "digits")
    for part in np.array_split(images, 20):
        distance.update_state(part, None)
    nearest.update_state(few, None)
    found = {name: [] for name in arguments.augmentations}
    for seed in arguments.seeds:
        for name in arguments.augmentations:
            gan = train(few, AUGMENTATIONS[name](), seed, arguments.steps)
            samples = gan.sample(10_000, seed=1)
            for metric in (distance, nearest):
                metric.reset_fake()
                metric.update_state(None, samples)
            found[name].append(distance.result())
            p = "" if gan.augmentation is None else f"  p {float(gan.augmentation.p):.2f}"
            print(
                f"seed {seed}  {name:12} {distance.report()}  "
                f"authentic {nearest.result()['authentic']:.2f}{p}",
                flush=True,
            )
    for name, values in found.items():
        print(
            f"{name:12} mean {statistics.mean(values):.3f}  {min(values):.3f} to {max(values):.3f}"
        )


if __name__ == "__main__":
    main()
