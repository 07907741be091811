"""Settings that TensorFlow reads when it is imported; so this module is imported first."""

import os
import pathlib
import platform
import sys
import warnings

ONEDNN_BY_DEFAULT = ("avx512_vnni", "avx512_bf16", "amx_tile")  # processors with these features


def prefer_onednn() -> None:
    """Enables oneDNN's kernels on every x86 processor, unless the user has set the variable.

    TensorFlow enables them only on the newest processors, but their convolutions are faster on
    older ones too. TensorFlow reads `TF_ENABLE_ONEDNN_OPTS` when it is imported. If that happened
    before the import of keras_gan, a warning says so.

    Example:

        TF_ENABLE_ONEDNN_OPTS=0 keras-gan train dcgan --data digits --out runs/digits
    """
    if "TF_ENABLE_ONEDNN_OPTS" in os.environ:
        return
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return
    if "tensorflow" not in sys.modules:
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    elif not any(feature in processor_features() for feature in ONEDNN_BY_DEFAULT):
        warnings.warn(
            "TensorFlow was imported before keras_gan, without oneDNN's kernels, which are faster "
            "on this processor. Import keras_gan before keras and tensorflow, or set the "
            "environment variable TF_ENABLE_ONEDNN_OPTS to 1, or to 0 to silence this warning.",
            stacklevel=4,
        )


def processor_features() -> list[str]:
    """Returns the processor's flags as Linux names them; empty if unknown."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    return next((line.split() for line in lines if line.startswith("flags")), [])


prefer_onednn()
