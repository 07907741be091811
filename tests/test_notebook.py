"""What a notebook shows: `tools/digits.ipynb`, run by a kernel with tiny networks."""

import base64
import io
import json
import re

import keras_gan as kg
from keras_gan import notebook
from keras_gan.errors import ConfigError

import nbclient
import nbformat
import numpy as np
import pytest
from conftest import random_images, tiny_gan
from PIL import Image
from test_readme import ROOT, assert_ignored, block_after, lines_of

SMALLER = {
    "width=64": "width=2",
    "latent_dim=128": "latent_dim=4",
    "epochs=5": "epochs=2, steps_per_epoch=1",
    '"quick", "digits"': '"gan", "tiny.npy", width=4, steps=2',
    "tell=print": "every=1, tell=print",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The notebook with outputs, and the folder in which it ran."""
    folder = tmp_path_factory.mktemp("notebook")
    np.save(folder / "tiny.npy", random_images(64))
    book = nbformat.read(ROOT / "tools" / "digits.ipynb", as_version=4)
    assert all(not cell.outputs for cell in book.cells if cell.cell_type == "code")
    for cell, (long, short) in ((c, s) for c in book.cells for s in SMALLER.items()):
        cell.source = cell.source.replace(long, short)
    where = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3", resources=where).execute()
    return book, folder


def outputs_of(book, word):
    """Returns the outputs of the first cell of code that begins with a word."""
    return next(c.outputs for c in book.cells if re.search(f"^{word}", c.source, re.M))


def text_of(outputs):
    """Returns what the outputs of a cell have as text."""
    return "".join(output.text for output in outputs if output.output_type == "stream")


def test_a_notebook_shows_what_the_readmes_lines_do(ran):
    book, folder = ran
    code = json.loads((ROOT / "tools" / "digits.ipynb").read_text("utf-8"))["cells"]
    sources = "\n\n".join("".join(c["source"]) for c in code if c["cell_type"] == "code")
    lines = block_after("In your own code")
    assert len(lines_of(lines)) <= 15
    for paragraph in lines.strip().split("\n\n"):
        assert paragraph in sources
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]

    (model,) = (o for o in outputs_of(book, "gan$") if o.output_type == "execute_result")
    assert "DCGANGenerator" in model.data["text/html"]
    assert "R1(weight=0.1, interval=1)" in model.data["text/html"]

    (figure,) = (o for o in outputs_of(book, "gan.fit") if o.output_type == "display_data")
    drawn = figure.data["text/html"]  # in place: one output for three pictures
    assert "step 2" in drawn
    assert len(list((folder / "samples").iterdir())) == 3
    assert {"d_loss", "g_loss"} <= set(re.findall(r">(\w+) [\d.]+</span>", drawn))
    png = base64.b64decode(re.search(r"base64,([^\"]+)", drawn)[1])
    assert png == (folder / "samples" / "00000002.png").read_bytes()

    (shown,) = outputs_of(book, "gan.show")
    picture = Image.open(io.BytesIO(base64.b64decode(shown.data["image/png"])))
    assert picture.size == (336, 336)
    assert len(np.unique(picture)) > 10
    assert "Adam(learning_rate=0.001" in text_of(outputs_of(book, "gan.summary"))
    left = {path.name for path in folder.iterdir()}
    assert {"digits.keras", "digits.onnx", "samples", "served"} <= left
    assert_ignored(left - {"runs"})


def test_a_notebook_shows_runs(ran):
    book, _ = ran
    outputs = outputs_of(book, "result")
    figure, report = (o.data["text/html"] for o in outputs if o.output_type == "display_data")
    assert "step 2" in figure
    assert "<svg" in figure
    assert "report.html" in report
    assert "srcdoc=" in report
    told = text_of(outputs)
    assert "2/2" in told
    assert "Exporting" in told


def test_no_notebook_no_output(tmp_path, capsys):
    from IPython.terminal.interactiveshell import TerminalInteractiveShell

    assert not hasattr(TerminalInteractiveShell, "kernel")
    assert not notebook.is_running()
    (tmp_path / "report.html").write_text("<p>")
    notebook.show_page(tmp_path / "report.html")
    notebook.Figure().show(tmp_path / "missing.png", 1, {"d_loss": 1.0})
    assert capsys.readouterr() == ("", "")


def test_pictures_of_ones_own(tmp_path):
    class Four(kg.callbacks.Pictures):
        def draw(self, path):
            kg.pictures.save_png(self.model.show(4), path)

    gan = tiny_gan()
    gan.compile()
    gan.fit(random_images(8), batch_size=4, verbose=0, callbacks=[Four(tmp_path / "x", every=1)])
    assert len(list((tmp_path / "x").iterdir())) == 3


def test_curves_hold_both_ends_and_escape_names():
    rows = [(step, {"<a>_loss": step / 10, "b_loss": 1.0}) for step in range(5_001)]
    drawn = notebook.draw_curves(rows)
    (first, *_, last), _ = (line.split() for line in re.findall(r'points="(.*?)"', drawn))
    assert (first, last) == ("5.0,155.0", "475.0,5.0")
    assert len(drawn) < 20_000
    assert "&lt;a&gt;_loss 500</span>" in drawn
    assert "(0 to 500, steps 0 to 5,000)" in drawn
    (point,) = re.findall(r'cx="(.*?)" cy="(.*?)"', notebook.draw_curves([(7, {"d_loss": 0.5})]))
    assert point == ("5.0", "5.0")


def test_an_overview_names_players_rules_and_state():
    gan = tiny_gan(num_classes=3)
    gan.name = "<b>"
    assert "none yet; call compile()" in gan._repr_html_()
    bcr = kg.penalties.Consistency(kg.augment.DiffAugment(("cutout",)), interval=2)
    schedules = {"learning_rate": kg.schedules.Cosine(2e-4, 5e-5, images=600)}
    gan.compile("sgd", rules=kg.Rules("hinge", [bcr], n_critic=2), schedules=schedules)
    lines = []
    gan.summary(print_fn=lines.append)
    (text,) = lines
    for words in (
        *("GAN '<b>'", "(6,) and () -> (8, 8, 1)", "657 parameters", "SGD(learning_rate=0.01"),
        *("Adam(learning_rate=0.001, beta_1=0, beta_2=0.99)", "average of generator", "Hinge()"),
        *("transformation=DiffAugment(transforms=['cutout']", "interval=2", "n_critic      "),
        "Cosine(start=0.0002, end=5e-05, images=600)",
    ):
        assert words in text, words
    assert "<b>&#x27" not in gan._repr_html_()
    assert "GAN &#x27;&lt;b&gt;&#x27;" in gan._repr_html_()
    gan.summary(print_fn=lambda line, **_: lines.append(line), expand_nested=True, line_length=80)
    assert sum("Total params: 657" in line for line in lines) == 1


def test_samples_are_shown_as_one_picture():
    gan = tiny_gan(num_classes=3)
    assert gan.show(6, seed=1, labels=[0, 1, 2] * 2, columns=3).size == (384, 256)
    with pytest.raises(ConfigError, match="columns"):
        gan.show(4, columns=0)
    with pytest.raises(ConfigError, match="to show from 1 to 10,000, got 1000000"):
        gan.show(1_000_000)
    tables = kg.networks.MLPGenerator((2,), units=(4,)), kg.networks.MLPDiscriminator((2,), (4,))
    assert min(kg.GAN(*tables).show(50).size) >= 256
