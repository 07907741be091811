"""keras-gan evaluate, metrics while training, and known distributions in a run."""

import json
import re

import keras_gan as kg
from keras_gan import runs
from keras_gan.callbacks import read_table
from keras_gan.cli import main
from keras_gan.sampling import sampler_in_shares

import keras
import numpy as np
import pytest
from PIL import Image

METRICS = ["--metrics", "frechet", "modes", "nearest", "--evaluate-count", "300"]


def run_command(*arguments):
    return main([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory):
    """A tiny class-conditional run, measured every 32 images."""
    folder = tmp_path_factory.mktemp("runs") / "digits"
    options = ["--width", 2, "--batch-size", 16, "--every", 2, "--steps", 5]
    measured = ["--evaluate-every", 32, "--metrics", "frechet", "--evaluate-count", 200]
    assert (
        run_command("train", "dcgan", "--data", "digits", "--out", folder, *options, *measured) == 0
    )
    return folder


def test_training_measures_and_keeps_the_best(digits_run):
    rows = read_table(digits_run / "metrics.csv")
    assert [row["images_seen"] for row in rows] == [32, 64]
    assert all(row["frechet[digits]"] > 0 for row in rows)
    best = keras.models.load_model(digits_run / "best.keras")
    figures = [row["frechet[digits]"] for row in rows]
    assert int(best.images_seen) == [32, 64][int(np.argmin(figures))]


def test_evaluate_tells_figures_and_where_the_run_stands(digits_run, capsys):
    assert run_command("evaluate", digits_run, *METRICS) == 0
    told = capsys.readouterr().out
    assert re.search(
        r"^frechet\[digits\] \d+(\.\d+)?, lower is better \(300 against 300\)$", told, re.MULTILINE
    )
    assert re.search(r"^modes\[digits\] \d+ of 10, KL to uniform", told, re.MULTILINE)
    assert "The discriminator is" in told or "Neither player is winning" in told
    (entry,) = json.loads((digits_run / "evaluation.json").read_text())
    assert entry["step"] == 5
    assert entry["data"] == "digits"
    assert {"frechet[digits]", "modes[digits]", "authentic[digits]"} <= entry["figures"].keys()
    with Image.open(digits_run / "neighbours.png") as picture:
        assert picture.height >= 10 * 28
    names = ("evaluation.json", "neighbours.png", "report.html")
    assert f"Wrote {', '.join(str(digits_run / name) for name in names)}." in told
    report = (digits_run / "report.html").read_text()
    assert entry["reports"][0] in report
    assert '"neighbours": "data:image/png' in report
    more = ["--seed", 1, "--best", "--real-count", 500]
    assert run_command("evaluate", digits_run, *METRICS, *more) == 0
    assert "(300 against 500)" in capsys.readouterr().out
    first, second = json.loads((digits_run / "evaluation.json").read_text())
    assert first["figures"]["frechet[digits]"] != second["figures"]["frechet[digits]"]


def test_evaluation_is_reproducible(digits_run):
    run = kg.runs.Run(digits_run)
    options = kg.runs.MetricOptions(("frechet",), count=200)
    first, second = (kg.runs.evaluate_run(run, options)[0] for _ in range(2))
    assert first.figures == second.figures


def test_a_data_set_can_stand_in_for_the_run(real_data, capsys):
    """Real against real data is the reference, far below a wrong data set."""
    figures = {}
    for taken in ("mnist:test", "fashion_mnist:test"):
        arguments = ["evaluate", taken, "--data", "mnist", "--metrics", "frechet"]
        assert run_command(*arguments, "--evaluate-count", 2000) == 0
        told = capsys.readouterr().out
        figures[taken] = float(
            re.search(r"frechet\[digits\] ([\d.]+), lower is better \(2,000 against", told)[1]
        )
    assert figures["mnist:test"] < 1.0 < 100 < figures["fashion_mnist:test"]


def test_a_folder_of_pictures_can_stand_in_for_the_run_at_any_size(tmp_path, capsys):
    for folder, seed in (("taken", 0), ("data", 1)):
        (tmp_path / folder).mkdir()
        for index, image in enumerate(np.random.default_rng(seed).integers(0, 256, (6, 20, 20))):
            Image.fromarray(image.astype("uint8")).save(tmp_path / folder / f"{index}.png")
    floor = ["evaluate", tmp_path / "taken", "--data", tmp_path / "data", "--image-size", 8]
    told = ["--extractor", "values", "--metrics", "frechet", "--evaluate-count", 6]
    assert run_command(*floor, *told) == 0
    assert "(6 against 6)" in capsys.readouterr().out


def test_generated_labels_come_in_the_shares_of_the_data():
    class Recording:
        conditional, num_classes = True, 3

        def sample(self, n, seed, labels):
            self.labels = labels
            return np.zeros((n, 2))

    gan = Recording()
    points = np.zeros((100, 2), "float32")
    source = kg.datasets.ArraySource("points", points, np.repeat([0, 1, 2], [70, 0, 30]))
    sampler_in_shares(gan, source)(5000, seed=4)
    shares = np.bincount(gan.labels, minlength=3) / 5000
    np.testing.assert_allclose(shares, [0.7, 0, 0.3], atol=0.02)


def test_points_of_a_known_distribution(tmp_path, capsys):
    """toy25's run: closeness in its figures, density pictures and their film."""
    run = tmp_path / "run"
    options = [
        "--width",
        8,
        "--steps",
        40,
        "--batch-size",
        32,
        "--every",
        2,
        "--evaluate-every",
        640,
    ]
    measured = ["--metrics", "closeness", "--evaluate-count", 500]
    train = ["train", "toy25", "--data", "toy:gaussians25", "--out", run, *options, *measured]
    assert run_command(*train) == 0
    rows = read_table(run / "metrics.csv")
    assert [row["step"] for row in rows] == [20, 40]
    assert {"js[values]", "tv[values]", "modes[values]", "good[values]"} <= rows[0].keys()
    assert len(list((run / "density").iterdir())) == 3
    assert (run / "learning.gif").exists()
    # more steps hold the schedules' last values instead of stretching them
    assert run_command(*train, "--steps", 50) == 0
    gan = runs.Run(run).load()
    assert int(gan.step) == 50
    assert gan.schedules["learning_rate"].images == 40 * 32
    capsys.readouterr()
    assert run_command("evaluate", run, "--evaluate-count", 1500) == 0
    told = capsys.readouterr().out
    assert "closeness[values] js" in told
    gap = float(re.search(r"discriminator_gap ([\d.]+)", told)[1])
    assert 0 < gap < 0.5


def test_bad_questions(digits_run, tmp_path, capsys):
    for arguments, message in (
        (["evaluate", tmp_path / "none"], "expected a run folder"),
        (["evaluate", digits_run, "--metrics", "fid"], "unknown metric 'fid'"),
        (["evaluate", digits_run, "--data", "toy:gaussians8"], "expected images to resize"),
        (
            ["evaluate", digits_run, "--data", "toy:stacked_digits"],
            "expected 1 channel in toy:stack",
        ),
        (["evaluate", digits_run, "--evaluate-count", 0], "count"),
        (["evaluate", digits_run, "--image-size", 8], "no --image-size for a run"),
        (["evaluate", "digits", "--data", "digits", "--best"], "no --best for a data set"),
        (["sample", tmp_path / "none", "--best"], "expected a run folder"),
    ):
        capsys.readouterr()
        assert run_command(*arguments) == 2
        told = capsys.readouterr().err
        assert message in told
        assert "Traceback" not in told
