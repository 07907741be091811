"""Compares the metrics with two independent packages, torch-fidelity and prdc, on equal features.

    pip install torch torch-fidelity prdc    # beside keras_gan; the processor's torch will do
    python tools/compare_metrics.py

Prints a table of both figures and their relative difference, and exits with 1 where one passes its
bound. The packages draw other subsets and shuffles, so each is handed the ones that keras_gan drew.
With --numbers it prints the packages' figures of the small case, which tests/metric_cases.py holds.
"""

import argparse
import contextlib
import importlib.metadata
import io
import sys

from keras_gan.metrics import kernel
from keras_gan.metrics.frechet import FrechetDistance
from keras_gan.metrics.inception_score import InceptionScore
from keras_gan.metrics.kernel import KernelDistance
from keras_gan.metrics.neighbourhoods import DensityCoverage, PrecisionRecall

import numpy as np
import prdc
import torch
from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc

FRECHET_BOUND, BOUND = 1e-5, 1e-6
SEED, SUBSETS, SPLITS, CLASSES = 3, 10, 5, 10


def small(rng):
    """Generates the small case of tests/metric_cases.py."""
    real = rng.normal(size=(300, 16))
    return real, 1.1 * rng.normal(size=(260, 16)) + 0.2


def full_rank(rng):
    mixing = rng.normal(size=(2, 64, 64)) / 8
    return rng.normal(size=(900, 64)) @ mixing[0], rng.normal(size=(700, 64)) @ mixing[1]


def nearly_equal(rng):
    return rng.normal(size=(900, 64)), 1.01 * rng.normal(size=(700, 64))


def fewer_samples_than_features(rng):
    scales = np.arange(1, 513) ** -0.5
    return scales * rng.normal(size=(200, 512)), 1.2 * scales * rng.normal(size=(150, 512)) + 0.01


def different_means(rng):
    return rng.normal(size=(500, 32)) + 5.0, rng.normal(size=(600, 32)) + 5.3


def like_inception(rng):
    """Generates 2,048 correlated, non-negative features with a decaying spectrum."""
    mixing = rng.normal(size=(256, 2048)) * np.arange(1, 257)[:, None] ** -0.5 / 4

    def features(count, noise, bias):
        signal = rng.normal(size=(count, 256)) @ mixing
        return np.maximum(signal + noise * rng.normal(size=(count, 2048)) + bias, 0.0)

    return features(2600, 0.1, 0.3), features(2400, 0.12, 0.32)


CASES = (
    small,
    full_rank,
    nearly_equal,
    fewer_samples_than_features,
    different_means,
    like_inception,
)


def probabilities_of(features):
    """Computes probabilities of classes, as a softmax of the first features."""
    logits = 3.0 * features[:, :CLASSES]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def subset_size(real, fake):
    return min(len(real), len(fake), 2000) // 2


def ours(real, fake):
    """Computes the figures of all metrics of keras_gan, from batches."""
    metrics = (
        FrechetDistance(np.asarray),
        KernelDistance(np.asarray, SUBSETS, subset_size(real, fake), SEED),
        PrecisionRecall(np.asarray),
        DensityCoverage(np.asarray),
    )
    figures = {}
    for metric in metrics:
        for start in range(0, max(len(real), len(fake)), 128):
            parts = (side[start : start + 128] for side in (real, fake))
            metric.update_features(*(part if len(part) else None for part in parts))
        result = metric.result()
        figures |= result if isinstance(result, dict) else {metric.name: result}
    score = InceptionScore(np.asarray, SPLITS, SEED)
    score.update_features(None, probabilities_of(fake))
    return figures | score.result()


def theirs(real, fake):
    """Computes the packages' figures; both compute precision and recall."""
    figures = {"frechet": fidelity_frechet(real, fake)}
    figures |= fidelity_kernel(real, fake) | fidelity_score(probabilities_of(fake))
    precision_recall = metric_prc.prc_features_to_metric(
        torch.from_numpy(fake), torch.from_numpy(real), prc_neighborhood=3, verbose=False
    )
    figures |= {name: precision_recall[name] for name in ("precision", "recall")}
    with contextlib.redirect_stdout(io.StringIO()):
        at_3, at_5 = (prdc.compute_prdc(real, fake, nearest_k=k) for k in (3, 5))
    figures |= {f"{name} (prdc)": at_3[name] for name in ("precision", "recall")}
    return figures | {name: at_5[name] for name in ("density", "coverage")}


def fidelity_frechet(real, fake):
    statistics = [
        metric_fid.fid_features_to_statistics(torch.from_numpy(side)) for side in (real, fake)
    ]
    figures = metric_fid.fid_statistics_to_metric(*statistics, verbose=False)
    return figures[metric_fid.KEY_METRIC_FID]


def fidelity_kernel(real, fake):
    """Computes mean and standard deviation over the same subsets as keras_gan."""
    size = subset_size(real, fake)
    distances = []
    for index in range(SUBSETS):
        pair = (
            torch.from_numpy(kernel.subset(side, size, SEED, stream, index))
            for side, stream in ((real, kernel.REAL), (fake, kernel.FAKE))
        )
        options = {"kid_subsets": 1, "kid_subset_size": size, "verbose": False}
        figures = metric_kid.kid_features_to_metric(*pair, **options)
        distances.append(figures[metric_kid.KEY_METRIC_KID_MEAN])
    return {"kernel": np.mean(distances), "kernel_deviation": np.std(distances)}


def fidelity_score(probabilities):
    order = np.random.default_rng(SEED).permutation(len(probabilities))
    logits = torch.from_numpy(np.log(probabilities[order]))
    figures = metric_isc.isc_features_to_metric(logits, SPLITS, shuffle=False)
    return {
        "inception_score": figures[metric_isc.KEY_METRIC_ISC_MEAN],
        "inception_score_deviation": figures[metric_isc.KEY_METRIC_ISC_STD],
    }


def compare(case):
    """Prints the rows of a case; returns the number of figures out of bounds."""
    real, fake = case(np.random.default_rng(0))
    own, failures = ours(real, fake), 0
    print(f"\n{case.__name__}: {real.shape} against {fake.shape}", flush=True)
    for name, expected in theirs(real, fake).items():
        figure = own[name.split()[0]]
        difference = abs(figure - expected) / max(abs(expected), np.finfo("float64").tiny)
        fails = not difference <= (FRECHET_BOUND if name == "frechet" else BOUND)
        failures += fails
        mark = "FAILS" if fails else ""
        print(f"  {name:27}{figure:20.12g}{expected:20.12g}{difference:10.1e} {mark}", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--numbers", action="store_true", help="print the small case's figures")
    if parser.parse_args().numbers:
        print(
            {
                name: float(figure)
                for name, figure in theirs(*small(np.random.default_rng(0))).items()
            }
        )
        return 0
    for package in ("torch-fidelity", "prdc", "torch", "numpy"):
        print(package, importlib.metadata.version(package))
    print(f"  {'figure':27}{'keras_gan':>20}{'other':>20}{'relative':>10}")
    failures = sum(compare(case) for case in CASES)
    print(f"\n{failures} figures out of bounds ({FRECHET_BOUND:g} frechet, {BOUND:g} others)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
