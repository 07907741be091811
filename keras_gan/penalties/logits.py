"""Penalties on the logits of the discriminator, and weight clipping."""

from collections.abc import Callable

from keras_gan import noise, replicas
from keras_gan.checks import check_positive, is_number
from keras_gan.errors import ConfigError, abbreviate
from keras_gan.penalties.penalty import Penalty, logits_of

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class Drift(Penalty):
    """Drift penalty weight E[D(x)^2], which keeps D's logits near 0 under a Wasserstein loss.

    Args:
        weight: epsilon; 0.001 in the paper.
        interval: Number of steps between two evaluations; see `Penalty`.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, appendix A.1.

    Example:

    >>> import keras_gan as kg
    >>> from keras import ops
    >>> float(kg.penalties.Drift(0.5)(lambda x: 3.0 * x[:, 0], ops.ones((4, 1)), None))
    4.5
    """

    name = "drift"

    def __init__(self, weight: float = 0.001, interval: int = 1):
        super().__init__(weight, interval)

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Computes E[D(x)^2] at real samples."""
        return ops.mean(ops.square(logits_of(discriminator, real, logits[0])))


@keras.saving.register_keras_serializable(package="keras_gan")
class LeCam(Penalty):
    """LeCam regularization: weight (E[max(D(x) - a_F, 0)^2] + E[max(a_R - D(G(z)), 0)^2]).

    As in the authors' code, and unlike the paper's equations, logits on the wrong side of an anchor
    aren't pulled to it. The anchors a_R and a_F are moving averages of D's mean logit on real and
    generated samples. Meant for small data sets.

    Args:
        weight: lambda; 0.01 to 0.3 in the paper.
        interval: Number of steps between two evaluations, and two updates of the anchors.
        decay: Decay of the moving averages, from 0 to 1.

    Source: Tseng et al., "Regularizing Generative Adversarial Networks under Limited Data", CVPR
    2021, equations 5 and 6, with the authors' rectification.
    """

    name = "lecam"

    def __init__(self, weight: float = 0.1, interval: int = 1, decay: float = 0.99):
        super().__init__(weight, interval)
        if not is_number(decay) or not 0 <= decay < 1:
            raise ConfigError(f"expected a decay from 0 to below 1, got {abbreviate(decay)}.")
        self.decay = decay
        self.real_anchor, self.fake_anchor = (
            keras.Variable(0.0, trainable=False, dtype="float32", aggregation="mean", name=name)
            for name in ("real_anchor", "fake_anchor")
        )
        self.variables = (self.real_anchor, self.fake_anchor)

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Updates the anchors; computes E[max(D(x) - a_F, 0)^2] + E[max(a_R - D(G(z)), 0)^2]."""
        real_logits, fake_logits = map(logits_of, [discriminator] * 2, (real, fake), logits)
        real_anchor = self._update_anchor(self.real_anchor, real_logits)
        fake_anchor = self._update_anchor(self.fake_anchor, fake_logits)
        excesses = ops.relu(real_logits - fake_anchor), ops.relu(real_anchor - fake_logits)
        return sum(ops.mean(ops.square(excess)) for excess in excesses)

    def _update_anchor(self, anchor, logits):
        (mean,) = replicas.average([ops.mean(ops.stop_gradient(logits))])
        value = self.decay * anchor.value + (1.0 - self.decay) * mean
        anchor.assign(value)
        return value

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "decay": self.decay}


@keras.saving.register_keras_serializable(package="keras_gan")
class Consistency(Penalty):
    """Balanced consistency regularization (bCR) of D under a transformation T.

    The penalty is weight (E[(D(x) - D(T(x)))^2] + E[(D(G(z)) - D(T(G(z))))^2]).

    Args:
        transformation: T, a `keras_gan.augment.Augment`: `(samples, key) -> samples`.
        weight: lambda; 10 in the paper.
        interval: Number of steps between two evaluations; see `Penalty`.

    Source: Zhao et al., "Improved Consistency Regularization for GANs", AAAI 2021, algorithm 1.
    """

    name = "consistency"

    def __init__(self, transformation: Callable, weight: float = 10.0, interval: int = 1):
        super().__init__(weight, interval)
        if not callable(transformation) or isinstance(transformation, type):
            raise ConfigError(
                "expected a keras_gan.augment.Augment such as DiffAugment() as the transformation, "
                f"got {abbreviate(transformation)}."
            )
        self.transformation = transformation

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Computes E[(D(x) - D(T(x)))^2] + E[(D(G(z)) - D(T(G(z))))^2]."""
        keys = key, noise.fold_in(key, 1)
        return sum(
            self._distance(discriminator, *sample)
            for sample in zip((real, fake), keys, logits, strict=True)
        )

    def _distance(self, discriminator, samples, key, logits):
        """Computes E[(D(x) - D(T(x)))^2]."""
        transformed = discriminator(self.transformation(samples, key))
        return ops.mean(ops.square(logits_of(discriminator, samples, logits) - transformed))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        transformation = keras.saving.serialize_keras_object(self.transformation)
        return {**super().get_config(), "transformation": transformation}

    @classmethod
    def from_config(cls, config: dict) -> "Consistency":
        """Makes the penalty from its constructor's arguments."""
        transformation = keras.saving.deserialize_keras_object(config["transformation"])
        return cls(**{**config, "transformation": transformation})


@keras.saving.register_keras_serializable(package="keras_gan")
class WeightClipping(keras.constraints.Constraint):
    """Clipping of the discriminator's weights to [-limit, limit], WGAN's Lipschitz constraint.

    Pass it as `gan.compile(constraint=...)`; it applies after each update of the discriminator.

    Args:
        limit: Largest absolute weight, above 0; 0.01 in the paper.

    Source: Arjovsky et al., "Wasserstein Generative Adversarial Networks", ICML 2017, algorithm 1.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.penalties.WeightClipping(0.5)(np.array([-2.0, 0.25, 2.0])).numpy().tolist()
    [-0.5, 0.25, 0.5]
    """

    def __init__(self, limit: float = 0.01):
        self.limit = check_positive("limit", limit)

    def __call__(self, w: tf.Tensor) -> tf.Tensor:
        """Clips the weights."""
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"limit": self.limit}
