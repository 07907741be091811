"""A game that starts with the weights of another one."""

import keras_gan as kg
from keras_gan.cli import main
from keras_gan.errors import ConfigError
from keras_gan.models.transfer import copy_weights, find_counterparts

import keras
import numpy as np
import pytest
from conftest import differing, random_images, state_of


def quick(size=16, channels=1, num_classes=None, width=4, seed=0):
    return kg.recipes.build(
        "quick", (size, size, channels), num_classes=num_classes, width=width, seed=seed
    )


@pytest.fixture(scope="module")
def source():
    """A game after four steps."""
    keras.utils.set_random_seed(1)
    gan = quick()
    gan.fit(random_images(32, 16), batch_size=8, verbose=0)
    return gan


def equal(first, second):
    """Whether each pair of weights of two networks is equal."""
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return [np.array_equal(*pair) for pair in pairs]


def test_all_weights_are_copied_and_the_rest_begins_anew(source):
    gan = quick(seed=3)
    transfers = kg.transfer(gan, source)
    for name in ("generator", "discriminator", "moving_average"):
        assert all(equal(getattr(gan, name), getattr(source, name)))
    assert [each.network for each in transfers] == ["generator", "discriminator", "moving_average"]
    assert not any(each.new or each.dropped for each in transfers)
    assert (int(gan.step), int(gan.images_seen), int(gan.images_before)) == (0, 0, 32)
    assert not any(np.any(v.numpy()) for v in gan.generator_optimizer.variables[2:])
    assert gan.sample(3, seed=1).tobytes() == source.sample(3, seed=1).tobytes()


def test_the_average_goes_on_without_a_warm_up(source):
    tuned, new = quick(), quick()
    source.images_before.assign(10**6)
    kg.transfer(tuned, source)
    source.images_before.assign(0)
    before = tuned.moving_average.get_weights()
    for gan in (tuned, new):
        gan.fit(random_images(8, 16, seed=5), batch_size=8, verbose=0)
    after = tuned.moving_average.get_weights()
    beta = 0.5 ** (8 / tuned.moving_average_half_life)
    for old, mean, weight in zip(before, after, tuned.generator.get_weights(), strict=True):
        np.testing.assert_allclose(mean, beta * old + (1 - beta) * weight, atol=1e-6)
    for mean, weight in zip(new.moving_average.weights, new.generator.weights, strict=True):
        np.testing.assert_allclose(mean, weight, atol=1e-3)  # it has just begun its warm-up


@pytest.mark.parametrize(
    ("options", "copied"),
    [
        ({"channels": 3}, {"generator": (5, 7), "discriminator": (7, 8)}),
        ({"num_classes": 3}, {"generator": (6, 7), "discriminator": (8, 9)}),
        ({"size": 32}, {"generator": (6, 12), "discriminator": (8, 10)}),
    ],
)
def test_what_fits_is_copied_to_other_classes_channels_and_sizes(source, options, copied):
    gan = quick(**options)
    fresh = [weight.copy() for weight in gan.generator.get_weights()]
    transfers = {each.network: each for each in kg.transfer(gan, source)}
    for name in copied:
        each, network = transfers[name], getattr(gan, name)
        assert len(each.copied) + len(each.new) == len(network.weights)
        assert each.copied
        assert each.new
    changed = sum(
        not np.array_equal(*pair) for pair in zip(fresh, gan.generator.get_weights(), strict=True)
    )
    assert 0 < changed <= len(transfers["generator"].copied)
    labels = None if "num_classes" not in options else np.arange(8) % 3
    images = random_images(8, options.get("size", 16), options.get("channels", 1))
    gan.fit(images, labels, batch_size=8, verbose=0)


def test_names_that_keras_numbers_are_compared_without_numbers():
    def network():
        return keras.Sequential(
            [
                keras.Input((3,)),
                *(keras.layers.Dense(3) for _ in range(3)),
                keras.layers.Dense(3, name="last_1"),
            ]
        )

    first, second = network(), network()
    counterparts = find_counterparts(first, second)
    assert len(counterparts) == 8
    copy_weights(first, second, counterparts)
    assert all(equal(first, second))
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, name="last_2")])
    assert find_counterparts(other, second) == {}


def test_frozen_layers_stay_as_they_are_and_stay_frozen(source, tmp_path):
    gan = quick()
    kg.transfer(gan, source, freeze_discriminator=2)
    gan.fit(random_images(16, 16, seed=7), batch_size=8, verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = kg.load_model(tmp_path / "gan.keras")
    assert not differing(state_of(gan), state_of(again))
    for game in (gan, again):
        game.fit(random_images(16, 16, seed=8), batch_size=8, verbose=0)
        assert equal(game.discriminator, source.discriminator) == [True] * 4 + [False] * 4
    assert not differing(state_of(gan), state_of(again))


def test_statistics_of_frozen_layers_stay_too():
    for normalization in ("spectral", "batch"):
        judge = kg.networks.DCGANDiscriminator((16, 16, 1), 4, normalization=normalization)
        judge.frozen_layers = len([layer for layer in judge.layers if layer.weights]) - 1
        frozen = [w for layer in judge.layers if not layer.trainable for w in layer.weights]
        before = [weight.numpy() for weight in frozen]
        judge(random_images(8, 16), training=True)
        assert len(frozen) > 6
        assert all(map(np.array_equal, before, map(np.array, frozen)))


def test_games_that_share_nothing_are_refused(source):
    with pytest.raises(ConfigError, match="of a game of points, got those of one of images, whose"):
        kg.transfer(kg.recipes.build("toy25", (2,), width=8), source)
    with pytest.raises(ConfigError, match="one whose layers have other shapes"):
        kg.transfer(kg.recipes.build("gan", (16, 16, 1), width=8), source)
    with pytest.raises(ConfigError, match="before its first step, got one with 4 steps"):
        kg.transfer(source, quick())
    with pytest.raises(ConfigError, match=r"two keras_gan games, got None; kg\.load_model"):
        kg.transfer(quick(), None)
    for options, count, message in (
        ({"channels": 3}, 1, "weights in all layers to freeze, got none for"),
        ({}, 9, "number of frozen layers from 0 to 3, got 9"),
    ):
        gan = quick(**options)
        before = state_of(gan)
        with pytest.raises(ConfigError, match=message):
            kg.transfer(gan, source, freeze_discriminator=count)
        assert not differing(before, state_of(gan))


def test_a_run_is_fine_tuned_and_resumes(source, tmp_path, capsys):
    source.save(tmp_path / "source.keras")
    np.save(tmp_path / "data.npy", random_images(32, 16, seed=11))
    out = tmp_path / "run"
    train = ["train", "quick", "--data", tmp_path / "data.npy", "--out", out, "--width", 4]
    train += ["--batch-size", 8, "--mixed-precision", "float32", "--freeze-discriminator", 1]
    assert main(list(map(str, [*train, "--steps", 2]))) == 2
    assert "expected weights_from (--from) beside freeze" in capsys.readouterr().err
    train += ["--from", tmp_path / "source.keras"]
    for steps in (2, 4):
        assert main(list(map(str, [*train, "--steps", steps]))) == 0
        (tmp_path / "source.keras").unlink(missing_ok=True)  # not needed to resume
    assert "weights copied, 100% of its numbers" in capsys.readouterr().out
    gan = kg.runs.Run(out).load()
    assert (int(gan.step), int(gan.images_before), gan.discriminator.frozen_layers) == (4, 32, 1)
    assert equal(gan.discriminator, source.discriminator)[:2] == [True, True]
    other = ["train", "quick", "--data", "digits", "--out", tmp_path / "b", "--from", out / "none"]
    assert main(list(map(str, other))) == 2
    assert "none" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
