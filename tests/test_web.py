"""The exported page in a real Chromium, beside onnxruntime in Python."""

import base64
import hashlib
import io
import json
import pathlib
import shutil
import sys

import keras_gan as kg
from keras_gan import export
from keras_gan.cli import main
from keras_gan.errors import ConfigError, ExportError
from keras_gan.runtime.generator import Generator, to_uint8

import numpy as np
import pytest
from browsing import find, move_slider, requested_urls
from conftest import resize, tiny_gan, tiny_style_gan
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait
from server_process import add_version

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))

import parity_runtimes
import vendor_onnxruntime_web

ROOT = pathlib.Path(__file__).parents[1]
DIGITS = ROOT / "saved_models" / "digits" / "generator.onnx"
LONG = "a name that is longer than any screen of a phone is wide"
PICTURES = "return [...document.querySelectorAll(arguments[0])].map((c) => c.toDataURL())"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of the digits, of tiny colour images without classes, and of uniform latents."""
    folder = tmp_path_factory.mktemp("pages")
    export.write_page(DIGITS, folder / "digits")
    export.to_web(tiny_gan(channels=3), folder / "colours", export.Card("<b>dcgan</b>"))
    card = export.Card(classes=("<i>", "b", LONG))
    export.to_web(tiny_gan(3, channels=4), folder / "see-through", card)
    export.to_web(tiny_style_gan(), folder / "styles")
    several = {"digits": DIGITS, "see <through>": folder / "see-through" / "generator.onnx"}
    export.write_page(several, folder / "several")
    return folder


@pytest.fixture(scope="module")
def address(pages):
    with parity_runtimes.serving(pages) as address:
        yield address


@pytest.fixture
def visit(browser, address):
    """Opens a page; afterwards the console has to be empty, and no other origin asked."""
    resize(browser, 1280)

    def open_page(name="digits", choices="", query=""):
        browser.get("about:blank")
        browser.get(f"{address}{name}/{query}{choices and '#' + choices}")
        wait(browser, "return document.documentElement.dataset.firstGrid !== undefined")
        settle(browser)

    browser.get_log("browser"), browser.get_log("performance")
    yield open_page
    assert browser.get_log("browser") == []
    ours = (address, "data:", "blob:", "about:")
    assert [url for url in requested_urls(browser) if not url.startswith(ours)] == []


def wait(browser, script):
    return WebDriverWait(browser, 30, 0.02).until(lambda page: page.execute_script(script))


def settle(browser):
    """Waits until the selection is drawn."""
    wait(browser, "return document.getElementById('grid').ariaBusy === 'false'")


def move(browser, selector, value):
    """Moves a slider, and waits until that is drawn."""
    move_slider(browser, selector, value)
    settle(browser)


def drawn(browser, selector, mode="L"):
    """Returns the pixels of canvases, `(count, height, width, channels)`."""
    urls = browser.execute_script(PICTURES, selector)
    files = [io.BytesIO(base64.b64decode(url.split(",")[1])) for url in urls]
    return np.stack([pixels(file, mode) for file in files])


def pixels(file, mode):
    with Image.open(file) as picture:
        values = np.array(picture.convert(mode), int)
    return values.reshape(*values.shape[:2], -1)


def expected(pages, name, count, seed, label=None, truncation=1.0, moved=0):
    """Computes the pixels with onnxruntime in Python."""
    generator = Generator(pages / name / "generator.onnx")
    feed = {"latents": np.float32(truncation) * generator.latents(count, seed) + moved}
    feed["latents"] = feed["latents"].astype("float32")
    if generator.classes:
        labels = np.arange(count) % len(generator.classes) if label is None else [label] * count
        feed["labels"] = np.array(labels, "int32")
    return to_uint8(generator.session.run(["images"], feed)[0]).astype(int)


def hash_of(browser):
    return browser.execute_script("return location.hash")


@pytest.mark.parametrize(
    ("choices", "seed", "label", "truncation"),
    [
        ("", 0, None, 1),
        ("seed=7&class=3&truncation=0.5", 7, 3, 0.5),
        (f"seed={2**63 - 1}&class=9", 2**63 - 1, 9, 1),
    ],
)
def test_digits_are_those_of_python(browser, visit, pages, choices, seed, label, truncation):
    visit(choices=choices)
    wanted = expected(pages, "digits", 40, seed, label, truncation)
    assert np.abs(drawn(browser, "#grid canvas") - wanted).max() <= 1


def test_a_network_that_truncates_itself_does_so_on_the_page(browser, visit, pages):
    visit("styles", "seed=5&truncation=0.5")
    count = len(find(browser, "#grid canvas"))
    generator = Generator(pages / "styles" / "generator.onnx")
    wanted = to_uint8(generator.sample(count, 5, truncation=0.5)).astype(int)
    assert np.abs(drawn(browser, "#grid canvas", "RGB") - wanted).max() <= 1


@pytest.mark.parametrize(("name", "mode"), [("colours", "RGB"), ("see-through", "RGBA")])
def test_colours_are_those_of_python(browser, visit, pages, name, mode):
    visit(name, "seed=5")
    found, wanted = drawn(browser, "#grid canvas", mode), expected(pages, name, 40, 5)
    if mode == "RGBA":  # a canvas keeps colours multiplied by their opacity
        opaque = wanted[..., 3:]
        found, wanted = found * found[..., 3:] // 255, wanted * opaque // 255
    assert np.abs(found - wanted).max() <= 1 + (mode == "RGBA")


def test_what_the_page_tells(browser, visit):
    visit("see-through")
    assert [option.text for option in find(browser, "#label option")] == [
        *("in turn", "<i>", "b", LONG),
    ]
    assert (
        find(browser, "#grid [role=option]")[0].get_attribute("aria-label") == "Sample 1, class <i>"
    )
    visit("colours")
    assert "8 pixels, each made from 6 random numbers" in find(browser, "#about")[0].text
    assert "recipe <b>dcgan</b>" in find(browser, "#about")[0].text
    assert not find(browser, "#label")[0].is_displayed()
    assert len(find(browser, "#directions input")) == 6


@pytest.mark.parametrize("name", ["digits", "see-through"])
def test_a_phone_has_no_sideways_scroll(browser, visit, name):
    resize(browser, 390, 844)
    visit(name)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390


def test_sliders_change_the_picture(browser, visit, pages):
    visit(choices="seed=1")
    first = drawn(browser, "#grid canvas")
    found = json.loads((pages / "digits" / "directions.json").read_text())
    move(browser, "#direction-1", 2.5)
    wanted = expected(pages, "digits", 40, 1, moved=2.5 * np.array(found["directions"][1]))
    received = drawn(browser, "#grid canvas")
    assert np.abs(received - wanted).max() <= 1
    assert np.abs(received - first).mean() > 1
    find(browser, "#reset")[0].click()
    settle(browser)
    assert np.array_equal(drawn(browser, "#grid canvas"), first)
    move(browser, "#truncation", 0)
    (zero,) = np.unique(drawn(browser, "#grid canvas")[::10], axis=0)
    assert np.abs(zero - expected(pages, "digits", 1, 0, 0, truncation=0)[0]).max() <= 1


def test_the_walk_begins_and_ends_at_the_picks(browser, visit):
    visit(choices="seed=2&picks=12,25&mix=0")
    grid, steps = drawn(browser, "#grid canvas"), drawn(browser, "#steps canvas")
    assert np.abs(steps[0] - grid[12]).max() <= 1
    assert np.abs(steps[-1] - grid[25]).max() <= 1
    assert np.abs(steps[4] - grid[12]).mean() > 1
    assert np.array_equal(drawn(browser, "#mixed")[0], steps[0])
    assert "Class 2 turns into 5 at the half" in find(browser, "#between-note")[0].text
    move(browser, "#mix", 1)
    assert np.array_equal(drawn(browser, "#mixed")[0], steps[-1])
    find(browser, "#steps button")[4].click()
    settle(browser)
    assert np.array_equal(drawn(browser, "#mixed")[0], steps[4])


def test_picks_are_the_last_two(browser, visit):
    visit(choices="picks=")
    cells = find(browser, "#grid [role=option]")
    assert not find(browser, "#mix")[0].is_enabled()
    for index in (1, 2, 4):
        cells[index].click()
    settle(browser)
    assert [cell.get_attribute("data-pick") for cell in cells[:6]] == ["", "", "A", "", "B", ""]
    cells[2].click()
    settle(browser)
    selected = find(browser, "#grid [aria-selected=true]")
    assert [cell.get_attribute("data-pick") for cell in selected] == ["A"]
    assert "Choose another" in find(browser, "#status")[0].get_attribute("textContent")


def test_the_address_holds_every_choice(browser, visit):
    visit(choices="seed=3")
    Select(find(browser, "#label")[0]).select_by_value("8")
    move(browser, "#truncation", 0.75)
    move(browser, "#direction-0", -1.5)
    find(browser, "#grid [role=option]")[7].click()
    find(browser, "#grid [role=option]")[11].click()
    move(browser, "#mix", 0.25)
    wait(browser, "return location.hash.includes('mix')")
    told = hash_of(browser)
    assert told == "#seed=3&class=8&truncation=0.75&d=-1.5,0,0,0,0,0,0,0&picks=7,11&mix=0.25"
    shown = drawn(browser, "canvas")
    visit(choices=told[1:], query="?again")
    assert np.array_equal(drawn(browser, "canvas"), shown)
    assert hash_of(browser) == told


def test_back_brings_the_picture_before(browser, visit):
    visit(choices="seed=4")
    first = drawn(browser, "#grid canvas")
    find(browser, "#renew")[0].click()
    settle(browser)
    assert np.abs(drawn(browser, "#grid canvas") - first).mean() > 1
    browser.back()
    wait(browser, "return document.getElementById('seed').value === '4'")
    settle(browser)
    assert np.array_equal(drawn(browser, "#grid canvas"), first)


def test_a_link_that_asks_for_too_much_is_told_of(browser, visit, pages):
    visit(choices="seed=1")
    refused = ["seed=9223372036854775808", "seed=x", "class=10", "truncation=2", "truncation=NaN"]
    refused += ["d=1", "picks=1,1", "picks=40", "mix=", "colour=red"]
    wanted = expected(pages, "digits", 40, 0)
    for choices in refused:
        browser.execute_script("location.hash = arguments[0]", choices)
        name = choices.split("=")[0]
        wait(browser, f"return document.getElementById('trouble').textContent.includes('{name}')")
        settle(browser)
        assert np.abs(drawn(browser, "#grid canvas") - wanted).max() <= 1, choices
    browser.execute_script("location.hash = 'class=9'")
    wait(browser, "return document.getElementById('trouble').hidden")


def test_the_keyboard_is_enough(browser, visit):
    visit(choices="seed=6")

    def press(*keys):
        ActionChains(browser).send_keys(*keys).perform()
        settle(browser)

    def focused():
        return browser.switch_to.active_element

    press("r")
    assert hash_of(browser) != "#seed=6"
    before = hash_of(browser)
    press(" ")
    assert hash_of(browser) != before
    while focused().get_attribute("role") != "option":
        press(Keys.TAB)
    press(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert focused().get_attribute("aria-label") == "Sample 12, class 1"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert browser.execute_script(outline) == "solid"
    press(Keys.ENTER, Keys.END, " ", Keys.HOME, Keys.ARROW_LEFT)
    assert focused().get_attribute("aria-label").startswith("Sample 1,")
    wait(browser, "return location.hash.endsWith('picks=11,39')")
    press(Keys.TAB)
    assert focused().get_attribute("id") == "truncation"
    press(Keys.ARROW_LEFT)
    assert find(browser, "#truncation-value")[0].text == "0.99"
    ids = []
    while not ids or ids[-1] != "keep-mixed":
        press(Keys.TAB)
        ids.append(focused().get_attribute("id"))
    assert {"direction-7", "keep-grid", "mix"} <= set(ids)


def test_a_seed_is_typed(browser, visit, pages):
    visit()
    box = find(browser, "#seed")[0]
    box.clear()
    box.send_keys("1r2", Keys.ENTER)  # a letter is no seed, and R no command here
    assert not browser.execute_script("return document.getElementById('seed').validity.valid")
    box.clear()
    box.send_keys(str(2**63 - 1), Keys.ENTER)
    settle(browser)
    wanted = expected(pages, "digits", 40, 2**63 - 1)
    assert np.abs(drawn(browser, "#grid canvas") - wanted).max() <= 1


def test_pictures_are_downloaded_as_png(browser, visit, tmp_path):
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    visit(choices="seed=9&mix=1")
    grid, mixed = drawn(browser, "#grid canvas"), drawn(browser, "#mixed")[0]
    for button, name in (("#keep-grid", "samples-9.png"), ("#keep-mixed", "sample-9.png")):
        find(browser, button)[0].click()
        WebDriverWait(browser, 30).until(lambda _, name=name: (tmp_path / name).exists())
    whole = pixels(tmp_path / "samples-9.png", "L")
    scale = whole.shape[1] // 280
    assert whole.shape == (4 * 28 * scale, 280 * scale, 1)
    rows = grid.reshape(4, 10, 28, 28).swapaxes(1, 2).reshape(112, 280)
    assert np.array_equal(whole[::scale, ::scale, 0], rows)
    single = pixels(tmp_path / "sample-9.png", "L")
    assert np.array_equal(single[:: len(single) // 28, :: len(single) // 28], mixed)


def test_parity_is_measured_in_the_browser(browser):
    generator = Generator(DIGITS)
    latents, labels = generator.latents(5, seed=3), np.arange(5, dtype="int32")
    found = parity_runtimes.in_browser(DIGITS, latents, labels, repeats=2, browser=browser)
    (wanted,) = generator.session.run(["images"], {"latents": latents, "labels": labels})
    assert np.abs(found["samples"] - wanted).max() <= 1e-5
    assert set(found["milliseconds"]) == {1, 64}
    assert found["cold_start"] > 0


# What is written, and what isn't.


def test_a_page_is_replaced_and_nothing_else_is_left(tmp_path):
    made = export.to_web(tiny_gan(3), tmp_path / "page", export.Card("dcgan"))
    assert made.difference <= 1e-5
    (made.path / "old.txt").touch()
    export.write_page(DIGITS, tmp_path / "page")
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert not (tmp_path / "page" / "old.txt").exists()
    assert (tmp_path / "page" / "generator.onnx").read_bytes() == DIGITS.read_bytes()


def test_what_makes_no_page_is_refused(tmp_path):
    points = kg.GAN(
        kg.networks.MLPGenerator((2,), 5, (8,)), kg.networks.MLPDiscriminator((2,), (8,))
    )
    export.to_onnx(points, tmp_path / "points.onnx")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    for refused, message in (
        (lambda: export.to_web(points, tmp_path / "page"), r"got samples \(2,\)"),
        (lambda: export.to_web(tiny_gan(channels=2), tmp_path / "page"), r"samples \(8, 8, 2\)"),
        (lambda: export.write_page(tmp_path / "points.onnx", tmp_path / "page"), r"samples \(2,\)"),
        (lambda: export.write_page({}, tmp_path / "page"), "one ONNX file or more for a page"),
        (lambda: export.write_page(ROOT / "README.md", tmp_path / "page"), "expected an ONNX file"),
        (lambda: export.to_web(tiny_gan(), tmp_path / "notes"), "holds other files"),
        (lambda: export.write_page(DIGITS, tmp_path / "points.onnx"), "holds other files"),
    ):
        with pytest.raises(ConfigError, match=message):
            refused()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failure_leaves_nothing_and_keeps_the_page_that_was_there(tmp_path, monkeypatch):
    page = export.write_page(DIGITS, tmp_path / "page")
    before = {path: path.read_bytes() for path in page.iterdir()}
    monkeypatch.setattr(kg.export.onnx, "TOLERANCE", -1.0)
    for folder in (page, tmp_path / "new" / "page"):
        with pytest.raises(ExportError, match="to agree with the Keras generator"):
            export.to_web(tiny_gan(), folder)
    assert {path: path.read_bytes() for path in page.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


def test_a_full_disk_leaves_nothing(small_disk):
    folder = small_disk(1000)
    with pytest.raises(ExportError, match=r"could not write to .*disk"):
        export.write_page(DIGITS, folder / "page")
    assert list(folder.iterdir()) == []


def test_command_exports_a_run_with_its_page(run, tmp_path, capsys):
    out, page = shutil.copytree(run, tmp_path / "run"), tmp_path / "a page"
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert main(["export", str(out), "--web", str(page)]) == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert f"python -m http.server --directory '{page}' 8000" in capsys.readouterr().out
    made, beside = page / "generator.onnx", out / "export" / "generator.onnx"
    assert made.read_bytes() == beside.read_bytes()
    assert main(["export", str(out), "--web", str(page), "--serving", "--opset", "17"]) == 2
    assert "expected --out DIR with --opset, --serving beside --web" in capsys.readouterr().err


def test_vendored_files_are_those_that_were_checked():
    for name, digest in vendor_onnxruntime_web.FILES.items():
        content = (vendor_onnxruntime_web.ASSETS / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


def choose_generator(browser, name):
    browser.execute_script("delete document.documentElement.dataset.firstGrid")
    Select(find(browser, "#generator")[0]).select_by_visible_text(name)
    wait(browser, "return document.documentElement.dataset.firstGrid !== undefined")
    settle(browser)


def test_a_page_offers_a_choice_of_generators(visit, browser, pages):
    visit("several", "seed=5&class=3")
    first = drawn(browser, "#grid canvas")
    assert abs(first - expected(pages, "digits", 40, 5, 3)).max() <= 1
    choose_generator(browser, "see <through>")
    assert browser.current_url.endswith("#generator=see%20%3Cthrough%3E&seed=5")
    second = expected(pages, "see-through", 40, 5)
    assert abs(drawn(browser, "#grid canvas", "RGBA")[..., 3] - second[..., 3]).max() <= 1
    assert "in 3 classes" in find(browser, "#about")[0].text
    choose_generator(browser, "digits")
    browser.execute_script("delete document.documentElement.dataset.firstGrid; history.go(-2)")
    wait(browser, "return document.documentElement.dataset.firstGrid !== undefined")
    settle(browser)
    assert (drawn(browser, "#grid canvas") == first).all()
    assert find(browser, "#label")[0].get_attribute("value") == "3"


def test_going_back_while_a_generator_loads_keeps_the_one_that_is_shown(visit, browser, pages):
    visit("several", "seed=5&class=3")
    select_slowly = """
        const [now, slow] = [window.fetch, (wait) => new Promise((then) => setTimeout(then, wait))];
        window.fetch = (...asked) => slow(300).then(() => now(...asked)).finally(() => loads++);
        window.loads = 0;
        const choice = document.getElementById("generator");
        choice.value = "see <through>";
        choice.dispatchEvent(new Event("change"));
        history.back();"""
    browser.execute_script(select_slowly)
    wait(browser, "return loads >= 2 && document.getElementById('waiting').hidden")
    browser.execute_async_script("setTimeout(arguments[0], 500)")
    settle(browser)
    assert hash_of(browser) == "#seed=5&class=3"
    assert find(browser, "#label")[0].get_attribute("value") == "3"
    assert abs(drawn(browser, "#grid canvas") - expected(pages, "digits", 40, 5, 3)).max() <= 1
    choose_generator(browser, "see <through>")
    assert "in 3 classes" in find(browser, "#about")[0].text


def test_a_link_opens_its_generator(visit, browser, pages):
    visit("several", "generator=see+%3Cthrough%3E&seed=2&class=1")
    wanted = expected(pages, "see-through", 40, 2, 1)
    assert abs(drawn(browser, "#grid canvas", "RGBA")[..., 3] - wanted[..., 3]).max() <= 1
    visit("several", "generator=none&seed=2")
    assert "generator=none" in find(browser, "#trouble")[0].text
    visit("digits")
    assert not find(browser, "#generator-choice")[0].is_displayed()


def test_the_command_writes_a_page_of_exported_models(tmp_path, capsys):
    models, page = ROOT / "saved_models", tmp_path / "page"
    assert main(["export", str(models), "--web", str(page)]) == 0
    entries = json.loads((page / "generators.json").read_text("utf-8"))
    assert [entry["name"] for entry in entries] == ["cats", "digits", "emoji", "fashion"]
    for folder in (models, models / "digits"):
        assert main(["export", str(folder), str(folder), "--web", str(page)]) == 2
        assert "expected models of different names, got " in capsys.readouterr().err
    assert main(["export", str(models), str(tmp_path), "--web", str(page)]) == 2
    assert "found none; make one by: keras-gan export RUN --out DIR" in capsys.readouterr().err
    served = tmp_path / "served"
    add_version(served / "digits", 1)
    for name, version in (("digits", 2), ("broken", 1), ("digits", 2**63)):
        add_version(served / name, version, b"damaged")
    assert main(["export", str(served), "--web", str(page)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for line, version in zip(lines, ("version 1 of broken", "version 2 of digits"), strict=False):
        assert line.startswith(f"{version} is left out: expected an ONNX file at ")
    assert len(lines) == 3
    assert json.loads((page / "generators.json").read_text("utf-8")) == [
        {"name": "digits", "folder": "."}
    ]
    assert (page / "generator.onnx").read_bytes() == DIGITS.read_bytes()
    assert main(["export", str(served / "broken"), "--web", str(page)]) == 2
    assert "exported models in " in capsys.readouterr().err
    assert main(["export", str(models), str(tmp_path)]) == 2
    assert "expected --web DIR alone with 2 folders" in capsys.readouterr().err
