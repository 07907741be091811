"""The games: one file a game, each a `keras.Model` with its own `train_step`."""

from keras_gan.models.adversarial import AdversarialModel
from keras_gan.models.gan import GAN, Noise
from keras_gan.models.progressive import ProgressiveGAN

__all__ = ["GAN", "AdversarialModel", "Noise", "ProgressiveGAN"]
