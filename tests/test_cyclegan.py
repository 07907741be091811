"""CycleGAN: its losses by hand, its pool against a simulation, and a resume bit for bit."""

import keras_gan as kg
from keras_gan import noise
from keras_gan.errors import ConfigError
from keras_gan.models.image_pool import ImagePool

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import differing, state_of

SIDE = 16


def images(count, channels=3, seed=0):
    shape = (count, SIDE, SIDE, channels)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def build(pool_size=3, seed=5, **options):
    keras.utils.set_random_seed(seed)
    translator = {"width": 2, "blocks": 1}
    judge = {"width": 2, "layers": 1}
    game = kg.CycleGAN(
        kg.networks.ResNetTranslator(3, 1, **translator),
        kg.networks.ResNetTranslator(1, 3, **translator),
        kg.networks.PatchDiscriminator(3, **judge),
        kg.networks.PatchDiscriminator(1, **judge),
        image_size=(SIDE, SIDE),
        pool_size=pool_size,
        seed=seed,
    )
    rate = keras.optimizers.Adam
    game.compile(rate(2e-4, 0.5), rate(2e-4, 0.5), **{"identity": 0, **options})
    return game


def domains(batch_size=2):
    a = kg.datasets.ArraySource("a", images(6))
    b = kg.datasets.ArraySource("b", images(10, 1, seed=1))
    return kg.datasets.pair(a, b).to_dataset(batch_size=batch_size, seed=3)


# The pool


def simulate(size, stream, draws):
    """The pool of the authors' code, image by image."""
    pool, returned = [], []
    for image, (chance, place) in zip(stream, draws, strict=True):
        if len(pool) < size:
            pool.append(image)
            returned.append(image)
        elif chance < 0.5:
            index = int(place * size)
            returned.append(pool[index])
            pool[index] = image
        else:
            returned.append(image)
    return pool, returned


@pytest.mark.parametrize("jit", [False, True])
def test_the_pool_gives_what_a_simulation_gives(jit):
    pool = ImagePool(4, (2, 1, 3))
    query = tf.function(pool.__call__, jit_compile=jit)
    stream = np.random.default_rng(0).normal(size=(12, 5, 2, 1, 3)).astype("float32")
    returned, draws = [], []
    for step, batch in enumerate(stream):
        key = noise.make_key(7, step)
        draw = tf.function(lambda key: noise.uniform((5, 2), key), jit_compile=jit)
        draws += draw(key).numpy().tolist()
        returned += list(query(tf.constant(batch), key).numpy())
    kept, expected = simulate(4, stream.reshape(-1, 2, 1, 3), draws)
    assert np.array_equal(returned, expected)
    assert np.array_equal(pool.images, kept)
    assert int(pool.count) == 4
    given = stream.reshape(-1, 2, 1, 3)
    changed = sum(not np.array_equal(*pair) for pair in zip(returned, given, strict=True))
    assert 15 < changed < 42  # about half of the 56 after the first four


def test_a_pool_of_no_images_returns_the_new_ones():
    batch = tf.constant(images(3))
    assert np.array_equal(ImagePool(0, batch.shape[1:])(batch, noise.make_key(0)), batch)
    with pytest.raises(ConfigError, match="size of the pool >= 0, got -1"):
        ImagePool(-1, (1, 1, 1))


# The losses


def test_the_first_step_has_the_losses_of_the_authors_code():
    game = build(pool_size=0, run_eagerly=True, cycle=7.0)
    a, b = images(2, seed=3), images(2, 1, seed=4)
    fake_b, fake_a = np.asarray(game.generator_ab(a)), np.asarray(game.generator_ba(b))
    judged = {
        "b_g_loss": np.square(game.discriminator_b(fake_b) - 1).mean(),
        "a_g_loss": np.square(game.discriminator_a(fake_a) - 1).mean(),
        "b_d_loss": (
            np.square(game.discriminator_b(b) - 1).mean()
            + np.square(game.discriminator_b(fake_b)).mean()
        )
        / 2,
        "a_d_loss": (
            np.square(game.discriminator_a(a) - 1).mean()
            + np.square(game.discriminator_a(fake_a)).mean()
        )
        / 2,
        "cycle_loss": np.abs(game.generator_ba(fake_b) - a).mean()
        + np.abs(game.generator_ab(fake_a) - b).mean(),
        "identity_loss": 0.0,
    }
    loss, _ = game.generator_objective((a, b), kg.models.Noise(None, None), (fake_b, fake_a))
    expected = judged["a_g_loss"] + judged["b_g_loss"] + 7 * judged["cycle_loss"]
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)
    logs = game.train_step((a, b))
    for name, value in judged.items():
        assert float(logs[name]) == pytest.approx(float(value), rel=1e-5), name


def test_the_identity_loss_is_of_images_that_are_of_the_domain_already():
    keras.utils.set_random_seed(0)
    networks = [kg.networks.ResNetTranslator(width=2, blocks=1) for _ in range(2)]
    networks += [kg.networks.PatchDiscriminator(width=2, layers=1) for _ in range(2)]
    game = kg.CycleGAN(*networks, image_size=(SIDE, SIDE), pool_size=0)
    game.compile(run_eagerly=True)
    a, b = images(2, seed=3), images(2, seed=4)
    expected = np.abs(networks[0](b) - b).mean() + np.abs(networks[1](a) - a).mean()
    fakes = game.translate_batch((a, b))
    loss, logs = game.generator_objective((a, b), kg.models.Noise(None, None), fakes)
    assert float(logs["identity_loss"]) == pytest.approx(float(expected), rel=1e-5)
    parts = logs["a_g_loss"] + logs["b_g_loss"] + 10 * logs["cycle_loss"] + 5 * expected
    assert float(loss) == pytest.approx(float(parts), rel=1e-5)


def test_the_pool_holds_translations_from_before_the_step():
    game = build(pool_size=1, run_eagerly=True)
    b, outcomes = images(1, 1, seed=4), set()
    for step in range(12):
        a = images(1, seed=step)
        translated, before = game.translate_batch((a, b))[0][0], np.array(game.pool_b.images[0])
        game.train_step((a, b))
        after = np.array(game.pool_b.images[0])
        is_new = bool(np.allclose(after, translated, atol=1e-5))
        assert is_new or np.array_equal(after, before)
        outcomes.add(is_new)
    assert outcomes == {False, True}


# The run


def test_parts_of_a_batch_give_the_same_step():
    batch = images(4, seed=3), images(4, 1, seed=4)
    whole, parts = (build(run_eagerly=True, accumulation=count) for count in (1, 2))
    logs = [game.train_step(batch) for game in (whole, parts)]
    for name in logs[0]:
        assert float(logs[0][name]) == pytest.approx(float(logs[1][name]), abs=1e-4), name
    assert np.allclose(whole.pool_b.images, parts.pool_b.images, atol=1e-5)
    weights = [
        [w for n in game.network_names() for w in getattr(game, n).get_weights()]
        for game in (whole, parts)
    ]
    # Adam's first step has the size of the rate, whatever that of the gradient
    assert max(np.abs(a - b).max() for a, b in zip(*weights, strict=True)) < 5e-4


def test_it_resumes_bit_for_bit_with_its_pool(tmp_path):
    game, data = build(), domains()
    history = game.fit(data, epochs=1, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert int(game.pool_a.count) == int(game.pool_b.count) == 3
    game.save(tmp_path / "game.keras")
    again = keras.models.load_model(tmp_path / "game.keras")
    assert not differing(state_of(game), state_of(again))
    assert (again.cycle, again.identity, again.pool_size, again.image_size) == (10, 0, 3, (16, 16))
    for each in (game, again):
        each.fit(data, epochs=1, verbose=0)
    assert not differing(state_of(game), state_of(again))
    assert np.array_equal(game.pool_b.images, again.pool_b.images)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: build(identity=0.5), "equally many channels for an identity loss of 0.5, got"),
        (lambda: build(cycle=-1), "cycle >= 0, got -1"),
        (lambda: build(pool_size=-1), "size of the pool >= 0, got -1"),
        (
            lambda: kg.CycleGAN(
                *[kg.networks.ResNetTranslator(width=2, blocks=1) for _ in range(2)],
                *[kg.networks.PatchDiscriminator(width=2, layers=1) for _ in range(2)],
                image_size=(32, 30),
            ),
            r"multiples of 4 for these generators, got image_size=\(32, 30\)",
        ),
        (
            lambda: kg.CycleGAN(
                *[kg.networks.ResNetTranslator(3, 1, width=2, blocks=1) for _ in range(2)],
                *[kg.networks.PatchDiscriminator(width=2, layers=1) for _ in range(2)],
            ),
            "a way back, got generator_ab from 3 to 1 channels and generator_ba from 3 to 1",
        ),
    ],
)
def test_what_cannot_be_a_game_is_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()
