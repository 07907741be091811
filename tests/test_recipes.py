"""Recipes: their numbers in models."""

import dataclasses
import json

import keras_gan as kg
from keras_gan import media, recipes
from keras_gan.errors import ConfigError

import numpy as np
import pytest
from conftest import random_images

IMAGES = [name for name in recipes.RECIPES if not name.startswith("toy")]


@pytest.mark.parametrize("name", IMAGES)
def test_the_way_for_a_processor_builds_images_of_any_height_and_width(name):
    recipe = recipes.get(name, recipes.SMALL)
    gan = recipes.build(name, (32, 48, 3), num_classes=3, width=recipes.SMALL)
    assert gan.sample_shape == (32, 48, 3)
    assert gan.num_classes == 3
    assert gan.latent_dim == recipe.latent_dim
    assert gan.rules.n_critic == recipe.n_critic
    rate = gan.generator_optimizer.learning_rate
    assert float(rate) == pytest.approx(recipe.rate_of("generator"))
    rate = gan.discriminator_optimizer.learning_rate
    assert float(rate) == pytest.approx(recipe.rate_of("discriminator"))


def test_acgan_is_quick_with_a_classifier():
    """It differs from quick only with labels."""
    quick, acgan = (recipes.build(name, (8, 8, 1), 3, width=4) for name in ("quick", "acgan"))
    assert [len(gan.discriminator.outputs) for gan in (quick, acgan)] == [1, 2]
    assert acgan.generator.count_params() == quick.generator.count_params()
    assert len(recipes.build("acgan", (8, 8, 1), width=4).discriminator.outputs) == 1


def test_small_is_smaller():
    for name, recipe in recipes.RECIPES.items():
        assert recipes.get(name, recipes.SMALL).width <= recipe.width
        assert recipes.get(name, 7).width == 7
        assert recipes.get(name) is recipe
    with pytest.raises(ConfigError, match=r"whole number, 'small', .* got 'tiny'"):
        recipes.build("r3gan", (8, 8, 1), width="tiny")
    assert recipes.get("sagan", "small:8") == dataclasses.replace(
        recipes.get("sagan", "small"), width=8
    )
    for width in ("small:", "small:x", "small:-1", "large:8"):
        with pytest.raises(ConfigError, match=f"such as 'small:8', got '{width}'"):
            recipes.get("sagan", width)
    for width, message in (
        ("small", "the name of a recipe for width='small', got a Recipe object; pass its name"),
        ("tiny", "an integer width >= 1, got 'tiny'"),
        (0, "an integer width >= 1, got 0"),
        (2.5, "an integer width >= 1, got 2.5"),
    ):
        with pytest.raises(ConfigError, match=message):
            recipes.build(recipes.get("quick"), (8, 8, 1), width=width)


def test_networks_end_in_the_range_of_their_medium_whatever_the_shape():
    words = media.Tokens(("<end>", "so", "what"))
    for medium, activation in ((None, "tanh"), (words, "linear"), (media.Points(), "linear")):
        gan = recipes.build("gan", (5, 3), width=5, medium=medium)
        assert gan.generator.get_layer("samples").activation.__name__ == activation
        assert gan.medium == (medium or media.Sound())
    assert media.Video().size((4, 8, 9, 1)) == media.Image().size((8, 9, 1)) == 8


def test_samples_are_measured_as_their_medium_is():
    def names(*arguments):
        return [metric.name for metric in kg.metrics.default_metrics(*arguments)]

    assert "inception_score" in names((28, 28, 1))
    assert "sliced_wasserstein" in names((28, 28, 1), media.Points())


@pytest.mark.parametrize(
    ("size", "gamma", "p", "half_life"), [(32, 0.25, 0.55, 5e6), (64, 2.0, 0.3, 5e5)]
)
def test_r3gan_follows_its_schedules_by_the_images_size(size, gamma, p, half_life):
    """The paper's numbers for CIFAR-10 and for faces, over the recipe's own 20 million images."""
    gan = recipes.build("r3gan", (size, size, 3), width=8)
    assert [(p.name, p.weight) for p in gan.rules.penalties] == [("r1", gamma), ("r2", gamma)]
    ways = {
        "learning_rate": (2e-4, 5e-5),
        "beta_2": (0.9, 0.99),
        "r1": (gamma, gamma / 10),
        "r2": (gamma, gamma / 10),
        "augmentation": (0.0, p),
        "moving_average_half_life": (0.0, half_life),
    }
    assert gan.schedules.keys() == ways.keys()
    for name, (start, end) in ways.items():
        for millions in (0, 5, 10, 20, 30):
            fallen = (1 + np.cos(np.pi * min(millions / 20, 1))) / 2
            expected = end + (start - end) * fallen
            found = float(gan.schedules[name](1_000_000 * millions))
            assert found == pytest.approx(expected, rel=1e-5, abs=1e-7 * end), (name, millions)


def risen(seen, images, end):
    """Computes half a cosine from 0 to `end`."""
    return end * (1 - np.cos(np.pi * min(seen / images, 1))) / 2


def test_r3gan_augments_and_averages_as_its_schedules_say():
    """A run of 64 images: p, and the average by 0.5^(batch / half-life) in NumPy."""
    gan = recipes.build("r3gan", (4, 4, 1), width=8, images=64)
    assert gan.augmentation.target is None
    average = gan.moving_average.get_weights()
    for step in range(3):
        gan.fit(random_images(8, 4), batch_size=8, verbose=0)
        assert float(gan.augmentation.p) == pytest.approx(risen(8 * step, 64, 0.55), rel=1e-4)
        beta = 0.5 ** (8 / risen(8 * (step + 1), 64, 0.25 * 64))
        weights = gan.generator.get_weights()
        average = [beta * a + (1 - beta) * w for a, w in zip(average, weights, strict=True)]
        for found, expected in zip(gan.moving_average.get_weights(), average, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("chosen", ["none", "ada", "diffaugment"])
def test_another_augmentation_than_r3gans_has_no_schedule(chosen):
    gan = recipes.build("r3gan", (8, 8, 1), width=8, augmentation=chosen)
    assert "augmentation" not in gan.schedules
    assert "moving_average_half_life" in gan.schedules
    kinds = {"none": type(None), "ada": kg.augment.ADA, "diffaugment": kg.augment.DiffAugment}
    assert type(gan.augmentation) is kinds[chosen]
    if chosen == "ada":
        assert gan.augmentation.target == 0.6


def test_an_augmentation_without_its_schedule_is_refused():
    with pytest.raises(ConfigError, match="augmentation 'scheduled'"):
        recipes.build("quick", (8, 8, 1), width=8, augmentation="scheduled")


def test_progan_grows_over_the_run():
    """S = 3 sizes fade in and four train: eight equal parts, of which the last size has two."""
    gan = recipes.build("progan", (32, 32, 3), width="small", images=8_000)
    assert isinstance(gan, kg.ProgressiveGAN)
    levels = [float(gan.schedules["level"](seen)) for seen in (0, 999, 1_500, 2_500, 5_999, 6_000)]
    assert levels == pytest.approx([0.0, 0.0, 0.5, 1.0, 3.0, 3.0], abs=2e-3)


def test_an_augmentation_of_the_recipe_can_be_switched_off():
    assert recipes.build("quick", (8, 8, 1), width=8).augmentation is None
    chosen = recipes.build("quick", (8, 8, 1), width=8, augmentation="diffaugment")
    assert isinstance(chosen.augmentation, kg.augment.DiffAugment)
    assert recipes.build("quick", (8, 8, 1), width=8, augmentation="none").augmentation is None


def test_settings_hold_the_rules_that_json_represents(tmp_path):
    plain = kg.recipes.get("quick").plain_rules()
    fields = {field.name for field in dataclasses.fields(kg.Rules)}
    assert plain.keys() == fields - {"penalties", "constraint"}
    assert json.loads(json.dumps(plain)) == plain
    settings = kg.runs.Settings("quick", "digits", rules={"remet": True})
    with pytest.raises(ConfigError, match="unknown rule 'remet'; did you mean 'remat'"):
        kg.runs.train(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()
