"""Trains one game alone, on two virtual devices, or as one of two workers; saves what came of it.

python tests/train_on_replicas.py FOLDER alone|mirrored|compiled|worker ...

A worker finds its place in TF_CONFIG. Writes FOLDER/<how>.npz.
"""

import functools
import json
import os
import pathlib
import sys

import keras_gan as kg

import keras
import numpy as np
import tensorflow as tf
from conftest import state_of

STEPS, BATCH = 50, 8


def build():
    """A game without batch statistics, with all that draws or remembers something."""
    keras.utils.set_random_seed(7)
    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (16,), num_classes=10),
        kg.networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=10, normalization="spectral"),
        seed=5,
    )
    gan.compile(
        penalties=[
            kg.penalties.R1(0.1, interval=2),
            kg.penalties.GradientPenalty(0.1, interval=2),
            kg.penalties.LeCam(0.1),
        ],
        augmentation=kg.augment.ADA(("color", "geometry"), p=0.5, interval=2, images=1000),
        schedules={"learning_rate": kg.schedules.Cosine(1e-3, 1e-4, 400)},
        update="alternating",
        n_critic=2,
    )
    return gan


def build_of_one_kind(jit_compile=False, dtype=None):
    """A game of one kind of step, with second derivatives and state of networks and rules."""
    keras.utils.set_random_seed(7)
    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (16,), dtype=dtype),
        kg.networks.DCGANDiscriminator((8, 8, 1), 4, normalization="spectral", dtype=dtype),
    )
    penalties = [kg.penalties.R1(0.1), kg.penalties.LeCam(0.1)]
    gan.compile(penalties=penalties, remat=True, jit_compile=jit_compile)
    return gan


def batch_statistics():
    """A game with Keras's BatchNorm and the package's, and Dropout."""
    keras.utils.set_random_seed(7)
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), 6, 4),
        keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(8),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.3),
                keras.layers.Dense(1),
            ]
        ),
    )
    gan.compile()
    return gan


def plain_batches():
    """A data set that isn't addressed by step, whose last batch is smaller."""
    images = np.random.default_rng(0).uniform(-1, 1, (20, 8, 8, 1)).astype("float32")
    return tf.data.Dataset.from_tensor_slices(images).batch(BATCH)


class EveryStep(keras.callbacks.Callback):
    """Keeps every step's logs, each by itself."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def on_train_batch_end(self, batch, logs=None):
        """Adds the logs."""
        self.rows.append([float(value) for value in logs.values()])
        self.model.reset_metrics()


def data(labels=True):
    return kg.datasets.load("digits", image_size=8, batch_size=BATCH, labels=labels)


def train(gan, steps, labels=True):
    rows = EveryStep()
    gan.fit(data(labels), steps_per_epoch=steps, verbose=0, callbacks=[rows])
    return np.array(rows.rows)


def replicas_of(gan, strategy):
    """Every variable as each local replica has it, by name."""
    variables = [*gan.variables, *gan.generator_optimizer.variables]
    variables += gan.discriminator_optimizer.variables
    return {
        f"{v.path}/{i}": [r.numpy() for r in strategy.experimental_local_results(v.value)]
        for i, v in enumerate(variables)
    }


def out_of_step(gan, strategy):
    """Names of the variables that aren't the same on all local replicas."""
    return [
        name
        for name, values in replicas_of(gan, strategy).items()
        if any(value.tobytes() != values[0].tobytes() for value in values)
    ]


def noise_of(gan, strategy):
    """The latents of step 3 on every local replica, and those of the whole batch."""
    share = BATCH // strategy.num_replicas_in_sync

    @tf.function
    def draw():
        return strategy.run(lambda: gan.draw_noise(share, "discriminator", 3).latents)

    parts = [part.numpy() for part in strategy.experimental_local_results(draw())]
    return parts, gan.draw_noise(BATCH, "discriminator", 3).latents.numpy()


def save(path, gan, **found):
    state = {f"state:{k.replace('/', ':')}": v for k, v in state_of(gan).items()}
    np.savez(path, **found, **state)


def alone(folder):
    gan = build()
    plain = train(build_of_one_kind(), 10, labels=False)
    narrow = train(build_of_one_kind(dtype="mixed_bfloat16"), 4, labels=False)
    save(folder / "alone.npz", gan, logs=train(gan, STEPS), narrow=narrow, plain=plain)


def mirrored(folder):
    strategy = two_devices()
    with strategy.scope():
        gan = build()
        parts, whole = noise_of(gan, strategy)
        logs = train(gan, STEPS // 2)
        gan.save(folder / "half.keras")
        again = keras.models.load_model(folder / "half.keras")
        logs = np.concatenate([logs, train(again, STEPS - STEPS // 2)])
        other = batch_statistics()
        train(other, 5, labels=False)
        other.fit(plain_batches(), verbose=0)
        narrow = train(build_of_one_kind(dtype="mixed_bfloat16"), 4, labels=False)
        measured = again.evaluate(data(), steps=2, verbose=0, return_dict=True)
    outside = keras.models.load_model(folder / "half.keras")
    names = out_of_step(again, strategy) + out_of_step(other, strategy)
    found = {"out_of_step": names, "measured": measured, "refused": refusals(strategy)}
    (folder / "mirrored.json").write_text(json.dumps(found))
    save(folder / "mirrored.npz", again, logs=logs, parts=parts, whole=whole, narrow=narrow)
    save(folder / "outside.npz", outside)


def compiled(folder):
    with two_devices().scope():
        logs = train(build_of_one_kind(jit_compile=True), 10, labels=False)
    np.savez(folder / "compiled.npz", plain=logs)


@functools.cache  # collective operations of a second strategy would clash with the first one's
def two_devices():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def refusals(strategy):
    """What a game on replicas says of what it can't do."""
    told = []
    for arguments in ({"steps_per_execution": 2}, {"accumulation": 2}):
        with strategy.scope():
            gan = build()
            gan.compile(**arguments)
            told.append(refusal(lambda gan=gan: train(gan, 2)))
    with strategy.scope():
        odd = kg.datasets.load("digits", image_size=8, batch_size=7, labels=True)
        told.append(refusal(lambda: build().fit(odd, verbose=0)))
        told.append(refusal(lambda: translation().compile()))
    return told


def translation():
    """A game of two domains with a pool of past images."""
    networks = [kg.networks.ResNetTranslator(1, width=1, blocks=1) for _ in range(2)]
    networks += [kg.networks.PatchDiscriminator(1, layers=1, width=1) for _ in range(2)]
    return kg.CycleGAN(*networks, image_size=(8, 8), pool_size=2)


def refusal(action):
    try:
        action()
    except kg.errors.ConfigError as error:
        return str(error)
    return "nothing was refused"


def worker(folder):
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    with strategy.scope():
        gan = build()
        (part,), whole = noise_of(gan, strategy)
    logs = train(gan, STEPS)
    save(folder / f"worker{index}.npz", gan, logs=logs, part=part, whole=whole)


def main(folder, *kinds):
    if "mirrored" in kinds:
        cpu = tf.config.list_physical_devices("CPU")[0]
        halves = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, halves)
    for kind in kinds:
        makers = {"alone": alone, "mirrored": mirrored, "compiled": compiled, "worker": worker}
        makers[kind](pathlib.Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
