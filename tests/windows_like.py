"""Makes Linux refuse what Windows refuses, for a process of its own; see test_windows.py."""

import builtins
import fcntl
import io
import os
import shutil
import signal
import sys
import tempfile
import warnings

PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
RESERVED = {"con", "prn", "aux", "nul", *PORTS}
MISSING_MODULES = ("fcntl", "grp", "pwd", "resource", "termios")
MISSING = {
    os: ("fork", "getuid", "geteuid", "getloadavg", "killpg", "pread", "sched_getaffinity"),
    signal: ("SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1", "setitimer"),
}
PATHS = ("replace", "rename", "rmdir", "unlink")
REAL = {name: getattr(os, name) for name in ("open", "fsync", "mkdir", *PATHS)}
open_file, get_flags = builtins.open, fcntl.fcntl


def behave_like_windows(root):
    """Installs the refusals for files below a folder, and those of the whole process.

    Below the folder no folder can be opened, no open file be replaced, renamed or deleted, and
    nothing be renamed to a path that exists; a file has to be writable to be synced; names of
    devices and characters that no name has are refused; and lines of text end in a carriage return
    unless the program says how they end. In the whole process, functions and modules that Windows
    lacks are gone, and a text file without a stated encoding is an error in the package's modules
    if Python runs with `-X warn_default_encoding`.
    """
    files = Files(root)
    builtins.open = io.open = files.open
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # which Python has there
    os.open, os.fsync = files.open_descriptor, fsync
    for name in ("mkdir", *PATHS):
        setattr(os, name, files.checked(name))
    os.remove = os.unlink
    shutil._use_fd_functions = False  # as on systems that open no folders
    for module, names in MISSING.items():
        for name in names:
            delattr(module, name)
    sys.modules.update(dict.fromkeys(MISSING_MODULES))
    warnings.filterwarnings("error", category=EncodingWarning, module=r"keras_gan(\.|$)")
    warnings.filterwarnings("ignore", "only soft file lock is available")  # there are others


class Files:
    """Functions of `os` and `open` that refuse what Windows does, for files below a folder."""

    def __init__(self, root):
        self.root = os.path.realpath(root)

    def holds(self, path):
        """Returns whether a path is below the folder; descriptors aren't."""
        is_path = isinstance(path, str | os.PathLike)
        return is_path and os.path.abspath(path).startswith(self.root + os.sep)

    def check(self, path, to_open=False):
        """Refuses a name that no file has and, unless it's to be opened, a file that is open."""
        if self.holds(path):
            check_name(os.path.relpath(path, self.root))
            if not to_open and os.path.exists(path):
                check_closed(path)

    def open_descriptor(self, path, flags, *more, **options):
        """Opens a file as `os.open` does, but no folder."""
        self.check(path, to_open=True)
        if self.holds(path) and os.path.isdir(path):
            raise PermissionError(13, "Permission denied, as it is a folder", path)
        return REAL["open"](path, flags, *more, **options)

    def open(self, path, mode="r", buffering=-1, encoding=None, errors=None, newline=None, **more):
        """Opens a file as `open` does, with the ends of lines that Windows has."""
        self.check(path, to_open=True)
        if self.holds(path) and newline is None and "b" not in mode and set(mode) & set("wax"):
            newline = "\r\n"
        return open_file(path, mode, buffering, encoding, errors, newline, **more)

    def checked(self, name):
        """Returns a function of `os` that checks its paths first."""

        def call(*paths, **options):
            for path in paths:
                self.check(path)
            if name == "rename" and os.path.exists(paths[1]):
                raise FileExistsError(17, "File exists", paths[1])
            return REAL[name](*paths, **options)

        return call


def check_name(path):
    """Refuses the names of devices, and characters that no name has."""
    for part in path.split(os.sep):
        is_device = part.split(".")[0].lower() in RESERVED
        if is_device or set(part) & set(':?*<>|"\\') or part.rstrip(". ") != part:
            raise OSError(22, "Invalid argument, as no file has such a name", path)


def check_closed(path):
    """Refuses a file that this process has open or mapped, and a folder that holds such a file."""
    path = os.path.realpath(path)
    names = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    with open_file("/proc/self/maps", encoding="utf-8") as maps:
        names += [line.split(maxsplit=5)[-1].strip() for line in maps]
    if any(name == path or name.startswith(path + os.sep) for name in names):
        raise PermissionError(13, "Permission denied, as the file is open", path)


def fsync(file):
    """Refuses a descriptor that can't be written to."""
    if get_flags(file, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(9, "Bad file descriptor, as it is read-only")
    REAL["fsync"](file)
