"""What the tools that train a classifier of images share."""

import keras
import numpy as np

BATCH_SIZE, SEED = 128, 0


def read(source):
    """A source's images in [-1, 1] and labels, in its order; 500 have to divide their number."""
    batches = source.to_dataset(500, labels=True, shuffle=False).take(len(source) // 500)
    images, labels = zip(*batches.as_numpy_iterator(), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def build(image_shape, stages, name=None):
    """Convolutions with batch normalisation, averaged over the picture, then ten classes.

    Args:
        image_shape: `(height, width, channels)`.
        stages: For each convolution its filters, kernel size and stride.
        name: Of the layer that averages.
    """
    layers = keras.layers
    stack = [keras.Input(image_shape)]
    for filters, size, stride in stages:
        stack.append(layers.Conv2D(filters, size, stride, padding="same", use_bias=False))
        stack.append(layers.BatchNormalization(momentum=0.9))
        stack.append(layers.ReLU())
    stack += [layers.GlobalAveragePooling2D(name=name), layers.Dense(10)]
    return keras.Sequential(stack)


def train(model, images, labels, altered, epochs, learning_rate):
    """Trains by Adam on a cosine, and prints each epoch's accuracy.

    Args:
        model: Of logits.
        images, labels: What to train on.
        altered: `(images, random) -> images`, what an epoch sees of them.
        epochs: How many.
        learning_rate: At the begin.
    """
    steps = len(images) // BATCH_SIZE
    model.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(learning_rate, epochs * steps)
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    random = np.random.default_rng(SEED)
    for epoch in range(epochs):
        order = random.permutation(len(images))[: steps * BATCH_SIZE]
        seen = altered(images[order], random)
        logs = model.fit(seen, labels[order], BATCH_SIZE, shuffle=False, verbose=0).history
        print(f"epoch {epoch + 1}: {logs['accuracy'][0]:.2%} of what it trained on", flush=True)


def moved(images, random, shift, **padding):
    """Each image moved by up to `shift` pixels; `padding` says what comes in, as in `np.pad`."""
    edges = ((0, 0), (shift, shift), (shift, shift), (0, 0))
    padded = np.pad(images, edges, **padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:3], axis=(1, 2))
    rows, columns = random.integers(0, 2 * shift + 1, (2, len(images)))
    return np.moveaxis(windows[np.arange(len(images)), rows, columns], 1, -1)
