from keras_gan import augment, noise
from keras_gan.augment import ada, diff_augment, matrices
from keras_gan.augment.augment import on_colors
from keras_gan.augment.resample import recolor, resample
from keras_gan.errors import ConfigError

import keras
import numpy as np
import pytest
import tensorflow as tf

KEY = noise.make_key(5, 7)


def images_of(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def values(*numbers, dtype="float32"):
    return tf.constant(numbers, dtype)


def compiled(function, jit=False):
    return tf.function(function, jit_compile=jit)


def full_ada():
    return augment.ADA(p=1.0)


def all_augments():
    return [augment.DiffAugment(), full_ada()]


def random_matrix(random, images, p):
    """A random matrix of ADA for each image."""
    uniform = tf.unstack(noise.uniform((7, len(images)), KEY))
    normal = tf.unstack(noise.normal((4, len(images)), noise.fold_in(KEY, 1)))
    return random(images, uniform, normal, p)


both_kinds = pytest.mark.parametrize("kind", [augment.DiffAugment, full_ada])


# Spatial transformations, one by one.


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("size", [6, 7])
def test_mirror_and_quarter_turns_are_numpys_to_the_bit(jit, size):
    images = images_of(4, size, size, 3)
    one = tf.ones(4)
    run = compiled(lambda m: resample(images, m), jit)
    np.testing.assert_array_equal(run(matrices.scaling(-one, one)), images[:, :, ::-1])
    turned = run(matrices.quarter_turns(values(0, 1, 2, 3)))
    for count in range(4):
        np.testing.assert_array_equal(turned[count], np.rot90(images[count], count))


def test_a_product_changes_the_picture_by_its_first_factor_first():
    images = images_of(1, 6, 6, 1)
    mirror, turn = matrices.scaling(values(-1), values(1)), matrices.quarter_turns(values(1))
    changed = resample(images, matrices.compose(mirror, turn))
    np.testing.assert_array_equal(changed[0], np.rot90(images[0, :, ::-1]))


@pytest.mark.parametrize("shape", [(2, 5, 8, 1), (2, 8, 5, 3)])
def test_whole_shifts_mirror_the_border(shape):
    images = images_of(*shape)
    changed = resample(images, matrices.translation(values(2, -3), values(-1, 4)))
    for image, (right, down), result in zip(images, [(2, -1), (-3, 4)], changed, strict=True):
        padded = np.pad(image, ((4, 4), (4, 4), (0, 0)), mode="reflect")
        expected = np.roll(padded, (down, right), axis=(0, 1))[4:-4, 4:-4]
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("size", [6, 7])
def test_a_rotation_by_90_degrees_is_a_quarter_turn(size):
    images = images_of(2, size, size, 2)
    turned = resample(images, matrices.rotation(values(np.pi / 2, -np.pi / 2)))
    np.testing.assert_allclose(turned[0], np.rot90(images[0]), atol=2e-6)
    np.testing.assert_allclose(turned[1], np.rot90(images[1], -1), atol=2e-6)


def slow_resample(image, matrix):
    """Bilinear interpolation pixel by pixel, in float64, between mirrored copies."""
    height, width, _ = image.shape
    margin = 4 * max(height, width)
    padded = np.pad(image.astype("float64"), ((margin,) * 2, (margin,) * 2, (0, 0)), "reflect")
    centre = np.array([(width - 1) / 2, (height - 1) / 2, 0])
    result = np.empty_like(image)
    for row, column in np.ndindex(height, width):
        x, y, _ = matrix @ (np.array([column, row, 1]) - centre) + centre + [margin, margin, 0]
        i, j = int(np.floor(y)), int(np.floor(x))
        fy, fx = y - i, x - j
        upper = (1 - fx) * padded[i, j] + fx * padded[i, j + 1]
        lower = (1 - fx) * padded[i + 1, j] + fx * padded[i + 1, j + 1]
        result[row, column] = (1 - fy) * upper + fy * lower
    return result


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("shape", [(6, 9, 9, 1), (6, 6, 9, 3), (6, 2, 5, 4)])
def test_resampling_against_a_slow_one(jit, shape):
    images = images_of(*shape)
    warps = matrices.compose(
        matrices.scaling(values(1, 2, 0.5, 1, 1, 0.7), values(1, 2, 0.5, 1, 1, 0.8)),
        matrices.rotation(values(0, 0.3, -2, 1, 3, 0.5)),
        matrices.scaling(values(1, 1, 1, 1.5, 1, 1.2), values(1, 1, 1, 0.7, 1, 1)),
        matrices.translation(values(0.5, 0, 3.3, -0.7, -6.1, 1), values(0.25, 0, 1, -2.9, 4, 1)),
    )
    changed = compiled(resample, jit)(images, warps)
    expected = [slow_resample(*pair) for pair in zip(images, warps.numpy(), strict=True)]
    np.testing.assert_allclose(changed, expected, atol=2e-5)


def test_scaling_and_stretching_do_what_they_say():
    """A picture that holds its own coordinates tells where each pixel came from."""
    right = np.broadcast_to(np.arange(9.0) - 4, (9, 9))
    image = np.stack([right, right.T], -1)[None].astype("float32")
    grown = resample(image, matrices.scaling(values(2), values(4)))
    np.testing.assert_allclose(grown, image / [2, 4], atol=1e-6)


@pytest.mark.parametrize("jit", [False, True])
def test_translate_is_a_roll_with_zeros(jit):
    images = images_of(5, 6, 8, 3)
    down, right = [0, 2, -3, 1, 9], [0, -1, 4, 8, 0]
    shifted = compiled(diff_augment.translate, jit)(
        images, values(*down, dtype="int32"), values(*right, dtype="int32")
    )
    for image, rows, columns, result in zip(images, down, right, shifted, strict=True):
        padded = np.pad(image, ((9, 9), (9, 9), (0, 0)))
        expected = np.roll(padded, (rows, columns), axis=(0, 1))[9:-9, 9:-9]
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("jit", [False, True])
def test_cutout_zeroes_a_rectangle(jit):
    images = images_of(4, 6, 7, 3)
    top, left, height, width = [1, -2, 4, 0], [2, -1, 5, 0], [3, 3, 3, 0], [4, 4, 4, 4]
    arguments = [values(*v, dtype="int32") for v in (top, left, height, width)]
    cut = compiled(diff_augment.cutout, jit)(images, *arguments)
    expected = images.copy()
    expected[0, 1:4, 2:6] = 0
    expected[1, :1, :3] = 0
    expected[2, 4:, 5:] = 0
    np.testing.assert_array_equal(cut, expected)


# Colours, one by one.


@pytest.mark.parametrize("channels", [1, 3])
def test_colors_of_diff_augment_against_numpy(channels):
    images = images_of(3, 4, 5, channels)
    factor = values(0.0, 1.0, 1.7)
    column = factor.numpy()[:, None, None, None]
    np.testing.assert_allclose(diff_augment.brightness(images, factor), images + column, atol=1e-6)
    for function, axes in ((diff_augment.saturation, 3), (diff_augment.contrast, (1, 2, 3))):
        mean = images.mean(axes, keepdims=True)
        expected = (images - mean) * column + mean
        np.testing.assert_allclose(function(images, factor), expected, atol=1e-6)


def color(matrix, *pixel):
    """What a colour matrix makes of one pixel."""
    return recolor(values(*pixel)[None, None, None], matrix)[0, 0, 0].numpy()


def test_color_matrices_against_their_meaning():
    pixel = np.array([0.1, 0.5, -0.9])
    grey = pixel.mean()
    for matrix, expected in (
        (matrices.brightness(values(0.3)), pixel + 0.3),
        (matrices.contrast(values(2.0)), pixel * 2),
        (matrices.luma_flip(values(1.0)), pixel - 2 * grey),
        (matrices.luma_flip(values(0.0)), pixel),
        (matrices.saturation(values(0.0)), [grey] * 3),
        (matrices.saturation(values(2.0)), grey + 2 * (pixel - grey)),
        (matrices.hue(values(2 * np.pi / 3)), np.roll(pixel, 1)),
        (matrices.hue(values(-2 * np.pi / 3)), np.roll(pixel, -1)),
    ):
        np.testing.assert_allclose(color(matrix, *pixel), expected, atol=1e-6)


def test_hue_rotates_around_the_grey_axis():
    pixel, angle, axis = np.array([0.1, 0.5, -0.9]), 0.4, np.ones(3) / np.sqrt(3)
    expected = (  # Rodrigues
        pixel * np.cos(angle)
        + np.cross(axis, pixel) * np.sin(angle)
        + axis * (axis @ pixel) * (1 - np.cos(angle))
    )
    np.testing.assert_allclose(color(matrices.hue(values(angle)), *pixel), expected, atol=1e-6)


def test_colors_are_composed_in_order():
    first, second = matrices.brightness(values(0.3)), matrices.contrast(values(2.0))
    pixel = np.array([0.1, 0.5, -0.9])
    both = color(matrices.compose(first, second), *pixel)
    np.testing.assert_allclose(both, (pixel + 0.3) * 2, atol=1e-6)


def test_a_grey_image_is_an_rgb_image_of_equal_channels():
    grey = images_of(8, 4, 5, 1)
    matrix = random_matrix(ada.random_color, grey, 1.0)
    as_rgb = recolor(np.repeat(grey, 3, axis=-1), matrix)
    np.testing.assert_allclose(np.repeat(recolor(grey, matrix), 3, -1), as_rgb, atol=1e-5)


def test_alpha_has_no_color():
    images = images_of(8, 6, 6, 4)
    doubled = on_colors(lambda colors: 2.0 * colors, tf.constant(images))
    np.testing.assert_array_equal(doubled, images * [2, 2, 2, 1])
    for layer in (augment.DiffAugment(("color",)), augment.ADA(("color",), p=1.0)):
        changed = layer(images, KEY).numpy()
        assert np.array_equal(changed[..., 3], images[..., 3])
        assert (changed[..., :3] != images[..., :3]).mean() > 0.9


# Random draws.


@pytest.mark.parametrize("jit", [False, True])
@both_kinds
def test_the_key_and_p_decide(kind, jit):
    images = images_of(1, 8, 7, 4).repeat(6, axis=0)
    images[:, 0, 0, 0] = -0.0
    layer = kind()
    run = compiled(layer, jit)
    first, again = run(images, KEY).numpy(), run(images, KEY).numpy()
    assert first.tobytes() == again.tobytes()
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


def test_the_draws_of_one_transformation_do_not_hang_on_the_others():
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
    """Of independent transformations; 5 standard deviations of a share are 0.0125 at most."""
    keep = 1 - p
    geometry = share_unchanged(random_matrix(ada.random_geometry, MANY, p))
    assert geometry == pytest.approx(keep**4, abs=0.0125)  # the two rotations count as one
    colors = share_unchanged(random_matrix(ada.random_color, MANY, p))
    assert colors == pytest.approx(keep**4 * (1 - p / 2), abs=0.0125)  # half of the flips flip
    stay = (1 / 4) ** 2  # from -2 to 2 pixels, both of less than a half
    blit = share_unchanged(random_matrix(ada.random_blit, MANY, p))
    expected = (1 - p / 2) * (1 - p * 3 / 4) * (1 - p * (1 - stay))
    assert blit == pytest.approx(expected, abs=0.0125)


def test_share_of_samples_that_diff_augment_leaves_alone():
    layer = augment.DiffAugment(("cutout",))
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
    lost = (augment.DiffAugment(("cutout",))(ones, KEY).numpy() == 0).sum(axis=(1, 2, 3))
    assert (lost.min(), lost.max()) == (16, 64)  # a corner has a quarter of the square
    mixed = np.stack([-ones[:, :4, :4], ones[:, :4, :4]], axis=2).reshape(COUNT, 4, 8, 1)
    recolored = augment.DiffAugment(("color",))(mixed, KEY).numpy()
    offset, factor = recolored.mean(axis=(1, 2, 3)), recolored.std(axis=(1, 2, 3))
    assert (offset.min(), offset.max()) == pytest.approx((-0.5, 0.5), abs=0.001)
    assert (factor.min(), factor.max()) == pytest.approx((0.5, 1.5), abs=0.001)


# Derivatives.


def affine_map(run, shape):
    """The matrices and offsets of a map that is affine in each sample, by its columns."""
    size = int(np.prod(shape[1:]))
    offset = run(np.zeros(shape, "float32")).numpy()
    columns = [
        run(np.broadcast_to(unit.reshape(shape[1:]), shape)).numpy() - offset
        for unit in np.eye(size, dtype="float32")
    ]
    linear = np.stack([column.reshape(-1, size) for column in columns], axis=-1)
    return linear.astype("float64"), offset.reshape(-1, size).astype("float64")


@pytest.mark.parametrize("jit", [False, True])
@both_kinds
def test_first_and_second_derivatives_are_exact(kind, jit):
    """D(y) = sum(w y^2) / 2 on y = A x + b: R1 and its gradient in w have closed forms."""
    layer, shape = kind(), (3, 4, 5, 3)
    images, key = images_of(*shape), KEY
    weights = tf.Variable(images_of(*shape[1:], seed=1))
    specs = [tf.TensorSpec((None, *shape[1:])), tf.TensorSpec((2,), tf.int64)]

    @tf.function(jit_compile=jit, input_signature=specs)
    def derivatives(x, key):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                augmented = layer(x, key)
                total = tf.reduce_sum(weights * augmented**2) / 2
            gradient = inner.gradient(total, x)
            penalty = tf.reduce_sum(gradient**2)
        return augmented, gradient, penalty, outer.gradient(penalty, weights)

    linear, offset = affine_map(lambda x: derivatives(x, key)[0], shape)
    _, gradient, penalty, second = derivatives(images, key)

    w, x = weights.numpy().reshape(-1), images.reshape(3, -1)
    y = np.einsum("bij,bj->bi", linear, x) + offset
    expected = np.einsum("bij,bi->bj", linear, w * y)
    np.testing.assert_allclose(gradient.numpy().reshape(3, -1), expected, atol=2e-4)
    assert float(penalty) == pytest.approx((expected**2).sum(), rel=1e-4)
    # d/dw |A^T (w y)|^2 = 2 y (A A^T (w y))
    expected_second = 2 * (y * np.einsum("bij,bj->bi", linear, expected)).sum(axis=0)
    np.testing.assert_allclose(second.numpy().reshape(-1), expected_second, rtol=1e-4, atol=5e-3)


@both_kinds
def test_penalty_against_finite_differences(kind):
    """R1 through the augmentation, stepped along one direction of the discriminator's weights."""
    layer = kind()
    images = images_of(4, 6, 6, 1)
    weights = tf.Variable(images_of(6, 6, 1, seed=1))
    direction = images_of(6, 6, 1, seed=2)

    @tf.function
    def penalty(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(weights * layer(x, KEY) ** 2)
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    with tf.GradientTape() as tape:
        value = penalty(tf.constant(images))
    slope = float(tf.reduce_sum(tape.gradient(value, weights) * direction))
    step, start = 0.01, weights.numpy()
    ends = []
    for sign in (1, -1):  # the penalty is quadratic in the weights: central differences are exact
        weights.assign(start + sign * step * direction)
        ends.append(float(penalty(tf.constant(images))))
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=5e-3)


def test_a_resampling_far_out_of_the_image_keeps_the_adjoint():
    """<A x, y> = <x, A^T y>, where many pixels come from one."""
    warp = matrices.scaling(values(0.1, 9.0), values(0.1, 0.2))
    x, y = tf.constant(images_of(2, 7, 6, 3)), images_of(2, 7, 6, 3, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        product = tf.reduce_sum(resample(x, warp) * y)
    adjoint = tape.gradient(product, x)
    assert float(product) == pytest.approx(float(tf.reduce_sum(x * adjoint)), rel=1e-4)


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


def test_the_controller_stands_still_at_its_target():
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


def test_a_saved_model_remembers_the_controller(tmp_path):
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
    layer = kind(transforms=("color",), name="mine")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is kind
    assert again.get_config() == layer.get_config()
    assert again.transforms == ("color",)


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
    with pytest.raises(ConfigError, match=r"unknown transformation 'cutout'.*Known: blit, color"):
        augment.ADA(("cutout",))
    with pytest.raises(ConfigError, match="expected a tuple of transformations, got 'color'"):
        augment.DiffAugment("color")
    for transforms in ((), ("color", "color")):
        with pytest.raises(ConfigError, match="at most once"):
            augment.ADA(transforms)
    for argument, value in (("p", 1.5), ("target", 2), ("interval", 0), ("images", 0)):
        with pytest.raises(ConfigError, match=f"expected a.*{value}"):
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
