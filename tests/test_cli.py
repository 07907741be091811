"""`keras-gan train`, `sample`, `export` and `recipes`, and their errors for bad input."""

import csv
import json
import os
import re
import shutil
import subprocess

import keras_gan as kg
from keras_gan import cli, recipes, runs
from keras_gan.cli import main
from keras_gan.errors import DataError
from keras_gan.runtime import Generator

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from commands import COMMAND, TRAIN, newest, refused, train, words
from conftest import differing, state_of
from PIL import Image

# The main job.


def test_a_run_holds_everything(run):
    names = {path.name for path in run.iterdir()}
    assert names == {
        *("checkpoints", "config.json", "export", "history.csv", "learning.gif", "samples"),
        *("exported.json", "report.html", "sessions.jsonl", "times.csv"),
    }
    grids = sorted(path.name for path in (run / "samples").iterdir())
    assert grids == [f"{step:08d}.png" for step in (0, 2, 4, 5)]  # the last step too
    with (run / "history.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "4"]
    config = json.loads((run / "config.json").read_text())
    assert config["classes"] == list("0123456789")
    loaded = tf.saved_model.load(str(run / "export" / "1"))
    assert set(loaded.signatures) == {"serving_default", "sample", "sample_png"}
    session = onnxruntime.InferenceSession(run / "export" / "generator.onnx")
    assert session.get_modelmeta().custom_metadata_map["recipe"] == "dcgan"


def test_train_tells_what_it_made_and_how_to_use_it(run):
    told = run.with_name("told.txt").read_text()
    for part in ("10,000 samples of 28x28x1 in 10 classes", "learning.gif", "generator.onnx"):
        assert part in told
    assert f"keras-gan sample {run}" in told
    assert re.search(rf"In an app: +{run}/export/generator.py; see the README", told)
    assert "4 sample grids" in told
    assert f"keras-gan export {run} --web page" in told
    assert f"keras-gan serve {run}" in told


def test_the_same_command_goes_on_and_a_longer_one_trains_on(run, tmp_path, capsys):
    out = shutil.copytree(run, tmp_path / "run")
    assert train(out, "--steps", 5, "--log", "tensorboard") == 0
    told = capsys.readouterr().out
    assert "the run has its 5 steps" in told
    assert "Nothing is sent to the trackers (--log)" in told
    assert train(out, "--steps", 7, "--hours", 1) == 0
    assert "Ends at step 7, or after the one in progress at 20" in capsys.readouterr().out
    assert int(runs.Run(out).load().step) == 7
    with (out / "history.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "4", "6"]
    assert (out / "export" / "2").is_dir()


def test_a_run_of_points_draws_them_beside_the_data(tmp_path):
    np.save(tmp_path / "points.npy", np.random.default_rng(0).normal(size=(64, 2)))
    arguments = ["train", "gan", "--data", tmp_path / "points.npy", "--out", tmp_path / "run"]
    arguments += ["--width", 10, "--steps", 2, "--batch-size", 8, "--every", 1]
    assert main(words(*arguments)) == 0
    pictures = sorted((tmp_path / "run" / "samples").iterdir())
    assert [path.name for path in pictures] == [f"{step:08d}.png" for step in range(3)]
    with Image.open(tmp_path / "run" / "learning.gif") as film:
        assert film.size == (514, 256)
    session = onnxruntime.InferenceSession(tmp_path / "run" / "export" / "generator.onnx")
    assert session.get_outputs()[0].name == "samples"


OPTIONS = {
    "unconditional": ["--unconditional", "--augment", "ada"],
    "bfloat16": ["--mixed-precision", "bfloat16", "--jit"],
}


@pytest.fixture(scope="module")
def optional(tmp_path_factory):
    """Two runs with other options."""
    folder = tmp_path_factory.mktemp("options")
    for name, options in OPTIONS.items():
        assert train(folder / name, "--steps", 2, "--seed", 3, *options) == 0
    return folder


@pytest.mark.parametrize("name", OPTIONS)
def test_options_reach_the_model(optional, name):
    gan = runs.Run(optional / name).load()
    options = OPTIONS[name]
    assert gan.seed == 3
    assert gan.conditional == ("--unconditional" not in options)
    assert isinstance(gan.augmentation, kg.augment.ADA) == ("--augment" in options)
    policies = {layer.dtype_policy.name for layer in gan.generator.layers}
    assert ("mixed_bfloat16" in policies) == ("--mixed-precision" in options)
    assert bool(gan.jit_compile) == ("--jit" in options)


# Sampling, exporting, listing.


def test_sample_writes_a_grid_or_values(run, tmp_path, capsys):
    assert main(["sample", str(run), "--out", str(tmp_path / "g.png"), "--count", "6"]) == 0
    with Image.open(tmp_path / "g.png") as grid:
        assert grid.size == (84, 56)
    assert main(["sample", str(run), "--out", str(tmp_path / "g.npy"), "--label", "7"]) == 0
    values = np.load(tmp_path / "g.npy")
    expected = runs.Run(run).load().sample(64, labels=7)
    np.testing.assert_allclose(values, expected, atol=1e-6)
    assert "64 samples, seed 0" in capsys.readouterr().out


def test_export_makes_the_next_version(run, tmp_path):
    out = tmp_path / "served"
    for opset in ("17", "18"):
        assert main(["export", str(run), "--out", str(out), "--opset", opset]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "1",
        "2",
        "generator.onnx",
        "generator.py",
    ]


def test_export_for_every_program(run, tmp_path, capsys):
    out = tmp_path / "tiny-digits"
    options = ["--serving", "--litert", "--precision", "float16", "--uint8", "--licence", "CC0"]
    assert main(["export", str(run), "--out", str(out), *options]) == 0
    told = capsys.readouterr().out
    assert told.count("difference from Keras: at most") == 3
    for name in ("Keras", "float16"):
        assert f"{name}: frechet[digits]" in told
    generator = Generator(out / "generator.onnx")
    assert generator.sample(2, 0, 7).dtype == np.uint8
    assert (generator.metadata["licence"], generator.metadata["recipe"]) == ("CC0", "dcgan")
    served = Generator(out / "1" / "assets.extra" / "generator.onnx")
    assert served.sample(2, 0, 7).dtype == np.float32
    expected = runs.Run(run).load().sample(2, seed=0, labels=7)
    assert np.abs(served.sample(2, 0, 7) - expected).max() <= 1e-5
    assert {"generator.tflite", "generator.py", "models.config"} <= {p.name for p in out.iterdir()}


def test_recipes_and_version(capsys):
    assert main(["recipes"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in recipes.RECIPES)
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert "keras-gan 0." in capsys.readouterr().out


def test_a_reader_that_has_gone_ends_a_command_quietly(tmp_path):
    """As `keras-gan recipes | true` in a shell."""
    reader, pipe = os.pipe()
    os.close(reader)
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with os.fdopen(pipe, "w") as stream:
        started = {"stdout": stream, "env": buffered, "text": True}
        for command in ("--help", "recipes"):
            ended = subprocess.run([COMMAND, command], stderr=subprocess.PIPE, **started)
            assert (ended.returncode, ended.stderr) == (141, ""), command
        train = words(COMMAND, *TRAIN, "--out", tmp_path / "run", "--steps", 2)
        assert subprocess.run(train, stderr=stream, **started).returncode == 141


def test_every_command_has_help(capsys):
    for command in ("train", "sample", "export", "recipes"):
        with pytest.raises(SystemExit) as left:
            main([command, "--help"])
        assert left.value.code == 0
        assert "usage: keras-gan" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 2


# Bad input.


def test_unknown_names(tmp_path, capsys):
    out = ["--out", tmp_path / "run"]
    error = refused(capsys, ["train", "dcgn", "--data", "digits", *out])
    assert "unknown recipe 'dcgn'; did you mean 'dcgan'?" in error
    error = refused(capsys, ["train", "dcgan", "--data", "digts", *out])
    assert "did you mean 'digits'?" in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--image-size", 50], "expected an image_shape"),
        (["--batch-size", 0], "batch-size >= 1, got 0"),
        (["--batch-size", 20_000], "at least one batch of 20000 samples, got 10000"),
        (["--steps", 0], "steps >= 1, got 0"),
        (["--every", 0], "every >= 1, got 0"),
        (["--checkpoint-every", 0], "checkpoint-every >= 1, got 0"),
        (["--keep", 0], "keep >= 1, got 0"),
        (["--roll-backs", -1], "roll-backs >= 0, got -1"),
        (["--seed", -1], "seed from 0"),
        (["--patience", 3, "--evaluate-count", 9], "with --evaluate-count, --patience, got no"),
        (["--channels", 3], "expected 3 channels in digits, got samples of (28, 28, 1)"),
        (["--hours", 1e300], "expected hours from 0 to 100000, got 1e+300"),
        (["--set", "moving_average_half_life=0"], "expected moving_average_half_life > 0, got 0"),
    ],
)
def test_bad_numbers_leave_no_run(tmp_path, capsys, options, message):
    assert message in refused(capsys, [*TRAIN, "--out", tmp_path / "run", *options])
    assert not (tmp_path / "run").exists()


def test_corrupt_images(tmp_path, capsys):
    for index in range(8):
        Image.new("RGB", (8, 8), (index, 0, 0)).save(tmp_path / f"{index}.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "0.png").read_bytes()[:40])
    arguments = ["train", "dcgan", "--data", tmp_path, "--out", tmp_path.with_name("torn_run")]
    arguments += ["--width", 2, "--steps", 1, "--batch-size", 4]
    assert "torn.png" in refused(capsys, arguments)
    assert main(words(*arguments, "--skip-corrupt")) == 0
    assert "8 samples of 8x8x3, 1 corrupt file skipped" in capsys.readouterr().out


def test_classes_that_the_data_do_not_have(tmp_path):
    np.save(tmp_path / "points.npy", np.zeros((8, 2)))
    settings = runs.Settings("gan", tmp_path / "points.npy", conditional=True)
    with pytest.raises(DataError, match=r"points.npy has none"):
        runs.train(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_another_run(run, tmp_path, capsys):
    before = (run / "config.json").read_bytes()
    error = refused(capsys, [*TRAIN, "--out", run, "--seed", "4"])
    assert "holds another run (seed: 0 there, 4 now)" in error
    other = ["train", "gan", "--data", "digits", "--out", run]
    assert "recipe: 'dcgan' there, 'gan' now" in refused(capsys, other)
    assert (run / "config.json").read_bytes() == before
    (tmp_path / "notes.txt").write_text("mine")
    assert "holds other files" in refused(capsys, [*TRAIN, "--out", tmp_path])


def test_runs_that_are_not_there(tmp_path, capsys):
    assert "no config.json in it" in refused(capsys, ["sample", tmp_path])
    assert "no config.json in it" in refused(capsys, ["export", tmp_path / "none"])


def test_bad_sampling(run, tmp_path, capsys):
    assert "end in .png or .npy" in refused(capsys, ["sample", run, "--out", "x.jpg"])
    assert "--label of 0, 1" in refused(capsys, ["sample", run, "--label", "ten"])
    assert "--label of 0, 1" in refused(capsys, ["sample", run, "--label", "²"])
    assert "truncation from 0 to 1" in refused(capsys, ["sample", run, "--truncation", 2])
    assert "number of samples >= 1, got 0" in refused(capsys, ["sample", run, "--count", 0])
    error = refused(capsys, ["sample", run, "--count", 10**12], code=1)
    assert "Use fewer samples (--count), or a smaller batch size" in error
    (tmp_path / "file").write_text("in the way")
    arguments = ["sample", run, "--out", tmp_path / "file" / "x.png"]
    assert "expected a folder for" in refused(capsys, arguments)


def test_paths_are_checked_before_tensorflow_starts(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "start_tensorflow", lambda: pytest.fail("too late"))
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "x"
    for command, message in (
        (["train", "quick", "--data", "digits", "--out", tmp_path], "it holds other files"),
        ([*TRAIN, "--out", tmp_path / "new", "--set", "r1"], "expected --set NAME=VALUE"),
        (["train", "quick", "--data", below, "--out", "x"], f"folder or file at {below}, found no"),
        (["train", "quick", "--data", "digts", "--out", "x"], "did you mean 'digits'?"),
        ([*TRAIN, "--out", tmp_path / "x", "--from", below], f"a .keras file at {below}, to start"),
        ([*TRAIN, "--out", tmp_path / "x", "--from", tmp_path], "found no config.json in it"),
        (["sample", tmp_path], "found no config.json in it"),
        (["sample", newest(run)], f"expected a run folder, got the file {newest(run)}"),
        (["sample", "hf:nobody"], "as OWNER/NAME, got 'nobody'"),
        (["evaluate", tmp_path], "found no config.json in it"),
        (["evaluate", run, "--data", below], f"expected a folder or file at {below}, found no"),
        (["evaluate", below, "--data", "digits"], f"expected a folder or file at {below}, found"),
        (["explore", run, "neighbours", "--data", below], f"folder or file at {below}, found no"),
        (["publish", "hf:me/cats", "x"], "got the published one hf:me/cats"),
        (["sample", run, "--out", below], f"expected a folder for {below}"),
        (["explore", run, "classes", "--out", tmp_path], f"got the folder {tmp_path}"),
        (["explore", run, "mix", "--out", "x.gif"], "--out to end in .png, got x.gif"),
        (["report", run, tmp_path], "found no config.json in it"),
        (["report", run, "--out", below], f"expected a folder for {below}"),
        (["export", tmp_path], "found no config.json in it"),
        (["export", "hf:me/cats"], "export it to another --out"),
        (["export", run / "export", "--out", "x"], f"keras-gan export {run / 'export'} --web DIR"),
        (["export", below, run, "--web", "x"], f"or exported models in {below}, found none"),
        (["export", run, "--web", tmp_path / "page", "--jit"], "--out DIR with --jit beside"),
    ):
        assert message in refused(capsys, command)


def test_no_permission_to_write(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    error = refused(capsys, [*TRAIN, "--out", tmp_path / "file" / "run"])
    assert "could not write to" in error
    assert error.endswith("A file is in the way; choose another --out.")


def test_an_export_that_fails_has_its_own_code(run, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    for option in ("--out", "--web"):
        error = refused(capsys, ["export", run, option, tmp_path / "file" / "x"], code=1)
        assert "could not write to" in error
        assert "A file is in the way; choose another folder." in error


def test_a_checkpoint_of_another_recipe(run, optional, tmp_path, capsys):
    out = shutil.copytree(optional / "unconditional", tmp_path / "run")
    checkpoint = newest(run).read_bytes()
    newest(out).write_bytes(checkpoint)
    same = ["--out", out, "--seed", 3, *OPTIONS["unconditional"]]
    error = refused(capsys, [*TRAIN, *same, "--steps", 3])
    assert "of another model (generator, discriminator, seed, augmentation)" in error
    assert newest(out).read_bytes() == checkpoint


def test_cache_and_prefetch_make_no_other_run(run, tmp_path, capsys):
    cached = ["--cache", tmp_path / "cache", "--prefetch", 5]
    assert train(tmp_path / "other", "--steps", 5, *cached) == 0
    one, other = (runs.Run(folder).load() for folder in (run, tmp_path / "other"))
    assert differing(state_of(one), state_of(other)) == []
    assert train(shutil.copytree(run, tmp_path / "plain"), "--steps", 6, *cached) == 0
    error = refused(capsys, [*TRAIN, "--out", tmp_path / "new", "--prefetch", 0])
    assert "expected an integer prefetch >= 1, got 0" in error


def test_a_batch_that_cannot_be_split_starts_no_run(tmp_path, capsys):
    arguments = [*TRAIN, "--out", tmp_path / "run", "--accumulation", "3"]
    assert "a fixed size that accumulation=3 divides, got 16; choose" in refused(capsys, arguments)
    assert not (tmp_path / "run").exists()
