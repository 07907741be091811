"""Resources of this machine: processors, memory, GPUs."""

import glob
import os
import pathlib

from keras_gan.environment import GPU_FILES, processor_features

import tensorflow as tf
from tensorflow.python.client import device_lib

GIBIBYTE = 2**30
BFLOAT16_FEATURES = {"amx_bf16", "avx512_bf16"}
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def cores() -> int:
    """Returns the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> float | None:
    """Returns the gibibytes of memory that this process may use, or None if unknown."""
    try:
        limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, ValueError, OSError):
        return None
    for path in map(pathlib.Path, CGROUP_LIMITS):
        limit = path.read_text("utf-8").strip() if path.exists() else ""
        limits += [int(limit)] if limit.isdecimal() else []
    return min(limits) / GIBIBYTE


def has_bfloat16_units() -> bool:
    """Returns whether the processor multiplies bfloat16 matrices itself."""
    return not BFLOAT16_FEATURES.isdisjoint(processor_features())


def gpus() -> list[dict]:
    """Returns `device_name` and, if known, `compute_capability` of each GPU of TensorFlow."""
    devices = tf.config.list_physical_devices("GPU")
    return [
        {"device_name": device.name, **tf.config.experimental.get_device_details(device)}
        for device in devices
    ]


def gpu_memory() -> int | None:
    """Returns the bytes of memory of TensorFlow's first GPU, or None without one."""
    limits = [
        device.memory_limit
        for device in device_lib.list_local_devices()
        if device.device_type == "GPU"
    ]
    return limits[0] if limits else None


def has_unused_gpu() -> bool:
    """Returns whether TensorFlow can't use an NVIDIA GPU that isn't hidden from it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return bool(glob.glob(GPU_FILES)) and not hidden and not gpus()
