"""Shared cases of the metrics' tests: small features and their figures by other packages."""

from keras_gan.metrics.frechet import FrechetDistance
from keras_gan.metrics.inception_score import InceptionScore
from keras_gan.metrics.kernel import KernelDistance
from keras_gan.metrics.neighbourhoods import (
    DensityCoverage,
    PrecisionRecall,
)

import numpy as np

TORCH_FIDELITY = {  # 0.4.0, on the subsets and the shuffle that keras_gan draws from seed 3
    "frechet": 1.581264889899785,
    "kernel": 0.17453550387509614,
    "kernel_deviation": 0.044205579178334564,
    "inception_score": 3.944483621951572,
    "inception_score_deviation": 0.15066547969173183,
}
PRDC = {  # 0.2; torch-fidelity gives the same precision and recall
    "precision": 0.6076923076923076,
    "recall": 0.8966666666666666,
    "density": 0.5038461538461538,
    "coverage": 0.8033333333333333,
}
KINDS = [FrechetDistance, KernelDistance, InceptionScore, PrecisionRecall, DensityCoverage]
TWO_SIDED = [FrechetDistance, KernelDistance, PrecisionRecall, DensityCoverage]


def small():
    """Returns real and generated features."""
    rng = np.random.default_rng(0)
    real = rng.normal(size=(300, 16))
    return real, 1.1 * rng.normal(size=(260, 16)) + 0.2


def probabilities_of(features):
    """Computes a softmax of the first features."""
    logits = 3.0 * features[:, :10]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def make(kind, extractor=np.asarray):
    """Makes a metric with numbers that fit the small case."""
    options = {
        KernelDistance: {"subsets": 10, "subset_size": 130, "seed": 3},
        InceptionScore: {"splits": 5, "seed": 3},
    }
    return kind(extractor, **options.get(kind, {}))


def feed(metric, real, fake, batch_size=10**6):
    """Feeds both sides in batches, and probabilities where the metric reads them."""
    if isinstance(metric, InceptionScore):
        fake = probabilities_of(fake)
    for start in range(0, len(real), batch_size):
        metric.update_features(real[start : start + batch_size], None)
    for start in range(0, len(fake), batch_size):
        metric.update_features(None, fake[start : start + batch_size])
    return metric


def figures(metric):
    """Returns the result as a dict."""
    result = metric.result()
    return result if isinstance(result, dict) else {metric.name: result}
