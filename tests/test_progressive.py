import itertools

import keras_gan as kg
from keras_gan import export
from keras_gan.errors import ConfigError
from keras_gan.models.progressive import images_of_stage

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf
from conftest import (
    check_step_under_xla,
    check_twenty_compiled_steps,
    differing,
    random_images,
    state_of,
    tiny_gan,
)

FAST = kg.schedules.Growth(stable_images=1, fade_images=15)  # batches of 8: level 0, 0.47, 1, 1.47


def networks(size=16, num_classes=None, dtype=None, channels=1):
    shape = (size, size, channels)
    return (
        kg.networks.ProgressiveGenerator(shape, 6, 4, num_classes, dtype=dtype),
        kg.networks.ProgressiveDiscriminator(shape, 4, num_classes, dtype=dtype),
    )


def build(size=8, level=FAST, num_classes=None, dtype=None, beta_1=0.5, **rules):
    """Makes a model by the paper's rules; momentum would move weights without a gradient."""
    keras.utils.set_random_seed(3)
    gan = kg.ProgressiveGAN(*networks(size, num_classes, dtype), seed=5)
    gan.compile(
        *(kg.optimizers.Adam(1e-3, beta_1, 0.99, epsilon=1e-8) for _ in gan.players),
        loss="wasserstein",
        penalties=[kg.penalties.GradientPenalty(10.0), kg.penalties.Drift()],
        schedules={"level": level},
        **rules,
    )
    return gan


def fit(gan, steps, labels=None):
    size = gan.sample_shape[0]
    gan.fit(random_images(24, size), labels, batch_size=8, steps_per_epoch=steps, verbose=0)
    return gan


def doubled(images):
    return images.repeat(2, axis=1).repeat(2, axis=2)


def halved(images):
    n, height, width, channels = images.shape
    return images.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def inputs_of(x, num_classes):
    return x if num_classes is None else [x, np.arange(len(x), dtype="int32") % num_classes]


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_every_level_is_its_stage_bit_for_bit(num_classes, dtype):
    """At the final size it is the stage's enlarged image, and the logit of such an image."""
    generator, discriminator = networks(16, num_classes, dtype)
    latents = np.random.default_rng(0).normal(size=(8, 6)).astype("float32")
    called = lambda network, x: np.array(network(inputs_of(x, num_classes)))  # noqa: E731
    for level in (0.0, 0.3, 1.0, 1.75, 2.0):
        generator.level.assign(level)
        discriminator.level.assign(level)
        stage = int(np.ceil(level))
        images = called(generator.at(stage), latents)
        assert images.shape == (8, 4 << stage, 4 << stage, 1)
        enlarged = images
        for _ in range(2 - stage):
            enlarged = doubled(enlarged)
        np.testing.assert_array_equal(called(generator, latents), enlarged)
        np.testing.assert_array_equal(called(generator.for_export(), latents), enlarged)
        logits = called(discriminator.at(stage), images)
        np.testing.assert_array_equal(called(discriminator, enlarged), logits)
        assert (images.dtype, logits.dtype, logits.shape) == ("float32", "float32", (8, 1))


@pytest.mark.parametrize("stage", [1, 2])
def test_a_stage_fades_in_from_the_one_below(stage):
    """Alpha 0 gives the lower stage and 1 the stage itself, bit for bit; others a mixture."""
    generator, discriminator = networks(16)
    latents = np.random.default_rng(0).normal(size=(8, 6)).astype("float32")
    images = random_images(8, 4 << stage)
    samples, logits = {}, {}
    for alpha in (0.0, 0.25, 1.0):
        for network in (generator, discriminator):
            network.level.assign(stage - 1 + alpha)
        samples[alpha] = np.array(generator.at(stage)(latents))
        logits[alpha] = np.array(discriminator.at(stage)(images))
    for network in (generator, discriminator):
        network.level.assign(stage - 1)
    np.testing.assert_array_equal(samples[0.0], doubled(np.array(generator.at(stage - 1)(latents))))
    pooled = keras.ops.average_pool(images, 2, 2)
    np.testing.assert_array_equal(logits[0.0], discriminator.at(stage - 1)(pooled))
    alone = [network._stages.model(stage, ()) for network in (generator, discriminator)]
    np.testing.assert_array_equal(samples[1.0], alone[0](latents))
    np.testing.assert_array_equal(logits[1.0], alone[1](images))
    np.testing.assert_allclose(samples[0.25], 0.75 * samples[0.0] + 0.25 * samples[1.0], atol=1e-6)


def test_a_stage_pools_before_its_activation_unless_it_is_from_before():
    """4x4 averages, then LeakyReLU, in NumPy; configs without the argument pool last."""
    discriminator = kg.networks.ProgressiveDiscriminator((8, 8, 1), width=4)
    config = discriminator.get_config()
    assert config.pop("pool_first") is True
    before = type(discriminator).from_config(config)
    assert before.get_config()["pool_first"] is False
    random = np.random.default_rng(0)
    for weight, other in zip(discriminator.weights, before.weights, strict=True):
        weight.assign(weight + 0.3 * random.normal(size=weight.shape))
        other.assign(weight)
    x = random.normal(size=(2, 8, 8, 4)).astype("float32")
    leaky = lambda y: np.where(y > 0, y, 0.2 * y)  # noqa: E731
    first, _, second, *_ = discriminator._stages.blocks[1]
    y = np.array(second(leaky(np.array(first(x)))))
    ends = {discriminator: leaky(halved(y)), before: halved(leaky(y))}
    for network, expected in ends.items():
        found = x
        for layer in network._stages.blocks[1]:
            found = layer(found)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(ends[discriminator] - ends[before]).max() > 0.01


def test_the_papers_networks_have_the_papers_number_of_weights():
    """Table 2 row by row: 23.1 million each at 1024x1024, and a 1x1 layer for each lower size."""
    table = [512, 512, 512, 512, 256, 128, 64, 32, 16]
    conv = lambda size, before, after: size**2 * before * after + after  # noqa: E731
    grown = list(itertools.pairwise(table))
    generator_weights = conv(4, 512, 512) + conv(3, 512, 512)
    generator_weights += sum(conv(3, low, high) + conv(3, high, high) for low, high in grown)
    discriminator_weights = sum(conv(3, high, high) + conv(3, high, low) for low, high in grown)
    discriminator_weights += conv(3, 513, 512) + conv(4, 512, 512) + 512 + 1
    assert f"{(generator_weights + conv(1, 16, 3)) / 1e6:.1f}" == "23.1"
    assert f"{(discriminator_weights + conv(1, 3, 16)) / 1e6:.1f}" == "23.1"
    generator_weights += sum(conv(1, width, 3) for width in table)
    discriminator_weights += sum(conv(1, 3, width) for width in table)
    places = 15 * 512  # a bias at each of the first map's 16 places instead of one for all
    shape, level = (1024, 1024, 3), 1
    generator = kg.networks.ProgressiveGenerator(shape, latent_dim=512, width=16)
    assert generator.count_params() == generator_weights + places + level
    discriminator = kg.networks.ProgressiveDiscriminator(shape, width=16)
    assert discriminator.count_params() == discriminator_weights + level


@pytest.mark.parametrize(("stage", "level"), [(0, 0.0), (1, 0.25), (2, 1.5), (2, 2.0)])
def test_real_images_fade_like_generated_ones(stage, level):
    images = random_images(4, 16, 3)
    pooled = [images, halved(images), halved(halved(images))][::-1]
    alpha = level - (stage - 1)
    expected = pooled[stage]
    if stage:
        expected = (1 - alpha) * doubled(pooled[stage - 1]) + alpha * expected
    np.testing.assert_allclose(images_of_stage(images, 2, stage, level), expected, atol=1e-6)


def test_a_saved_game_goes_on_in_the_middle_of_a_fade_bit_for_bit(tmp_path):
    labels = np.arange(24) % 3
    level = kg.schedules.Growth(8, 24)  # 0, 0, 1/3, 2/3, 1
    gan = fit(build(level=level, num_classes=3), 3, labels)
    assert float(gan.level) == float(gan.moving_average.level) == pytest.approx(1 / 3)
    gan.save(tmp_path / "game.keras")
    second = keras.models.load_model(tmp_path / "game.keras")
    assert isinstance(second, kg.ProgressiveGAN)
    np.testing.assert_array_equal(second.sample(4, seed=1), gan.sample(4, seed=1))
    for game in (gan, second):
        fit(game, 2, labels)
        assert float(game.level) == 1
    assert differing(state_of(gan), state_of(second)) == []


def test_twenty_steps_compiled_in_mixed_precision_go_on_bit_for_bit(tmp_path):
    """From 4x4 into a fade. The compiled step is a function of the saved state alone."""
    growth = kg.schedules.Growth(stable_images=32, fade_images=160)
    gan = build(level=growth, dtype="mixed_bfloat16", jit_compile=True, augmentation="diffaugment")
    logs = check_twenty_compiled_steps(gan, random_images(24))
    assert logs["level"] == pytest.approx(
        [np.clip((records - 32) / 160, 0, 1).mean() for records in 8 * np.arange(20).reshape(2, 10)]
    )
    gan.save_weights(tmp_path / "game.weights.h5")
    ends = []
    for _ in range(2):
        gan.fit(random_images(24), batch_size=8, steps_per_epoch=2, verbose=0)
        ends.append(state_of(gan))
        gan.load_weights(tmp_path / "game.weights.h5")
        assert int(gan.step) == 20
        assert 0 < float(gan.level) < 1
    assert differing(*ends) == []


def test_a_step_compiled_by_xla_is_the_same():
    """In the middle of a fade."""

    def make():
        gan = kg.ProgressiveGAN(*networks(8))
        optimizers = [keras.optimizers.SGD(0.1) for _ in gan.players]
        penalties = [kg.penalties.R1(1.0), kg.penalties.Drift()]
        gan.compile(*optimizers, penalties=penalties, schedules={"level": FAST})
        gan.images_seen.assign(8)
        gan._set_level(7 / 15)
        return gan

    check_step_under_xla(make, (tf.constant(random_images(8)), None))


def slots_of(gan, player):
    """Path of a weight -> its value, and Adam's two moments."""
    optimizer = getattr(gan, f"{player}_optimizer")
    weights = getattr(gan, player).trainable_variables
    state = zip(weights, optimizer._momentums, optimizer._velocities, strict=True)
    return {w.path: [np.array(x) for x in (w, m, v)] for w, m, v in state}


def rests(path, level):
    """Returns whether a weight of an 8x8 network is unused at a level."""
    if level == 0:
        return path.split("/")[0].endswith("_8")
    return level == 1 and ("_rgb_4" in path)


def test_each_stage_begins_with_new_optimizers_and_the_others_layers_rest():
    """The first step after a beginning has the moments, and the length, of Adam's first step."""
    gan = build(level=kg.schedules.Growth(16, 16), run_eagerly=True)
    records = []
    for _ in range(6):
        before = {player: slots_of(gan, player) for player in gan.players}
        fit(gan, 1)
        records.append((float(gan.level), int(gan.generator_optimizer.iterations)))
        for player in gan.players:
            check_moves(before[player], slots_of(gan, player), *records[-1])
    assert records == [(0, 1), (0, 2), (0, 3), (0.5, 1), (1, 1), (1, 2)]
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(1e-3)


def check_moves(before, after, level, step):
    for path, (weight, momentum, velocity) in after.items():
        move = weight - before[path][0]
        if rests(path, level):
            assert not any(state.any() for state in (move, momentum, velocity)), path
        elif step == 1:
            gradient = momentum / 0.5
            np.testing.assert_allclose(velocity, 0.01 * gradient**2, rtol=1e-3, atol=1e-12)
            clear = np.abs(gradient) > 1e-4
            assert clear.any() or path == "linear/bias", path
            np.testing.assert_allclose(np.abs(move[clear]), 1e-3, rtol=2e-2)


def multiplications(graph):
    """Counts the multiplications of all convolutions in a graph of fixed shapes."""
    return sum(
        int(np.prod(op.outputs[0].shape) * np.prod(op.inputs[1].shape[:3]))
        for op in graph.get_operations()
        if op.type == "Conv2D"
    )


def test_a_step_of_a_stage_computes_its_size_alone():
    gan = build(size=16)
    step = tf.function(gan.train_step, autograph=False)
    graph = step.get_concrete_function(tf.TensorSpec((8, 16, 16, 1))).graph
    (case,) = [op for op in graph.get_operations() if op.type == "Case"]
    branches = [graph._get_function(branch.name).graph for branch in case.get_attr("branches")]
    assert [largest_map(branch) for branch in branches] == [4, 8, 16]
    costs = list(map(multiplications, branches))
    assert costs[0] < costs[1] < costs[2]
    assert 4 * costs[0] < costs[2]


def largest_map(graph):
    """Returns the longest side of the inputs and outputs of convolutions."""
    ops = [op for op in graph.get_operations() if op.type == "Conv2D"]
    return max(t.shape[1] for op in ops for t in (op.inputs[0], *op.outputs))


@pytest.mark.parametrize("rules", [{"remat": True}, {"accumulation": 2}, {"host": True}])
def test_other_ways_to_a_step_are_the_same_step(rules):
    """Recomputed activations, a batch in parts, and branches chosen by the host."""
    host = rules.pop("host", False)
    update = {"update": "alternating"}
    plain, other = (build(**update, **more, run_eagerly=True) for more in ({}, rules))
    images = tf.constant(random_images(8))
    for _ in range(3):
        logs = plain.train_step(images)
        if host:
            with other.fixed_branches(other.next_kind()):
                results = other.train_step(images)
        else:
            results = other.train_step(images)
        assert other.fixed_kind is None
        names = ["level"] if "accumulation" in rules else logs
        for name in names:
            assert float(results[name]) == pytest.approx(float(logs[name]), rel=1e-4), name
    assert other.next_kind() == plain.next_kind()
    assert {"stage", "is_new"} < other.next_kind().keys()


def test_half_steps_alone_are_those_of_the_stage():
    gan = build(size=16, run_eagerly=True)
    real = tf.constant(random_images(8, 16)), None
    noise = gan.draw_noise(8, "discriminator", 0)
    records, duel = gan.next_duel(real)
    assert records[0].shape == duel.generate(noise.latents).shape == (8, 4, 4, 1)
    weights = gan.discriminator.get_weights()
    logs = gan.discriminator_step(duel, records, noise)
    moved = sum(map(np.any, map(np.not_equal, weights, gan.discriminator.get_weights())))
    assert moved == len(gan.discriminator.at(0).trainable_variables)
    assert logs.keys() < set(gan.log_names)
    assert gan.duel.generate(noise.latents).shape == (8, 16, 16, 1)


def test_evaluates_at_the_final_size():
    gan = fit(build(run_eagerly=True), 1)
    results = gan.evaluate(random_images(16), batch_size=8, verbose=0, return_dict=True)
    assert np.isfinite(list(results.values())).all()
    assert float(gan.level) == 0


@pytest.mark.parametrize(("level", "num_classes"), [(2.0, None), (1.0, 3), (1.5, 3)])
def test_exports_agree_and_hold_what_is_seen_alone(level, num_classes, tmp_path):
    gan = kg.ProgressiveGAN(*networks(16, num_classes))
    for network in (gan.generator, gan.moving_average):
        network.level.assign(level)
    saved_model = export.to_saved_model(gan, tmp_path / "model")
    onnx_file = export.to_onnx(gan, tmp_path / "model.onnx")
    loaded = tf.saved_model.load(str(saved_model.path))
    session = onnxruntime.InferenceSession(onnx_file.path)
    for count in (1, 16):
        inputs = {"latents": gan.latents(count, seed=1).numpy()}
        if num_classes:
            inputs["labels"] = np.arange(count, dtype="int32") % num_classes
        expected = np.array(gan.signatures()["serving_default"](inputs))
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        served = loaded.signatures["serving_default"](**tensors)["images"].numpy()
        assert np.abs(served - expected).max() <= 1e-4
        assert np.abs(session.run(["images"], inputs)[0] - expected).max() <= 1e-4
    convolutions = [node for node in onnx.load(onnx_file.path).graph.node if node.op_type == "Conv"]
    stage = int(np.ceil(level))
    images = 1 if level == stage else 2
    assert len(convolutions) == 1 + 2 * stage + images


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kg.networks.ProgressiveGenerator((4, 4, 3)), r"k >= 1 .*got \(4, 4, 3\)"),
        (lambda: kg.networks.ProgressiveDiscriminator((50, 50, 3)), "50, 50, 3"),
        (lambda: kg.networks.ProgressiveGenerator((8, 8, 1), num_classes=1), "num_classes >= 2"),
        (lambda: kg.ProgressiveGAN(tiny_gan().generator, tiny_gan().discriminator), "that grow"),
        (lambda: build(update="one_stage"), "mixes samples"),
        (lambda: build(level=1.0), "Schedule for level"),
        (
            lambda: kg.ProgressiveGAN(*networks(8)).compile(
                keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(1e-3, 9, 0.9))
            ),
            "each stage resets",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
