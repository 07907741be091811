"""R3GAN against what its paper and its authors' program say of it."""

import keras_gan as kg
from keras_gan import compilation
from keras_gan.errors import ConfigError
from keras_gan.layers import Downsample2D, GroupedConv2D, Upsample2D

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import check_step_under_xla, check_twenty_compiled_steps, random_images

RNG = np.random.default_rng(0)
SHAPE = (8, 8, 3)


def pair(num_classes=None, dtype=None, shape=SHAPE, width=8, **more):
    networks = kg.networks.R3GANGenerator, kg.networks.R3GANDiscriminator
    common = {"num_classes": num_classes, "dtype": dtype, **more}
    return networks[0](shape, 8, width, **common), networks[1](shape, width, **common)


def test_cifar10_networks_are_of_the_published_size():
    generator = kg.networks.R3GANGenerator((32, 32, 3), 64, 768, num_classes=10)
    discriminator = kg.networks.R3GANDiscriminator((32, 32, 3), 768, num_classes=10)
    assert round(generator.count_params() / 1e6, 2) == 20.78
    assert round(discriminator.count_params() / 1e6, 2) == 21.28
    kernels = [w.shape for w in generator.weights if w.path.endswith("kernel")]
    assert kernels.count((3, 3, 16, 1536)) == 8  # 96 groups


def test_widths_of_the_published_sizes():
    widths = kg.networks.r3gan.r3gan_widths
    assert widths(3, 768, 768) == [768] * 4
    assert widths(4, 384, 768) == [384, 768, 768, 768, 768]
    assert widths(6, 96, 768) == [96, 192, 384, 768, 768, 768, 768]
    assert widths(1, 16, 8) == [16, 16]


def test_the_first_map_is_learnt_and_scaled_by_the_latents():
    x = keras.Input((5,))
    model = keras.Model(x, kg.networks.r3gan.scaled_learned_map(x, 16, (4, 3), "float32"))
    weights = {weight.shape: np.array(weight) for weight in model.weights}
    latents = RNG.normal(size=(3, 5)).astype("float32")
    scales = latents @ weights[5, 16]
    expected = weights[4, 3, 16] * scales[:, None, None]
    np.testing.assert_allclose(model(latents), expected, atol=1e-5)
    assert len(weights) == len(model.weights) == 2


def variances(network, inputs):
    """Returns the output variance of each Add and each block's second activation."""
    adds = [layer.output for layer in network.layers if isinstance(layer, keras.layers.Add)]
    return [float(np.var(np.array(x))) for x in keras.Model(network.input, adds)(inputs)]


def test_signals_begin_as_the_initialisation_promises():
    """The last convolution of a branch is 0, so blocks pass their input on unchanged."""
    generator, discriminator = pair(width=32, shape=(32, 32, 3))
    latents = RNG.normal(size=(64, 8)).astype("float32")
    images = RNG.normal(size=(64, 32, 32, 3)).astype("float32")
    outputs = variances(generator, latents)
    assert all(outputs[i] == outputs[i + 1] for i in range(0, len(outputs), 2))
    assert 0.3 < outputs[0] < 3.0  # a product of two unit normals, over 4x4 places
    judged = variances(discriminator, images)
    assert all(judged[i] == judged[i + 1] for i in range(0, len(judged), 2))
    assert 0.5 < judged[0] < 2.0


def test_branches_keep_their_variance_by_the_number_of_blocks():
    """Up to its last convolution a branch of unit input has variance L^(-1), as Fixup wants."""
    x = keras.Input((16, 16, 128))
    for blocks in (1, 8):
        block = keras.Model(x, kg.networks.r3gan.residual_block(x, blocks, "float32"))
        hidden = block.layers[-3].output  # the second activation
        inputs = RNG.normal(size=(8, 16, 16, 128)).astype("float32")
        results = np.square(np.array(keras.Model(x, hidden)(inputs)))[:, 1:-1, 1:-1].mean()
        assert abs(results * blocks - 1.0) < 0.15


def test_gradients_reach_every_weight_but_the_branches_behind_a_zero():
    generator, discriminator = pair()
    latents = tf.constant(RNG.normal(size=(8, 8)), tf.float32)
    with tf.GradientTape() as tape:
        logits = discriminator(generator(latents))
        loss = tf.reduce_mean(tf.nn.softplus(-logits))
    weights = generator.trainable_variables + discriminator.trainable_variables
    grads = tape.gradient(loss, [w.value for w in weights])
    sizes = {w.path: float(tf.norm(g)) for w, g in zip(weights, grads, strict=True)}
    assert all(np.isfinite(size) for size in sizes.values())
    moving = [path for path, size in sizes.items() if size > 0]
    behind = [path for path, size in sizes.items() if size == 0]
    # of each of the 4 blocks of 2 networks: kernel and bias of W1 and of W2
    assert len(behind) == 2 * 4 * 4
    assert len(moving) == len(weights) - len(behind)


@pytest.mark.parametrize("jit", [False, True])
def test_grouped_convolution_is_one_convolution_a_group(jit):
    layer = GroupedConv2D(6, 3, groups=3)
    x = tf.constant(RNG.normal(size=(2, 5, 5, 12)), tf.float32)
    layer(x)
    layer.bias.assign(RNG.normal(size=6))

    @tf.function(jit_compile=jit)
    def run(x):
        with compilation.in_this_process(jit), tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = layer(x)
                total = tf.reduce_sum(y**3)
            norm = tf.reduce_sum(inner.gradient(total, x) ** 2)
        return y, outer.gradient(norm, layer.kernel.value)

    def by_groups(kernel):
        parts = zip(tf.split(x, 3, -1), tf.split(kernel, 3, -1), strict=True)
        return tf.concat([tf.nn.conv2d(a, b, 1, "SAME") for a, b in parts], -1) + layer.bias.value

    kernel = tf.constant(layer.kernel.numpy())
    with tf.GradientTape() as outer:
        outer.watch(kernel)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = by_groups(kernel)
            total = tf.reduce_sum(y**3)
        norm = tf.reduce_sum(inner.gradient(total, x) ** 2)
    expected = y, outer.gradient(norm, kernel)
    for results, target in zip(run(x), expected, strict=True):
        np.testing.assert_allclose(results, target, rtol=1e-4, atol=1e-3)
    second = GroupedConv2D.from_config(layer.get_config())
    assert (second.groups, second.filters, second.padding) == (3, 6, "same")


def with_zeros_between(x):
    """Every value followed by a zero, along height and width."""
    out = np.zeros((x.shape[0], 2 * x.shape[1], 2 * x.shape[2], x.shape[3]))
    out[:, ::2, ::2] = x
    return out


def filtered(x, before, after, gain):
    """Applies the filter [1, 3, 3, 1] along height and width, after padding with zeros."""
    taps = np.array([1.0, 3.0, 3.0, 1.0]) / 8 * gain
    for axis in (1, 2):
        padding = [(before, after) if i == axis else (0, 0) for i in range(4)]
        padded = np.pad(x, padding)
        size = padded.shape[axis] - 3
        x = sum(w * np.take(padded, range(i, i + size), axis) for i, w in enumerate(taps))
    return x


def test_resampling_is_upfirdn_with_1331():
    """Compares with the authors' upfirdn2d: padding (2, 1) for up and (1, 1) for down."""
    x = RNG.normal(size=(2, 4, 6, 3))
    up = filtered(with_zeros_between(x), 2, 1, gain=2.0)
    down = filtered(x, 1, 1, gain=1.0)[:, ::2, ::2]
    for under_xla in (False, True):
        with compilation.in_this_process(under_xla):
            np.testing.assert_allclose(Upsample2D()(x.astype("float32")), up, atol=1e-6)
            np.testing.assert_allclose(Downsample2D()(x.astype("float32")), down, atol=1e-6)
    assert Upsample2D().compute_output_shape((None, 4, 6, 3)) == (None, 8, 12, 3)
    assert Downsample2D().compute_output_shape((None, 4, 6, 3)) == (None, 2, 3, 3)


@pytest.mark.parametrize("num_classes", [None, 3])
def test_trains_saves_and_exports(num_classes, tmp_path):
    gan = kg.GAN(*pair(num_classes))
    x = RNG.uniform(-1, 1, (24, *SHAPE)).astype("float32")
    y = None if num_classes is None else np.arange(24) % num_classes
    penalties = [kg.penalties.R1(1.0), kg.penalties.R2(1.0)]
    gan.compile(loss="relativistic_paired", penalties=penalties)
    gan.fit(x, y, batch_size=8, epochs=2, verbose=0)
    gan.save(tmp_path / "gan.keras")
    second = keras.models.load_model(tmp_path / "gan.keras")
    assert np.array_equal(gan.sample(3, seed=1), second.sample(3, seed=1))
    onnx = kg.export.to_onnx(gan, tmp_path / "gan.onnx")
    saved = kg.export.to_saved_model(gan, tmp_path / "saved")
    assert max(onnx.difference, saved.difference) < 1e-4
    if num_classes:
        images = [gan.sample(1, seed=0, labels=label) for label in range(num_classes)]
        assert not np.allclose(images[0], images[1], atol=1e-3)


RULES = {
    "loss": "relativistic_paired",
    "penalties": [kg.penalties.R1(1.0), kg.penalties.R2(1.0)],
}


def test_twenty_steps_compiled_in_mixed_precision():
    gan = kg.GAN(*pair(dtype="mixed_bfloat16", blocks=1))
    gan.compile(**RULES, jit_compile=True)
    check_twenty_compiled_steps(gan, random_images(40, 8, 3))


def test_a_step_compiled_by_xla_is_the_same():
    """With branches that aren't 0 any more."""

    def make():
        gan = kg.GAN(*pair(blocks=1))
        rng = np.random.default_rng(0)
        for weight in gan.trainable_weights:
            weight.assign_add(rng.normal(0.0, 0.1, weight.shape))
        gan.compile(*(keras.optimizers.SGD(0.01) for _ in range(2)), **RULES)
        return gan

    check_step_under_xla(make, (tf.constant(random_images(8, 8, 3)), None))


@pytest.mark.parametrize(
    ("shape", "width", "message"),
    [
        ((50, 50, 3), 8, r"got \(50, 50, 3\); resize .* --image-size 48x48"),
        ((16, 16, 5), 8, r"1 to 4 channels, got \(\d+, \d+, 5\)"),
        ((16, 16, 3), 12, "multiples of 8.* got 12"),
    ],
)
def test_bad_arguments(shape, width, message):
    with pytest.raises(ConfigError, match=message):
        kg.networks.R3GANDiscriminator(shape, width)
