"""A game of two domains, written in 60 lines on the base: it needs nothing else."""

import ast
import dataclasses
import pathlib
import shutil

import keras_gan as kg
from keras_gan import export
from keras_gan.cli import main
from keras_gan.cli.results import print_results
from keras_gan.errors import ConfigError, DataError
from keras_gan.runtime import Generator

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
import two_domains
from commands import refused
from conftest import differing, random_images, state_of, tiny_gan
from PIL import Image
from two_domains import TwoDomains

SHAPE = (8, 8, 1)


def generator():
    images = keras.Input(SHAPE)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(images)
    return keras.Model(images, keras.layers.Conv2D(1, 3, padding="same", activation="tanh")(x))


def discriminator():
    """Logits of patches: 4x4 for 8x8 pixels."""
    images = keras.Input(SHAPE)
    x = keras.layers.Conv2D(4, 4, 2, padding="same", activation="relu")(images)
    return keras.Model(images, keras.layers.Conv2D(1, 3, padding="same")(x))


def build(penalties=None, rules=None, game=TwoDomains, optimizer=keras.optimizers.Adam, **options):
    keras.utils.set_random_seed(1)
    networks = {name: generator() for name in TwoDomains.players["generator"]}
    networks |= {name: discriminator() for name in TwoDomains.players["discriminator"]}
    game = game(**networks, seed=5)
    penalties = penalties or [kg.penalties.R1(0.1), kg.penalties.LeCam()]
    rules = rules or kg.Rules(loss="least_squares", penalties=penalties)
    game.compile(optimizer(1e-3), optimizer(1e-3), rules, **options)
    return game


def domains():
    """Two unpaired sets of different lengths: step-addressed batches of both."""
    sources = [
        kg.datasets.ArraySource(name, random_images(count, seed=count))
        for name, count in (("a", 24), ("b", 40))
    ]
    return kg.datasets.pair(*sources).to_dataset(batch_size=8, seed=3)


def test_the_game_is_small():
    tree = ast.parse(pathlib.Path(two_domains.__file__).read_text())
    (game,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    lines = pathlib.Path(two_domains.__file__).read_text().splitlines()
    body = [line for line in lines[game.lineno - 1 : game.end_lineno] if line.strip()]
    assert len(body) <= 60


@pytest.mark.parametrize("jit", [False, True])
def test_it_fits_logs_and_resumes_bit_for_bit(jit, tmp_path):
    game, data = build(jit_compile=jit), domains()
    before = {name: getattr(game, name).get_weights() for name in game.network_names()}
    history = game.fit(data, epochs=1, verbose=0).history
    assert int(game.step) == data.steps_per_epoch == 5
    assert int(game.images_seen) == 40
    expected = {f"{side}_{name}" for side in "ab" for name in (*LOGS, "r1", "lecam")}
    assert history.keys() == {*expected, "g_gradient", "d_gradient", "cycle_loss"}
    assert np.isfinite(list(history.values())).all()
    for name, weights in before.items():
        assert not any(map(np.array_equal, weights, getattr(game, name).get_weights())), name
    game.save(tmp_path / "game.keras")
    second = keras.models.load_model(tmp_path / "game.keras")
    assert not differing(state_of(game), state_of(second))
    for each in (game, second):
        each.fit(data, epochs=1, verbose=0)
    assert int(second.step) == 10
    assert not differing(state_of(game), state_of(second))


LOGS = ("d_loss", "g_loss", "real_accuracy", "fake_accuracy")


def test_each_discriminator_has_penalties_of_its_own():
    game = build()
    game.fit(domains(), epochs=1, verbose=0)
    anchors = [
        [float(variable) for penalty in duel.rules.penalties for variable in penalty.variables]
        for duel in game.duels
    ]
    assert 0 not in np.ravel(anchors)
    assert anchors[0] != anchors[1]


def test_lazy_penalties_of_each_discriminator_are_due_at_their_interval():
    """A penalty every second step counts twice in it, and is 0 in the other."""
    game = build(penalties=[kg.penalties.R1(0.1, interval=2)], run_eagerly=True)
    assert game.period == 2
    assert game.kind_of_step(2) == {"b_r1": True, "a_r1": True}
    batch = tuple(tf.constant(random_images(8, seed=seed)) for seed in (0, 1))
    for due in (True, False):
        logs = game.train_step(batch)
        for name in ("a_r1", "b_r1"):
            assert float(game._trackers[name].count) == 1
        assert float(logs["a_r1"]) > 0
        assert set(game.kind_of_step(int(game.step) - 1).values()) == {due}


def test_it_evaluates_and_previews(tmp_path):
    game = build()
    images = tf.data.Dataset.from_tensors((random_images(8), random_images(8)))
    before = state_of(game)
    logs = game.evaluate(images, verbose=0, return_dict=True)
    arrays = (random_images(8), random_images(8))
    assert game.evaluate(arrays, batch_size=8, verbose=0, return_dict=True) == logs
    a = random_images(8)
    expected = np.abs(game.average_ba(game.average_ab(a)) - a).mean()
    assert logs["cycle_loss"] == pytest.approx(float(expected), rel=1e-5)
    kept = {name: value for name, value in state_of(game).items() if "mean" not in name}
    assert not differing({n: before[n] for n in kept}, kept)
    grid = kg.callbacks.SampleGrid(tmp_path)
    game.fit(domains(), epochs=1, verbose=0, callbacks=[grid])
    files = sorted(tmp_path.glob("*.png"))
    assert [file.name for file in files] == ["00000000.png", "00000005.png"]
    with Image.open(files[1]) as image:
        assert image.size == (3 * 8, 4 * 8)
        assert np.asarray(image).std() > 10


def test_both_directions_leave_as_saved_model_onnx_and_litert(tmp_path):
    game = build()
    saved = export.to_saved_model(game, tmp_path / "model")
    loaded = tf.saved_model.load(str(saved.path))
    assert set(loaded.signatures) == {"a_to_b", "b_to_a", "serving_default"}
    images = random_images(3)
    for name, network in {"a_to_b": game.average_ab, "b_to_a": game.average_ba}.items():
        expected = np.array(network(images))
        results = loaded.signatures[name](images=tf.constant(images))["images"]
        np.testing.assert_allclose(results, expected, atol=1e-6)
        onnx = export.to_onnx(game, tmp_path / f"{name}.onnx", signature=name)
        session = onnxruntime.InferenceSession(onnx.path)
        np.testing.assert_allclose(
            session.run(["translated_images"], {"images": images})[0], expected, atol=1e-5
        )
        kind = session.get_modelmeta().custom_metadata_map["kind"]
        assert kind == "translator"
        with pytest.raises(ValueError, match=r"samples from latents, but .* is a translator"):
            Generator(onnx.path)
        assert export.to_litert(game, tmp_path / f"{name}.tflite", name).difference < 1e-5


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"n_critic": 2}, "n_critic=1 for TwoDomains, which doesn't play this rule, got 2"),
        ({"update": "alternating"}, "update='shared' for TwoDomains, .* got 'alternating'"),
    ],
)
def test_rules_that_the_game_does_not_play_are_refused(rules, message):
    with pytest.raises(ConfigError, match=message):
        build(rules=kg.Rules(**rules))


def test_a_game_without_duels_plays_none_of_their_rules():
    class Copying(TwoDomains):
        make_duels = kg.AdversarialModel.make_duels

    for rules in ({"loss": "hinge"}, {"penalties": [kg.penalties.R1(1)]}, {"remat": True}):
        (name,) = rules
        with pytest.raises(ConfigError, match=f"{name}=.* for Copying, which doesn't play"):
            build(rules=kg.Rules(**rules), game=Copying)


def test_both_discriminators_keep_the_constraint():
    game = build(rules=kg.Rules(constraint=kg.penalties.WeightClipping(0.05)))
    before = game.generator_ab.get_weights()
    game.fit(domains(), steps_per_epoch=2, verbose=0)
    for discriminator in (game.discriminator_a, game.discriminator_b):
        assert max(np.abs(w).max() for w in discriminator.get_weights()) <= 0.05 + 1e-7
    assert max(np.abs(w).max() for w in game.generator_ab.get_weights()) > 0.05
    assert not any(map(np.array_equal, before, game.generator_ab.get_weights()))


def test_batches_in_parts_update_the_game_equally():
    """Without LeCam's anchors and noise, the mean over parts is the mean over the batch."""
    states = []
    for accumulation in (1, 2):
        rules = kg.Rules(penalties=[kg.penalties.R1(0.1)], accumulation=accumulation)
        game = build(rules=rules, optimizer=keras.optimizers.SGD)
        history = game.fit(domains(), steps_per_epoch=2, verbose=0).history
        states.append([*game.get_weights(), history["cycle_loss"], history["a_r1"]])
    for whole, parts in zip(*states, strict=True):
        np.testing.assert_allclose(parts, whole, atol=1e-6)
    with pytest.raises(DataError, match="accumulation=3 divides, got 8"):
        build(rules=kg.Rules(accumulation=3)).fit(domains(), verbose=0)


def test_each_duels_augmentation_and_penalties_have_schedules():
    rules = kg.Rules(penalties=[kg.penalties.R1(0.1)], augmentation=kg.augment.ADA(("color",)))
    constant = kg.schedules.Cosine(0.25, 0.25, 1)
    game = build(rules=rules, schedules={"a_augmentation": constant, "b_r1": constant})
    history = game.fit(domains(), steps_per_epoch=1, verbose=0).history
    assert history["a_augmentation_p"] == [0.25]
    assert history["b_augmentation_p"] == [0.0]
    with pytest.raises(ConfigError, match=r"one of a_augmentation, a_r1, .* got 'r1'"):
        build(rules=rules, schedules={"r1": constant})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (((8, 8, 1), (6, 6, 1)), r"images of shape \(8, 8, 1\) in domain b, .* got \(6, 6, 1\)"),
        (((64, 1), (8, 8, 1)), r"images of shape \(8, 8, 1\) in domain a, .* got \(64, 1\)"),
        (((8, 8, 1),), "a tuple of samples of 2 domains, a, b, got 1"),
        (((8, 8, 1),) * 3, "a tuple of samples of 2 domains, a, b, got 3"),
    ],
)
def test_data_of_other_domains_are_refused(data, message):
    game = build()
    arrays = tuple(np.zeros((8, *shape), "float32") for shape in data)
    for x in (arrays, tf.data.Dataset.from_tensors(arrays)):
        for use in (game.fit, game.evaluate):
            with pytest.raises(DataError, match=message):
                use(x, verbose=0)
    with pytest.raises(DataError, match="samples of 2 domains, a, b, got "):
        game.fit(arrays[0], verbose=0)
    integers = tf.data.Dataset.from_tensors((random_images(8), np.zeros((8, 8, 8, 1), "int32")))
    with pytest.raises(DataError, match="images as uint8 or floats, got int32"):
        game.fit(integers, verbose=0)


class Forgetful(TwoDomains):
    def update_kind(self, batch, step, due):
        logs = super().update_kind(batch, step, due)
        return {name: value for name, value in logs.items() if name != "cycle_loss"}


class Talkative(TwoDomains):
    def update_kind(self, batch, step, due):
        return super().update_kind(batch, step, due) | {"pool": 0.0}


class Changing(TwoDomains):
    def update_kind(self, batch, step, due):
        logs = super().update_kind(batch, step, due)
        return logs if "a_r1" in due else logs | {"pool": 0.0}


class Silent(TwoDomains):
    def update_kind(self, batch, step, due):
        super().update_kind(batch, step, due)


@pytest.mark.parametrize(
    ("game", "message"),
    [
        (Forgetful, "Forgetful.update_kind to return the logs .*, got no cycle_loss; log_names"),
        (Talkative, "Talkative.update_kind to return the logs .*, got pool; log_names"),
        (Changing, "Changing.update_kind to return the logs .* in every step, got (no )?pool;"),
        (Silent, "a dict of logs from Silent.update_kind, got None"),
    ],
)
def test_a_games_own_logs_are_checked(game, message):
    game = build(penalties=[kg.penalties.R1(0.1, interval=2)], game=game)
    with pytest.raises(ConfigError, match=message) as error:
        game.fit(domains(), verbose=0)
    assert "\n" not in str(error.value)


class Measuring(TwoDomains):
    def test_batch(self, batch, index):
        return {"distance": 0.0}


class OneName(TwoDomains):
    def make_duels(self, rules):
        duel = kg.Duel(self.generator_ab, self.discriminator_b, rules)
        return duel, duel


class OneOptimizer(TwoDomains):
    def compile(self, generator_optimizer, *others, **options):
        self.compile_players({"generator": generator_optimizer})


class Unknown(TwoDomains):
    averages = {"average": "generator"}


def test_a_games_own_errors_are_named():
    with pytest.raises(ConfigError, match="generator, discriminator, got generator"):
        build(game=OneOptimizer)
    with pytest.raises(ConfigError, match=r"got d_loss, .* twice; give each Duel a name"):
        build(game=OneName)
    with pytest.raises(ConfigError, match="unknown network of average 'generator'; did you mean"):
        build(game=Unknown)
    images = (random_images(8), random_images(8))
    with pytest.raises(ConfigError, match=r"Measuring.test_batch .* got no cycle_loss, distance"):
        build(game=Measuring).evaluate(images, verbose=0)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"make_duels": lambda game, rules: None}, "Wrong.make_duels to return a tuple of .* None"),
        ({"make_duels": lambda game, rules: (3,)}, r"make_duels to return .*\(Duel.*, got \(3,\)"),
        ({"make_duels": lambda game, rules: one_duel(game, rules)}, "got <keras_gan.models.duel"),
        ({"domains": {"a": "net", "b": "generator_ab"}}, "unknown network of domain a 'net'"),
        ({"domains": {"a": "discriminator", "b": "x"}}, "'discriminator'; did you mean 'disc"),
        ({"domains": "ab"}, r"domains of Wrong as names in the form \{'a': .*, got 'ab'"),
        ({"intervals": {"x": (0, 0)}}, r"Wrong.intervals as .*>= 1, got \(0, 0\) for x"),
        ({"intervals": {"x": 3}}, r"Wrong.intervals as a dict of \(interval, offset\).* got 3 for"),
        ({"intervals": {"x": (1.5, 0)}}, r"Wrong.intervals .* got \(1.5, 0\) for x"),
        ({"intervals": None}, "Wrong.intervals as a dict of .* got None"),
        ({"averages": {"generator_ba": "generator_ab"}}, "a name of its own .* 'generator_ba'"),
        ({"averages": {"fit": "generator_ab"}}, "a name of its own for each network .* 'fit'"),
        ({"averages": "generator_ab"}, "averages of Wrong as names in the form .*'generator_ab'"),
        ({"played_rules": ("foo",)}, "unknown rule in played_rules of Wrong 'foo'"),
        ({"played_rules": "update"}, r"played_rules of Wrong .*\('n_critic',\), got 'update'"),
        ({"players": {"generator": "generator_ab"}}, r"\{'generator': \('generator',\)\}, got"),
        ({"players": ("generator",)}, r"players of Wrong as names .* got \('generator',\)"),
        ({"test_log_names": "cycle_loss"}, r"\('d_loss',\), got 'cycle_loss'"),
        ({"log_names": "d_loss"}, "log_names of Wrong as names .* got 'd_loss'"),
        ({"log_prefixes": "g"}, "log_prefixes of Wrong as names .* got 'g'"),
    ],
)
def test_a_game_that_is_defined_wrongly(attributes, message):
    with pytest.raises(ConfigError, match=message):
        build(game=type("Wrong", (TwoDomains,), attributes))


def one_duel(game, rules):
    return kg.Duel(game.generator_ab, game.discriminator_b, rules)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (
            {"check_batch": lambda game, data: None},
            "Wrong.check_batch to return a batch.* got None",
        ),
        (
            {"update_kind": lambda game, batch, *_: game.minimize("critic", None, (batch,))},
            "unknown player 'critic'. Known: discriminator, generator",
        ),
        (
            {"generator_objective": lambda game, batch, noise, due: 0.0},
            r"the objective of generator to return \(loss, logs\), .* got 0.0",
        ),
    ],
)
def test_a_game_whose_step_is_wrong(attributes, message):
    game = build(game=type("Wrong", (TwoDomains,), attributes), run_eagerly=True)
    with pytest.raises(ConfigError, match=message):
        game.train_on_batch((random_images(8), random_images(8)))


@pytest.mark.parametrize(
    "preview", [None, random_images(2), (random_images(2),), (random_images(2), "2"), (None, 1)]
)
def test_a_wrong_preview_is_refused(preview, tmp_path):
    game = build(game=type("Wrong", (TwoDomains,), {"preview": lambda *_: preview}))
    grid = kg.callbacks.SampleGrid(tmp_path)
    grid.set_model(game)
    with pytest.raises(
        ConfigError, match=r"Wrong.preview to return \(samples, columns\), an array"
    ):
        grid.act({})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("signatures", [None, [], {"a_to_b": generator()}])
def test_wrong_signatures_are_refused(signatures, tmp_path):
    game = build(game=type("Wrong", (TwoDomains,), {"signatures": lambda game: signatures}))
    for use in (lambda: game.medium, lambda: export.to_onnx(game, tmp_path / "game.onnx")):
        with pytest.raises(ConfigError, match=r"Wrong.signatures to return a dict of names to Sig"):
            use()
    assert not any(tmp_path.iterdir())


def test_single_batches_of_a_game():
    game, images = build(run_eagerly=True), (random_images(8, seed=1), random_images(8, seed=2))
    logs = game.train_on_batch(images, return_dict=True)
    assert int(game.step) == 1
    assert logs["cycle_loss"] > 0
    assert game.test_on_batch(images, return_dict=True)["cycle_loss"] > 0
    assert game.test_on_batch(*images, return_dict=True)["cycle_loss"] > 0
    for use in (game.train_on_batch, game.test_on_batch):
        with pytest.raises(DataError, match="samples of 2 domains, a, b, got 3"):
            use((*images, images[0]))
    for option in ("class_weight", "sample_weight"):
        with pytest.raises(ConfigError, match=f"expected no {option}"):
            game.fit(images, verbose=0, **{option: np.ones(8)})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generator": None}, "keras.Model with keras.Input as the generator, got None"),
        ({"discriminator": 3}, "keras.Model with keras.Input as the discriminator, got 3"),
        ({"rules": "hinge"}, r"keras_gan.Rules for a Duel, such as Rules\(.*, got 'hinge'"),
        ({"rules": None}, "keras_gan.Rules for a Duel, .* got None"),
        ({"scheduled": 3}, r"a function \(name, number\) -> number as scheduled, .* got 3"),
        ({"name": 3}, "a str as the name of a Duel, got 3"),
    ],
)
def test_a_duel_names_what_it_expects(arguments, message):
    networks = {"generator": generator(), "discriminator": discriminator(), "rules": kg.Rules()}
    with pytest.raises(ConfigError, match=message):
        kg.Duel(**networks | arguments)


def test_a_duel_needs_networks_that_fit():
    flat = keras.Sequential([keras.Input((8, 8, 2)), keras.layers.Conv2D(1, 3)])
    with pytest.raises(ConfigError, match=r"discriminator of samples \(8, 8, 1\), .*8, 8, 2"):
        kg.Duel(generator(), flat, kg.Rules())


def test_parts_of_a_batch_keep_noise_and_missing_labels():
    noise = kg.models.Noise(None, kg.noise.make_key(3))
    batch = ((tf.range(6), None), noise, {"rows": tf.reshape(tf.range(12), (6, 2))})
    (first, none), part, rows = kg.models.duel.part_of(batch, 3, tf.constant(1))
    assert first.numpy().tolist() == [2, 3]
    assert none is part.latents is None
    assert rows["rows"].numpy().tolist() == [[4, 5], [6, 7]]
    assert part.key.shape == noise.key.shape
    assert not np.array_equal(part.key, noise.key)


def test_other_networks_than_the_players_are_refused():
    with pytest.raises(ConfigError, match=r"generator_ab, .*, discriminator_b, got generator\.$"):
        TwoDomains(generator=generator())


def test_what_needs_latents_says_so(tmp_path):
    game = build()
    with pytest.raises(ConfigError, match="signature= as one of a_to_b, b_to_a, got None"):
        export.to_onnx(game, tmp_path / "x.onnx")
    with pytest.raises(ConfigError, match="samples from latents, such as a GAN, for exploring"):
        kg.explore.truncation(game)
    with pytest.raises(ConfigError, match="samples from latents, such as a GAN, for a page"):
        export.to_web(game, tmp_path / "page")
    seeded = export.Interface(seeded=True)
    with pytest.raises(ConfigError, match="for latents drawn in the graph"):
        export.to_onnx(game, tmp_path / "x.onnx", interface=seeded, signature="a_to_b")


def test_pairs_refuse_what_is_no_source_and_numbers_out_of_range():
    digits = kg.datasets.open_source("digits")
    for bad in (None, 3, digits.to_dataset(4)):
        with pytest.raises(ConfigError, match="expected a Source to pair, got"):
            kg.datasets.pair(digits, bad)
    pair = kg.datasets.pair(digits, pathlib.Path("digits"), aligned=True)
    assert [batch.shape for batch in next(iter(pair.to_dataset(2)))] == [(2, 28, 28, 1)] * 2
    for arguments, message in (
        ({"batch_size": 0}, "an integer batch_size >= 1, got 0"),
        ({"seed": -1}, r"an integer seed from 0 to 2\*\*31 - 1, got -1"),
        ({"seed": 2**31}, "an integer seed"),
        ({"seed": 1.5}, "an integer seed"),
        ({"prefetch": 0}, "an integer prefetch >= 1, got 0"),
    ):
        with pytest.raises(ConfigError, match=message):
            pair.to_dataset(**arguments)


def test_generators_without_a_mapping_have_no_path_lengths():
    lengths = kg.penalties.PathLength()
    with pytest.raises(
        ConfigError, match=r"a mapping and a synthesis for PathLength, .* Functional"
    ):
        build(penalties=[lengths])
    with pytest.raises(ConfigError, match=r"for PathLength, .* got DCGANGenerator"):
        tiny_gan().compile(penalties=[lengths])


def test_patches_are_learned_in_every_order_but_at_once():
    images = random_images(8)
    for update in ("shared", "alternating"):
        gan = kg.GAN(kg.networks.DCGANGenerator(SHAPE, 6, 4), discriminator())
        gan.compile(update=update, penalties=[kg.penalties.R1(0.1)])
        logs = gan.fit(images, batch_size=4, verbose=0).history
        assert np.isfinite(list(logs.values())).all()
        assert gan.judge(images).shape == (8, 4, 4)
    with pytest.raises(ConfigError, match="'alternating' for a discriminator of patches, got 'on"):
        gan.compile(update="one_stage")


@pytest.fixture
def run_of_domains(run, tmp_path):
    """A run whose newest checkpoint holds this game."""
    game = build()
    game.fit(domains(), epochs=2, verbose=0)
    folder = shutil.copytree(run, tmp_path / "run")
    kg.runs.Run(folder).checkpoints.save(game)
    assert isinstance(kg.runs.Run(folder).load(), TwoDomains)
    return folder


def test_its_overview_names_all_networks():
    lines = []
    build().summary(print_fn=lines.extend)
    players = "".join(lines).split("Rules")[0].splitlines()[3:-1]
    assert [line.split()[0] for line in players] == [
        *("generator_ab", "generator_ba", "discriminator_a", "discriminator_b"),
        *("average_ab", "average_ba"),
    ]


def test_commands_that_need_latents_say_so(run_of_domains, tmp_path, capsys):
    for command, message in (
        (["sample", run_of_domains], "samples from latents, such as a GAN, for drawing samples"),
        (["export", run_of_domains, "--web", tmp_path / "page"], "such as a GAN, for a page"),
        (["explore", run_of_domains, "truncation"], "such as a GAN, for exploring"),
        (["evaluate", run_of_domains], "a game to measure; define TwoDomains.sampler"),
        (["report", run_of_domains, "--throughput"], "expected a GAN, whose step has these parts"),
    ):
        assert message in refused(capsys, command)
    assert not (tmp_path / "page").exists()
    assert not (run_of_domains / "evaluation.json").exists()


def test_both_directions_leave_a_run(run_of_domains, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["export", str(run_of_domains), "--out", str(out), "--precision", "float16"]) == 0
    assert {path.name for path in out.iterdir()} == {"1", "a_to_b.onnx", "b_to_a.onnx"}
    assert "frechet" not in capsys.readouterr().out
    run, game = kg.runs.Run(run_of_domains), kg.runs.Run(run_of_domains).load()
    result = kg.runs.Result(game, None, kg.runs.export_run(run, game))
    print_results(run, result)
    told = capsys.readouterr().out
    assert "In an app" not in told
    assert "keras-gan sample" not in told
    assert "keras-gan serve" not in told
    assert f"keras-gan export {run.folder} --serving" in told


def test_a_game_has_schedules_of_its_own():
    assert build().default_schedules(1_000) == {}
    recipe = kg.recipes.get("sngan", "small")
    ends = {"learning_rate": 0.0}
    with pytest.raises(ConfigError, match="unknown scheduled number 'learning_rate'"):
        kg.recipes.build(dataclasses.replace(recipe, ends=ends, width=8), (8, 8, 1))


def test_plots_of_densities_need_latents(tmp_path):
    distribution = kg.datasets.open_source("toy:gaussians8").distribution
    plot = kg.callbacks.DensityPlot(tmp_path, distribution)
    with pytest.raises(ConfigError, match="such as a GAN, for plots of D and D'"):
        build().fit(domains(), epochs=1, verbose=0, callbacks=[plot])
