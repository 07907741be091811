"""Styles: the latents w of generators with a mapping network, such as StyleGAN2's.

Such a generator has three attributes: `mapping`, `latents [, labels] -> styles (batch, num_styles,
w_dim)`, one w per layer, all equal without style mixing; `synthesis`, `styles -> images`; and
`num_styles`.
"""

from keras_gan.errors import ConfigError

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE = 64


def has_styles(generator: keras.Model) -> bool:
    """Returns whether a generator has a mapping and a synthesis network."""
    return all(hasattr(generator, name) for name in ("mapping", "synthesis", "num_styles"))


def require_styles(generator: keras.Model) -> None:
    """Raises `ConfigError` for a generator without styles."""
    if not has_styles(generator):
        raise ConfigError(
            f"expected a generator with styles (mapping, synthesis and num_styles), such as "
            f"StyleGAN2's, got {type(generator).__name__}, which has none."
        )


def styles_of(
    generator: keras.Model, latents: np.ndarray, labels: np.ndarray | None = None
) -> np.ndarray:
    """Computes the styles w of latents, `(count, w_dim)` float32."""
    latents = tf.convert_to_tensor(latents, tf.float32)
    parts = []
    for start in range(0, len(latents), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        inputs = latents[part] if labels is None else [latents[part], tf.constant(labels[part])]
        parts.append(np.asarray(generator.mapping(inputs, training=False), "float32")[:, 0])
    return np.concatenate(parts)


def images_of(generator: keras.Model, styles: np.ndarray) -> np.ndarray:
    """Computes the images of styles, `(count, *sample_shape)` float32.

    Args:
        generator: A generator with styles.
        styles: `(count, num_styles, w_dim)`, or `(count, w_dim)` for the same w in every layer.
    """
    parts = [styles[start : start + BATCH_SIZE] for start in range(0, len(styles), BATCH_SIZE)]
    return np.concatenate(
        [
            np.asarray(
                generator.synthesis(repeat_styles(generator, part), training=False), "float32"
            )
            for part in parts
        ]
    )


def repeat_styles(generator: keras.Model, styles: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Repeats styles `(count, w_dim)` or `(count, 1, w_dim)` to `(count, num_styles, w_dim)`."""
    styles = tf.convert_to_tensor(styles, tf.float32)
    if styles.shape.rank == 2:
        styles = styles[:, None]
    return styles if styles.shape[1] != 1 else tf.repeat(styles, generator.num_styles, axis=1)
