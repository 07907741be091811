"""Compares how many of the 1,000 modes of stacked digits two losses find in equal steps.

    python tools/stacked_digits.py

Compares the relativistic loss with R1 and R2 to the plain loss with R1, with the same DCGAN, Adam
(1e-3, 0 and 0.99) and lazy penalties. At intervals, the digits extractor classifies 26,000 samples:
number of modes, and KL divergence from uniform in nats. Minutes are those of training only.
"""

import argparse
import json
import time

import keras_gan as kg
from keras_gan import pictures

import keras

RULES = {
    "relativistic_paired, R1, R2": ("relativistic_paired", ("R1", "R2")),
    "non_saturating, R1": ("non_saturating", ("R1",)),
}


def build(rule, arguments):
    """Builds the model of a loss."""
    keras.utils.set_random_seed(arguments.seed)
    loss, names = RULES[rule]
    shape = (28, 28, 3)
    gan = kg.GAN(
        kg.networks.DCGANGenerator(shape, latent_dim=64, width=arguments.width),
        kg.networks.DCGANDiscriminator(shape, width=arguments.width),
        seed=arguments.seed,
    )
    adams = [keras.optimizers.Adam(arguments.rate, 0.0, 0.99) for _ in gan.players]
    penalties = [getattr(kg.penalties, n)(arguments.gamma, arguments.interval) for n in names]
    gan.compile(*adams, loss=loss, penalties=penalties, update="alternating")
    return gan


def train(rule, source, evaluator, arguments):
    """Trains with one loss; returns its rows."""
    gan, rows, seconds = build(rule, arguments), [], 0.0
    dataset = source.to_dataset(64, seed=arguments.seed)
    for step in range(arguments.every, arguments.steps + 1, arguments.every):
        start = time.monotonic()
        gan.fit(dataset, steps_per_epoch=arguments.every, verbose=0)
        seconds += time.monotonic() - start
        figures = evaluator.evaluate(gan.sample).figures
        modes, divergence = (figures[f"{n}[stacked_digits]"] for n in ("modes", "kl_to_uniform"))
        rows.append({"step": step, "minutes": seconds / 60, "modes": modes, "kl": divergence})
        print(
            f"{rule:28} step {step:6,}  {seconds / 60:5.1f} min  {modes:5,} modes  "
            f"KL {divergence:.3f}",
            flush=True,
        )
    pictures.save_grid(gan.sample(100), f"{arguments.out}/{'_'.join(RULES[rule][1])}.png")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=6_000)
    parser.add_argument("--every", type=int, default=500)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--gamma", type=float, default=1.0)
    parser.add_argument("--interval", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    parser.add_argument("--out", default="stacked")
    arguments = parser.parse_args()
    source = kg.datasets.open_source("toy:stacked_digits")
    made = kg.metrics.get(["modes"], "stacked_digits")
    evaluator = kg.metrics.Evaluator(source, made, count=26_000, real_count=64)
    found = {rule: train(rule, source, evaluator, arguments) for rule in arguments.rules}
    with open(f"{arguments.out}/rows.json", "w", encoding="utf-8") as file:
        json.dump({**vars(arguments), "found": found}, file, indent=2)


if __name__ == "__main__":
    main()
