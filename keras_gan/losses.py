"""The rules of the game: a discriminator's and a generator's loss in one object.

A loss works on float32 logits of shape `(batch,)` and returns a scalar. Both halves live in
one object so that they can't be mismatched.
"""

import keras
from keras import ops

from keras_gan.errors import ConfigError, unknown


class AdversarialLoss:
    """What a pair of losses has to offer.

    Attributes:
        relativistic: Whether the generator's half reads `real_logits`. Where it doesn't, the
            real batch is not sent through the discriminator in the generator's half-step.
    """

    relativistic = False

    def discriminator(self, real_logits, fake_logits):
        """The discriminator's loss.

        Args:
            real_logits: `(batch,)` float32, D on real samples.
            fake_logits: `(batch,)` float32, D on generated samples.

        Returns:
            A float32 scalar.
        """
        raise TypeError(f"{type(self).__name__} defines no discriminator loss.")

    def generator(self, real_logits, fake_logits):
        """The generator's loss, of the same arguments.

        `real_logits` is None unless `relativistic`.
        """
        raise TypeError(f"{type(self).__name__} defines no generator loss.")

    def get_config(self):
        """Constructor arguments, as Keras serialises them."""
        return {}

    @classmethod
    def from_config(cls, config):
        """The loss with these constructor arguments."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_gan")
class NonSaturating(AdversarialLoss):
    """Minimax for D; G minimises -log D(G(z)), whose gradient doesn't vanish when D wins.

    L_D = E[softplus(-D(x))] + E[softplus(D(G(z)))],  L_G = E[softplus(-D(G(z)))], on logits.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, section 3.

    Example:

    >>> import keras_gan as kg
    >>> loss = kg.losses.get("non_saturating")
    >>> round(float(loss.discriminator([0.0], [0.0])), 4)  # log 4: D knows nothing
    1.3863
    """

    def discriminator(self, real_logits, fake_logits):
        """E[softplus(-D(x))] + E[softplus(D(G(z)))]."""
        return ops.mean(ops.softplus(ops.negative(real_logits))) + ops.mean(
            ops.softplus(fake_logits)
        )

    def generator(self, real_logits, fake_logits):
        """E[softplus(-D(G(z)))]."""
        return ops.mean(ops.softplus(ops.negative(fake_logits)))


@keras.saving.register_keras_serializable(package="keras_gan")
class Minimax(NonSaturating):
    """The zero-sum game: G minimises E[log(1 - D(G(z)))].

    L_D as in `NonSaturating`; L_G = -E[softplus(D(G(z)))]. At the optimum D = 1/2 everywhere and
    L_D = log 4. G's gradient vanishes where D wins, so this is for study more than for use.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, equation 1.
    """

    def generator(self, real_logits, fake_logits):
        """-E[softplus(D(G(z)))]."""
        return -ops.mean(ops.softplus(fake_logits))


LOSSES = {
    "minimax": Minimax,
    "non_saturating": NonSaturating,
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
