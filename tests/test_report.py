"""The report of real runs, looked at in a real Chromium."""

import json
import shutil

from keras_gan import runs
from keras_gan.cli import main
from keras_gan.errors import RunError
from keras_gan.runs import sessions
from keras_gan.runs.report import render
from keras_gan.runs.report.data import MAX_ROWS, report_data, to_columns, with_speed

import pytest
from browsing import find, move_slider, requested_urls
from conftest import resize
from selenium.webdriver.support.select import Select


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of a few steps, measured while it learnt."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    settings = runs.Settings("quick", "digits", steps=6, width=4, batch_size=16)
    options = runs.MetricOptions(("frechet", "nearest"), count=64, every=48)
    runs.train(settings, folder, every=2, metrics=options)
    runs.evaluate_run(runs.Run(folder), runs.MetricOptions(("frechet", "nearest"), count=64))
    return folder


@pytest.fixture(scope="module")
def other(folder):
    """A copy of it under a hostile name, with another setting and another evaluation."""
    other = folder.parent / "<script>alert(1)</script>".replace("/", "")
    shutil.copytree(folder, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "width": 8}))
    return other


def open_page(browser, path, width=1280):
    """Opens a report; returns the console's messages and the requested URLs."""
    resize(browser, width)
    for log in ("browser", "performance"):
        browser.get_log(log)  # what pages before it left
    browser.get(path.as_uri())
    return browser.get_log("browser"), requested_urls(browser)


@pytest.mark.parametrize("width", [1280, 390])
def test_report_of_a_run_in_a_browser(browser, folder, width):
    console, asked = open_page(browser, folder / "report.html", width)
    assert console == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert browser.execute_script("return document.documentElement.dataset.drawn") == "yes"
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    titles = [title.text for title in find(browser, "#charts h3")]
    assert {"Losses", "Images a second", "r1", "frechet[digits]"} <= set(titles)
    assert len(find(browser, "#charts canvas")) == len(titles)
    verdicts = [verdict.text for verdict in find(browser, ".verdict strong")]
    assert verdicts == [verdict["text"] for verdict in report_data(runs.Run(folder))["verdicts"]]
    assert "quick on digits: 10,000 samples" in find(browser, "#summary")[0].text
    settings = find(browser, "#settings table")[0].text
    for row in ("rules: loss non_saturating", "rules: remat no", "sample shape 28, 28, 1"):
        assert row in settings.splitlines()
    assert not set('{}[]"') & set(settings)
    shown = browser.execute_script(
        "return [...document.images].every(i => i.complete && i.naturalWidth > 0)"
    )
    assert shown


def test_report_is_rewritten_with_evaluations_and_commands(browser, folder, tmp_path):
    assert main(["report", str(folder), "--out", str(tmp_path / "again.html")]) == 0
    assert open_page(browser, tmp_path / "again.html")[0] == []
    metrics = find(browser, "#metrics")[0].text
    assert "frechet[digits]" in metrics
    assert "after step 6, against digits, seed 0" in metrics
    assert len(find(browser, "#metrics .neighbours img")) == 1
    assert "tensorflow 2." in find(browser, "#sessions")[0].text


def test_film_axis_and_smoothing_answer(browser, folder):
    open_page(browser, folder / "report.html")
    picture = find(browser, "#frames img")[0]
    last = picture.get_attribute("src")
    move_slider(browser, "#frame", 0)
    assert find(browser, "#frame-step")[0].text == "0"
    assert picture.get_attribute("src") != last
    Select(find(browser, "#axis")[0]).select_by_value("images_seen")
    assert "images seen" in find(browser, "#charts .u-legend")[0].text
    count = "return document.querySelectorAll('#charts .u-series').length"
    smooth = browser.execute_script(count)
    move_slider(browser, "#smoothing", 0)
    assert browser.execute_script(count) < smooth  # no raw curve beside each


def test_runs_side_by_side(browser, folder, other, tmp_path):
    out = tmp_path / "both.html"
    assert main(["report", str(folder), str(other), str(folder), "--out", str(out)]) == 0
    assert open_page(browser, out)[0] == []  # no alert, no error
    heads = [head.text for head in find(browser, "#settings thead th")]
    assert heads == ["", "first", other.name, "first (2)"]
    assert [row.text.split()[0] for row in find(browser, "tr.differs")] == ["width"]
    assert len(find(browser, "#frames img")) == 3
    legend = find(browser, "#charts figure[aria-label='Losses'] .u-legend")[0].text
    assert "first d_loss" in legend
    assert "first (2) g_loss" in legend


def test_throughput_is_measured_on_a_copy(browser, folder, tmp_path):
    before = runs.Run(folder).checkpoints.newest().read_bytes()
    out = tmp_path / "timed.html"
    assert main(["report", str(folder), "--throughput", "--out", str(out)]) == 0
    assert runs.Run(folder).checkpoints.newest().read_bytes() == before
    found = json.loads((folder / "throughput.json").read_text())
    parts = {part["name"]: part["milliseconds"] for part in found["parts"]}
    inside = [ms for name, ms in parts.items() if not name.startswith("data")]
    assert all(ms >= 0 for ms in parts.values())
    assert parts["discriminator"] > 0
    assert sum(inside) >= found["total"] * 0.999
    assert found["batch_size"] == 16
    assert open_page(browser, out)[0] == []
    assert "images a second" in find(browser, "#throughput")[0].text


def test_long_and_broken_histories_become_short_columns():
    rows = [
        {"step": s, "images_seen": 64 * s, "seconds": s / 10, "d_loss": float(s)}
        for s in range(1, 3 * MAX_ROWS + 1)
    ]
    rows[-1]["d_loss"] = float("nan")
    columns = to_columns(with_speed(rows))
    assert len(columns["step"]) == MAX_ROWS
    assert columns["step"][:2] == [3, 6]
    assert columns["series"]["d_loss"][:2] == [2.0, 5.0]
    assert columns["series"]["d_loss"][-1] is None
    assert columns["series"]["images_per_second"][5] == pytest.approx(640)
    assert columns["minutes"][0] == pytest.approx(0.005)
    assert to_columns([]) == {"step": [], "images_seen": [], "minutes": [], "series": {}}


def test_page_lets_no_text_out_of_its_place():
    text = render("a & <b>", {"runs": ["</script><script>alert(1)</script>"]})
    assert "<title>a &amp; &lt;b&gt;</title>" in text
    assert "alert(1)</script>" not in text
    assert "{{" not in text.split("<script>")[0]


def test_what_is_no_run_or_is_broken_is_named(folder, tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert "expected a run folder" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()
    shutil.copytree(folder, tmp_path / "broken")
    (tmp_path / "broken" / "evaluation.json").write_text("{")
    with pytest.raises(RunError, match=r"evaluation\.json"):
        report_data(runs.Run(tmp_path / "broken"))


def test_sessions_leave_out_a_line_that_was_cut(tmp_path):
    path = tmp_path / "sessions.jsonl"
    sessions.record(path, 0)
    with path.open("a") as file:
        file.write('{"started": "20')
    (session,) = sessions.read(path)
    assert session["step"] == 0
    assert session["cores"] >= 1
    assert sessions.read(tmp_path / "none.jsonl") == []
