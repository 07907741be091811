"""When, by what command and on what machine a run was trained: a line of JSON a session."""

import contextlib
import datetime
import importlib.metadata
import json
import pathlib
import platform
import shlex
import sys

from keras_gan import machine
from keras_gan.errors import RunError
from keras_gan.files import limits
from keras_gan.files.json_file import parse

PACKAGES = ("keras_gan", "keras", "tensorflow", "numpy")


def record(path, step):
    """Adds this session to a run's.

    Args:
        path: The run's `sessions.jsonl`.
        step: Where the session begins.
    """
    session = {
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "step": step,
        "command": shlex.join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]),
        **environment(),
    }
    with pathlib.Path(path).open("a") as file:
        file.write(json.dumps(session) + "\n")


@contextlib.contextmanager
def alone(path):
    """Keeps another training out of the run while it lasts; the lock ends with the process.

    Where the system or the file system has no locks, nothing is kept out.

    Args:
        path: The run's `sessions.jsonl`.

    Raises:
        RunError: If another process trains in the run.
    """
    path = pathlib.Path(path)
    with path.open("a") as file:
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(
                    f"expected no other training in {path.parent}, but a process trains there; "
                    "wait for its end, stop it, or choose another --out."
                ) from None
        yield


def read(path) -> list[dict]:
    """The sessions of a run, oldest first; a line that was cut by a crash is left out.

    Args:
        path: The run's `sessions.jsonl`.
    """
    path = pathlib.Path(path)
    found = []
    text = limits.read_text(path, errors="replace") if path.exists() else ""
    for line in text.splitlines():
        try:
            session = parse(line)
        except ValueError:
            continue
        if isinstance(session, dict):
            found.append(session)
    return found


def environment() -> dict:
    """Versions and machine, name -> text or number."""
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "cores": machine.cores(),
        "gpus": ", ".join(gpu["device_name"] for gpu in machine.gpus()) or "none",
    }


def processor():
    """The processor's name, as far as the system tells it."""
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
