"""Runs of sound and of clips: a toy network for each goes all the way through the command line."""

import contextlib
import io
import json
import os
import re
import signal
import wave

import keras_gan as kg
from keras_gan import media, pictures, runs
from keras_gan.callbacks import read_table
from keras_gan.cli import main
from keras_gan.networks.network import INIT, Network
from keras_gan.recipes.recipe import Recipe
from keras_gan.recipes.table import RECIPES
from keras_gan.runtime import Generator

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from commands import refused, words
from conftest import differing, state_of
from keras import layers
from PIL import Image

RATE, FRAMES_PER_SECOND, STEPS = 8_000, 20, 7
SOUND, CLIP = (64, 1), (4, 8, 8, 1)


def upsampled(latents, shape, width, convolution):
    """Makes maps of a quarter of each axis from latents, and doubles them twice."""
    small = [max(size // 4, 1) for size in shape[:-1]]
    x = layers.Dense(int(np.prod(small)) * width, activation="relu")(latents)
    x = layers.Reshape((*small, width))(x)
    for filters, activation in ((width, "relu"), (shape[-1], "tanh")):
        strides = tuple(min(2, size) for size in shape[:-1])
        x = convolution(filters, 4, strides, padding="same", activation=activation)(x)
    return x


@keras.saving.register_keras_serializable(package="tests")
class ToyGenerator(Network):
    """Transposed convolutions along the axes of a sound or a clip."""

    def __init__(self, sample_shape, latent_dim=4, width=4, num_classes=None, dtype=None, name="g"):
        config = {"sample_shape": sample_shape, "latent_dim": latent_dim, "width": width}
        latents = keras.Input((latent_dim,), name="latents")
        kinds = {2: layers.Conv1DTranspose, 4: layers.Conv3DTranspose}
        samples = upsampled(latents, sample_shape, width, kinds[len(sample_shape)])
        policy = keras.dtype_policies.get("float32")
        super().__init__(latents, samples, {**config, "num_classes": None}, policy, name)


@keras.saving.register_keras_serializable(package="tests")
class ToyDiscriminator(Network):
    """Convolutions along the axes of a sound or a clip, then a logit."""

    def __init__(self, sample_shape, width=4, num_classes=None, dtype=None, name="d"):
        samples = keras.Input(tuple(sample_shape), name="samples")
        kind = {2: layers.Conv1D, 4: layers.Conv3D}[len(sample_shape)]
        x = kind(width, 4, 2, padding="same", activation="leaky_relu")(samples)
        logits = layers.Dense(1, kernel_initializer=INIT)(layers.Flatten()(x))
        config = {"sample_shape": sample_shape, "width": width, "num_classes": None}
        super().__init__(samples, logits, config, keras.dtype_policies.get("float32"), name)


def toy_networks(spec):
    """Makes both networks, as a recipe does."""
    shape = list(spec.shape)
    generator = ToyGenerator(shape, spec.latent_dim, spec.width)
    return {"generator": generator, "discriminator": ToyDiscriminator(shape, spec.width)}


TOY = Recipe(
    "convolutions for sound and clips",
    toy_networks,
    latent_dim=4,
    width=4,
    loss="non_saturating",
    rates=2e-3,
    beta_1=0.0,
    beta_2=0.9,
    moving_average_half_life=100,
    batch_size=8,
    steps=STEPS,
    media=("sound", "video"),
)


def some_sounds(count=1_000):
    """Tones of 8 kHz."""
    random = np.random.default_rng(0)
    pitch, phase = random.uniform(200, 2_000, (count, 1)), random.uniform(0, 6, (count, 1))
    tones = 0.8 * np.sin(2 * np.pi * pitch * np.arange(SOUND[0]) / RATE + phase)
    return tones.astype("float32")[..., None]


def some_clips(count=1_000):
    """Makes clips of a bright bar that moves to the right."""
    start = np.random.default_rng(0).integers(0, 8, count)
    place = (start[:, None] + np.arange(CLIP[0])) % 8
    bars = 255 * (place[..., None, None, None] == np.arange(8)[:, None])
    return np.broadcast_to(bars, (count, *CLIP)).astype("uint8")


DATA = {"sound": some_sounds, "video": some_clips}
MEDIA = {"sound": media.Sound(RATE), "video": media.Video(FRAMES_PER_SECOND)}
TOLD = {"sound": f"sound:{RATE}", "video": f"video:{FRAMES_PER_SECOND}"}


@pytest.fixture(scope="module", autouse=True)
def toy_recipe():
    """The recipe `toy`, for the tests of this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "toy", TOY)
        yield


def of_data(folder, kind):
    """Returns the arguments of a training on the data of a medium."""
    return ["train", "toy", "--data", folder / f"{kind}.npy", "--medium", TOLD[kind]]


def train(folder, kind, out, *more):
    """Trains; returns the exit code."""
    options = ["--out", out, "--every", 2, "--checkpoint-every", 3]
    return main(words(*of_data(folder, kind), *options, *more))


@pytest.fixture(scope="module", params=["sound", "video"])
def kind(request):
    """The medium's name."""
    return request.param


@pytest.fixture(scope="module")
def folder(kind, tmp_path_factory):
    """A folder with the data, and in `run` a run on them that was never interrupted."""
    folder = tmp_path_factory.mktemp(kind)
    np.save(folder / f"{kind}.npy", DATA[kind]())
    measured = ["--evaluate-every", 24, "--evaluate-count", 20]
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert train(folder, kind, folder / "run", *measured) == 0
    (folder / "told.txt").write_text(told.getvalue())
    return folder


def is_blank(path):
    """Returns whether a picture has only one colour."""
    with Image.open(path) as picture:
        return len(np.unique(np.array(picture.convert("L")))) == 1


def test_a_run_holds_its_medium_its_logs_and_its_previews(folder, kind):
    run = runs.Run(folder / "run")
    assert run.read_config()["medium"] == MEDIA[kind].to_config()
    assert run.read_medium() == run.load().medium == MEDIA[kind]
    history = read_table(run.history_path)
    assert [row["step"] for row in history] == [2, 4, 6]
    assert all(np.isfinite(row["d_loss"]) and np.isfinite(row["g_loss"]) for row in history)
    previews = sorted(run.samples_folder.iterdir())
    assert [path.name for path in previews] == [f"{k:08d}.png" for k in (0, 2, 4, 6, 7)]
    assert not any(map(is_blank, previews))
    rows, columns = MEDIA[kind].grid
    expected = MEDIA[kind].preview(run.load().sample(rows * columns), columns)
    assert np.array(Image.open(previews[-1])).shape == expected.shape[:2]
    with Image.open(run.folder / "learning.gif") as film:
        assert film.n_frames == 5
    (row, *_) = read_table(run.metrics_path)
    assert row["frechet[values]"] > 0
    assert run.report_path.exists()


def test_a_training_names_the_medium_and_the_file_for_samples(folder, kind):
    told = (folder / "told.txt").read_text()
    assert f"{kind}.npy is read as {MEDIA[kind]}." in told
    assert f"--count 100 --out samples{MEDIA[kind].suffixes[0]}" in told


def test_an_interrupted_run_goes_on_bit_for_bit(folder, kind, monkeypatch, capsys):
    """Ctrl-C, a real signal to this process, after step 4."""

    class Interrupts(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.step == 4:
                os.kill(os.getpid(), signal.SIGINT)

    out, original = folder / "interrupted", runs.training.picture_callbacks
    with monkeypatch.context() as patch:
        patch.setattr(
            runs.training, "picture_callbacks", lambda *words: [*original(*words), Interrupts()]
        )
        assert train(folder, kind, out) == 130
    assert "Stopped at step 4 by SIGINT" in capsys.readouterr().out
    assert int(runs.Run(out).load().step) == 4
    assert train(folder, kind, out) == 0
    assert differing(*(state_of(runs.Run(each).load()) for each in (out, folder / "run"))) == []
    for name in ("history.csv", "learning.gif", "samples/00000006.png", "samples/00000007.png"):
        assert (out / name).read_bytes() == (folder / "run" / name).read_bytes(), name


def test_a_run_of_another_rate_is_another_run(folder, kind, capsys):
    arguments = ["train", "toy", "--data", folder / f"{kind}.npy", "--medium", f"{kind}:50"]
    error = refused(capsys, [*arguments, "--out", folder / "run"])
    assert "holds another run (medium: " in error


def test_samples_are_written_as_their_medium_is(folder, kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    samples = runs.Run(folder / "run").load().sample(4, seed=3)
    assert main(words("sample", folder / "run", "--count", 4, "--seed", 3)) == 0
    told = {"sound": "samples.wav", "video": "samples.gif"}[kind]
    assert capsys.readouterr().out == f"{told}: 4 samples, seed 3\n"
    if kind == "sound":
        with wave.open(told) as file:
            assert (file.getframerate(), file.getnchannels()) == (RATE, 1)
            heard = np.frombuffer(file.readframes(10**6), "<i2") / 32_767
        starts = [index * (64 + RATE // 4) for index in range(4)]
        assert len(heard) == starts[-1] + 64
        found = np.stack([heard[start : start + 64] for start in starts])
        np.testing.assert_allclose(found, samples[..., 0], atol=2e-5)
    else:
        with Image.open(told) as film:
            assert (film.n_frames, film.info["duration"]) == (4, 1000 // FRAMES_PER_SECOND)
            for index in range(4):
                film.seek(index)
                shown = np.array(film.convert("L"))[::8, ::8].astype(int)
                wanted = pictures.grid(samples[:, index])[..., 0].numpy()
                assert np.abs(shown - wanted).max() <= 1
    more = ["sample", folder / "run", "--count", 4, "--seed", 3, "--out"]
    assert main(words(*more, "x.npy")) == 0
    np.testing.assert_array_equal(np.load("x.npy"), samples)
    assert main(words(*more, "x.png")) == 0
    assert not is_blank("x.png")
    error = refused(capsys, [*more, "x.jpg"])
    assert f"expected a file of {MEDIA[kind].noun} to end in {MEDIA[kind].suffixes[0]}" in error
    assert not (tmp_path / "x.jpg").exists()


def test_evaluate_names_its_figures_by_the_extractor(folder, kind, capsys):
    capsys.readouterr()
    assert main(words("evaluate", folder / "run", "--evaluate-count", 30)) == 0
    told = capsys.readouterr().out
    assert re.search(r"^frechet\[values\] \d", told, re.MULTILINE)
    (entry,) = json.loads((folder / "run" / "evaluation.json").read_text())
    assert {"frechet[values]", "sliced_wasserstein[values]", "authentic[values]"} <= set(
        entry["figures"]
    )
    assert np.isfinite(list(entry["figures"].values())).all()
    assert not is_blank(folder / "run" / "neighbours.png")
    options = ["--metrics", "kernel", "--evaluate-count", 1_000]
    assert main(words("evaluate", folder / "run", *options)) == 0
    assert re.search(r"^kernel\[values\] -?\d", capsys.readouterr().out, re.MULTILINE)
    data = folder / f"{kind}.npy"
    floor = ["evaluate", data, "--data", data, "--medium", TOLD[kind], "--evaluate-count", 1_000]
    assert main(words(*floor, "--metrics", "frechet")) == 0
    figure = re.search(r"^frechet\[values\] ([^\s,]+)", capsys.readouterr().out, re.MULTILINE)[1]
    assert float(figure) < 1e-6


def test_exports_agree_with_keras_and_say_what_they_make(folder, kind):
    gan, export = runs.Run(folder / "run").load(), folder / "run" / "export"
    latents = gan.latents(5, seed=2)
    expected, name = gan.sample(5, seed=2), MEDIA[kind].tensor
    loaded = tf.saved_model.load(str(export / "1"))
    assert set(loaded.signatures) == {"serving_default"}
    served = loaded.signatures["serving_default"](latents=latents)[name]
    assert np.abs(served - expected).max() <= 1e-6
    session = onnxruntime.InferenceSession(export / "generator.onnx")
    (found,) = session.run([name], {"latents": latents.numpy()})
    assert np.abs(found - expected).max() <= 1e-5
    generator = Generator(export / "generator.onnx")
    assert generator.medium == kind
    assert np.abs(generator.sample(5, seed=2) - expected).max() <= 1e-5
    facts = session.get_modelmeta().custom_metadata_map
    assert media.from_config(json.loads(facts["medium"])) == MEDIA[kind]
    assert facts["range"] == "-1 1"
    assert "layout" not in facts


def test_what_is_for_images_alone_says_so(folder, kind, tmp_path, capsys):
    run = folder / "run"
    dcgan = ["train", "dcgan", *of_data(folder, kind)[2:], "--out", tmp_path / "dcgan"]
    error = refused(capsys, dcgan)
    assert "expected images for this recipe (the convolutional networks of 2015" in error
    assert f"got {MEDIA[kind].noun} of shape" in error
    assert "expected images for an augmentation" in refused(
        capsys,
        [*of_data(folder, kind), "--augment", "ada", "--out", tmp_path / "run"],
    )
    assert f"a run of images to explore, got one of {MEDIA[kind].noun}" in refused(
        capsys, ["explore", run, "interpolate", "--out", tmp_path / "x.gif"]
    )
    assert "expected samples that are images" in refused(capsys, ["export", run, "--uint8"])
    assert "for a page, got samples" in refused(capsys, ["export", run, "--web", tmp_path / "page"])


def test_a_npy_that_may_be_sound_or_images_is_refused_before_anything_is_written(tmp_path, capsys):
    np.save(tmp_path / "x.npy", some_sounds())
    arguments = ["train", "gan", "--data", tmp_path / "x.npy", "--out", tmp_path / "run"]
    error = refused(capsys, arguments)
    assert "expected a medium for" in error
    assert "(--medium sound:16000, in Hz)" in error
    assert "unknown medium 'sond'; did you mean 'sound'" in refused(
        capsys, [*arguments, "--medium", "sond"]
    )
    assert not (tmp_path / "run").exists()


def test_the_recipe_that_auto_picks_for_sound_makes_sound(tmp_path, capsys):
    np.save(tmp_path / "x.npy", (some_sounds() * 32_767).astype("int16"))
    arguments = ["train", "auto", "--data", tmp_path / "x.npy", "--medium", "sound"]
    arguments += ["--out", tmp_path / "run", "--steps", 1, "--width", 10, "--batch-size", 8]
    assert main(words(*arguments)) == 0
    told = capsys.readouterr().out
    assert "auto: recipe gan: not images" in told
    assert f"{tmp_path / 'x.npy'} is read as sound at 16,000 Hz." in told
    assert main(words(*arguments[:-6], "--steps", 2)) == 0
    assert runs.Run(tmp_path / "run").load().sample(2).shape == (2, 64, 1)


def test_a_run_whose_medium_was_damaged_is_refused(folder, kind, tmp_path, capsys):
    config = json.loads((folder / "run" / "config.json").read_text())
    for medium, message in (
        ({"name": "smell"}, "unknown medium 'smell'"),
        ({"name": kind}, f"expected a medium {kind} with"),
        ({"name": "image"}, "expected images (height, width, 1, 3 or 4 channels)"),
        ("sound", "medium"),
    ):
        (tmp_path / "config.json").write_text(json.dumps({**config, "medium": medium}))
        assert message in refused(capsys, ["sample", tmp_path])


def test_words_are_previewed_while_a_model_learns(tmp_path):
    """Sentences from a perceptron's scores: the callbacks show them as text."""
    generator = kg.networks.MLPGenerator((5, 3), 2, (8,), output_activation="softmax")
    generator.medium = media.Tokens(("<end>", "so", "what"), end="<end>")
    gan = kg.GAN(generator, kg.networks.MLPDiscriminator((5, 3), units=(8,)))
    gan.compile()
    real = np.eye(3, dtype="float32")[np.random.default_rng(0).integers(0, 3, (8, 5))]
    grid = kg.callbacks.SampleGrid(tmp_path, rows=4)
    gan.fit(real, batch_size=8, verbose=0, callbacks=[grid])
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["00000000.png", "00000001.png"]
    expected = generator.medium.preview(gan.sample(4, seed=0))
    assert np.array_equal(np.array(Image.open(tmp_path / "00000001.png")), expected[..., 0])


class Terminal(io.StringIO):
    """A terminal that says that it is one."""

    def isatty(self):
        return True


def shown_in_a_terminal(generator, real, monkeypatch):
    """Returns what a training prints of its samples above the progress bar."""
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COLUMNS", "80")
    gan = kg.GAN(generator, kg.networks.MLPDiscriminator(real.shape[1:], units=(8,)))
    gan.compile()
    terminal = Terminal()
    callback = kg.callbacks.TerminalSamples(1, terminal)
    gan.fit(real, batch_size=len(real), verbose=0, callbacks=[callback])
    return gan, terminal.getvalue()


def test_sounds_and_sentences_in_a_terminal(monkeypatch):
    tones = some_sounds(8)
    generator = kg.networks.MLPGenerator(SOUND, 2, (8,))
    _, told = shown_in_a_terminal(generator, tones, monkeypatch)
    assert told.startswith("step 1\n\x1b[38;2;")
    lines = told.splitlines()[1:]
    assert {line.count("▀") for line in lines} == {2 * 37}  # tiles of 130x98 pixels, 28 high
    assert len(lines) == 2 * 28 / 2
    generator = kg.networks.MLPGenerator((5, 3), 2, (8,), output_activation="softmax")
    generator.medium = media.Tokens(("so", "\x1b[2J", "what"))
    scores = np.eye(3, dtype="float32")[np.arange(40).reshape(8, 5) % 3]
    gan, told = shown_in_a_terminal(generator, scores, monkeypatch)
    lines = generator.medium.lines(gan.sample(5, seed=0))
    assert told.splitlines() == ["step 1", *map(kg.errors.printable, lines)]
    assert "\x1b" not in told
    points = kg.networks.MLPGenerator((2,), 2, (8,))
    assert shown_in_a_terminal(points, np.zeros((4, 2), "float32"), monkeypatch)[1] == ""
