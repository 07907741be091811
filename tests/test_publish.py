"""A run as a folder to share, and the Hugging Face hub, of which a small one runs here."""

import json
import shutil
import sys

import keras_gan as kg
from keras_gan.cli import main
from keras_gan.errors import ConfigError, DataError, ExportError, HubError
from keras_gan.files import hub as hub_client
from keras_gan.runs import starting
from keras_gan.runs.licences import find_licence
from keras_gan.runtime import Generator

import hub_server
import numpy as np
import pytest
from commands import TRAIN, newest, refused, train, words
from conftest import differing, state_of, tiny_gan
from huggingface_hub import ModelCard, constants
from PIL import Image

SECRET = "/home/ann/clinic"
COMMANDS = (
    f"keras-gan train dcgan --data {SECRET}/digits --out '{SECRET}/my runs/a' --set r1=0.5",
    f"__main__.py train dcgan --data={SECRET}/digits/ --out a --from hf:me/cats --steps 5",
)


@pytest.fixture(scope="module")
def source(run, tmp_path_factory):
    """The tiny run, as if trained on a folder of somebody's, with two evaluations."""
    folder = shutil.copytree(run, tmp_path_factory.mktemp("source") / "my_digits")
    config = json.loads((folder / "config.json").read_text())
    config |= {"data": f"{SECRET}/digits", "weights_from": "hf:me/cats@main"}
    (folder / "config.json").write_text(json.dumps(config))
    sessions = [{"command": command} for command in (*COMMANDS, COMMANDS[0], "notebook.py a", "'")]
    (folder / "sessions.jsonl").write_text("\n".join(map(json.dumps, [*sessions, {}])))
    report = "frechet[digits] 5.125, lower is better (300 against 200)"
    evaluation = {"step": 5, "data": f"{SECRET}/digits", "seed": 3, "figures": {}}
    evaluations = [{**evaluation, "reports": [report]}]
    evaluations += [{**evaluation, "step": 4, "reports": ["of another step"]}]
    (folder / "evaluation.json").write_text(json.dumps(evaluations))
    return folder


@pytest.fixture(scope="module")
def published(source):
    """The folder that the command writes, and what it told."""
    folder = source.with_name("published")
    told = []
    kg.runs.publish(kg.runs.Run(source), folder, "CC-BY-4.0", tell=told.append)
    return folder, told


def test_the_hub_reads_the_card(published):
    card = ModelCard.load(published[0] / "README.md")
    assert card.data.to_dict() == {
        "license": "cc-by-4.0",
        "library_name": "keras",
        "pipeline_tag": "unconditional-image-generation",
        "tags": ["gan", "keras-gan", "dcgan"],
        "base_model": "me/cats",
        "sdk": "static",
    }
    for text in (
        "# my\\_digits\n",
        "![100 generated samples](samples.png)",
        "dcgan on digits: 10,000 samples of 28x28x1 in 10 classes; 5 steps of 16.",
        "step 5, after 80 samples seen",
        "Against digits, seed 3:\n\n- frechet\\[digits\\] 5.125, lower is better (300 against 200)",
        "keras-gan train dcgan --data digits --out a --set r1=0.5\n"
        "python -m keras_gan train dcgan --data=digits --out a --from hf:me/cats --steps 5\n```",
        "keras-gan train dcgan --width 2 --image-size 28x28 --data DATA --out RUN --from hf:OWNER/",
        "| classes | 10: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 |",
        "| weights\\_from | hf:me/cats@main |",
    ):
        assert text in card.text
    assert "another step" not in card.text


def test_a_published_folder_is_complete_and_names_no_folder_of_the_machine(published, source):
    folder, told = published
    names = sorted(path.name for path in folder.iterdir())
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    assert told == [f"{folder}: {len(names)} files, {size:.1f} MB: {', '.join(names)}"]
    assert {"index.html", "page.js", "ort-wasm-simd-threaded.wasm", "config.json"} < set(names)
    for path in folder.iterdir():
        assert b"clinic" not in path.read_bytes(), path
    with Image.open(folder / "samples.png") as picture:
        assert min(picture.size) > 250
    assert (folder / "model.keras").read_bytes() == newest(source).read_bytes()
    generator = Generator(folder / "generator.onnx")
    assert generator.metadata["licence"] == "cc-by-4.0"
    expected = kg.runs.Run(source).load().sample(5, seed=2, labels=3)
    np.testing.assert_allclose(generator.sample(5, seed=2, label=3), expected, atol=1e-5)
    assert not differing(*(state_of(kg.runs.open_run(each).load()) for each in (folder, source)))


def test_a_published_folder_starts_a_training_and_is_never_written_to(
    published, source, tmp_path, capsys, monkeypatch
):
    folder = published[0]
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert train(tmp_path / "run", "--steps", 1, "--from", folder) == 0
    assert "moving_average: 12 weights copied, 100%" in capsys.readouterr().out
    assert main(words("sample", folder, "--out", tmp_path / "a.png", "--label", 7)) == 0
    for command in (["evaluate", folder], ["export", folder], ["report", folder]):
        assert "got the published one" in refused(capsys, command)
    for command, text in (
        (["sample", folder, "--best"], "a published run has one model; leave --best out"),
        (["export", source, "--web", folder], "but it holds other files"),
        (["export", folder, "--out", folder], "got the published one"),
        (["export", folder, "--out", folder / "export"], "got the published one"),
        (["export", folder, "--web", ""], "another folder than the current one, got ."),
        (["serve", folder], f"make one by: keras-gan export {folder} --out DIR"),
        (["serve", "hf:me/digits"], "make one by: keras-gan export hf:me/digits --out DIR"),
        (["serve", folder / "model.keras"], "make one by: keras-gan export RUN --out DIR"),
    ):
        assert text in refused(capsys, command)
    monkeypatch.chdir(tmp_path)
    for command in (
        *([*TRAIN, "--out", run] for run in (folder, "hf:me/digits")),
        *(["publish", run, tmp_path / "again"] for run in (folder, "hf:me/digits")),
        ["evaluate", "hf:me/digits"],
    ):
        assert "train from it: --from" in refused(capsys, command)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "run"]
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub of this machine, with a token; the client keeps files for this test alone."""
    with hub_server.serving() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", hub_server.TOKEN)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # whose server isn't here
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield server


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own
def test_a_run_is_published_and_read_again(source, hub, tmp_path, capsys, monkeypatch):
    folder, sample = tmp_path / "dir", ["sample", "hf:me/digits", "--count", 4, "--label", 7]
    publish = ["publish", source, folder, "--license", "mit", "--upload", "me/digits"]
    assert main(words(*publish, "--private")) == 0
    assert capsys.readouterr().out.endswith(f"Uploaded to {hub.url}/me/digits\n")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert hub.repositories["me/digits"] == [{}, files]
    assert hub.private == {"me/digits"}
    assert b'kg.load_model(hf_hub_download("me/digits", "model.keras"))' in files["README.md"]
    assert sum(request.startswith("PUT /stored/") for request in hub.requests) == 2

    assert main(words(*sample, "--out", tmp_path / "online.png")) == 0
    got = [each.rpartition("/")[2] for each in hub.requests if "/resolve/" in each]
    assert set(got) == {"config.json", "model.keras"}
    assert train(tmp_path / "run", "--steps", 1, "--from", "hf:me/digits@main") == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["weights_from"] == "hf:me/digits@main"

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    before = len(hub.requests)
    assert main(words(*sample, "--out", tmp_path / "offline.png")) == 0
    assert len(hub.requests) == before
    assert (tmp_path / "offline.png").read_bytes() == (tmp_path / "online.png").read_bytes()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    error = refused(capsys, ["sample", "hf:me/other"], 1)
    assert "Check the connection and HF_HUB_OFFLINE" in error


def test_what_the_hub_refuses_leaves_the_folder_complete(published, hub, monkeypatch, capsys):
    folder = published[0]
    command = f"hf upload others/digits {folder}"
    with pytest.raises(HubError, match="don't have the rights") as told:
        hub_client.upload(folder, "others/digits")
    assert command in str(told.value)
    monkeypatch.setenv("HF_TOKEN", "hf_outdated")
    with pytest.raises(HubError, match=r"Invalid username or password\. .*HF_TOKEN") as told:
        hub_client.upload(folder, "me/digits")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"refused\. Check the connection.*hf upload") as told:
        hub_client.upload(folder, "me/digits")


def test_what_cannot_be_read_is_told(hub, tmp_path, capsys):
    hub.repositories["me/two"] = [{"a.keras": b"a", "b.keras": b"b", "config.json": b"{}"}]
    hub.repositories["me/one"] = [{"a.keras": b"a"}]
    for name, text in (
        ("me/none", "Check the repository's name; if it is private"),
        ("me/one@v2", "Choose a branch, tag or commit"),
        ("me/two", "or one .keras file, in hf:me/two, got 2 .keras files"),
    ):
        error = refused(capsys, ["sample", f"hf:{name}"], 1)
        assert text in error
    for name, text in (("digits", "as OWNER/NAME"), ("me/one@", "commit after the @")):
        assert text in refused(capsys, ["sample", f"hf:{name}"])
    config = {"weights_from": "hf:me/one", "freeze_discriminator": 0}
    with pytest.raises(DataError, match=r"expected a \.keras file at .*a\.keras, but"):
        starting.start_from_weights(tiny_gan(), kg.runs.Run(tmp_path / "run"), config, print)


def test_what_cannot_be_published_leaves_nothing(source, tmp_path, capsys, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    new = tmp_path / "new"
    for arguments, text in (
        ([tmp_path / "full"], "holds other files"),
        ([tmp_path / "full" / "mine.txt"], "holds other files"),
        ([new, "--license", "aapche-2.0"], "got 'aapche-2.0'; did you mean 'apache-2.0'? Known: "),
        ([new, "--license", "terms.txt"], "or a file with the text of another one, got 'terms.tx"),
        ([new, "--best"], "train with --evaluate-every"),
        ([new, "--upload", "digits"], "as OWNER/NAME, got 'digits'"),
    ):
        assert text in refused(capsys, ["publish", source, *arguments])
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    error = refused(capsys, ["publish", source, new, "--upload", "me/digits"])
    assert "run hf auth login, or set HF_TOKEN" in error
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for command in (["publish", source, new, "--upload", "me/digits"], ["sample", "hf:me/digits"]):
        assert "pip install '.[hub]'" in refused(capsys, command)
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "mine.txt"]
    new.mkdir()
    monkeypatch.chdir(new)
    for command in (["publish", source, "."], ["export", source, "--web", new]):
        assert "another folder than the current one, got" in refused(capsys, command)
    assert not any(new.iterdir())


def test_points_have_no_page_and_a_licence_may_be_a_file(source, tmp_path, capsys):
    run = kg.runs.Run(tmp_path / "points")
    run.checkpoints.save(kg.recipes.build("toy25", (2,), width=8))
    config = json.loads((source / "config.json").read_text())
    config |= {"recipe": "toy25", "medium": {"name": "points"}, "sample_shape": [2]}
    config |= {"classes": None, "data": "toy:mixture25", "width": 8}
    run.config_path.write_text(json.dumps(config))
    (tmp_path / "Our Terms.txt").write_text("Be kind.")
    folder = tmp_path / "published"
    folder.mkdir()
    publish = ["publish", run.folder, folder, "--license", tmp_path / "Our Terms.txt"]
    assert main(words(*publish)) == 0
    told = capsys.readouterr().out
    assert "No figures are published, as there are none; keras-gan evaluate" in told
    assert f"hf upload OWNER/NAME {folder}" in told
    card = ModelCard.load(folder / "README.md").data.to_dict()
    assert {name: card.get(name) for name in ("license", "license_name", "license_link")} == {
        "license": "other",
        "license_name": "our-terms",
        "license_link": "LICENSE",
    }
    assert {"sdk", "pipeline_tag"}.isdisjoint(card)
    assert (folder / "LICENSE").read_text() == "Be kind."
    assert sorted(path.name for path in folder.iterdir()) == [
        *("LICENSE", "README.md", "config.json", "generator.onnx", "generator.py"),
        *("model.keras", "samples.png"),
    ]
    assert Generator(folder / "generator.onnx").sample(3).shape == (3, 2)


def test_a_full_disk_leaves_no_published_folder(source, small_disk):
    folder = small_disk(6_000)
    with pytest.raises(ExportError, match="No space left on device; nothing was left"):
        kg.runs.publish(kg.runs.Run(source), folder / "new" / "published", "mit")
    assert not any(folder.iterdir())


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "it is empty"), (b" \n", "it is empty"), (b"\xff\xfe\x00", "'utf-8' codec can't")],
)
def test_a_licence_without_text_is_refused(tmp_path, content, told):
    (tmp_path / "own.txt").write_bytes(content)
    with pytest.raises(ConfigError, match=f"expected the text of a licence at .*, but: {told}"):
        find_licence(str(tmp_path / "own.txt"))
