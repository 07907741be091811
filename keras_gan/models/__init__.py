"""Games, one per file: each is a `keras.Model` with its own players and objectives."""

from keras_gan.models.adversarial import AdversarialModel
from keras_gan.models.cyclegan import CycleGAN
from keras_gan.models.duel import Duel, Noise
from keras_gan.models.gan import GAN
from keras_gan.models.progressive import ProgressiveGAN
from keras_gan.models.rules import Rules

__all__ = ["GAN", "AdversarialModel", "CycleGAN", "Duel", "Noise", "ProgressiveGAN", "Rules"]
