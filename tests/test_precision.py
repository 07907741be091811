"""The precision that a run chooses for its machine, and keeps."""

import json
import re

from keras_gan import datasets, environment, machine, media, runs
from keras_gan.cli import main
from keras_gan.runs.precision import LEAST_GAIN, choose_precision, narrower_precision

import pytest

H100, V100, OLD, UNKNOWN = ([{"compute_capability": c}] for c in ((9, 0), (7, 0), (6, 1), None))
UNITS, NO_UNITS = "flags : fpu avx2 avx512_bf16", "flags : fpu avx2"


@pytest.fixture
def processor(tmp_path, monkeypatch):
    """Sets the flags of the processor."""

    def write(flags):
        (tmp_path / "cpuinfo").write_text(flags)
        monkeypatch.setattr(environment, "PROCESSORS", tmp_path / "cpuinfo")

    return write


def settings(steps=500, medium=None, deterministic=False):
    medium = (medium or media.Image()).to_config()
    return {"steps": steps, "medium": medium, "deterministic": deterministic}


@pytest.mark.parametrize(
    ("config", "replicas", "gpus", "flags", "expected"),
    [
        (settings(), 1, [], UNITS, ("bfloat16", None)),
        (settings(), 1, [], "flags : amx_bf16", ("bfloat16", None)),
        (settings(), 1, [], NO_UNITS, ("float32", "this processor has no units for bfloat16")),
        (settings(499), 1, [], UNITS, ("float32", "fewer than 500 steps")),
        (settings(deterministic=True), 1, [], UNITS, ("float32", "deterministic runs")),
        (settings(), 2, [], UNITS, ("float32", "several replicas, whose steps aren't timed")),
        (settings(medium=media.Points()), 1, H100, UNITS, ("float32", "only images")),
        (settings(1), 8, H100, NO_UNITS, ("bfloat16", "this GPU has units for it")),
        (settings(), 1, V100, UNITS, ("float16", None)),
        (settings(), 1, OLD, UNITS, ("float32", "this GPU has no units for 16 bits")),
        (settings(), 1, UNKNOWN, UNITS, ("float32", "or its kind is unknown")),
    ],
)
def test_what_is_compared_with_float32(config, replicas, gpus, flags, expected, processor):
    processor(flags)
    precision, reason = narrower_precision(config, replicas, gpus)
    assert precision == expected[0]
    assert (reason is None) == (expected[1] is None)
    assert (expected[1] or "") in (reason or "")


def test_a_machine_without_a_list_of_processors_has_no_units(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "PROCESSORS", tmp_path / "missing")
    assert not machine.has_bfloat16_units()


def test_the_choice_follows_a_timing_of_the_game(processor):
    processor(UNITS)
    source = datasets.open_source("digits")
    config = runs.Settings("quick", "digits", width=4, batch_size=8).config(source)
    assert config["mixed_precision"] == "auto"
    told = []
    dataset = source.to_dataset(8, labels=True)
    precision, reason = choose_precision(config, dataset, 1, told.append)
    assert told == ["Timing 5 steps in float32 and in bfloat16 ..."]
    pattern = r"a step in bfloat16 is ([\d.]+) times as fast as in float32"
    gain = float(re.fullmatch(pattern, reason)[1])
    assert (precision == "bfloat16") == (gain >= LEAST_GAIN) or gain == LEAST_GAIN  # rounded


def test_a_run_keeps_its_precision(processor, tmp_path, capsys):
    def train(*options):
        out = tmp_path / "run"
        sizes = ["--width", "4", "--batch-size", "8", "--every", "1"]
        code = main(["train", "quick", "--data", "digits", "--out", str(out), *sizes, *options])
        return code, json.loads((out / "config.json").read_text()), capsys.readouterr()

    processor(NO_UNITS)
    _, config, printed = train("--steps", "1")
    assert config["mixed_precision"] == "float32"
    assert "precision float32: this processor has no units for bfloat16\n" in printed.out
    processor(UNITS)
    code, config, printed = train("--steps", "2")
    assert (code, config["mixed_precision"]) == (0, "float32")
    assert "precision float32" not in printed.out
    code, _, printed = train("--steps", "3", "--mixed-precision", "bfloat16")
    assert code == 2
    assert "mixed_precision: 'float32' there, 'bfloat16' now" in printed.err
