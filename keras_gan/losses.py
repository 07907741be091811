"""The rules of the game: a discriminator's and a generator's loss in one object.

A loss works on float32 logits of shape `(batch,)` and returns a scalar. Both halves live in
one object so that they can't be mismatched. `r` and `f` below are the logits of real and of
generated ("fake") samples.
"""

from keras_gan.checks import check_number
from keras_gan.errors import ConfigError, unknown

import keras
from keras import ops


class AdversarialLoss:
    """What a pair of losses has to offer.

    Attributes:
        relativistic: Whether the generator's half reads `real_logits`. Where it doesn't, the
            real batch is not sent through the discriminator in the generator's half-step.
        flat: Whether the discriminator's half can have slope 0 at a fake logit where the
            generator's has not; then no gradient of the one can be made from the other's.
    """

    relativistic = False
    flat = False

    def discriminator(self, real_logits, fake_logits):
        """The discriminator's loss.

        Args:
            real_logits: `(batch,)` float32, D on real samples.
            fake_logits: `(batch,)` float32, D on generated samples.

        Returns:
            A float32 scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no discriminator loss.")

    def generator(self, real_logits, fake_logits):
        """The generator's loss, of the same arguments.

        `real_logits` is None unless `relativistic`.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no generator loss.")

    def margins(self, real_logits, fake_logits):
        """How far D is on the right side: what the accuracies count.

        Args:
            real_logits, fake_logits: `(batch,)` float32.

        Returns:
            Two tensors `(batch,)`, positive where D is right, for real and generated samples.
        """
        return real_logits, ops.negative(fake_logits)

    def get_config(self):
        """Returns the constructor's arguments, as Keras serialises them."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Makes the loss from its constructor's arguments."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_gan")
class NonSaturating(AdversarialLoss):
    """Minimax for D; G minimises -log D(G(z)), whose gradient doesn't vanish when D wins.

    L_D = E[softplus(-r)] + E[softplus(f)],  L_G = E[softplus(-f)], on logits.

    Args:
        label_smoothing: From 0 to 0.5: D's target for real samples is 1 minus it, for generated
            ones it stays 0 ("one-sided", Salimans et al., "Improved Techniques for Training GANs",
            NeurIPS 2016, section 3.4).

    Raises:
        ConfigError: For a smoothing out of range.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, section 3.

    Example:

    >>> import keras_gan as kg
    >>> loss = kg.losses.get("non_saturating")
    >>> round(float(loss.discriminator([0.0], [0.0])), 4)  # log 4: D knows nothing
    1.3863
    """

    def __init__(self, label_smoothing=0.0):
        self.label_smoothing = check_number("label_smoothing", label_smoothing, maximum=0.5)

    def discriminator(self, real_logits, fake_logits):
        """Computes E[softplus(-r)] + E[softplus(f)]; with smoothing s, E[softplus(-r) + s r] in front."""
        smoothing = self.label_smoothing * ops.mean(real_logits) if self.label_smoothing else 0.0
        real = ops.mean(ops.softplus(ops.negative(real_logits))) + smoothing
        return real + ops.mean(ops.softplus(fake_logits))

    def generator(self, real_logits, fake_logits):
        """Computes E[softplus(-f)]."""
        return ops.mean(ops.softplus(ops.negative(fake_logits)))

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable(package="keras_gan")
class Minimax(NonSaturating):
    """The zero-sum game: G minimises E[log(1 - D(G(z)))].

    L_D as in `NonSaturating`; L_G = -E[softplus(f)]. At the optimum D = 1/2 everywhere and
    L_D = log 4. G's gradient vanishes where D wins, so this is for study more than for use.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, equation 1.
    """

    def generator(self, real_logits, fake_logits):
        """Computes -E[softplus(f)]."""
        return -ops.mean(ops.softplus(fake_logits))


@keras.saving.register_keras_serializable(package="keras_gan")
class LeastSquares(AdversarialLoss):
    """D regresses to 1 for real and 0 for generated samples; G to 1.

    L_D = E[(r - 1)^2] / 2 + E[f^2] / 2,  L_G = E[(f - 1)^2] / 2.

    Source: Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017, equation 9.

    Example:

    >>> import keras_gan as kg
    >>> float(kg.losses.get("least_squares").generator(None, [3.0]))
    2.0
    """

    def discriminator(self, real_logits, fake_logits):
        """Computes E[(r - 1)^2] / 2 + E[f^2] / 2."""
        real = ops.mean(ops.square(ops.subtract(real_logits, 1.0)))
        return (real + ops.mean(ops.square(fake_logits))) / 2.0

    def generator(self, real_logits, fake_logits):
        """Computes E[(f - 1)^2] / 2."""
        return ops.mean(ops.square(ops.subtract(fake_logits, 1.0))) / 2.0

    def margins(self, real_logits, fake_logits):
        """Against 1/2, which is as far from one target as from the other."""
        return ops.subtract(real_logits, 0.5), ops.subtract(0.5, fake_logits)


@keras.saving.register_keras_serializable(package="keras_gan")
class Hinge(AdversarialLoss):
    """D's loss ends at a margin of 1.

    L_D = E[max(0, 1 - r)] + E[max(0, 1 + f)],  L_G = -E[f].

    Source: Lim and Ye, "Geometric GAN", 2017; Miyato et al., "Spectral Normalization for
    Generative Adversarial Networks", ICLR 2018, equations 16 and 17.
    """

    flat = True

    def discriminator(self, real_logits, fake_logits):
        """Computes E[max(0, 1 - r)] + E[max(0, 1 + f)]."""
        real = ops.mean(ops.relu(ops.subtract(1.0, real_logits)))
        return real + ops.mean(ops.relu(ops.add(1.0, fake_logits)))

    def generator(self, real_logits, fake_logits):
        """Computes -E[f]."""
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable(package="keras_gan")
class Wasserstein(AdversarialLoss):
    """The earth mover's distance, as far as D is 1-Lipschitz: it needs a penalty or clipping.

    L_D = E[f] - E[r],  L_G = -E[f].

    Source: Arjovsky et al., "Wasserstein Generative Adversarial Networks", ICML 2017, equation 2.
    """

    def discriminator(self, real_logits, fake_logits):
        """Computes E[f] - E[r]."""
        return ops.mean(fake_logits) - ops.mean(real_logits)

    def generator(self, real_logits, fake_logits):
        """Computes -E[f]."""
        return -ops.mean(fake_logits)

    def margins(self, real_logits, fake_logits):
        """Against the other side's mean: a critic's zero means nothing."""
        return margins_to_means(real_logits, fake_logits)


@keras.saving.register_keras_serializable(package="keras_gan")
class RelativisticPaired(AdversarialLoss):
    """RpGAN: D tells which of a pair is real.

    L_D = E[softplus(-(r - f))],  L_G = E[softplus(-(f - r))].

    Source: Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019; Huang et al., "The
    GAN is dead; long live the GAN! A Modern GAN Baseline", NeurIPS 2024, equation 2.

    Example:

    >>> import keras_gan as kg
    >>> round(float(kg.losses.get("relativistic_paired").discriminator([3.0], [3.0])), 4)  # log 2
    0.6931
    """

    relativistic = True

    def discriminator(self, real_logits, fake_logits):
        """Computes E[softplus(-(r - f))]."""
        return ops.mean(ops.softplus(ops.subtract(fake_logits, real_logits)))

    def generator(self, real_logits, fake_logits):
        """Computes E[softplus(-(f - r))]."""
        return ops.mean(ops.softplus(ops.subtract(real_logits, fake_logits)))

    def margins(self, real_logits, fake_logits):
        """r - f of each pair, for both sides."""
        margin = ops.subtract(real_logits, fake_logits)
        return margin, margin


@keras.saving.register_keras_serializable(package="keras_gan")
class RelativisticAverage(AdversarialLoss):
    """RaGAN: D tells whether a sample is more real than the others are on average.

    L_D = E[softplus(-(r - E[f]))] + E[softplus(f - E[r])], and L_G with r and f exchanged.

    Source: Jolicoeur-Martineau, "The relativistic discriminator: a key element missing from
    standard GAN", ICLR 2019, section 4.2.
    """

    relativistic = True

    def discriminator(self, real_logits, fake_logits):
        """Computes E[softplus(-(r - E[f]))] + E[softplus(f - E[r])]."""
        real_margin, fake_margin = margins_to_means(real_logits, fake_logits)
        return ops.mean(ops.softplus(-real_margin)) + ops.mean(ops.softplus(-fake_margin))

    def generator(self, real_logits, fake_logits):
        """Computes E[softplus(-(f - E[r]))] + E[softplus(r - E[f])]."""
        return self.discriminator(fake_logits, real_logits)

    def margins(self, real_logits, fake_logits):
        """Against the other side's mean."""
        return margins_to_means(real_logits, fake_logits)


def margins_to_means(real_logits, fake_logits):
    """`(r - E[f], E[r] - f)`."""
    return (
        ops.subtract(real_logits, ops.mean(fake_logits)),
        ops.subtract(ops.mean(real_logits), fake_logits),
    )


def classification(class_logits, labels):
    """The auxiliary classifier's loss: mean cross-entropy of the labels, in nats.

    Both players minimise it beside their own loss: D on real and generated samples, G on its own.

    Args:
        class_logits: `(batch, num_classes)` float32.
        labels: `(batch,)` ints.

    Returns:
        A float32 scalar.

    Source: Odena et al., "Conditional Image Synthesis with Auxiliary Classifier GANs", ICML 2017,
    equation 3.
    """
    return ops.mean(
        keras.losses.sparse_categorical_crossentropy(labels, class_logits, from_logits=True)
    )


LOSSES = {
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "relativistic_average": RelativisticAverage,
    "relativistic_paired": RelativisticPaired,
    "wasserstein": Wasserstein,
}


def get(identifier) -> AdversarialLoss:
    """A loss by name, or the loss itself.

    Args:
        identifier: One of `LOSSES`, or an object with `discriminator` and `generator`.

    Returns:
        An `AdversarialLoss`.

    Raises:
        ConfigError: For a name that isn't known, or something that is no pair of losses.
    """
    if isinstance(identifier, str):
        if identifier not in LOSSES:
            raise unknown("loss", identifier, LOSSES)
        return LOSSES[identifier]()
    if isinstance(identifier, AdversarialLoss):
        return identifier
    raise ConfigError(
        f"expected a loss name or a keras_gan.losses.AdversarialLoss, got {identifier!r}; "
        "a GAN's loss is a pair, so a single Keras loss can't be used."
    )
