"""StyleGAN2: a mapping network of latents to styles, and a synthesis network of styles to images.

Sources: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020; the
conditional networks and the small ones as in "Training Generative Adversarial Networks with Limited
Data", NeurIPS 2020.
"""

from keras_gan.networks.stylegan2.discriminator import StyleGAN2Discriminator
from keras_gan.networks.stylegan2.generator import StyleGAN2Generator

__all__ = ["StyleGAN2Discriminator", "StyleGAN2Generator"]
