"""Transformations of images, one by one: spatial ones and colors."""

from keras_gan import augment
from keras_gan.augment import ada, diff_augment, matrices
from keras_gan.augment.augment import apply_to_colors
from keras_gan.augment.resample import SYM6, interpolate, recolor, resample

import numpy as np
import pytest
import tensorflow as tf
from augment_cases import KEY, compiled, images_of, random_matrix, values

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


def test_a_product_applies_its_first_factor_first():
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
    turned = interpolate(images, matrices.rotation(values(np.pi / 2, -np.pi / 2)))
    np.testing.assert_allclose(turned[0], np.rot90(images[0]), atol=2e-6)
    np.testing.assert_allclose(turned[1], np.rot90(images[1], -1), atol=2e-6)


def mirrored(image):
    margin = 4 * max(image.shape)
    return np.pad(
        image.astype("float64"), ((margin,) * 2, (margin,) * 2, (0, 0)), "reflect"
    ), margin


def slow_interpolate(image, matrix, padded, margin, density=1, more=(0, 0)):
    """Bilinear interpolation sample by sample, in float64, in a padded image."""
    height, width, channels = image.shape
    centre = np.array([(width - 1) / 2, (height - 1) / 2, 0])
    rows, columns = (np.arange(-more[0], density * (n - 1) + 1 + more[1]) for n in (height, width))
    result = np.empty((len(rows), len(columns), channels))
    for row, column in np.ndindex(result.shape[:2]):
        target = np.array([columns[column] / density, rows[row] / density, 1])
        x, y, _ = density * (matrix @ (target - centre) + centre + [margin, margin, 0])
        i, j = int(np.floor(y)), int(np.floor(x))
        fy, fx = y - i, x - j
        upper = (1 - fx) * padded[i, j] + fx * padded[i, j + 1]
        lower = (1 - fx) * padded[i + 1, j] + fx * padded[i + 1, j + 1]
        result[row, column] = (1 - fy) * upper + fy * lower
    return result


def along_sides(function, image):
    """Applies a function to all columns, and then to all rows."""
    for axis in (0, 1):
        image = np.apply_along_axis(function, axis, image)
    return image


def slow_resample(image, matrix):
    """The published steps one after another: mirrored margins, up, bilinear, down; in float64."""
    taps = np.array(SYM6) / np.sqrt(2)  # 1 in sum
    padded, margin = mirrored(image)
    stuffed = np.zeros((2 * padded.shape[0], 2 * padded.shape[1], padded.shape[2]))
    stuffed[::2, ::2] = padded
    dense = along_sides(lambda line: np.convolve(line, 2 * taps)[5 : 5 + len(line)], stuffed)
    warped = slow_interpolate(image, matrix, dense, margin, 2, (5, 6))
    return along_sides(lambda line: np.convolve(line, taps[::-1], "valid")[::2], warped)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("shape", [(6, 9, 9, 1), (6, 6, 9, 3), (6, 2, 5, 4)])
def test_resampling_against_a_slow_one(jit, shape):
    images = images_of(*shape)
    warps = matrices.compose(
        matrices.scaling(values(1, 2, 0.5, -1, 1, 0.7), values(1, 2, 0.5, 1, 1, 0.8)),
        matrices.rotation(values(0, 0.3, -2, 1, 3, 0.5)),
        matrices.scaling(values(1, 1, 1, 1.5, 1, 1.2), values(1, 1, 1, 0.7, 1, 1)),
        matrices.translation(values(0.5, 0, 3.3, -0.7, -6.1, 1), values(0.25, 0, 1, -2.9, 4, 1)),
    )
    pairs = list(zip(images, warps.numpy(), strict=True))
    expected = [slow_interpolate(image, warp, *mirrored(image)) for image, warp in pairs]
    np.testing.assert_allclose(compiled(interpolate, jit)(images, warps), expected, atol=2e-5)
    expected = [slow_resample(*pair) for pair in pairs]
    np.testing.assert_allclose(compiled(resample, jit)(images, warps), expected, atol=3e-5)


@pytest.mark.parametrize("shape", [(2, 96, 64, 4), (2, 5, 8, 1), (2, 2, 2, 3)])
def test_the_filter_gives_back_what_stays_in_its_place(shape):
    """A turn by a billionth of a pixel isn't copied."""
    images = images_of(*shape)
    almost = matrices.translation(values(0, 1e-9), values(1e-9, 0))
    np.testing.assert_allclose(resample(images, almost), images, atol=1e-5)


def test_the_filter_halves_the_band_and_loses_nothing():
    """The wavelet's H: 1 at 0, a sixfold zero at pi, and |H(w)|^2 + |H(w + pi)|^2 = 1."""
    response = np.abs(np.fft.fft(np.array(SYM6) / np.sqrt(2), 64))
    assert response[0] == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(response**2 + np.roll(response, 32) ** 2, 1, atol=1e-9)
    moments = [(-1.0) ** np.arange(12) * np.arange(12) ** power @ SYM6 for power in range(6)]
    np.testing.assert_allclose(moments, 0, atol=1e-5)


def test_resampling_keeps_the_power_of_the_published_pipeline():
    """White noise at p = 0.5, in four rings of frequency; bilinear keeps 104, 80, 56 and 39 %."""
    noise = np.random.default_rng(0).normal(size=(512, 32, 32, 1)).astype("float32")
    changed = augment.ADA(("blit", "geometry"), p=0.5)(noise, KEY).numpy()
    frequency = np.fft.fftfreq(32)
    ring = (8 * np.hypot(frequency[:, None], frequency)).astype(int).ravel()
    before, after = (
        np.bincount(ring, (np.abs(np.fft.fft2(x, axes=(1, 2))) ** 2).mean((0, 3)).ravel())[:4]
        for x in (noise, changed)
    )
    assert after / before == pytest.approx(np.array([1.075, 0.94, 0.81, 0.56]), abs=0.035)


def test_scaling_and_stretching_do_what_they_say():
    """An image of its own coordinates shows the source of each pixel."""
    right = np.broadcast_to(np.arange(9.0) - 4, (9, 9))
    image = np.stack([right, right.T], -1)[None].astype("float32")
    grown = interpolate(image, matrices.scaling(values(2), values(4)))
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


# Colors, one by one.


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
    """Applies a color matrix to one pixel."""
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
    doubled = apply_to_colors(lambda colors: 2.0 * colors, tf.constant(images))
    np.testing.assert_array_equal(doubled, images * [2, 2, 2, 1])
    for layer in (augment.DiffAugment(("color",)), augment.ADA(("color",), p=1.0)):
        changed = layer(images, KEY).numpy()
        assert np.array_equal(changed[..., 3], images[..., 3])
        assert (changed[..., :3] != images[..., :3]).mean() > 0.9
