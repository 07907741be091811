"""Settings that TensorFlow and XLA read once, from the environment; so this module comes first."""

import contextlib
import glob
import os
import pathlib
import platform
import sys
import warnings
import zlib

PROCESSORS = pathlib.Path("/proc/cpuinfo")
GPU_FILES = "/dev/nvidia[0-9]*"
CACHE_VARIABLE, NO_CACHE = "KERAS_GAN_COMPILATION_CACHE", "off"
CACHE_FLAG = "--tf_xla_persistent_cache_directory"
MAX_CACHE_BYTES = 2 * 2**30
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


def hide_gpus() -> None:
    """Hides NVIDIA GPUs from TensorFlow, which looks for them at its first computation."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def processor_features() -> list[str]:
    """Returns the processor's flags as Linux names them; empty if unknown."""
    try:
        lines = PROCESSORS.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return next((line.split() for line in lines if line.startswith("flags")), [])


def prepare_gpu() -> None:
    """Sets the defaults for NVIDIA GPUs, which TensorFlow and XLA read at their first computation.

    - GPU memory is allocated as needed, so that several processes can share a GPU.
    - XLA uses deterministic kernels only, so that a training resumes bit for bit.
    - XLA keeps compiled functions in a folder, as compiling a step takes from seconds to minutes:
      `~/.cache/keras_gan/xla`, or the folder in the environment variable
      `KERAS_GAN_COMPILATION_CACHE`; `off` disables it.

    Variables and flags that the user has set are kept. Without an NVIDIA GPU nothing is set.
    """
    if not glob.glob(GPU_FILES):
        return
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    add_flag("XLA_FLAGS", "--xla_gpu_deterministic_ops", "true")
    folder = compilation_cache()
    if folder is not None:
        add_flag("TF_XLA_FLAGS", CACHE_FLAG, str(folder))


def add_flag(variable: str, name: str, value: str) -> None:
    """Adds `name=value` to the flags in an environment variable, unless the name is there."""
    flags = os.environ.get(variable, "")
    if name not in flags:
        os.environ[variable] = f"{flags} {name}={value}".strip()


def separate_cache(name: str) -> None:
    """Moves the folder of compiled functions to a folder below it.

    XLA finds compiled functions again even if TensorFlow's settings have changed. It reads the
    folder's name before it compiles for the first time.

    Args:
        name: Name of the folder below.
    """
    flags = os.environ.get("TF_XLA_FLAGS", "")
    folder = compilation_cache() if CACHE_FLAG in flags else None
    if folder is not None and f"{CACHE_FLAG}={folder}" in flags.split():
        (folder / name).mkdir(exist_ok=True)
        os.environ["TF_XLA_FLAGS"] = flags.replace(str(folder), str(folder / name))


def compilation_cache() -> pathlib.Path | None:
    """Returns the folder of compiled functions, made and trimmed; None if it can't be used.

    XLA finds compiled functions again even if its flags have changed, so each set of flags has a
    folder of its own.
    """
    word = os.environ.get(CACHE_VARIABLE, "~/.cache/keras_gan/xla")
    if word == NO_CACHE:
        return None
    flags = zlib.crc32(os.environ.get("XLA_FLAGS", "").encode())
    cache = pathlib.Path(word).expanduser()
    folder = cache / f"{flags:08x}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trim(cache, MAX_CACHE_BYTES)
    except OSError as error:
        warnings.warn(
            f"expected a folder for compiled functions at {folder}: {error}. Every process "
            f"compiles anew; name another folder in {CACHE_VARIABLE}, or {NO_CACHE}.",
            stacklevel=5,
        )
        return None
    return folder


def trim(folder: pathlib.Path, max_bytes: int) -> None:
    """Removes the oldest files below a folder until the rest is within `max_bytes`."""
    files = []
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # another process removed it
            files += [(path.stat(), path)] if path.is_file() else []
    size = 0
    for stat, path in sorted(files, key=lambda file: file[0].st_mtime, reverse=True):
        size += stat.st_size
        if size > max_bytes:
            path.unlink(missing_ok=True)


prefer_onednn()
prepare_gpu()
