"""A short fuzz run; tools/fuzz.py is the long one."""

import contextlib

from keras_gan.errors import KerasGanError

import hypothesis
import pytest
from fuzzing import KINDS, cases, write_case

CASES = {"checkpoint": 15, "images": 15, "zip": 15}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_give_a_result_or_an_error_of_the_package(kind, tmp_path_factory):
    @hypothesis.settings(
        max_examples=CASES.get(kind, 60),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(cases(kind))
    def read(files):
        folder = tmp_path_factory.mktemp(kind)
        write_case(folder, files)
        with contextlib.suppress(KerasGanError):
            KINDS[kind].read(folder)

    read()
