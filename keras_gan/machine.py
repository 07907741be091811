"""What this machine has: processors, memory, GPUs."""

import glob
import os
import pathlib

import tensorflow as tf

GIBIBYTE = 2**30
GPU_FILES = "/dev/nvidia[0-9]*"
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> float | None:
    """Gibibytes of main memory that this process may use; None where the system doesn't say."""
    try:
        found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, ValueError, OSError):
        return None
    for path in map(pathlib.Path, CGROUP_LIMITS):
        limit = path.read_text().strip() if path.exists() else ""
        found += [int(limit)] if limit.isdecimal() else []
    return min(found) / GIBIBYTE


def gpus() -> list[dict]:
    """What TensorFlow says of each GPU: `device_name`, `compute_capability`, as far as known."""
    devices = tf.config.list_physical_devices("GPU")
    return [
        {"device_name": device.name, **tf.config.experimental.get_device_details(device)}
        for device in devices
    ]


def has_unused_gpu() -> bool:
    """Returns whether there is an NVIDIA GPU that TensorFlow doesn't use, though nobody hid it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return bool(glob.glob(GPU_FILES)) and not hidden and not gpus()
