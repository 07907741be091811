"""First and second derivatives through the augmentations."""

from keras_gan.augment import matrices
from keras_gan.augment.resample import interpolate, resample

import numpy as np
import pytest
import tensorflow as tf
from augment_cases import KEY, both_kinds, images_of, values


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


@pytest.mark.parametrize("way", [interpolate, resample])
def test_a_resampling_far_out_of_the_image_keeps_the_adjoint(way):
    """<A x, y> = <x, A^T y>, where many pixels come from one."""
    warp = matrices.scaling(values(0.1, 9.0), values(0.1, 0.2))
    x, y = tf.constant(images_of(2, 7, 6, 3)), images_of(2, 7, 6, 3, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        product = tf.reduce_sum(way(x, warp) * y)
    adjoint = tape.gradient(product, x)
    assert float(product) == pytest.approx(float(tf.reduce_sum(x * adjoint)), rel=1e-4)
