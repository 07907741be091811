import os
import sys
import warnings

from keras_gan import environment

import pytest

VARIABLE = "TF_ENABLE_ONEDNN_OPTS"


@pytest.fixture
def unset(monkeypatch):
    """An x86 machine whose user hasn't chosen."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(environment.platform, "machine", lambda: "x86_64")
    return monkeypatch


def test_importing_the_package_chose_onednn_before_tensorflow():
    """The tests import keras_gan before keras."""
    assert os.environ[VARIABLE] == "1" or environment.platform.machine() not in ("x86_64", "AMD64")


def test_the_users_choice_stays(unset):
    unset.setenv(VARIABLE, "0")
    environment.prefer_onednn()
    assert os.environ[VARIABLE] == "0"


def test_other_processors_are_left_alone(unset):
    unset.setattr(environment.platform, "machine", lambda: "aarch64")
    environment.prefer_onednn()
    assert VARIABLE not in os.environ


def test_before_tensorflow_it_chooses(unset):
    unset.delitem(sys.modules, "tensorflow")
    environment.prefer_onednn()
    assert os.environ[VARIABLE] == "1"


def test_after_tensorflow_it_tells_those_for_whom_it_matters(unset):
    unset.setattr(environment, "processor_features", lambda: ["avx", "avx2"])
    with pytest.warns(UserWarning, match="Import keras_gan before keras and tensorflow"):
        environment.prefer_onednn()
    assert VARIABLE not in os.environ
    unset.setattr(environment, "processor_features", lambda: ["avx2", "avx512_vnni"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        environment.prefer_onednn()
