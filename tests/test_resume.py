import keras_gan as kg

import keras
import numpy as np
import processes
import pytest
import resume_in_new_process
from conftest import differing, state_of
from resume_in_new_process import images_and_labels

COMBINATIONS = [
    (policy, jit)
    for policy in ("float32", "mixed_bfloat16", "mixed_float16")
    for jit in (False, True)
]


def build(policy, jit, num_classes=3, n_critic=2):
    """A game with every kind of state.

    BatchNorm, Dropout, spectral vectors, loss scales, a lazy penalty, LeCam's anchors, ADA's
    controller, schedules, n_critic.
    """
    keras.utils.set_random_seed(7)
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), 6, 4, num_classes, dtype=policy),
        discriminator(policy, num_classes),
        seed=5,
    )
    gan.compile(
        penalties=[kg.penalties.R1(0.1, interval=2), kg.penalties.LeCam(0.1)],
        augmentation=kg.augment.ADA(("color",), p=0.3, interval=2, images=1000),
        schedules={
            "learning_rate": kg.schedules.Cosine(1e-3, 1e-4, 48),
            "beta_2": kg.schedules.Cosine(0.9, 0.99, 48),
            "r1": kg.schedules.Cosine(0.1, 0.01, 48),
        },
        n_critic=n_critic,
        jit_compile=jit,
    )
    return gan


def discriminator(policy, num_classes):
    """A small one with Dropout and spectral normalization."""
    images, labels = keras.Input((8, 8, 1)), keras.Input((), dtype="int32")
    x = keras.layers.Flatten(dtype=policy)(images)
    x = keras.layers.Dropout(0.3, dtype=policy)(x)
    x = kg.layers.SpectralNormalization(keras.layers.Dense(16, dtype=policy))(x)
    x = keras.layers.Multiply()([x, keras.layers.Embedding(num_classes, 16, dtype=policy)(labels)])
    return keras.Model([images, labels], keras.layers.Dense(1, dtype="float32")(x))


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """State after 2 epochs, and after 1, a save, and 1 more in a new process; by combination.

    Keras's own ModelCheckpoint saves the end of the first epoch.
    """
    folder, uninterrupted = tmp_path_factory.mktemp("resume"), {}
    for policy, jit in COMBINATIONS:
        gan = build(policy, jit)
        save = keras.callbacks.ModelCheckpoint(folder / f"{policy}-{jit}-{{epoch}}.keras")
        gan.fit(*images_and_labels(), batch_size=8, epochs=2, verbose=0, callbacks=[save])
        uninterrupted[policy, jit] = state_of(gan)
        (folder / f"{policy}-{jit}-2.keras").unlink()
    process = folder / "told.txt"
    new = processes.start(resume_in_new_process.main, folder, output=process)
    assert processes.exit_codes(new) == [0], process.read_text()

    def states(policy, jit):
        with np.load(folder / f"{policy}-{jit}-1.npz") as file:
            return uninterrupted[policy, jit], {k.replace(":", "/"): file[k] for k in file.files}

    return states


@pytest.mark.parametrize(("policy", "jit"), COMBINATIONS)
def test_a_new_process_continues_bit_for_bit(resumed, policy, jit):
    uninterrupted, continued = resumed(policy, jit)
    kinds = ("/step/", "seed_generator_state", "velocity", "moving_mean", "/u/", "anchor", "/p/")
    for kind in kinds:
        assert any(kind in name for name in uninterrupted), kind
    assert differing(uninterrupted, continued) == []
