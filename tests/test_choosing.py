"""The recipe `auto`: facts -> choice in a table; the choice in a run."""

import dataclasses
import json
import types

from keras_gan import datasets, media, recipes, runs
from keras_gan.cli import main
from keras_gan.networks.sizes import map_size_and_doublings
from keras_gan.recipes import Facts, auto

import numpy as np
import pytest
from PIL import Image

DIGITS, CATS = Facts((28, 28, 1), 10_000, 10, cores=2), Facts((64, 64, 3), 12_000, cores=2)
GPU = {"gpus": 1, "cores": 16}


def on_gpu(facts, **changed):
    return dataclasses.replace(facts, **GPU, **changed)


def like(facts, **changed):
    return dataclasses.replace(facts, **changed)


def photos(size, count=12_000):
    return Facts((size, size, 3), count, cores=2)


CASES = {
    # facts: recipe, width, size, batch
    "points on a line": (Facts((1,), 100_000), "toy1d", 64, None, 256),
    "points in a plane": (on_gpu(Facts((2,), 100_000)), "toy25", 256, None, 256),
    "points of seven dimensions": (Facts((7,), 1_000), "gan", 1200, None, 64),
    "a table of two columns": (
        Facts((2,), 1_000, medium=media.Table(("age", "weight"))),
        *("gan", 1200, None, 64),
    ),
    "digits on a processor": (DIGITS, "quick", 64, 28, 64),
    "digits in an hour": (like(DIGITS, hours=1), "quick", 64, 28, 64),
    "digits overnight": (like(DIGITS, hours=10), "stylegan2_ada", "small", 28, 32),
    "digits for many steps": (like(DIGITS, steps=50_000), "stylegan2_ada", "small", 28, 32),
    "digits on a GPU": (on_gpu(DIGITS), "r3gan", 768, 28, 256),
    "digits in minutes of a GPU": (on_gpu(DIGITS, hours=0.2), "quick", 64, 28, 64),
    "cats on a processor": (CATS, "stylegan2_ada", "small", 64, 32),
    "cats in an hour": (like(CATS, hours=1), "stylegan2_ada", "small", 32, 32),
    "cats in five minutes": (like(CATS, hours=1 / 12), "stylegan2_ada", "small", 32, 32),
    "icons in five minutes": (
        like(photos(64, 3_786), hours=1 / 12),
        *("stylegan2_ada", "small", 32, 32),
    ),
    "few icons on a processor": (photos(64, 3_786), "stylegan2_ada", "small", 64, 32),
    "few icons of 200 pixels": (photos(200, 3_786), "stylegan2_ada", "small", 64, 32),
    "few icons as asked": (
        like(photos(200, 3_786), image_size=128),
        *("stylegan2_ada", "small", 128, 32),
    ),
    "twenty pictures": (photos(32, 20), "stylegan2_ada", "small", 32, 16),
    "little memory": (like(photos(32, 400), memory=2.0), "stylegan2_ada", "small", 32, 16),
    "cats on a GPU": (on_gpu(CATS), "r3gan", 384, 64, 128),
    "few icons on a GPU": (on_gpu(photos(64, 3_786)), "stylegan2_ada", 256, 64, 64),
    "photographs": (on_gpu(photos(300)), "r3gan", 96, 320, 16),
    "large photographs": (on_gpu(photos(900)), "r3gan", 48, 896, 8),
    "few huge photographs": (on_gpu(photos(4_000, 900)), "stylegan2_ada", 32, 1024, 8),
    "portraits": (
        on_gpu(Facts((100, 75, 3), 12_000)),
        *("r3gan", 384, (96, 80), 64),
    ),
    "portraits on a processor": (
        Facts((300, 200, 3), 12_000, cores=2),
        *("stylegan2_ada", "small", (80, 56), 32),
    ),
    "thumbnails": (on_gpu(photos(5)), "r3gan", 768, 8, 512),
}


@pytest.mark.parametrize("case", CASES)
def test_choices(case):
    facts, recipe, width, size, batch_size = CASES[case]
    choice = auto(facts)
    found = choice.recipe, choice.width, choice.image_size, choice.batch_size
    assert found == (recipe, width, size, batch_size)
    assert choice.batch_size <= facts.count
    if size is not None:
        height, width = size if isinstance(size, tuple) else (size, size)
        map_size_and_doublings((height, width, 3), least_doublings=1)  # or it raises an error
    assert choice.width == "small" or choice.width % 8 == 0
    assert choice == auto(facts)
    for name, reason in choice.reasons.items():
        assert getattr(choice, name) is not None
        assert reason
        assert "\n" not in reason
    recipe_of_choice = recipes.get(choice.recipe, choice.width)
    recipe_of_choice = recipe_of_choice.at(recipes.choosing.size_of(facts, size))
    if "default" in choice.reasons["batch_size"]:
        assert choice.batch_size == recipe_of_choice.batch_size
        assert ("for a CPU" in choice.reasons["batch_size"]) == (choice.width == "small")


def test_augmentation_and_classes():
    assert auto(on_gpu(CATS)).augmentation == (recipes.get("r3gan").augmentation or "none")
    assert auto(DIGITS).augmentation == "none"
    assert auto(photos(64, 3_786)).augmentation == "ada"
    assert auto(like(DIGITS, count=500)).augmentation == "diffaugment"
    assert auto(DIGITS).conditional is True
    assert auto(like(DIGITS, count=400)).conditional is False
    assert auto(like(DIGITS, num_classes=1)).conditional is False
    assert auto(CATS).conditional is None
    assert "conditional" not in auto(CATS).reasons


@pytest.fixture
def pictures_of_many_sizes(tmp_path):
    """Twenty grey pictures: most 18 to 29 pixels high, one a thumbnail."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index, size in enumerate([5, *random.integers(18, 26, 19)]):
        noise = random.integers(0, 256, (size, size + 6), "uint8")
        Image.fromarray(noise).save(folder / f"{index}.png")
    return folder


def test_a_run_records_the_choice_and_goes_on_with_it(pictures_of_many_sizes, tmp_path, capsys):
    out = tmp_path / "run"
    common = ["--data", pictures_of_many_sizes, "--out", out, "--width", 4, "--every", 1]

    def train(recipe, *more):
        assert main([str(word) for word in ["train", recipe, *common, *more]]) == 0
        return capsys.readouterr().out, json.loads((out / "config.json").read_text())

    told, config = train("auto", "--steps", 1)
    assert "auto: recipe quick: small grey images and not much time" in told
    assert "auto: image size 16: the nearest size that networks support; the images have" in told
    assert "auto: batch size 16: only 20 samples" in told
    assert "auto: width" not in told
    assert (config["recipe"], config["sample_shape"]) == ("quick", [16, 16, 1])
    assert set(config["choices"]) == {"recipe", "image_size", "batch_size", "augmentation"}
    for path in list(pictures_of_many_sizes.glob("*.png")):
        Image.open(path).resize((40, 40)).save(path)  # of which anew 32 pixels would be picked
    larger = datasets.open_source(str(pictures_of_many_sizes), 16)
    config |= runs.same_data.fingerprints(larger, None)  # as if it had begun with these
    config["choices"]["recipe"] = "as the run says"
    (out / "config.json").write_text(json.dumps(config))
    told, again = train("auto", "--steps", 2)
    assert "auto: recipe quick: as the run says" in told
    assert "Resuming from step 1." in told
    assert again == {**config, "steps": 2}
    assert int(runs.Run(out).load().step) == 2

    named = ["--batch-size", 16, "--image-size", 16, "--augment", "diffaugment", "--steps", 2]
    assert train("quick", *named)[1] == again


def test_a_requested_width_only_replaces_the_width():
    """Not the variant for a CPU, whose steps are a fortieth of the recipe's."""
    choice = auto(CATS)
    settings = runs.Settings("auto", "cats", width=4)
    chosen = runs.choosing.with_choices(settings, vars(choice), choice.reasons)
    assert (chosen.width, chosen.choices["width"]) == ("small:4", choice.reasons["width"])
    recipe = recipes.get(chosen.recipe, chosen.width)
    assert recipe == dataclasses.replace(recipes.get("stylegan2_ada", "small"), width=4)
    again = runs.choosing.with_choices(settings, vars(chosen) | {"augmentation": "ada"}, {})
    assert again.width == "small:4"
    of_old_version = {**vars(choice), "width": 4}
    assert runs.choosing.with_choices(settings, of_old_version, {}).width == 4
    on_a_gpu = auto(on_gpu(CATS))
    assert runs.choosing.with_choices(settings, vars(on_a_gpu), {}).width == 4


def test_a_run_tells_which_requests_it_cannot_meet():
    def lines(recipe, width=4, classes=None):
        return runs.settings.unmet_requests({"recipe": recipe, "width": width, "classes": classes})

    assert lines("gan", "small") == ["gan has no variant for a CPU; its usual settings are used."]
    assert lines("r3gan", "small") == lines("r3gan", "small:8") == lines("gan") == []
    assert "without its classifier it is quick" in lines("acgan")[0]
    assert lines("acgan", classes=["cat"]) == []
    told, gan = [], recipes.build("toy1d", (1,), width=4)
    for steps in (3, 5):
        plan = types.SimpleNamespace(config={"schedule_steps": 3, "steps": steps}, tell=told.append)
        runs.training.tell_end_of_schedules(gan, plan)
    (line,) = told
    assert "end at step 3 as at its start" in line


def test_auto_in_a_run_whose_recipe_was_named_is_refused(tmp_path, capsys):
    settings = runs.Settings("dcgan", "digits")
    config = settings.config(datasets.open_source("digits")) | {"fingerprint": "x", "stamp": "x"}
    runs.Run(tmp_path / "run").claim(config)
    assert main(["train", "auto", "--data", "digits", "--out", str(tmp_path / "run")]) == 2
    assert "one that started with the recipe dcgan" in capsys.readouterr().err


def test_hours_end_a_run_that_goes_on(tmp_path, capsys):
    out = str(tmp_path / "run")
    words = ["train", "quick", "--data", "digits", "--width", "2", "--batch-size", "8"]
    words += ["--out", out, "--every", "1000", "--steps", "1002"]
    assert main([*words, "--hours", "0.00001"]) == 0
    told = capsys.readouterr().out
    step = int(runs.Run(out).load().step)
    assert 1 <= step < 1002
    assert f"Ended at step {step}; the same command resumes" in told
    assert main([*words, "--hours", "0"]) == 2
    assert "hours > 0" in capsys.readouterr().err


def test_the_listing_and_the_help_tell_of_it(capsys):
    assert main(["recipes"]) == 0
    assert capsys.readouterr().out.startswith("auto ")
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "'auto' to choose one" in told
    assert "--background COLOUR" in told
