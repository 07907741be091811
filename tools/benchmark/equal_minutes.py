"""Compares the quality of digits after equal minutes with PyTorch and the Keras examples.

    pip install torch
    python tools/benchmark/equal_minutes.py --minutes 3 --seeds 0 1 2

Trains the recipe `quick`, with and without labels, and DCGANs with the settings of 2015 (Adam with
2e-4 and beta_1 0.5) on the 60,000 digits of MNIST. For each seed, all variants run one after
another. The networks of PyTorch and of the Keras examples equal those of `dcgan` at width 64. Of
PyTorch's plain and averaged generator, the better one is reported. Prints the Frechet distance of
10,000 samples in the features of the package's digits extractor.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import keras_gan as kg
import minutes as package
from keras_gan.runs.evaluation import MetricOptions

WIDTH, LATENT_DIM, BATCH = 64, 100, 64


class Clock:
    """A stopwatch for a number of minutes."""

    def __init__(self, minutes):
        self.end = time.monotonic() + 60 * minutes

    def over(self):
        """Returns whether the minutes are over."""
        return time.monotonic() >= self.end


def quick(seed, source, evaluator, arguments, unconditional):
    """Trains the recipe `quick`."""
    settings = ["quick", "--minutes", str(arguments.minutes)]
    settings = package.parser().parse_args(settings + ["--unconditional"] * unconditional)
    (row,) = package.train(settings, seed, source, evaluator)
    return row["steps"], row["frechet[digits]"]


def torch_dcgan(seed, source, evaluator, arguments, compiled):
    """Trains a DCGAN in PyTorch."""
    from peers.torch_game import TorchGame

    import torch

    torch.manual_seed(seed)
    game = TorchGame(
        "dcgan", 28, 1, WIDTH, LATENT_DIM, BATCH, compiled=compiled, rate=2e-4, betas=(0.5, 0.999)
    )
    images = torch.tensor(images_of(source)).permute(0, 3, 1, 2)
    clock, step = Clock(arguments.minutes), 0
    while not clock.over():
        for index in torch.randperm(len(images)).split(BATCH):
            if len(index) < BATCH or clock.over():
                break
            game.step(images[index].contiguous(memory_format=torch.channels_last))
            step += 1

    def sampler(network):
        @torch.no_grad()
        def sample(count, seed):
            noise = torch.randn(count, LATENT_DIM, generator=torch.Generator().manual_seed(seed))
            parts = [network.eval()(part) for part in noise.split(500)]
            return torch.cat(parts).permute(0, 2, 3, 1).numpy()

        return sample

    return step, min(frechet(evaluator, sampler(n)) for n in (game.generator, game.average))


def keras_example(seed, source, evaluator, arguments):
    """Trains a DCGAN in the style of the Keras examples."""
    from peers.keras_examples import ExampleGAN

    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    gan = ExampleGAN(
        kg.networks.DCGANGenerator((28, 28, 1), LATENT_DIM, WIDTH),
        kg.networks.DCGANDiscriminator((28, 28, 1), WIDTH),
        LATENT_DIM,
    )
    gan.compile(*(keras.optimizers.Adam(2e-4, 0.5) for _ in range(2)))
    dataset = tf.data.Dataset.from_tensor_slices(images_of(source)).shuffle(60_000, seed)
    dataset = dataset.batch(BATCH, drop_remainder=True).repeat().prefetch(2)
    step, clock, count = tf.function(gan.train_step), Clock(arguments.minutes), 0
    for batch in dataset:
        step(batch)
        count += 1
        if clock.over():
            break

    def sample(count, seed):
        noise = np.random.default_rng(seed).standard_normal((count, LATENT_DIM), dtype="float32")
        return np.concatenate([gan.generator(part) for part in np.array_split(noise, 20)])

    return count, frechet(evaluator, sample)


def images_of(source):
    """Returns all samples of a source as an array."""
    return next(iter(source.to_dataset(len(source), shuffle=False))).numpy()


def frechet(evaluator, sample):
    """Returns the Frechet distance between the samples of a sampler and the data."""
    return next(iter(evaluator.evaluate(sample).figures.values()))


WAYS = {
    "quick": lambda *run: quick(*run, unconditional=True),
    "quick, with labels": lambda *run: quick(*run, unconditional=False),
    "PyTorch DCGAN": lambda *run: torch_dcgan(*run, compiled=False),
    "PyTorch DCGAN, compiled": lambda *run: torch_dcgan(*run, compiled=True),
    "Keras examples' DCGAN": keras_example,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--out", type=pathlib.Path, help="a JSON lines file to append to")
    arguments = parser.parse_args()
    source = kg.datasets.open_source("mnist")
    evaluator = MetricOptions(("frechet",)).evaluator(source)
    found = {way: [] for way in arguments.ways}
    for seed in arguments.seeds:
        for way in arguments.ways:
            step, distance = WAYS[way](seed, source, evaluator, arguments)
            found[way].append(distance)
            print(
                f"seed {seed}  {way:24} step {step:6,}  frechet[digits] {distance:.3f}", flush=True
            )
            if arguments.out:
                row = {"way": way, "seed": seed, "step": step, "frechet": distance}
                with open(arguments.out, "a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
    for way, values in found.items():
        print(
            f"{way:24} mean {statistics.mean(values):7.3f} ({min(values):.3f} to {max(values):.3f})"
        )


if __name__ == "__main__":
    main()
