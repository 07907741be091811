"""Recipes: their numbers in models."""

import dataclasses
import json
import re

import keras_gan as kg
from keras_gan import media, recipes
from keras_gan.cli import main
from keras_gan.errors import ConfigError, OutOfMemoryError

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
        assert recipes.get(name, recipes.SMALL).at(32).width <= recipe.at(32).width
        assert recipes.get(name, 7).width == 7
        assert recipes.get(name) is recipe
    with pytest.raises(ConfigError, match=r"whole number, 'small', .* got 'tiny'"):
        recipes.build("r3gan", (8, 8, 1), width="tiny")
    with pytest.raises(ConfigError, match="an integer width from 1 to 65,536, got 99999999"):
        recipes.get("stylegan2_ada", "small:99999999")
    with pytest.raises(OutOfMemoryError, match=r"got: OOM when .*\. Use a smaller width \(--width"):
        recipes.build("quick", (8, 8, 1), width=4, latent_dim=10**11)
    assert recipes.get("sagan", "small:8") == dataclasses.replace(
        recipes.get("sagan", "small"), width=8
    )
    for width in ("small:", "small:x", "small:-1", "large:8"):
        with pytest.raises(ConfigError, match=f"such as 'small:8', got '{width}'"):
            recipes.get("sagan", width)
    for width, message in (
        ("small", "the name of a recipe for width='small', got a Recipe object; pass its name"),
        ("tiny", "an integer width from 1 to 65,536, got 'tiny'"),
        (0, "an integer width from 1 to 65,536, got 0"),
        (2.5, "an integer width from 1 to 65,536, got 2.5"),
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
    ("size", "gamma", "p", "half_life"), [(32, 0.05, 0.55, 5e6), (64, 2.0, 0.3, 5e5)]
)
def test_r3gan_follows_its_schedules_by_the_images_size(size, gamma, p, half_life):
    """The paper's numbers for CIFAR-10 and for faces, over 20 million images."""
    gan = recipes.build("r3gan", (size, size, 3), width=8, images=20_000_000)
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
    assert gan.augmentation.transforms == ("blit", "geometry", "color", "cutout")
    assert gan.augmentation.factors == {"color": 0.5}
    for name, (start, end) in ways.items():
        for millions in (0, 5, 10, 20, 30):
            fallen = (1 + np.cos(np.pi * min(millions / 20, 1))) / 2
            expected = end + (start - end) * fallen
            found = float(gan.schedules[name](1_000_000 * millions))
            assert found == pytest.approx(expected, rel=1e-5, abs=1e-7 * end), (name, millions)


@pytest.mark.parametrize(
    ("size", "width", "batch_size", "gamma"),
    [(32, 768, 512, 0.05), (64, 384, 256, 2), (256, 96, 256, 150)],
)
def test_r3gan_is_that_of_the_papers_presets(size, width, batch_size, gamma):
    """Of CIFAR-10, FFHQ-64 and FFHQ-256."""
    recipe = recipes.get("r3gan").at(size)
    assert (recipe.width, recipe.batch_size) == (width, batch_size)
    assert recipe.steps * batch_size == pytest.approx(20e6, rel=1e-4)
    assert recipe.penalties["R1"](size, batch_size, 0) == pytest.approx(gamma)
    assert recipe.update == "alternating"


@pytest.mark.parametrize(("size", "width"), [(32, 512), (64, 256), (256, 64), (1024, 32)])
def test_stylegan2_ada_is_the_official_automatic_setting(size, width):
    """`auto` of the authors' train.py; path length and mixing above 32 pixels only."""
    recipe = recipes.get("stylegan2_ada").at(size)
    assert recipe.width == width
    assert recipe.penalties["R1"](size, 64, 0) == pytest.approx(0.0002 * size**2 / 64)
    assert recipe.penalties["PathLength"](size, 64, 0) == (0 if size == 32 else 2)
    assert (recipe.moving_average_ramp, recipe.epsilon) == (0.05, 1e-8)
    assert recipe.update == "alternating"


@pytest.mark.parametrize(("size", "mixing"), [(8, 0.0), (48, 0.9)])
def test_stylegan2_ada_is_built_as_its_authors_do(size, mixing):
    gan = recipes.build("stylegan2_ada", (size, size, 3), num_classes=2, width=4)
    generator, discriminator = gan.generator.get_config(), gan.discriminator.get_config()
    assert (generator["mapping_layers"], discriminator["mapping_layers"]) == (2, 8)
    assert generator["max_width"] == discriminator["max_width"] == 512
    assert generator["style_mixing"] == mixing
    intervals = {penalty.name: penalty.interval for penalty in gan.rules.penalties}
    assert intervals == {"r1": 16} | ({"path_length": 4} if mixing else {})


@pytest.mark.parametrize(
    ("name", "size", "widths", "others"),
    [
        ("sagan", 32, (8, 8), (4, 4)),
        ("biggan", 32, (8, 8), (8, 8)),
        ("sagan", 48, (2, 1024), (2, 1024)),
        ("biggan", 48, (2, 32), (2, 32)),
        ("progan", 32, (2, 2), (2, 2)),
        ("progan", 48, (2, 512), (2, 512)),
    ],
)
def test_networks_have_the_published_widths(name, size, widths, others):
    """Width and largest width: up to 32 pixels the same at all resolutions, above they double."""
    gan = recipes.build(name, (size, size, 3), width=2, latent_dim=8)
    configs = gan.generator.get_config(), gan.discriminator.get_config()
    assert [(c["width"], c["max_width"]) for c in configs] == [widths, others]
    if name != "progan" and size == 32:
        assert [c["attention"] for c in configs] == [16, 16]
        assert configs[1]["smallest_map"] == 8
    (small,) = {
        (c["width"], c["max_width"] > 4 * c["width"])
        for c in (
            n.get_config() for n in players_of(recipes.build(name, (32, 32, 3), width="small:2"))
        )
    }
    assert small == (2, True)


@pytest.mark.parametrize("name", ["sagan", "biggan"])
def test_images_without_an_inner_map_have_no_attention(name):
    gan = recipes.build(name, (8, 12, 3), width=2, latent_dim=8)
    assert [network.get_config()["attention"] for network in players_of(gan)] == [None, None]


def players_of(gan):
    """Returns the networks of both players."""
    return gan.generator, gan.discriminator


def test_published_widths_and_latents_depend_on_the_size():
    biggan, progan = recipes.get("biggan"), recipes.get("progan")
    assert [biggan.at(size).width for size in (32, 128)] == [64, 96]
    assert [progan.at(size).width for size in (32, 64, 128, 256, 1024)] == [128, 256, 128, 64, 16]
    assert [progan.at(size).latent_dim for size in (32, 1024)] == [128, 512]


@pytest.mark.parametrize("name", ["wgan_gp", "sngan"])
def test_learning_rates_of_2017_and_2018_fall_to_0_on_a_line(name):
    gan = recipes.build(name, (8, 8, 3), width=2, images=1_000)
    rates = [float(gan.schedules["learning_rate"](images)) for images in (0, 250, 1_000)]
    assert rates == pytest.approx([2e-4, 1.5e-4, 0.0])


def test_the_average_of_a_recipe_follows_its_ramp():
    """Half-life 0.05 of the images seen, also after saving; NumPy's average is the same."""
    gan = recipes.build("stylegan2_ada", (4, 4, 1), width=4, latent_dim=4, augmentation="none")
    average = gan.moving_average.get_weights()
    gan.fit(random_images(8, 4), batch_size=8, verbose=0)
    beta = 0.5 ** (8 / (0.05 * 8))
    weights = gan.generator.get_weights()
    expected = [beta * a + (1 - beta) * w for a, w in zip(average, weights, strict=True)]
    for found, one in zip(gan.moving_average.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, one, rtol=1e-3, atol=1e-6)
    assert type(gan).from_config(gan.get_config()).moving_average_ramp == 0.05
    assert recipes.build("quick", (8, 8, 1), width=4).moving_average_ramp == 0.1


def test_adams_epsilon_is_the_authors_or_keras_own():
    own = {"quick", "acgan", "toy1d", "toy25"}
    for name, recipe in recipes.RECIPES.items():
        expected = 1e-7 if name in own else 1e-6 if name == "biggan" else 1e-8
        assert recipe.epsilon == expected
    gan = recipes.build("quick", (8, 8, 1), width=4, epsilon=1e-3)
    assert gan.generator_optimizer.epsilon == gan.discriminator_optimizer.epsilon == 1e-3


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
    for recipe in ("quick", "auto"):
        settings = kg.runs.Settings(recipe, "digits", changes={"remet": True})
        with pytest.raises(ConfigError, match="unknown setting 'remet'; did you mean 'remat'"):
            kg.runs.train(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def changed(name, **changes):
    """A tiny game of a recipe with changes; dots are double underscores."""
    changes = {key.replace("__", "."): value for key, value in changes.items()}
    return recipes.build(name, (8, 8, 1), width=8, images=1_000, **changes)


def test_numbers_of_a_recipe_can_be_changed_by_name():
    gan = changed(
        "dcgan",
        loss="hinge",
        r1=0.5,
        interval=4,
        learning_rate=1e-4,
        generator_learning_rate=3e-4,
        beta_1=0.25,
        latent_dim=6,
        n_critic=2,
        update="alternating",
        moving_average_half_life=123.0,
        weight_clipping=0.05,
    )
    (r1,) = gan.rules.penalties
    assert (type(gan.rules.loss).__name__, r1.name, r1.weight, r1.interval) == (
        "Hinge",
        "r1",
        0.5,
        4,
    )
    optimizers = gan.discriminator_optimizer, gan.generator_optimizer
    assert [float(each.learning_rate) for each in optimizers] == pytest.approx([1e-4, 3e-4])
    assert [each.beta_1 for each in optimizers] == [0.25, 0.25]
    assert (gan.latent_dim, gan.rules.n_critic, gan.rules.update) == (6, 2, "alternating")
    assert gan.get_config()["moving_average_half_life"] == 123
    assert gan.rules.constraint.limit == 0.05


def test_a_number_that_is_set_is_constant_unless_its_end_is_set():
    assert "r1" in changed("r3gan").schedules
    constant = changed("r3gan", r1=0.5, augmentation__p=0.3)
    assert "r1" not in constant.schedules
    assert "augmentation" not in constant.schedules
    assert (float(constant.augmentation.p), constant.augmentation.target) == (
        pytest.approx(0.3),
        None,
    )
    falling = changed("r3gan", r1=0.5, r1__end=0.1, augmentation__p=0.2, augmentation__p__end=0.4)
    ends = [float(falling.schedules["r1"](seen)) for seen in (0, 1_000)]
    assert ends == pytest.approx([0.5, 0.1])
    ends = [float(falling.schedules["augmentation"](seen)) for seen in (0, 1_000)]
    assert ends == pytest.approx([0.2, 0.4])
    one = changed("r3gan", generator_learning_rate=1e-3)
    assert "generator_learning_rate" not in one.schedules
    assert float(one.schedules["discriminator_learning_rate"](1_000)) == pytest.approx(5e-5)
    adaptive = changed("quick", augmentation="ada", augmentation__p=0.1, augmentation__target=0.5)
    assert (float(adaptive.augmentation.p), adaptive.augmentation.target) == (
        pytest.approx(0.1),
        0.5,
    )
    halved = changed("quick", augmentation="ada", augmentation__factors="hue=0.5,cutout=1")
    assert halved.augmentation.factors == {"hue": 0.5, "cutout": 1.0}
    assert changed("quick", r1=0).rules.penalties == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rat": 1e-4}, "unknown setting 'learning_rat'; did you mean 'learning_rate'"),
        ({"loss": "hing"}, "unknown loss 'hing'; did you mean 'hinge'"),
        ({"loss": 3}, "unknown loss 3"),
        ({"batch_size": 3}, "expected batch_size as an argument of its own"),
        ({"learning_rate": "fast"}, "expected learning_rate > 0, got 'fast'"),
        ({"beta_2": 1}, "expected beta_2 from 0 to below 1, got 1"),
        ({"latent_dim": 2.5}, "expected an integer latent_dim"),
        ({"r1": -1}, "expected r1 >= 0, got -1"),
        ({"r2.end": 1}, "expected r2 beside r2.end"),
        ({"r1": 0, "interval": 2}, "expected a penalty, such as r1, for interval"),
        ({"augmentation.p": 0.3}, "expected an augmentation for augmentation.p"),
        (
            {"augmentation": "diffaugment", "augmentation.p": 0.3},
            "unknown option of diffaugment 'p'",
        ),
        ({"augmentation": "ada", "augmentation.p": 3}, "expected p from 0 to 1, got 3"),
        (
            {"augmentation": "ada", "augmentation.factors": "hue"},
            "expected augmentation.factors such as 'color=0.5,cutout=1', got 'hue'",
        ),
        (
            {"augmentation": "ada", "augmentation.factors": "hu=0.5"},
            "did you mean 'hue'",
        ),
        ({"augmentation": "adda"}, "unknown augmentation 'adda'; did you mean 'ada'"),
        ({"update": "one_stage", "accumulation": 2}, "expected update='shared'"),
        ({"penalties": [], "r1": 1}, "expected penalties or r1, got both"),
    ],
)
def test_changes_that_a_recipe_cannot_have(changes, message):
    with pytest.raises(ConfigError, match=message):
        recipes.build("quick", (8, 8, 1), width=8, **changes)


@pytest.mark.parametrize("width", [1, 4, 9])
def test_the_narrowest_perceptrons_train(width):
    """A fifth of a width below 5 would be no unit, at which oneDNN aborts the process."""
    gan = recipes.build("gan", (4, 4, 1), width=width)
    assert gan.discriminator.get_layer(index=2).units == 1
    gan.fit(random_images(8, 4), batch_size=8, verbose=0)
    assert np.isfinite(gan.sample(2)).all()


def test_the_command_prints_a_recipe_with_its_reasons(capsys):
    assert main(["recipes", "sngan", "--width", "small"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"^  n_critic +1 +the discriminator learns twice as fast", told, re.MULTILINE)
    assert re.search(r"^  loss +hinge +Miyato et al. 2018", told, re.MULTILINE)
    assert "Also for --set: interval, augmentation.factors, " in told
    assert main(["recipes", "sngam"]) == 2
    assert "unknown recipe 'sngam'; did you mean 'sngan'" in capsys.readouterr().err


def test_changes_are_plain_values():
    with pytest.raises(ConfigError, match=r"expected text, a number or a bool for r1, got \[1\]"):
        recipes.change(recipes.get("quick"), {"r1": [1]})


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_each_number_of_a_recipe_has_a_reason(name):
    reasons = recipes.reasons
    for width in (None, "small"):
        texts = recipes.numbers_of(recipes.get(name, width))
        assert reasons.reasons_of(name, width).keys() == texts.keys()
        assert {"latent_dim", "beta_1", "loss", "augmentation"} <= texts.keys()
        assert texts.keys() <= {*recipes.names(recipes.get(name)), "batch_size", "steps", "width"}
    stated = {*reasons.PUBLISHED.get(name, "").split(), *reasons.REASONS.get(name, ())}
    assert stated <= recipes.numbers_of(recipes.get(name)).keys()
    stated = reasons.SMALL_REASONS.get(name, {}).keys()
    assert stated <= recipes.numbers_of(recipes.get(name, "small")).keys()
