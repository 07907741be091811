"""Verdicts on runs that are set up to fail in a known way."""

import csv
import itertools

import keras_gan as kg
from keras_gan import callbacks, metrics, verdicts

import keras
import numpy as np
import pytest
from conftest import tiny_gan


def points_gan(latent_dim=2, units=(32, 32), seed=0):
    return kg.GAN(
        kg.networks.MLPGenerator((2,), latent_dim, units),
        kg.networks.MLPDiscriminator((2,), units, pieces=1),
        seed=seed,
    )


def play(gan, points, path, epochs, batch_size=64):
    """Trains a model and returns its history."""
    history = callbacks.HistoryCSV(path, every=10)
    gan.fit(points, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[history])
    return callbacks.read_table(path)


def figures_of(gan, points, count=500):
    """Returns coverage and authenticity of a model's samples."""
    both = metrics.get(["density_coverage", "nearest"], "values")
    for metric in both:
        metric.update_state(points[:count], gan.sample(count))
    figures = {}
    for metric in both:
        figures |= {f"{name}[values]": value for name, value in metric.result().items()}
    return figures


def names(results):
    return [verdict.name for verdict in results]


def test_a_winning_discriminator_is_reported(tmp_path):
    """A saturating loss, a strong discriminator and distant data let the gradient vanish."""
    gan = points_gan()
    gan.compile(keras.optimizers.SGD(1e-4), keras.optimizers.Adam(5e-3), loss="minimax")
    points = np.random.default_rng(0).normal(20.0, 0.1, (512, 2)).astype("float32")
    history = play(gan, points, tmp_path / "history.csv", epochs=60)
    results = verdicts.judge(history)
    assert names(results) == ["winning"]
    assert "gets no signal" in str(results[0])


def test_the_same_setup_with_a_non_saturating_loss_is_not_lost(tmp_path):
    gan = points_gan()
    gan.compile(keras.optimizers.SGD(1e-4), keras.optimizers.Adam(5e-3), loss="non_saturating")
    points = np.random.default_rng(0).normal(20.0, 0.1, (512, 2)).astype("float32")
    history = play(gan, points, tmp_path / "history.csv", epochs=60)
    assert "winning" not in names(verdicts.judge(history))


@pytest.mark.parametrize(
    ("loss", "name"), [("relativistic_paired", "chance"), ("non_saturating", "one-sided")]
)
def test_a_discriminator_at_chance_is_reported(loss, name, tmp_path):
    """The discriminator doesn't learn, and the generator already generates the data.

    All of its logits happen to be below 0, where a relativistic loss compares pairs.
    """
    gan = points_gan()
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), loss=loss)
    points = gan.sample(512, seed=3)
    history = play(gan, points, tmp_path / "history.csv", epochs=4)
    assert names(verdicts.judge(history)) == [name]


@pytest.mark.parametrize(
    ("real", "fake", "text"),
    [
        (1.0, 0.0, "calls 100% of all samples real: right on 100% of the real and 0% of the gen"),
        (0.0, 1.0, "calls 100% of all samples generated: right on 0% of the real and 100% of"),
        (0.2, 0.72, "calls 76% of all samples generated"),
    ],
)
def test_a_discriminator_of_one_answer_is_not_at_chance(real, fake, text):
    rows = [{"real_accuracy": real, "fake_accuracy": fake, "g_gradient": 1.0}] * 8
    (verdict,) = verdicts.judge(rows)
    assert verdict.name == "one-sided"
    assert text in str(verdict)
    rows = [{"real_accuracy": 0.7, "fake_accuracy": 0.3, "g_gradient": 1.0}] * 8
    assert names(verdicts.judge(rows)) == ["chance"]


def test_a_generator_of_one_point_is_reported(tmp_path):
    """With eight modes, the generator outruns a slow discriminator to a single point."""
    points = kg.datasets.open_source("toy:gaussians8").distribution.sample(2000, seed=0)
    gan = points_gan()
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-4), loss="wasserstein")
    history = play(gan, points, tmp_path / "history.csv", epochs=10)
    figures = figures_of(gan, points)
    results = verdicts.judge(history, [figures])
    assert "narrow" in names(results)
    assert f"coverage is {figures['coverage[values]']:.3g}" in str(results)


def test_a_drop_in_modes_is_a_collapse():
    rows = [{"modes[digits]": 10.0}, {"modes[digits]": 4.0}]
    (verdict,) = verdicts.judge([], rows)
    assert verdict.name == "collapse"
    assert "modes are 4, from 10" in verdict.text
    assert "best checkpoint" in verdict.advice
    assert verdicts.judge([], rows[:1]) == []


def test_a_memorizing_generator_is_reported():
    """Trained on five distant points, the generator reproduces these five."""
    rng = np.random.default_rng(0)
    few = np.array([[0, 0], [3, 0], [0, 3], [3, 3], [1.5, 6]], "float32")
    keras.utils.set_random_seed(2)
    gan = points_gan(units=(64, 64))
    gan.compile(
        *(keras.optimizers.Adam(1e-3, 0.0, 0.99) for _ in gan.players),
        loss="relativistic_paired",
        penalties=[kg.penalties.R1(0.2), kg.penalties.R2(0.2)],
        jit_compile=True,
        steps_per_execution=10,
    )
    gan.fit(few[rng.integers(5, size=64 * 1500)], batch_size=64, epochs=1, verbose=0)
    metric = metrics.get("nearest", "values")[0]
    metric.update_state(few, gan.sample(500))
    row = {f"{name}[values]": value for name, value in metric.result().items()}
    assert names(verdicts.judge([], [row])) == ["memorizing"]


def test_new_samples_are_not_called_copies():
    rng = np.random.default_rng(0)
    metric = metrics.get("nearest", "values")[0]
    metric.update_state(rng.normal(size=(500, 2)), rng.normal(size=(500, 2)))
    assert metric.result()["authentic"] > 3 * verdicts.COPIED


def test_a_game_without_a_winner_is_reported_with_its_figures():
    rows = [{"real_accuracy": 0.8, "fake_accuracy": 0.7, "g_gradient": 1.0}] * 8
    (verdict,) = verdicts.judge(rows, [{"coverage[digits]": 0.9, "authentic[digits]": 0.5}])
    assert verdict.name == "playing"
    assert "80% of the real and 70%" in str(verdict)
    assert verdicts.judge([]) == []


def test_only_the_last_quarter_counts():
    early = [{"real_accuracy": 0.5, "fake_accuracy": 0.5, "g_gradient": 1.0}] * 6
    late = [{"real_accuracy": 0.9, "fake_accuracy": 0.8, "g_gradient": 1.0}] * 2
    assert names(verdicts.judge(early + late)) == ["playing"]
    assert names(verdicts.judge(late + early)) == ["chance"]


# The callback.


@pytest.fixture
def evaluated_model(tmp_path):
    """Returns a tiny model, and an `Evaluate` callback for every 16 images."""
    images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1)).astype("float32")
    source = kg.datasets.ArraySource("noise", images)
    evaluator = metrics.Evaluator(source, metrics.get(["frechet"], "values"), count=64)
    gan = tiny_gan()
    gan.compile()

    def callback(**kwargs):
        return callbacks.Evaluate(
            evaluator, lambda gan: gan.sample, 16, tmp_path / "metrics.csv", **kwargs
        )

    return gan, images, callback


def test_evaluate_writes_rows_and_keeps_the_best_model(evaluated_model, tmp_path):
    gan, images, callback = evaluated_model
    measure = callback(best_path=tmp_path / "best.keras")
    gan.fit(images, batch_size=8, verbose=0, callbacks=[measure])
    rows = callbacks.read_table(tmp_path / "metrics.csv")
    assert [row["images_seen"] for row in rows] == [16, 32, 48, 64]
    values = [row["frechet[values]"] for row in rows]
    best = keras.models.load_model(tmp_path / "best.keras")
    assert int(best.images_seen) == rows[int(np.argmin(values))]["images_seen"]
    figure = measure.evaluator.evaluate(best.sample).figures["frechet[values]"]

    assert figure == pytest.approx(min(values), rel=1e-4)


def test_evaluate_resumes_its_table_and_stops_early(evaluated_model, tmp_path):
    gan, images, callback = evaluated_model
    gan.fit(images[:16], batch_size=8, verbose=0, callbacks=[callback()])
    path = tmp_path / "metrics.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["frechet[values]"] = "0.0"  # a best figure that is never reached again
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    gan.fit(images, batch_size=8, epochs=9, verbose=0, callbacks=[callback(patience=2)])
    rows = callbacks.read_table(path)
    assert [row["images_seen"] for row in rows] == [16, 32, 48]
    assert int(gan.images_seen) == 48


def test_a_metric_that_fails_does_not_end_the_training(evaluated_model):
    gan, images, callback = evaluated_model
    measure, told = callback(monitor="frechet[values]", patience=3), []
    measure.evaluator.warn = told.append
    measure.evaluator.metrics[0].result = lambda: 1 / 0
    gan.fit(images, batch_size=8, verbose=0, callbacks=[measure])
    assert int(gan.images_seen) == 64
    assert sum("goes on without an evaluation here: frechet[values]" in line for line in told) == 4


def test_a_figure_that_is_missing_once_stays_the_one_to_compare(evaluated_model, tmp_path):
    gan, images, callback = evaluated_model
    measure, calls = callback(best_path=tmp_path / "best.keras"), itertools.count()
    frechet, kernel = metrics.get(["frechet", "kernel"], "values")
    measure.evaluator = metrics.Evaluator(measure.evaluator.source, [frechet, kernel], count=64)
    result = frechet.result
    frechet.result = lambda: result() if next(calls) else 1 / 0
    gan.fit(images[:16], batch_size=8, verbose=0, callbacks=[measure])
    assert "kernel[values]" in callbacks.read_table(tmp_path / "metrics.csv")[0]
    assert not (tmp_path / "best.keras").exists()
    gan.fit(images[:16], batch_size=8, verbose=0, callbacks=[measure])
    assert measure.monitor == "frechet[values]"
    assert int(keras.models.load_model(tmp_path / "best.keras").images_seen) == 32


def test_a_best_figure_of_zero_counts(evaluated_model):
    _, _, callback = evaluated_model
    measure = callback(monitor="frechet[values]")
    measure.table.rows = [{"frechet[values]": 0.0}, {"frechet[values]": "1.5"}, {"step": 3}]
    assert measure.evaluations_since_best() == 2


def test_an_unknown_figure_cannot_be_monitored(evaluated_model):
    gan, images, callback = evaluated_model
    with pytest.raises(kg.errors.ConfigError, match=r"one of frechet\[values\], got 'fid'"):
        gan.fit(images, batch_size=8, verbose=0, callbacks=[callback(monitor="fid")])
    with pytest.raises(kg.errors.ConfigError, match="integer patience >= 1, got 0"):
        callback(patience=0)


def test_each_duel_of_a_game_has_its_verdict():
    row = {"a_real_accuracy": 0.5, "a_fake_accuracy": 0.5, "g_gradient": 0.3}
    row |= {"b_real_accuracy": 0.8, "b_fake_accuracy": 0.7, "cycle_loss": 0.1}
    (verdict,) = verdicts.judge([{"cycle_loss": 0.2}, row])
    assert verdict.name == "chance"
    assert verdict.text.startswith("The discriminator a is at chance: right on 50% of the real")
    row |= {"a_real_accuracy": 0.9, "a_fake_accuracy": 0.9}
    results = verdicts.judge([row])
    assert names(results) == ["playing", "playing"]
    assert "the discriminator b is right on 80% of the real and 70%" in str(results[1])
    assert verdicts.judge([{"cycle_loss": 0.2, "a_real_accuracy": 0.5}]) == []


def test_figures_of_other_extractors_are_not_compared():
    rows = [{"coverage[digits]": 0.9}, {"coverage[photos]": 0.3}]
    assert verdicts.judge([], rows) == []
    assert names(verdicts.judge([], [*rows, {"coverage[digits]": 0.3}])) == ["collapse"]


def test_a_discriminator_that_is_always_right_is_ahead():
    (verdict,) = verdicts.judge([{"real_accuracy": 1.0, "fake_accuracy": 1.0, "g_gradient": 1.0}])
    assert verdict.name == "playing"
    assert "is ahead: right on 100% of the real" in verdict.text
