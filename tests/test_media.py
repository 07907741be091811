"""Media: how they are chosen, checked, saved, read back and shown."""

import csv
import json
import wave

import keras_gan as kg
from keras_gan import media, pictures
from keras_gan.errors import ConfigError, DataError, NotFiniteError

import keras
import numpy as np
import pytest
from PIL import Image

WORDS = media.Tokens(("<end>", "the", "cat", "sat"), end="<end>")
ROWS = media.Table(("age", "pet"), (None, ("cat", "dog")))
EVERY = [media.Points(), media.Sound(8_000), media.Image(), media.Video(12), WORDS, ROWS]
SHAPES = {"points": (2,), "sound": (400, 2), "image": (8, 8, 3), "video": (5, 8, 8, 1)}


def samples_of(medium, count=6, seed=0):
    """Returns random samples."""
    random = np.random.default_rng(seed)
    if medium in (WORDS, ROWS):
        limit, size = (2, (count, 2)) if medium is ROWS else (4, (count, 60 // count))
        return random.integers(0, limit, size).astype("float32")
    return random.uniform(-1, 1, (count, *SHAPES[medium.name])).astype("float32")


# Names and configurations.


@pytest.mark.parametrize(
    ("shape", "medium"),
    [
        ((2,), media.Points()),
        ((16_384, 1), media.Sound()),
        ((64, 64, 3), media.Image()),
        ((64, 64, 4), media.Image()),
        ((16, 32, 32, 1), media.Video()),
        ((64, 64, 2), media.Points()),
        ((16, 100), media.Points()),
        ((2, 3, 4, 5, 1), media.Points()),
        ((None, None, 3), media.Points()),
    ],
)
def test_the_medium_follows_from_rank_and_channels(shape, medium):
    assert media.of(shape) == medium


def test_every_medium_has_a_description():
    for medium in EVERY:
        assert media.MEDIA[medium.name] is type(medium)
        assert medium.noun
        assert medium.tensor
        assert medium.form
        assert medium.suffixes
        assert medium.fits(samples_of(medium).shape[1:])
        assert set(medium.augmentations) <= set(kg.augment.AUGMENTATIONS)
        assert medium.extractor(samples_of(medium).shape[1:]) in kg.metrics.extractors.EXTRACTORS
    assert [str(medium) for medium in EVERY] == [
        "points",
        "sound at 8,000 Hz",
        "images",
        "video at 12 frames per second",
        "sequences over 4 words",
        "a table of 2 columns",
    ]


@pytest.mark.parametrize("medium", EVERY, ids=lambda medium: medium.name)
def test_a_medium_round_trips_through_json(medium):
    config = json.loads(json.dumps(medium.to_config()))
    assert config["name"] == medium.name
    assert media.from_config(config) == medium


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("sound", "expected a medium as an object with a name, got 'sound'"),
        ({}, "an object with a name"),
        ({"name": ["sound"]}, "an object with a name"),
        ({"name": "sounds", "rate": 1}, "unknown medium 'sounds'; did you mean 'sound'"),
        ({"name": "sound"}, "expected a medium sound with rate, got nothing else"),
        ({"name": "image", "rate": 1}, "a medium image with nothing else, got rate"),
        ({"name": "sound", "rate": "8000"}, "an integer rate from 1 to 1,000,000, got '8000'"),
        ({"name": "sound", "rate": True}, "an integer rate"),
        ({"name": "sound", "rate": 10**9}, "an integer rate"),
        ({"name": "video", "frames_per_second": 0}, "an integer frames_per_second from 1 to 120"),
        ({**WORDS.to_config(), "vocabulary": ["a"]}, "vocabulary as a tuple of 2 or more"),
        ({**WORDS.to_config(), "vocabulary": ["a", "a"]}, "2 or more different words"),
        ({**WORDS.to_config(), "vocabulary": ["a", 1]}, "2 or more different words"),
        ({**WORDS.to_config(), "end": "z"}, "an end that is in the vocabulary, got 'z'"),
        ({**WORDS.to_config(), "separator": None}, "a separator as text"),
        ({**ROWS.to_config(), "columns": []}, "columns as a tuple of 1 or more"),
        ({**ROWS.to_config(), "categories": [None]}, "for each of 2 columns"),
        ({**ROWS.to_config(), "categories": [None, "cat"]}, "categories as a tuple"),
    ],
)
def test_invalid_configs_are_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        media.from_config(config)


def test_media_by_name():
    assert media.get(None) is None
    assert media.get(WORDS) is WORDS
    assert [media.get(name) for name in ("points", "image", "sound", "sound:8000", "video:25")] == [
        *(media.Points(), media.Image(), media.Sound(16_000), media.Sound(8_000), media.Video(25)),
    ]
    for name, message in (
        ("audio", "unknown medium 'audio'"),
        ("sound:loud", r"sound:16000 \(Hz\) or video:10 .*, got 'sound:loud'"),
        ("image:3", "got 'image:3'"),
        ("sound:", r"sound:16000 \(Hz\) or video:10 .*, got 'sound:'"),
        ("points:", "got 'points:'"),
        ("sound:\u0663", "expected a medium such as sound:16000"),  # an Arabic digit
        ("sound:0", "an integer rate from 1 to 1,000,000, got 0"),
        ("imge", "unknown medium 'imge'; did you mean 'image'. Known: image, points, sound, video"),
        ("video:500", "frames_per_second from 1 to 120"),
        ("table", r"got 'table'; make a keras_gan.media.Table with its columns"),
        ("tokens", r"make a keras_gan.media.Tokens with its vocabulary"),
    ):
        with pytest.raises(ConfigError, match=message):
            media.get(name)


# Saving, and reading back.


def test_a_wav_has_the_sounds_one_after_another(tmp_path):
    medium, sounds = media.Sound(8_000), samples_of(media.Sound(8_000), count=3)
    sounds[0, 0] = 3.0, -3.0  # louder than can be
    medium.save(sounds, tmp_path / "new" / "sounds.wav")
    with wave.open(str(tmp_path / "new" / "sounds.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8_000, 2, 2)
        values = np.frombuffer(file.readframes(10**6), "<i2").reshape(-1, 2) / 32_767
    assert len(values) == 3 * 400 + 2 * 2_000
    for index, sound in enumerate(sounds):
        start = index * 2_400
        np.testing.assert_allclose(values[start : start + 400], np.clip(sound, -1, 1), atol=2e-5)
        assert not values[start + 400 : start + 2_400].any()


def test_a_gif_has_the_clips_side_by_side(tmp_path):
    clips = samples_of(media.Video(), count=4)
    media.Video(20).save(clips, tmp_path / "clips.gif")
    with Image.open(tmp_path / "clips.gif") as film:
        assert (film.n_frames, film.info["duration"]) == (5, 50)
        assert film.size == (128, 128)
        for index in range(5):
            film.seek(index)
            shown = np.array(film.convert("L"))[::8, ::8]
            wanted = pictures.grid(clips[:, index])[..., 0].numpy()
            assert np.abs(shown.astype(int) - wanted).max() <= 1


def test_files_of_images_points_sentences_and_rows_round_trip(tmp_path):
    images = samples_of(media.Image())
    media.Image().save(images, tmp_path / "images.png")
    assert np.array_equal(np.array(Image.open(tmp_path / "images.png")), pictures.grid(images))
    points = samples_of(media.Points())
    media.Points().save(points, tmp_path / "points.csv")
    assert np.array_equal(np.loadtxt(tmp_path / "points.csv", "float32", delimiter=","), points)
    sentences = np.array([[1, 2, 3, 0, 1], [2, 3, 1, 1, 1], [0, 1, 1, 1, 1]])
    for samples in (sentences.astype("float32"), np.eye(4)[sentences]):
        WORDS.save(samples, tmp_path / "words.txt")
        text = (tmp_path / "words.txt").read_text()
        assert text == "the cat sat\ncat sat the the the\n\n"
    ROWS.save(np.array([[31.25, 0.2], [-7.0, 1.9]]), tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["age", "pet"], ["31.25", "cat"], ["-7", "dog"]]


@pytest.mark.parametrize("medium", EVERY, ids=lambda medium: medium.name)
def test_values_and_previews_of_all_media_are_saved(medium, tmp_path):
    samples = samples_of(medium)
    medium.save(samples, tmp_path / "x.npy")
    assert np.array_equal(np.load(tmp_path / "x.npy"), samples)
    medium.save(samples, tmp_path / "x.png")
    assert len(np.unique(np.array(Image.open(tmp_path / "x.png")))) > 1
    with pytest.raises(ConfigError, match=rf"a file of {medium.noun} to end in .* or .npy, got"):
        medium.save(samples, tmp_path / "x.mp3")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy", "x.png"]


def read_all(folder):
    """Returns path -> content of the files of a folder."""
    return {path: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("medium", EVERY, ids=lambda medium: medium.name)
def test_invalid_samples_are_refused_and_leave_the_file(medium, tmp_path):
    samples, paths = samples_of(medium), [tmp_path / f"x{s}" for s in (".npy", *medium.suffixes)]
    for path in paths:
        path.write_text("mine")
    before, broken = read_all(tmp_path), samples.copy()
    broken.flat[-1] = np.nan
    for bad, error, message in (
        (samples[:0], DataError, rf"expected {medium.noun} .*, at least one, got float32 of sh"),
        (samples[0, 0], DataError, "got float32 of shape"),
        (samples.astype(str), DataError, "as numbers"),
        (broken, NotFiniteError, f"expected finite {medium.noun}, got NaN or infinity in 1 of 6"),
    ):
        for path in paths:
            with pytest.raises(error, match=message):
                medium.save(bad, path)
        with pytest.raises(error, match=message):
            medium.preview(bad)
    assert read_all(tmp_path) == before


@pytest.mark.parametrize("medium", EVERY, ids=lambda medium: medium.name)
def test_a_folder_is_no_file(medium, tmp_path):
    for suffix in (".npy", *medium.suffixes):
        (tmp_path / f"x{suffix}").mkdir()
        with pytest.raises(ConfigError, match=r"a file to write, got the folder .*/x\."):
            medium.save(samples_of(medium), tmp_path / f"x{suffix}")
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConfigError, match=r"expected a folder for .*, got the file .*mine"):
        medium.save(samples_of(medium), tmp_path / "mine" / "x.npy")


def test_an_unknown_word_is_refused_and_leaves_no_file(tmp_path):
    (tmp_path / "words.txt").write_text("mine")
    with pytest.raises(DataError, match="indices of words from 0 to 3, got 1 to 4"):
        WORDS.save(np.array([[1.0, 4.0]]), tmp_path / "words.txt")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


# Previews.


@pytest.mark.parametrize("medium", EVERY, ids=lambda medium: medium.name)
def test_previews_have_one_size_and_show_the_samples(medium):
    first, second = (medium.preview(samples_of(medium, seed=seed)) for seed in (0, 1))
    assert first.dtype == np.uint8
    assert first.shape == second.shape
    assert first.shape[2] in (1, 3, 4)
    assert len(np.unique(first)) > 1
    assert not np.array_equal(first, second)


def test_a_tone_has_the_right_band_in_the_spectrogram():
    rate, time = 8_000, np.arange(4_096) / 8_000
    for frequency in (500, 2_000, 3_500):
        tone = 0.5 * np.sin(2 * np.pi * frequency * time)[None, :, None]
        (tile,) = media.Sound(rate).tiles(tone)
        spectrogram = tile[32:96, :128, 0]
        row = spectrogram.mean(axis=1).argmax()
        assert abs((63 - row) / 63 * rate / 2 - frequency) < 100
        loudness = 20 * np.log10(0.5)  # decibels below full scale
        assert spectrogram.max() == pytest.approx(1 + loudness / 40, abs=0.02)
        wave_rows = np.flatnonzero((tile[:32, :128, 0] > 0).any(axis=1))
        assert abs(np.linspace(1, -1, 32)[wave_rows[[0, -1]]] - (0.5, -0.5)).max() < 0.07


def test_the_tile_of_a_clip_has_its_first_and_last_frame():
    clips = samples_of(media.Video(), count=2)
    long = np.repeat(clips, 4, axis=1)  # 20 frames
    tiles = media.Video().tiles(long)
    assert tiles.shape == (2, 8 + 2, 8 * 8 + 2, 1)
    np.testing.assert_array_equal(tiles[:, :8, :8], clips[:, 0])
    np.testing.assert_array_equal(tiles[:, :8, 56:64], clips[:, -1])
    assert media.Video().preview(long).shape == (20, 66, 1)


def test_points_of_one_dimension_are_shown_as_a_histogram():
    points = np.concatenate([np.full((300, 1), -1.0), np.full((100, 1), 1.0)])
    preview = media.Points().preview(points)[..., 0]
    heights = (preview < 128).sum(axis=0)
    assert heights[0] == 256
    assert heights[-1] == pytest.approx(256 / 3, abs=1)
    assert not heights[10:-10].any()


def test_points_are_drawn_beside_data_within_its_limits():
    data = np.random.default_rng(0).normal(size=(50, 3))
    picture = media.Points().beside(data + np.array([0, 0, 9]), data)  # the third value isn't drawn
    assert picture.shape == (256, 256 + 2 + 256, 1)
    assert np.array_equal(picture[:, :256], picture[:, 258:])
    outside = media.Points().beside(data + 99, data)
    assert np.array_equal(outside[:, :256], picture[:, :256])
    assert (outside[:, 258:] == 255).all()
    constant = np.full((5, 1), 7.0)
    assert (media.Points().beside(constant, constant) == 0).any()


# Models.


def sound_gan(medium=None):
    generator = kg.networks.MLPGenerator((64, 1), latent_dim=3, units=(8,))
    if medium is not None:
        generator.medium = medium
    return kg.GAN(generator, kg.networks.MLPDiscriminator((64, 1), units=(8,)))


def test_a_model_has_the_medium_of_its_generator(tmp_path):
    assert sound_gan().medium == media.Sound()
    gan = sound_gan(media.Sound(8_000))
    gan.compile()
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for model in (gan, loaded):
        assert model.medium == media.Sound(8_000)
    for network in (loaded.generator, loaded.moving_average):
        assert media.of_network(network) == media.Sound(8_000)


def test_an_mlp_ends_in_the_range_of_its_medium():
    def ends_in(shape, **arguments):
        generator = kg.networks.MLPGenerator(shape, 2, (4,), **arguments)
        return generator.get_layer("samples").activation.__name__

    assert {ends_in(shape) for shape in ((8, 8, 1), (64, 1), (3, 8, 8, 1))} == {"tanh"}
    assert {ends_in(shape) for shape in ((2,), (8, 8, 2))} == {"linear"}
    assert ends_in((8, 8, 1), moments=([0.0], [4.0])) == "linear"


def test_augmentations_are_for_images():
    with pytest.raises(ConfigError, match="expected images for an augmentation"):
        sound_gan().compile(augmentation="ada")


def test_samples_of_many_values_are_measured_without_their_covariance():
    assert kg.metrics.default_names("values", (2,))[0] == "frechet"
    names = kg.metrics.default_names("values", (8_192, 1))
    assert names[0] == "sliced_wasserstein"
    assert "frechet" not in names
