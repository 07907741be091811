"""Networks of others, with their published weights, by which published figures are computed."""

from keras_gan.metrics.published.releases import WEIGHTS
from keras_gan.metrics.published.weights import fetch, load

__all__ = ["WEIGHTS", "fetch", "load"]
