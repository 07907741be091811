import dataclasses

import keras_gan as kg
from keras_gan import media, metrics, pictures
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import extractors
from keras_gan.metrics.evaluate import choose, read_batches

import numpy as np
import pytest
from conftest import random_images, tiny_gan
from PIL import Image


class Watched(extractors.Extractor):
    """An extractor of four columns of pixels, which records its batches."""

    def __init__(self, name="watched"):
        super().__init__(name)
        self.batches = []

    def measure(self, samples):
        self.batches.append(samples)
        table = samples.reshape(len(samples), -1)[:, :4].astype("float64")
        powers = np.exp(table)
        return table, powers / powers.sum(axis=1, keepdims=True)


@dataclasses.dataclass
class Generator:
    """A generator of noise, which records its calls."""

    calls: list = dataclasses.field(default_factory=list)

    def __call__(self, n, seed):
        self.calls.append((n, seed))
        return random_images(n, seed=seed)


def source_of(count=50):
    return kg.datasets.ArraySource("noise", random_images(count, seed=99))


def several(extractor):
    return metrics.get(["frechet", "inception_score", "precision_recall", "nearest"], extractor)


@pytest.fixture(scope="module")
def digits():
    """Returns the bundled digits in a random order."""
    source = kg.datasets.open_source("digits")
    images = np.concatenate([x for x, _ in source.to_dataset(500, labels=True, shuffle=False)])
    return images[np.random.default_rng(0).permutation(len(images))]


def test_each_extractor_reads_each_sample_once():
    watched, source, generator = Watched(), source_of(), Generator()
    metrics.evaluate(generator, source, several(watched), count=30, batch_size=8, seed=5)
    assert [len(batch) for batch in watched.batches] == [8, 8, 8, 6] * 2
    assert [n for n, _ in generator.calls] == [8, 8, 8, 6]
    assert len({seed for _, seed in generator.calls}) == 4
    real = np.concatenate(watched.batches[:4])
    assert np.array_equal(real, np.stack([source[int(i)][0] for i in choose(50, 30, 5)]))
    drawn = np.concatenate([random_images(n, seed=seed) for n, seed in generator.calls])
    assert np.array_equal(np.concatenate(watched.batches[4:]), drawn)


def test_figures_equal_those_of_single_metrics():
    generator, source = Generator(), source_of(40)
    evaluation = metrics.evaluate(
        generator, source, several("values")[:1], count=100, batch_size=16
    )
    alone = metrics.FrechetDistance("values")
    fakes = [random_images(n, seed=seed) for n, seed in generator.calls]
    alone.update_state(np.stack([source[i][0] for i in range(40)]), np.concatenate(fakes))
    assert evaluation.figures == {"frechet[values]": pytest.approx(alone.result(), rel=1e-9)}
    assert evaluation.counts == (100, 40)
    assert evaluation.lines() == [
        f"frechet[values] {alone.result():.4g}, lower is better (100 against 40)"
    ]


def test_an_evaluator_reads_the_real_side_once():
    watched, source, generator = Watched(), source_of(), Generator()
    evaluator = metrics.Evaluator(source, several(watched), count=20, batch_size=20)
    first, other = evaluator.evaluate(generator), evaluator.evaluate(generator, seed=1)
    second = evaluator.evaluate(generator, seed=0)
    assert len(watched.batches) == 1 + 3
    assert second == first
    assert other.figures != first.figures
    assert (first.seed, other.seed) == (0, 1)
    fresh = metrics.evaluate(Generator(), source, several(Watched()), count=20, batch_size=20)
    assert fresh == first


def test_an_evaluator_can_be_used_after_a_failed_evaluation():
    evaluator = metrics.Evaluator(source_of(), several(Watched()), count=20, batch_size=10)

    def broken(n, seed):
        return random_images(n) if not broken.calls.append(n) and len(broken.calls) < 2 else None

    broken.calls = []
    with pytest.raises(DataError, match=r"expected generated samples \(10, 8, 8, 1\).*got \(\)"):
        evaluator.evaluate(broken)
    expected = metrics.evaluate(Generator(), source_of(), several(Watched()), 20, batch_size=10)
    assert evaluator.evaluate(Generator()) == expected


def test_different_extractors_of_the_same_name_are_not_shared():
    first, second = Watched(), Watched()
    second.provenance = "another file"
    chosen = [metrics.FrechetDistance(first), metrics.PrecisionRecall(second)]
    metrics.evaluate(Generator(), source_of(), chosen, count=10)
    assert len(first.batches) == len(second.batches) == 2


def test_lines_state_provenance_counts_and_seed():
    watched = Watched()
    watched.provenance = "sha256 1234abcd"
    chosen = metrics.get(["modes", "inception_score"], watched)
    evaluation = metrics.evaluate(Generator(), source_of(), chosen, count=1234, batch_size=1000)
    assert list(evaluation.figures) == [
        *("modes[watched]", "kl_to_uniform[watched]"),
        *("inception_score[watched]", "inception_score_deviation[watched]"),
    ]
    modes, score = evaluation.lines()
    assert modes.startswith("modes[watched(sha256 1234abcd)] 4 of 4, KL to uniform 0.0")
    assert modes.endswith(" nats, higher modes and lower kl_to_uniform are better (1,234)")
    assert score.endswith(", higher is better (1,234, seed 0)")


def test_the_real_samples_are_a_seeded_subset_without_repeats():
    chosen = choose(1000, 300, seed=4)
    assert len(np.unique(chosen)) == 300
    assert np.array_equal(chosen, choose(1000, 300, seed=4))
    assert not np.array_equal(chosen, choose(1000, 300, seed=5))
    assert np.array_equal(choose(100, 300, seed=4), np.arange(100))


def test_the_last_batch_of_every_kind_of_source_is_read(tmp_path):
    images = pictures.to_uint8(random_images(7, channels=3)).numpy()
    for index, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{index}.png")
    for source in (
        kg.datasets.open_source(tmp_path),
        kg.datasets.ArraySource("array", images),
    ):
        batches = list(read_batches(source, np.array([0, 2, 3, 5, 6]), batch_size=2))
        assert [len(batch) for batch in batches] == [2, 2, 1]
        expected = pictures.to_uint8(np.concatenate(batches))
        assert np.array_equal(images[[0, 2, 3, 5, 6]], expected)


def test_a_gan_can_be_evaluated(tmp_path):
    gan = tiny_gan()
    evaluator = metrics.Evaluator(source_of(), metrics.get("nearest", "values"), count=20)
    with pytest.raises(ConfigError, match="expected an evaluation with the metric 'nearest'"):
        evaluator.picture_neighbours(tmp_path / "none.png")
    messages = []
    evaluator.tell = messages.append
    evaluation = evaluator.evaluate(gan.sample)
    assert set(evaluation.figures) == {"authentic[values]", "distance_ratio[values]"}
    assert messages[0] == "Reading 20 real samples of noise ..."
    evaluator.picture_neighbours(tmp_path / "nearest.png", rows=5)
    sheet = np.asarray(Image.open(tmp_path / "nearest.png"))
    assert sheet.shape[0] == 48 + 5 * 78 - 6 + 12
    nearest = sheet[48:120:9, 90:162:9, 0]  # small images are enlarged
    real = pictures.to_uint8(np.stack([source_of()[i][0] for i in range(50)]))[..., 0]
    assert any(np.array_equal(nearest, image) for image in real)


@pytest.mark.parametrize(
    ("shape", "extractor"),
    [((28, 28, 1), "digits"), ((32, 32, 3), "inception"), ((2,), "values"), ((9, 4), "values")],
)
def test_default_extractors(shape, extractor):
    assert media.of(shape).extractor(shape) == extractor


def test_default_metrics_of_digits(digits):
    """Real digits score well, noise doesn't, and copies are detected."""
    chosen = metrics.default_metrics((28, 28, 1))
    chosen[1] = metrics.KernelDistance("digits", subsets=5)  # the default's 100 take longer
    source = kg.datasets.ArraySource("half of the digits", digits[:5000])
    evaluator = metrics.Evaluator(source, chosen, count=1000, batch_size=500)

    def draw(images):
        return lambda n, seed: images[np.random.default_rng(seed).choice(len(images), n)]

    def noise(n, seed):
        return np.random.default_rng(seed).uniform(-1, 1, (n, 28, 28, 1)).astype("float32")

    real = evaluator.evaluate(draw(digits[5000:])).figures
    assert real["frechet[digits]"] < 2
    assert real["modes[digits]"] == 10
    assert real["kl_to_uniform[digits]"] < 0.02
    assert real["inception_score[digits]"] > 9
    assert real["precision[digits]"] > 0.7
    assert real["recall[digits]"] > 0.7
    assert real["authentic[digits]"] > 0.25

    nothing = evaluator.evaluate(noise).figures
    assert nothing["frechet[digits]"] > 50 * real["frechet[digits]"]
    assert nothing["precision[digits]"] < 0.1
    assert nothing["kernel[digits]"] > 50 * abs(real["kernel[digits]"])

    copies = evaluator.evaluate(draw(digits[evaluator.indices])).figures
    assert copies["authentic[digits]"] < 0.01
    assert copies["frechet[digits]"] < 2


@pytest.mark.parametrize(
    ("chosen", "options", "message"),
    [
        (["frechet"], {}, "FeatureMetric objects"),
        ([], {}, "at least one, got none"),
        (several("values") + several("values"), {}, r"got frechet\[values\], inception_score"),
        (several("values"), {"count": 0}, "an integer count >= 1"),
        (several("values"), {"seed": -1}, "an integer seed from 0"),
        (several("values"), {"batch_size": 0}, "an integer batch_size >= 1"),
    ],
)
def test_invalid_arguments_are_refused(chosen, options, message):
    with pytest.raises(ConfigError, match=message):
        metrics.Evaluator(source_of(), chosen, **options)


def test_metrics_are_left_out_where_there_are_too_few_samples():
    told = []
    metric_set = metrics.get(["frechet", "kernel", "density_coverage"], "values")
    evaluator = metrics.Evaluator(source_of(5), metric_set, count=9, tell=told.append)
    figures = evaluator.evaluate(Generator()).figures
    assert [*figures] == ["frechet[values]", "kernel[values]", "kernel_deviation[values]"]
    line = "density_coverage is left out: it needs 6 real and 1 generated samples, and there are"
    assert told[0] == f"{line} 5 and 9."
    assert len(told) == len(set(told))
    with pytest.raises(DataError, match=r"expected a metric .* 6 real .* there are 5 and 9\."):
        metrics.Evaluator(source_of(5), metric_set[2:], count=9)


class Failing(metrics.FrechetDistance):
    """A metric with a fault."""

    def result(self):
        return 1 / 0


def test_a_metric_that_fails_leaves_the_others_their_figures():
    told, chosen = [], [*metrics.get(["kernel"], "values"), Failing("values", name="fid")]
    evaluator = metrics.Evaluator(source_of(), chosen, count=20, tell=told.append)
    evaluation = evaluator.evaluate(Generator())
    assert [*evaluation.figures] == ["kernel[values]", "kernel_deviation[values]"]
    assert evaluation.failed == ("fid",)
    assert evaluation.lines()[1] == told[-1] == "fid[values] has no figure: division by zero"
    with pytest.raises(DataError, match=r"fid.* has no figure: division by zero"):
        metrics.evaluate(Generator(), source_of(), chosen[1:], count=20)


def test_a_source_must_be_opened():
    with pytest.raises(ConfigError, match=r"a keras_gan\.datasets\.Source, got 'digits'"):
        metrics.Evaluator("digits", several("values"))


def test_metrics_by_name():
    assert [metric.name for metric in metrics.get(list(metrics.METRICS), "digits")] == [
        *("frechet", "kernel", "inception_score", "precision_recall", "density_coverage"),
        *("modes", "sliced_wasserstein", "nearest"),
    ]
    metric = metrics.SlicedWasserstein(projections=3)
    assert metrics.get(["frechet", metric], "values")[1] is metric
    assert metrics.get("frechet", "digits")[0].get_config()["extractor"] == "digits"
    with pytest.raises(ConfigError, match="unknown metric 'fid'"):
        metrics.get("fid", "digits")
