"""What TensorFlow must be told before it is imported; so this is imported before all else."""

import os
import pathlib
import platform
import sys
import warnings

FAST_ANYWAY = ("avx512_vnni", "avx512_bf16", "amx_tile")  # where TensorFlow uses oneDNN by itself


def prefer_onednn():
    """Lets TensorFlow use oneDNN's kernels on every x86 processor, unless the user has chosen.

    By itself TensorFlow uses them on the newest processors alone, but they are faster for
    convolutions on older ones too. It reads `TF_ENABLE_ONEDNN_OPTS` once, when it is imported;
    where that was before keras_gan, a warning says so.

    Example:

        TF_ENABLE_ONEDNN_OPTS=0 keras-gan train dcgan --data digits --out runs/digits
    """
    if "TF_ENABLE_ONEDNN_OPTS" in os.environ:
        return
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return
    if "tensorflow" not in sys.modules:
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    elif not any(feature in processor_features() for feature in FAST_ANYWAY):
        warnings.warn(
            "TensorFlow was imported before keras_gan, without oneDNN's kernels, which are faster "
            "on this processor. Import keras_gan before keras and tensorflow, or set the "
            "environment variable TF_ENABLE_ONEDNN_OPTS to 1, or to 0 to go on without this line.",
            stacklevel=4,
        )


def processor_features():
    """The processor's flags as Linux names them; empty where that is not known."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    return next((line.split() for line in lines if line.startswith("flags")), [])


prefer_onednn()
