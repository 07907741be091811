"""Recipes: what their numbers become in a game."""

import keras_gan as kg
from keras_gan import recipes
from keras_gan.errors import ConfigError

import pytest

IMAGES = [name for name in recipes.RECIPES if not name.startswith("toy")]


@pytest.mark.parametrize("name", IMAGES)
def test_the_way_for_a_processor_builds_at_32_pixels(name):
    recipe = recipes.sized(recipes.get(name), recipes.SMALL)
    gan = recipes.build(name, (32, 32, 3), num_classes=3, width=recipes.SMALL)
    assert gan.sample_shape == (32, 32, 3)
    assert gan.num_classes == 3
    assert gan.latent_dim == recipe.latent_dim
    assert gan.n_critic == recipe.n_critic
    rate = gan.generator_optimizer.learning_rate
    assert float(rate) == pytest.approx(recipe.learning_rate)
    rate = gan.discriminator_optimizer.learning_rate
    assert float(rate) == pytest.approx(recipe.discriminator_learning_rate or recipe.learning_rate)


def test_small_is_smaller():
    for recipe in recipes.RECIPES.values():
        assert recipes.sized(recipe, recipes.SMALL).width <= recipe.width
        assert recipes.sized(recipe, 7).width == 7
        assert recipes.sized(recipe, None) is recipe
    with pytest.raises(ConfigError, match="whole number or 'small', got 'tiny'"):
        recipes.build("r3gan", (8, 8, 1), width="tiny")


@pytest.mark.parametrize(("size", "gamma"), [(32, 0.25), (64, 2.0)])
def test_r3gan_follows_its_schedules_by_the_images_size(size, gamma):
    gan = recipes.build("r3gan", (size, size, 3), width=8, images=1_000)
    assert [(p.name, p.weight) for p in gan.penalties] == [("r1", gamma), ("r2", gamma)]
    ends = {name: schedule(1_000) for name, schedule in gan.schedules.items()}
    expected = {"learning_rate": 5e-5, "beta_2": 0.99, "r1": gamma / 10, "r2": gamma / 10}
    assert {name: float(end) for name, end in ends.items()} == pytest.approx(expected)


def test_progan_grows_over_the_run():
    """S = 3 sizes fade in and four rest: eight equal parts, the last rest twice as long."""
    gan = recipes.build("progan", (32, 32, 3), width="small", images=8_000)
    assert isinstance(gan, kg.ProgressiveGAN)
    levels = [float(gan.schedules["level"](seen)) for seen in (0, 999, 1_500, 2_500, 5_999, 6_000)]
    assert levels == pytest.approx([0.0, 0.0, 0.5, 1.0, 3.0, 3.0], abs=2e-3)


def test_an_augmentation_of_the_recipe_can_be_switched_off():
    assert recipes.build("quick", (8, 8, 1), width=8).augmentation is None
    chosen = recipes.build("quick", (8, 8, 1), width=8, augmentation="diffaugment")
    assert isinstance(chosen.augmentation, kg.augment.DiffAugment)
    assert recipes.build("quick", (8, 8, 1), width=8, augmentation="none").augmentation is None
