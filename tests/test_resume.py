import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import differing, state_of
from resume_in_new_process import images_and_labels

import keras_gan as kg

COMBINATIONS = [
    (policy, jit)
    for policy in ("float32", "mixed_bfloat16", "mixed_float16")
    for jit in (False, True)
]


def build(policy, jit):
    """A game with every kind of state: BatchNorm, Dropout, loss scales, lazy R1, n_critic."""
    keras.utils.set_random_seed(7)
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), 6, 4, num_classes=3, dtype=policy),
        kg.networks.MLPDiscriminator((8, 8, 1), (16,), dropout=0.3, num_classes=3, dtype=policy),
        seed=5,
    )
    gan.compile(penalties=[kg.penalties.R1(0.1, interval=2)], n_critic=2, jit_compile=jit)
    return gan


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
    script = pathlib.Path(__file__).with_name("resume_in_new_process.py")
    subprocess.run([sys.executable, script, folder], check=True)

    def states(policy, jit):
        with np.load(folder / f"{policy}-{jit}-1.npz") as file:
            return uninterrupted[policy, jit], {k.replace(":", "/"): file[k] for k in file.files}

    return states


@pytest.mark.parametrize(("policy", "jit"), COMBINATIONS)
def test_a_new_process_continues_bit_for_bit(resumed, policy, jit):
    uninterrupted, continued = resumed(policy, jit)
    kinds = ("/step/", "seed_generator_state", "velocity", "moving_mean")
    for kind in kinds:
        assert any(kind in name for name in uninterrupted), kind
    assert differing(uninterrupted, continued) == []
