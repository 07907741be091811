"""The main latent directions of generators whose directions are known."""

from keras_gan.export.directions import main_directions

import numpy as np

RNG = np.random.default_rng(0)


def points(count, size):
    return RNG.standard_normal((count, size)).astype("float32")


def test_directions_of_a_linear_generator_are_its_singular_vectors():
    left, _ = np.linalg.qr(RNG.standard_normal((20, 6)))
    right, _ = np.linalg.qr(RNG.standard_normal((6, 6)))
    strengths = np.array([4, 3, 2, 1, 0.5, 0.1])
    weights = (left * strengths) @ right.T

    def generate(latents, labels):
        return (latents @ weights.T).reshape(-1, 4, 5, 1)

    directions, shares = main_directions(generate, points(3, 6), count=4)
    expected = right.T[:4]
    largest = np.abs(expected).argmax(axis=1)
    expected = expected * np.sign(expected[np.arange(4), largest])[:, None]
    np.testing.assert_allclose(directions, expected, atol=1e-4)
    np.testing.assert_allclose(shares, strengths[:4] ** 2 / (strengths**2).sum(), rtol=1e-4)


def test_directions_average_over_points_with_their_labels():
    """Each class changes along its own axis; the second changes twice as much."""

    def generate(latents, labels):
        return latents[np.arange(len(latents)), labels][:, None] * (1 + labels[:, None])

    labels = np.arange(4, dtype="int32") % 2
    directions, shares = main_directions(generate, points(4, 40), labels, count=2)
    np.testing.assert_allclose(directions, np.eye(40)[[1, 0]], atol=1e-4)
    np.testing.assert_allclose(shares, [0.8, 0.2], rtol=1e-3)


def test_fewer_latents_than_directions_and_a_constant_generator():
    directions, shares = main_directions(lambda z, labels: np.zeros((len(z), 3)), points(2, 2))
    assert directions.shape == (2, 2)
    assert shares.tolist() == [0, 0]
