"""PyTorch's twins in the benchmarks: as many weights as our networks, and the same function.

    pytest -p torch._dynamo tests/test_twins.py

The option imports PyTorch's compiler before TensorFlow, after which its import can crash.
"""

import pathlib
import sys

import keras_gan as kg

import numpy as np
import pytest
import tensorflow as tf

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools" / "benchmark"))

from peers.work import RULES, build, images, keras_networks

torch = pytest.importorskip("torch", reason="the twins' PyTorch isn't installed")

TASK = {"size": 16, "channels": 3, "latent_dim": 6, "width": 8, "batch_size": 4, "jit": False}
SIZES = ("size", "channels", "width", "latent_dim")


def pairs(rules, dtype=None):
    """Our players at the size that is timed, and their twins."""
    from peers.torch_networks import TWINS

    family = RULES[rules]["family"]
    ours = [*keras_networks({**TASK, "rules": rules, "dtype": dtype}).values()]
    if family == "progressive":
        ours[0].level.assign(1.5)
        ours[1].level.assign(1.5)
        ours = [network.at(network.last_stage) for network in ours]
    size, channels, width, latent_dim = (TASK[name] for name in SIZES)
    generator, discriminator = TWINS[family]
    twins = generator(size, channels, latent_dim, width), discriminator(size, channels, width)
    return zip(ours, twins, strict=True)


@pytest.mark.parametrize("rules", ["gan", "sngan", "r3gan", "progan", "stylegan2"])
def test_twins_have_as_many_weights(rules):
    for ours, twin in pairs(rules):
        count = sum(int(np.prod(weight.shape)) for weight in ours.trainable_weights)
        assert count == sum(weight.numel() for weight in twin.parameters())


@pytest.mark.parametrize(("dtype", "tolerance"), [(None, 1e-4), ("mixed_bfloat16", 0.1)])
@pytest.mark.parametrize("rules", ["r3gan", "progan", "stylegan2"])
def test_twins_are_the_same_function_of_the_same_weights(rules, dtype, tolerance):
    random = np.random.default_rng(0)
    shapes = (4, TASK["latent_dim"]), (4, 16, 16, 3)
    for (ours, twin), shape in zip(pairs(rules, dtype), shapes, strict=True):
        for weight in ours.weights:
            if "level" not in weight.path:
                weight.assign(weight + 0.5 * random.normal(size=weight.shape))
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=dtype is not None):
            copy(ours, twin)
            inputs = random.normal(size=shape).astype("float32")
            results = channels_last(
                twin.eval()(torch.tensor(channels_first(inputs))).float().numpy()
            )
        expected = np.array(tf.cast(ours(inputs), "float32"))
        np.testing.assert_allclose(results, expected, atol=tolerance * np.abs(expected).max())


def copy(ours, twin):
    """Gives the twin our network's weights, and the fixed noise."""
    weights, parameters = list(ours.trainable_weights), list(twin.parameters())
    if isinstance(ours, kg.networks.R3GANGenerator):
        weights[:2] = weights[1::-1]  # PyTorch names the learned map before its linear map
    if isinstance(ours, kg.networks.StyleGAN2Generator):
        weights = in_order_of_stages(ours)
        layers = [m for m in twin.modules() if hasattr(m, "fixed")]
        for layer, noise in zip(layers, layers_of(ours, kg.layers.PixelNoise), strict=True):
            layer.fixed.copy_(torch.tensor(channels_first(noise.fixed.numpy()[None])))
    for weight, parameter in zip(weights, parameters, strict=True):
        values = weight.numpy()
        if values.ndim == 2 and parameter.ndim == 4:  # a dense layer as a convolution of its map
            values = values.reshape(*parameter.shape[2:], *parameter.shape[1::-1])
        if values.ndim == 3:  # a map
            values = values.transpose(2, 0, 1)
        elif values.ndim > 1:
            values = np.moveaxis(values, (-1, -2), (0, 1))
        parameter.copy_(torch.tensor(values).reshape(parameter.shape))


def in_order_of_stages(generator):
    """StyleGAN2's weights as the twin names them; Keras sorts layers by their depth."""
    noises = iter(layers_of(generator, kg.layers.PixelNoise))
    (learned,) = [layer for layer in generator.layers if layer.name.startswith("learned_map")]
    weights = [*learned.weights, *generator.get_layer("mapping").trainable_weights]
    affine = layers_of(generator, kg.layers.EqualizedDense)
    modulated = layers_of(generator, kg.layers.ModulatedConv2D)
    for convolution, dense in zip(modulated, affine, strict=True):
        strength = [next(noises).strength] if convolution.demodulate else []
        weights += [*convolution.weights, *strength, *dense.weights]
    return weights


def layers_of(network, kind):
    """Returns the layers of a kind in the order of creation."""
    results = [layer for layer in network.layers if isinstance(layer, kind)]
    return sorted(results, key=lambda layer: (len(layer.name), layer.name))


def channels_first(x):
    """`(batch, height, width, channels)` as PyTorch has it."""
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x


def channels_last(x):
    """The reverse."""
    return x.transpose(0, 2, 3, 1) if x.ndim == 4 else x


@pytest.mark.parametrize("rules", ["progan", "stylegan2"])
@pytest.mark.parametrize("update", ["alternating", "shared"])
def test_both_sides_take_steps(rules, update):
    from peers.torch_game import TorchGame

    task = {**TASK, "rules": rules, "update": update, "size": 8, "width": 4}
    real = images(task)
    gan = build(task)
    game = TorchGame(**{n: task[n] for n in (*SIZES, "batch_size", "update")}, **RULES[rules])
    before = [p.detach().clone() for p in game.discriminator.parameters()]
    for _ in range(2):
        logs = gan.train_step(real)
        loss = game.step(torch.tensor(channels_first(real)))
    assert np.isfinite(float(logs["d_loss"]))
    assert np.isfinite(float(loss))
    moved = zip(before, game.discriminator.parameters(), strict=True)
    assert all(bool((old != new).any()) for old, new in moved)
