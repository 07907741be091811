from keras_gan import augment, noise
from keras_gan.augment import ada, matrices
from keras_gan.errors import ConfigError

import keras
import numpy as np
import pytest
import tensorflow as tf
from augment_cases import (
    KEY,
    all_augments,
    both_kinds,
    compiled,
    images_of,
    random_matrix,
    values,
)

# Random draws.


@pytest.mark.parametrize("jit", [False, True])
@both_kinds
def test_the_key_and_p_determine_the_result(kind, jit):
    images = images_of(1, 8, 7, 4).repeat(6, axis=0)
    images[:, 0, 0, 0] = -0.0
    layer = kind()
    run = compiled(layer, jit)
    first, second = run(images, KEY).numpy(), run(images, KEY).numpy()
    assert first.tobytes() == second.tobytes()
    assert not np.allclose(first, run(images, noise.fold_in(KEY, 1)))
    assert len(np.unique(first, axis=0)) == 6  # each sample has parameters of its own
    layer.p.assign(0.0)
    assert run(images, KEY).numpy().tobytes() == images.tobytes()


@pytest.mark.parametrize("channels", [1, 3])
@both_kinds
def test_p_0_gives_the_images_back_to_the_bit(kind, channels):
    images = images_of(5, 6, 7, channels)
    layer = kind()
    layer.p.assign(0.0)
    assert layer(images, KEY).numpy().tobytes() == images.tobytes()


def test_the_draws_of_one_transformation_dont_depend_on_the_others():
    images = np.ones((6, 8, 8, 1), "float32")
    alone = augment.DiffAugment(("cutout",))(images, KEY)
    with_others = augment.DiffAugment(("color", "cutout"))(images, KEY)
    np.testing.assert_array_equal(alone == 0, with_others == 0)


COUNT = 40_000


MANY = np.zeros((COUNT, 16, 16, 1), "float32")


def share_unchanged(matrix):
    return 1 - matrices.differs_from_identity(matrix).numpy().mean()


@pytest.mark.parametrize("p", [0.2, 0.7])
def test_share_of_samples_left_alone(p):
    """Transformations are independent; 5 standard deviations of a share are at most 0.0125."""
    keep = 1 - p
    geometry = share_unchanged(random_matrix(ada.random_geometry, MANY, p))
    assert geometry == pytest.approx(keep**4, abs=0.0125)  # the two rotations count as one
    colors = share_unchanged(random_matrix(ada.random_color, MANY, p))
    assert colors == pytest.approx(keep**4 * (1 - p / 2), abs=0.0125)  # half of the flips flip
    stay = (1 / 4) ** 2  # from -2 to 2 pixels, both of less than a half
    blit = share_unchanged(random_matrix(ada.random_blit, MANY, p))
    expected = (1 - p / 2) * (1 - p * 3 / 4) * (1 - p * (1 - stay))
    assert blit == pytest.approx(expected, abs=0.0125)


@pytest.mark.parametrize("layer", [augment.DiffAugment(("cutout",)), augment.ADA(("cutout",))])
def test_share_of_samples_that_cutout_leaves_alone(layer):
    layer.p.assign(0.3)
    changed = (layer(np.ones((COUNT, 4, 4, 1), "float32"), KEY).numpy() == 0).any(axis=(1, 2, 3))
    assert changed.mean() == pytest.approx(0.3, abs=0.0125)


def test_distributions_of_the_paper():
    geometry = random_matrix(ada.random_geometry, MANY, 1.0).numpy().astype("float64")
    linear, offset = geometry[:, :2, :2], geometry[:, :2, 2]
    areas = np.log2(np.linalg.det(linear))  # rotations and stretching keep the area
    assert areas.mean() == pytest.approx(0, abs=0.01)
    assert areas.std() == pytest.approx(2 * 0.2, rel=0.02)
    longest, shortest = np.linalg.svd(linear, compute_uv=False).T
    assert np.log2(longest / shortest).mean() == pytest.approx(
        2 * 0.2 * np.sqrt(2 / np.pi), rel=0.02
    )
    shifts = np.linalg.solve(linear, offset[:, :, None])
    assert shifts.std(axis=(0, 2)) == pytest.approx(np.array([2.0, 2.0]), rel=0.02)

    colors = random_matrix(ada.random_color, MANY, 1.0).numpy().astype("float64")
    greys = colors[:, :3, :3].sum(axis=(1, 2)) / 3
    assert (greys < 0).mean() == pytest.approx(0.5, abs=0.0125)
    assert np.log2(np.abs(greys)).std() == pytest.approx(0.5, rel=0.02)
    assert (colors[:, 3, :3].mean(axis=1) / greys).std() == pytest.approx(0.2, rel=0.02)
    stretch = np.log2(np.linalg.det(colors[:, :3, :3]) / greys**3) / 2
    assert stretch.std() == pytest.approx(1.0, rel=0.02)


def test_ranges_of_diff_augment():
    ones = np.ones((COUNT, 16, 16, 1), "float32")
    shifted = augment.DiffAugment(("translation",))(ones, KEY).numpy()[..., 0]
    rows, columns = (shifted != 0).any(axis=2), (shifted != 0).any(axis=1)
    for lines in (rows, columns):  # of 16 pixels, up to 2 are lost on either side
        counts = np.bincount(lines.sum(axis=1), minlength=17)
        assert counts.sum() == counts[14:].sum()
        assert counts[14:] / COUNT == pytest.approx(np.array([0.4, 0.4, 0.2]), abs=0.0125)
    for layer in (augment.DiffAugment(("cutout",)), augment.ADA(("cutout",), p=1.0)):
        lost = (layer(ones, KEY).numpy() == 0).sum(axis=(1, 2, 3))
        assert (lost.min(), lost.max()) == (16, 64)  # a corner has a quarter of the square
    mixed = np.stack([-ones[:, :4, :4], ones[:, :4, :4]], axis=2).reshape(COUNT, 4, 8, 1)
    recolored = augment.DiffAugment(("color",))(mixed, KEY).numpy()
    offset, factor = recolored.mean(axis=(1, 2, 3)), recolored.std(axis=(1, 2, 3))
    assert (offset.min(), offset.max()) == pytest.approx((-0.5, 0.5), abs=0.001)
    assert (factor.min(), factor.max()) == pytest.approx((0.5, 1.5), abs=0.001)


def test_diff_augment_rounds_as_published():
    """An eighth of 28 pixels to 4 and of 25 to 3, half of 25 to 13."""
    images = np.ones((4_000, 28, 25, 1), "float32")
    shifted, cut = (
        augment.DiffAugment((t,))(images, KEY)[..., 0] for t in ("translation", "cutout")
    )
    sides = [shifted.numpy().any(axis=axis).sum(axis=1).min() for axis in (2, 1)]
    assert sides == [28 - 4, 25 - 3]
    assert (cut.numpy() == 0).sum(axis=(1, 2)).max() == 14 * 13


def test_factors_scale_the_probability_of_operations():
    """Published for R3GAN: colours at half of p, so that 20 % have none changed at p = 0.55."""
    keep = 1 - 0.55 / 2
    assert keep**5 == pytest.approx(0.2, abs=0.001)
    images = images_of(1, 2, 2, 3).repeat(10_000, axis=0)
    layer = augment.ADA(("color",), p=0.55, factors={"color": 0.5})
    untouched = (layer(images, KEY).numpy() == images).all(axis=(1, 2, 3)).mean()
    assert untouched == pytest.approx(keep**4 * (1 - 0.55 / 4), abs=0.02)  # half of the flips flip
    only_hue = {"color": 0, "hue": 1}
    grey = images_of(64, 2, 2, 1).repeat(3, axis=-1)
    turned = augment.ADA(("color",), p=1.0, factors=only_hue)(grey, KEY)
    np.testing.assert_allclose(turned, grey, atol=1e-6)


# The controller.


@pytest.mark.parametrize("jit", [False, True])
def test_controller_arithmetic(jit):
    layer = augment.ADA(p=0.5, target=0.6, interval=2, images=200)
    update = compiled(layer.update, jit)
    sure, unsure = values(*[2.0] * 10), values(*[2.0] * 7, *[-1.0] * 3)

    def after(*batches):
        for batch in batches:
            update(batch)
        return pytest.approx(float(layer.p)), pytest.approx(float(layer.r))

    assert after(sure) == (0.5, 0.0)  # not yet
    assert after(sure) == (0.6, 1.0)  # 10 * 2 / 200 up
    assert after(unsure, unsure) == (0.5, 0.4)  # as much down
    assert after(unsure, sure) == (0.6, 0.7)
    assert after(unsure) == (0.6, 0.7)
    assert after(-sure) == (0.5, -0.3)
    assert after(*[sure] * 20) == (1.0, 1.0)
    assert after(*[-sure] * 30) == (0.0, -1.0)


def test_the_controller_keeps_p_at_its_target():
    layer = augment.ADA(p=0.5, target=0.0, interval=1, images=100)
    layer.update(values(1, -1, 0, 5, -7))
    assert (float(layer.p), float(layer.r)) == (0.5, 0.0)


def test_without_a_target_p_is_held_and_r_still_measured():
    layer = augment.ADA(p=0.25, target=None, interval=1)
    layer.update(values(1, 1, 1, -1))
    assert (float(layer.p), float(layer.r)) == (0.25, 0.5)


def test_only_ada_adapts():
    layer = augment.DiffAugment()
    layer.update(values(1, 1))
    assert [float(weight) for weight in layer.weights] == [1.0]


# As a Keras layer.


@keras.saving.register_keras_serializable(package="test_augment")
class Game(keras.Model):
    def __init__(self, augmentation, **kwargs):
        super().__init__(**kwargs)
        self.augmentation = augmentation

    def call(self, images):
        return self.augmentation(images, KEY)

    def get_config(self):
        return {"augmentation": keras.saving.serialize_keras_object(self.augmentation)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["augmentation"]))


def test_a_saved_model_includes_the_controller(tmp_path):
    game = Game(augment.ADA(("geometry", "color"), p=0.5, interval=3, images=100, name="ada"))
    images = images_of(3, 6, 6, 3)
    before = game(images)
    for _ in range(4):
        game.augmentation.update(values(1, 1, -1))
    game.save(tmp_path / "game.keras")
    game.save_weights(tmp_path / "game.weights.h5")
    loaded, fresh = keras.models.load_model(tmp_path / "game.keras"), Game(augment.ADA())
    fresh(images)
    fresh.load_weights(tmp_path / "game.weights.h5")
    state = [float(weight) for weight in game.augmentation.weights]
    assert state == pytest.approx([0.5 - 9 / 100, 1 / 3, 1.0, 3.0, 1.0])
    for model in (loaded, fresh):
        assert [float(weight) for weight in model.augmentation.weights] == state
    assert loaded.augmentation.get_config() == game.augmentation.get_config()
    np.testing.assert_array_equal(loaded(images), game(images))
    assert not np.array_equal(loaded(images), before)


@pytest.mark.parametrize("kind", [augment.DiffAugment, augment.ADA])
def test_config_round_trip(kind):
    own = {"factors": {"hue": 0.5}} if kind is augment.ADA else {}
    layer = kind(transforms=("color",), name="mine", **own)
    second = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(second) is kind
    assert second.get_config() == layer.get_config()
    assert second.transforms == ("color",)


def test_mixed_precision_leaves_the_images_in_float32():
    images = images_of(4, 6, 6, 3)
    expected = [layer(images, KEY) for layer in all_augments()]
    keras.config.set_dtype_policy("mixed_bfloat16")
    for layer, result in zip(all_augments(), expected, strict=True):
        changed = layer(images, KEY)
        assert changed.dtype == tf.float32
        np.testing.assert_array_equal(changed, result)


def test_the_shape_stays():
    layer = augment.ADA()
    assert layer.compute_output_shape((None, 8, 8, 3)) == (None, 8, 8, 3)
    assert not layer.trainable_weights


def test_bad_arguments():
    with pytest.raises(ConfigError, match="did you mean 'cutout'"):
        augment.DiffAugment(("color", "cutuot"))
    with pytest.raises(
        ConfigError, match=r"unknown transformation 'cutuot'.*did you mean 'cutout'"
    ):
        augment.ADA(("cutuot",))
    with pytest.raises(ConfigError, match="unknown operation 'colour'; did you mean 'color'"):
        augment.ADA(factors={"colour": 0.5})
    with pytest.raises(ConfigError, match="expected the factor of hue from 0 to 1, got 2"):
        augment.ADA(factors={"hue": 2})
    with pytest.raises(ConfigError, match="expected a tuple of transformations, got 'color'"):
        augment.DiffAugment("color")
    for transforms in ((), ("color", "color")):
        with pytest.raises(ConfigError, match="at most once"):
            augment.ADA(transforms)
    for argument, value in (("p", 1.5), ("target", 2), ("interval", 0), ("images", 0)):
        with pytest.raises(ConfigError, match=f"expected .*{argument} .*{value}"):
            augment.ADA(**{argument: value})


@both_kinds
def test_bad_input(kind):
    layer = kind()
    for shape in ((4, 8, 8), (4, 8, 8, 2), (4, 1, 8, 3)):
        with pytest.raises(ConfigError, match="expected images"):
            layer(np.zeros(shape, "float32"), KEY)
    with pytest.raises(ConfigError, match=r"expected float images in .* got uint8; rescale"):
        layer(np.zeros((4, 8, 8, 1), "uint8"), KEY)
    for key in (tf.constant([0.0, 1.0]), tf.constant([1, 2, 3])):
        with pytest.raises(ConfigError, match="expected a key"):
            layer(np.zeros((4, 8, 8, 1), "float32"), key)
