"""The parity matrix of tools/parity.py: every consumer, every network family, and the digits."""

import pathlib
import shutil
import sys

from keras_gan import networks

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))

import parity

EVERYWHERE = ("digits", "dcgan with conditional BatchNorm")  # in Node and in the browser too


@pytest.mark.parametrize("game", [game for game in parity.GAMES if game not in EVERYWHERE])
def test_every_consumer_in_python_agrees_with_keras(game):
    check(parity.matrix(game, timed=False, left_out=("node", "browser")), 8)


@pytest.mark.parametrize("game", EVERYWHERE)
def test_every_consumer_agrees_with_keras(game, node_app):
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("no chromium and chromedriver on this machine")
    check(parity.matrix(game, timed=False, node_app=node_app), 10)


def check(rows, count):
    """Checks that all rows exist and are within their bounds."""
    assert len(rows) == count
    for consumer, row in rows.items():
        assert parity.within_bounds(consumer, row), (consumer, row)


def test_every_family_is_in_the_matrix():
    families = {name for name in networks.__all__ if name.endswith("Generator")}
    assert families == {type(make().generator).__name__ for make in parity.GAMES.values()}


def test_a_row_out_of_bounds_is_seen():
    row = {"largest": 2e-5, "mean": 0.0, "tolerance": 0.0}
    assert not parity.within_bounds("opset 18", row)
    assert parity.within_bounds("opset 18", {**row, "tolerance": 1e-4})
    assert not parity.within_bounds("session", {**row, "tolerance": 1e-4})
    assert not parity.within_bounds("int8", {"mean": 0.11, "spread": 0.5})
    assert not parity.within_bounds("browser", {**row, "largest": float("nan")})
