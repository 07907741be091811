"""Modes: the number of modes that generated samples cover, and how evenly."""

from keras_gan.checks import check_integer
from keras_gan.metrics import extractors
from keras_gan.metrics.class_metric import ClassMetric
from keras_gan.metrics.metric import Accumulator

import keras
import numpy as np
from numpy.typing import ArrayLike


class ClassCounts(Accumulator):
    """Number of samples of each class, from tables of probabilities.

    Example:

    >>> import numpy as np
    >>> counts = ClassCounts()
    >>> counts.add(np.array([[0.9, 0.1, 0.0], [0.2, 0.1, 0.7], [0.6, 0.4, 0.0]]))
    >>> counts.classes.tolist()
    [2, 0, 1]
    """

    def __init__(self):
        super().__init__()
        self.classes = 0

    def keep(self, features: np.ndarray) -> None:
        """Counts the most likely class of each row."""
        likeliest = features.argmax(axis=1)
        self.classes = self.classes + np.bincount(likeliest, minlength=features.shape[1])


@keras.saving.register_keras_serializable(package="keras_gan")
class Modes(ClassMetric):
    """Number of modes that generated samples cover, and KL(classes || uniform) in nats.

    A mode is a class of the classifier, and one sample of the class covers it. A KL divergence of
    0 means that all classes are equally frequent. Real samples are ignored. `result` is a dict of
    `"modes"` and `"kl_to_uniform"`.

    Args:
        classifier: An extractor that classifies; see `extractors.get`.
        channels: Number of channels. With more than 1, the classifier reads each channel of an
            image separately, and a mode is a combination of classes: for 3 channels of digits, a
            number from 0 to 999.
        name: Name of the metric.

    Raises:
        ConfigError: For channels out of range.

    Source: Metz et al., "Unrolled Generative Adversarial Networks", ICLR 2017, section 3.3.1, and
    Lin et al., "PacGAN", NeurIPS 2018, section 4.2: 26,000 samples of Stacked MNIST.

    Example:

    >>> import numpy as np
    >>> metric = Modes(classifier=lambda samples: samples)
    >>> metric.update_features(None, np.eye(4)[[0, 0, 2, 2]])
    >>> result = metric.result()
    >>> result["modes"], round(result["kl_to_uniform"], 4)  # half of the modes: log 2
    (2, 0.6931)
    """

    accumulator = ClassCounts

    def __init__(
        self,
        classifier: extractors.ExtractorLike = "digits",
        channels: int = 1,
        name: str = "modes",
    ) -> None:
        self.channels = check_integer("channels", channels)
        extractor = extractors.get(classifier)
        super().__init__(
            extractor if channels == 1 else extractors.Stacked(extractor, channels), name
        )
        self._extractor_argument = classifier

    def result(self) -> dict[str, float]:
        """Computes `{"modes": int, "kl_to_uniform": float}`.

        Raises:
            DataError: Without generated samples.
        """
        self.require(*self.least_counts)
        classes = self.fake.classes
        return {"modes": int((classes > 0).sum()), "kl_to_uniform": kl_to_uniform(classes)}

    def describe(self, result: dict[str, float]) -> str:
        """Formats the number of modes out of all, and the divergence."""
        modes, divergence = result.values()
        return f"{modes:,} of {self.fake.width:,}, KL to uniform {divergence:.4g} nats"

    def get_config(self) -> dict[str, object]:
        """Returns the constructor arguments."""
        config = super().get_config()
        return {"classifier": config.pop("extractor"), "channels": self.channels} | config


def kl_to_uniform(counts: ArrayLike) -> float:
    """Computes KL(p || uniform) of the distribution p of class counts, in nats.

    Args:
        counts: Number of samples of each class, `(classes,)`, not all 0.

    Returns:
        A float from 0 to log(classes).

    Example:

    >>> kl_to_uniform([5, 5, 5]), round(kl_to_uniform([9, 0, 0]), 4)  # log 3
    (0.0, 1.0986)
    """
    shares = np.asarray(counts, "float64") / np.sum(counts)
    positive = shares[shares > 0]
    return max(float(positive @ np.log(positive * len(shares))), 0.0)
