import functools

from keras_gan import callbacks, checkpoints, checks, media, pictures, runs
from keras_gan.errors import ConfigError

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("check", "good", "bad", "message"),
    [
        (
            functools.partial(checks.check_integer, "k"),
            [1, 7, np.int64(3)],
            [0, -1, 2.0, 1.5, True, "3", None, np.float32(2)],
            "expected an integer k >= 1, got",
        ),
        (
            functools.partial(checks.check_integer, "columns", minimum=2),
            [2],
            [1],
            "expected an integer columns >= 2, got 1",
        ),
        (
            functools.partial(checks.check_integer, "rate", maximum=1_000_000),
            [1, 1_000_000],
            [0, 1_000_001, 0.5, "9" * 1_000],
            r"expected an integer rate from 1 to 1,000,000, got .{1,63}\.$",
        ),
        (
            checks.check_seed,
            [0, 2**31 - 1, np.uint8(3)],
            [-1, 2**31, 1.0, False, "0"],
            r"expected an integer seed from 0 to 2\*\*31 - 1, got",
        ),
        (
            functools.partial(checks.check_seed, bits=63),
            [2**63 - 1],
            [2**63],
            r"expected an integer seed from 0 to 2\*\*63 - 1, got",
        ),
        (
            functools.partial(checks.check_number, "p", maximum=1),
            [0, 0.5, 1, np.float32(0.25)],
            [-0.1, 1.1, float("nan"), True, "0.5", None],
            "expected p from 0 to 1, got",
        ),
        (
            functools.partial(checks.check_number, "weight"),
            [0, 1e9],
            [-1, float("inf"), float("nan")],
            "expected weight >= 0, got",
        ),
        (
            functools.partial(checks.check_positive, "sigma"),
            [1e-9, 3],
            [0, -1.0, float("inf"), float("nan"), "1"],
            "expected sigma > 0, got",
        ),
    ],
)
def test_checks_return_the_value_or_name_it(check, good, bad, message):
    for value in good:
        assert check(value) == value
    for value in bad:
        with pytest.raises(ConfigError, match=message):
            check(value)


def test_integers_become_ints_that_json_can_represent():
    assert type(checks.check_integer("k", np.int64(3))) is int
    assert type(checks.check_seed(np.int64(3))) is int


@pytest.mark.parametrize(
    "use",
    [
        checkpoints.Checkpoints,
        callbacks.SampleGrid,
        callbacks.HistoryCSV,
        callbacks.read_table,
        runs.Run,
        functools.partial(media.Image().save, np.zeros((1, 8, 8, 1))),
        functools.partial(pictures.save_png, np.zeros((8, 8, 1), "uint8")),
        functools.partial(pictures.save_gif, [np.zeros((8, 8, 1), "uint8")]),
    ],
)
def test_what_is_no_path_is_named(use):
    for other in (None, 3, b"name"):
        with pytest.raises(ConfigError, match=r"a path as a str or a pathlib.Path, got (None|3|b)"):
            use(other)
