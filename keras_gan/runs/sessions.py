"""Sessions of a run: a line of JSON with time, command and machine for each."""

import contextlib
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import shlex
import sys
from collections.abc import Iterator

from keras_gan import machine
from keras_gan.errors import RunError
from keras_gan.files import limits
from keras_gan.files.atomic import write_text
from keras_gan.files.json_file import parse

import filelock

PACKAGES = ("keras_gan", "keras", "tensorflow", "numpy")


def record(path: str | os.PathLike, step: int) -> None:
    """Adds this session to those of a run; a full disk leaves these whole.

    Args:
        path: The run's `sessions.jsonl`.
        step: First step of the session.
    """
    session = {
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "step": step,
        "command": shlex.join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]),
        **environment(),
    }
    path = pathlib.Path(path)
    earlier = limits.read_text(path, errors="replace").splitlines() if path.exists() else []
    write_text(path, "".join(f"{line}\n" for line in [*earlier, json.dumps(session)]))


@contextlib.contextmanager
def lock(path: str | os.PathLike) -> Iterator[None]:
    """Locks a run against other trainings; the lock ends with the process at the latest.

    Does nothing if the file system doesn't support locks. The lock has a file of its own, as
    Windows lets nobody read a locked one. A killed process leaves that file, but no lock.

    Args:
        path: The run's `sessions.jsonl`.

    Raises:
        RunError: If another process trains in the run.
    """
    path = pathlib.Path(path)
    file = path.with_suffix(".lock")
    # a soft lock would be a file alone, which a killed process leaves
    held = filelock.FileLock(file, timeout=0, fallback_to_soft=False)
    with contextlib.suppress(OSError):
        try:
            held.acquire()
        except filelock.Timeout:
            raise RunError(
                f"expected no other training in {path.parent}, but a process trains there; "
                "wait for its end, stop it, or choose another --out."
            ) from None
    try:
        yield
    finally:
        if held.is_locked:
            with contextlib.suppress(OSError):  # Windows deletes no open file; filelock does later
                file.unlink()
            held.release()


def read(path: str | os.PathLike) -> list[dict]:
    """Reads the sessions of a run, oldest first, without lines that a crash truncated.

    Args:
        path: The run's `sessions.jsonl`.
    """
    path = pathlib.Path(path)
    sessions = []
    text = limits.read_text(path, errors="replace") if path.exists() else ""
    for line in text.splitlines():
        try:
            session = parse(line)
        except ValueError:
            continue
        if isinstance(session, dict):
            sessions.append(session)
    return sessions


def environment() -> dict[str, str | int]:
    """Returns versions of packages and facts about the machine, by name."""
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "cores": machine.cores(),
        "gpus": ", ".join(gpu["device_name"] for gpu in machine.gpus()) or "none",
    }


def processor() -> str:
    """Returns the name of the processor, as exactly as the system reports it."""
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
