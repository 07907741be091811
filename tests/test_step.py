"""The branches of a step: which ones exist, and which ones run."""

import keras_gan as kg
from keras_gan import penalties

import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, tiny_gan
from keras import ops

ANY_STEP = tf.TensorSpec((), tf.int64)


class Intervals(kg.AdversarialModel):
    """A game without players, with names that are due at intervals."""

    def __init__(self, **every):
        super().__init__()
        self.every = every

    @property
    def intervals(self):
        return {name: (interval, 0) for name, interval in self.every.items()}


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("longest", [3, 1_000_003])  # with it too many phases to go through
def test_a_step_runs_what_is_due(jit, longest):
    game = Intervals(a=2, b=2, c=3, d=longest)

    def update(due):
        return {"due": ops.convert_to_tensor(sum(10 ** "abcd".index(n) for n in due), "int32")}

    function = tf.function(lambda step: game.switch(step, update), jit_compile=jit)
    due = [int(function(tf.constant(step, tf.int64))["due"]) for step in range(7)]
    rarely = 1000 if longest == 3 else 0
    assert due == [1111, 0, 11, 100 + rarely, 11, 0, 111 + rarely]


def test_only_what_can_fall_due_together_is_traced():
    """Intervals of 4 and 2 give three kinds of steps; a kind fixed by the host gives one."""
    traced = []

    def update(due):
        traced.append("".join(due))
        return ops.convert_to_tensor(len(due))

    def kinds(game, names=None):
        traced.clear()
        function = tf.function(lambda step: game.switch(step, update, names))
        function.get_concrete_function(ANY_STEP)
        return sorted(traced)

    assert kinds(Intervals(a=4, b=2)) == ["", "ab", "b"]
    assert kinds(Intervals(a=4, b=2), ["a"]) == ["", "a"]
    assert kinds(Intervals(a=4, b=2), []) == [""]
    assert kinds(Intervals(a=1, b=2)) == ["a", "ab"]
    assert kinds(Intervals(a=4, b=2, c=3)) == ["", "ab", "abc", "b", "bc", "c"]
    game = Intervals(a=4, b=2, c=3)
    with game.fixed_branches(game.kind_of_step(8)):
        assert kinds(game) == ["ab"]
    assert game.fixed_kind is None


def test_a_step_without_the_penalty_skips_its_work():
    """The penalty's branch is not entered: a host callback inside it counts the entries."""
    entered = []

    class Counting(penalties.R1):
        def measure(self, discriminator, real, fake, key=None, logits=(None, None)):
            tf.py_function(lambda: entered.append(1), [], [])
            return super().measure(discriminator, real, fake, key)

    gan = tiny_gan()
    gan.compile(penalties=[Counting(1.0, interval=4)], jit_compile=False)
    gan.fit(random_images(8), batch_size=8, epochs=8, verbose=0)
    assert len(entered) == 2


def test_a_step_is_eight_frames_deep():
    """From `train_step` to the loss, both counted, in the package's own files."""
    import traceback

    stacks = []

    class Loss(kg.losses.NonSaturating):
        def discriminator(self, real_logits, fake_logits):
            stacks.append(traceback.extract_stack())
            return super().discriminator(real_logits, fake_logits)

    gan = tiny_gan()
    for update in ("shared", "alternating"):
        gan.compile(loss=Loss(), penalties=[penalties.R1(0.1, 4)], update=update)
        gan.fit(random_images(8), batch_size=8, verbose=0)
    for stack in stacks:
        names = [frame.name for frame in stack]
        begin = len(names) - 1 - names[::-1].index("train_step")
        files = [f.filename for f in stack[begin:] if "keras_gan" in f.filename.split("/")]
        own = [name for name in files if "tests" not in name.split("/")]
        assert len(own) + 1 <= 8
        assert len(set(own)) + 1 <= 4


def test_streams_of_noise_are_named_and_those_of_old_files_stay():
    keys = [np.array(kg.noise.stream_key(5, name, 7)) for name in kg.noise.NUMBERED_STREAMS]
    assert [key.tolist() for key in keys] == [[5, 21], [5, 22], [5, 23]]
    names = (*kg.noise.NUMBERED_STREAMS, "encoder", "pool", "discriminator_b")
    draws = [
        float(kg.noise.normal((), kg.noise.stream_key(seed, name, step)))
        for seed in (0, 1)
        for name in names
        for step in range(3)
    ]
    assert len(set(draws)) == len(draws)
    second = kg.noise.stream_key(0, "encoder", tf.constant(2, tf.int64))
    assert float(kg.noise.normal((), second)) == draws[names.index("encoder") * 3 + 2]
