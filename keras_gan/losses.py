"""The rules of the game: the losses of discriminator and generator in one object.

A loss takes float32 logits of shape `(batch,)` and returns a scalar. Both losses are methods of one
object so that they can't be mismatched. Below, r and f are the logits of real and of generated
("fake") samples.
"""

from keras_gan.checks import check_number
from keras_gan.errors import ConfigError, unknown

import keras
import tensorflow as tf
from keras import ops


class AdversarialLoss:
    """Base of adversarial losses, a pair of losses for discriminator and generator.

    Attributes:
        relativistic: Whether the generator's loss depends on `real_logits`. If not, the generator's
            update doesn't pass the real batch through the discriminator.
        flat: Whether the discriminator's loss can have slope 0 at a fake logit where the
            generator's has not. The generator's gradient then can't be derived from it.
    """

    relativistic = False
    flat = False

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes the discriminator's loss; subclasses implement this.

        Args:
            real_logits: `(batch,)` float32 logits of real samples.
            fake_logits: `(batch,)` float32 logits of generated samples.

        Returns:
            A float32 scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no discriminator loss.")

    def generator(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes the generator's loss; subclasses implement this.

        Args:
            real_logits: As in `discriminator`; None unless the loss is `relativistic`.
            fake_logits: As in `discriminator`.

        Returns:
            A float32 scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no generator loss.")

    def margins(
        self, real_logits: tf.Tensor, fake_logits: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the margins by which D is right, from which accuracies are computed.

        Args:
            real_logits, fake_logits: `(batch,)` float32.

        Returns:
            Two tensors `(batch,)`, positive where D is right, for real and generated samples.
        """
        return real_logits, ops.negative(fake_logits)

    def get_config(self) -> dict:
        """Returns the constructor's arguments, as Keras serializes them."""
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "AdversarialLoss":
        """Makes the loss from its constructor's arguments."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_gan")
class NonSaturating(AdversarialLoss):
    """Non-saturating loss: minimax for D, and G minimizes -log D(G(z)).

    L_D = E[softplus(-r)] + E[softplus(f)],  L_G = E[softplus(-f)], with a gradient where D wins.

    Args:
        label_smoothing: From 0 to 0.5. D's target is 1 - `label_smoothing` for real samples and 0
            for generated ones ("one-sided", Salimans et al., "Improved Techniques for Training
            GANs", NeurIPS 2016, section 3.4).

    Raises:
        ConfigError: For a `label_smoothing` out of range.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, section 3.

    Example:

    >>> import keras_gan as kg
    >>> loss = kg.losses.get("non_saturating")
    >>> round(float(loss.discriminator([0.0], [0.0])), 4)  # log 4: D is undecided
    1.3863
    """

    def __init__(self, label_smoothing: float = 0.0):
        self.label_smoothing = check_number("label_smoothing", label_smoothing, maximum=0.5)

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[softplus(-r) + s r] + E[softplus(f)] with label smoothing s."""
        smoothing = self.label_smoothing * ops.mean(real_logits) if self.label_smoothing else 0.0
        real = ops.mean(ops.softplus(ops.negative(real_logits))) + smoothing
        return real + ops.mean(ops.softplus(fake_logits))

    def generator(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[softplus(-f)]."""
        return ops.mean(ops.softplus(ops.negative(fake_logits)))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable(package="keras_gan")
class Minimax(NonSaturating):
    """Minimax loss of the zero-sum game: G minimizes E[log(1 - D(G(z)))].

    L_D as in `NonSaturating`; L_G = -E[softplus(f)]. At the optimum D = 1/2 everywhere and
    L_D = log 4. G's gradient vanishes where D wins, so this loss is of mostly theoretical interest.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, equation 1.
    """

    def generator(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes -E[softplus(f)]."""
        return -ops.mean(ops.softplus(fake_logits))


@keras.saving.register_keras_serializable(package="keras_gan")
class LeastSquares(AdversarialLoss):
    """Least-squares loss: D regresses real samples to 1 and generated ones to 0; G regresses to 1.

    L_D = E[(r - 1)^2] / 2 + E[f^2] / 2,  L_G = w E[(f - 1)^2].

    Args:
        generator_weight: w, 1/2 as in the paper, or 1 as in CycleGAN, where it is a part of the
            generator's loss beside others.

    Raises:
        ConfigError: For a weight below 0.

    Source: Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017, equation 9.

    Example:

    >>> import keras_gan as kg
    >>> float(kg.losses.get("least_squares").generator(None, [3.0]))
    2.0
    """

    def __init__(self, generator_weight: float = 0.5):
        self.generator_weight = check_number("generator_weight", generator_weight)

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[(r - 1)^2] / 2 + E[f^2] / 2."""
        real = ops.mean(ops.square(ops.subtract(real_logits, 1.0)))
        return (real + ops.mean(ops.square(fake_logits))) / 2.0

    def generator(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes w E[(f - 1)^2]."""
        return self.generator_weight * ops.mean(ops.square(ops.subtract(fake_logits, 1.0)))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"generator_weight": self.generator_weight}

    def margins(
        self, real_logits: tf.Tensor, fake_logits: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the margins to 1/2, the middle of both targets."""
        return ops.subtract(real_logits, 0.5), ops.subtract(0.5, fake_logits)


@keras.saving.register_keras_serializable(package="keras_gan")
class Hinge(AdversarialLoss):
    """Hinge loss: D isn't rewarded for margins above 1.

    L_D = E[max(0, 1 - r)] + E[max(0, 1 + f)],  L_G = -E[f].

    Source: Lim and Ye, "Geometric GAN", 2017; Miyato et al., "Spectral Normalization for
    Generative Adversarial Networks", ICLR 2018, equations 16 and 17.
    """

    flat = True

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[max(0, 1 - r)] + E[max(0, 1 + f)]."""
        real = ops.mean(ops.relu(ops.subtract(1.0, real_logits)))
        return real + ops.mean(ops.relu(ops.add(1.0, fake_logits)))

    def generator(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes -E[f]."""
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable(package="keras_gan")
class Wasserstein(AdversarialLoss):
    """Wasserstein loss: the earth mover's distance for a 1-Lipschitz D.

    L_D = E[f] - E[r],  L_G = -E[f]. D needs a gradient penalty or weight clipping.

    Source: Arjovsky et al., "Wasserstein Generative Adversarial Networks", ICML 2017, equation 2.
    """

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[f] - E[r]."""
        return ops.mean(fake_logits) - ops.mean(real_logits)

    def generator(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes -E[f]."""
        return -ops.mean(fake_logits)

    def margins(
        self, real_logits: tf.Tensor, fake_logits: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the margins to the other mean, as the zero of D's scale is arbitrary."""
        return margins_to_means(real_logits, fake_logits)


@keras.saving.register_keras_serializable(package="keras_gan")
class RelativisticPaired(AdversarialLoss):
    """Relativistic paired loss (RpGAN): D predicts which sample of a pair is real.

    L_D = E[softplus(-(r - f))],  L_G = E[softplus(-(f - r))].

    Source: Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019; Huang et al., "The
    GAN is dead; long live the GAN! A Modern GAN Baseline", NeurIPS 2024, equation 2.

    Example:

    >>> import keras_gan as kg
    >>> round(float(kg.losses.get("relativistic_paired").discriminator([3.0], [3.0])), 4)  # log 2
    0.6931
    """

    relativistic = True

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[softplus(-(r - f))]."""
        return ops.mean(ops.softplus(ops.subtract(fake_logits, real_logits)))

    def generator(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[softplus(-(f - r))]."""
        return ops.mean(ops.softplus(ops.subtract(real_logits, fake_logits)))

    def margins(
        self, real_logits: tf.Tensor, fake_logits: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns r - f of each pair, for real and for generated samples."""
        margin = ops.subtract(real_logits, fake_logits)
        return margin, margin


@keras.saving.register_keras_serializable(package="keras_gan")
class RelativisticAverage(AdversarialLoss):
    """Relativistic average loss (RaGAN): D compares a sample with the mean of the other kind.

    L_D = E[softplus(-(r - E[f]))] + E[softplus(f - E[r])]; L_G is the same with r and f swapped.

    Source: Jolicoeur-Martineau, "The relativistic discriminator: a key element missing from
    standard GAN", ICLR 2019, section 4.2.
    """

    relativistic = True

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[softplus(-(r - E[f]))] + E[softplus(f - E[r])]."""
        real_margin, fake_margin = margins_to_means(real_logits, fake_logits)
        return ops.mean(ops.softplus(-real_margin)) + ops.mean(ops.softplus(-fake_margin))

    def generator(self, real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        """Computes E[softplus(-(f - E[r]))] + E[softplus(r - E[f])]."""
        return self.discriminator(fake_logits, real_logits)

    def margins(
        self, real_logits: tf.Tensor, fake_logits: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the margins to the mean of the other kind."""
        return margins_to_means(real_logits, fake_logits)


def margins_to_means(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns `(r - E[f], E[r] - f)`."""
    return (
        ops.subtract(real_logits, ops.mean(fake_logits)),
        ops.subtract(ops.mean(real_logits), fake_logits),
    )


def classification(class_logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Computes the loss of an auxiliary classifier: mean cross-entropy in nats.

    Both players add it to their loss: D on real and generated samples, G on generated samples.

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


def get(identifier: AdversarialLoss | str) -> AdversarialLoss:
    """Returns a loss by name; an `AdversarialLoss` is returned unchanged.

    Args:
        identifier: One of `LOSSES`, or an `AdversarialLoss`.

    Returns:
        An `AdversarialLoss`.

    Raises:
        ConfigError: For an unknown name or another type.
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
