"""Styles: the latents w of networks with a mapping, such as StyleGAN2's.

Such a generator has `mapping`, `latents [, labels] -> styles (batch, num_styles, w_dim)`, each
layer's w, which are alike without style mixing; `synthesis`, `styles -> images`; and `num_styles`.
"""

from keras_gan.errors import ConfigError

import numpy as np
import tensorflow as tf

BATCH_SIZE = 64


def has_styles(generator) -> bool:
    """Whether a generator has a mapping and a synthesis network."""
    return all(hasattr(generator, name) for name in ("mapping", "synthesis", "num_styles"))


def require_styles(generator):
    """Raises `ConfigError` for a generator without styles."""
    if not has_styles(generator):
        raise ConfigError(
            f"expected a generator with styles (mapping, synthesis and num_styles), such as "
            f"StyleGAN2's, got {type(generator).__name__}, which has none."
        )


def styles_of(generator, latents, labels=None):
    """w of latents, `(count, w_dim)` float32."""
    latents = tf.convert_to_tensor(latents, tf.float32)
    parts = []
    for start in range(0, len(latents), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        inputs = latents[part] if labels is None else [latents[part], tf.constant(labels[part])]
        parts.append(np.asarray(generator.mapping(inputs, training=False), "float32")[:, 0])
    return np.concatenate(parts)


def images_of(generator, styles):
    """Images of styles, `(count, *sample_shape)` float32.

    Args:
        generator: One with styles.
        styles: `(count, num_styles, w_dim)`, or `(count, w_dim)` for the same w in every layer.
    """
    parts = [styles[start : start + BATCH_SIZE] for start in range(0, len(styles), BATCH_SIZE)]
    return np.concatenate(
        [
            np.asarray(
                generator.synthesis(in_every_layer(generator, part), training=False), "float32"
            )
            for part in parts
        ]
    )


def in_every_layer(generator, styles):
    """`(count, w_dim)` or `(count, 1, w_dim)` as `(count, num_styles, w_dim)`."""
    styles = tf.convert_to_tensor(styles, tf.float32)
    if styles.shape.rank == 2:
        styles = styles[:, None]
    return styles if styles.shape[1] != 1 else tf.repeat(styles, generator.num_styles, axis=1)
