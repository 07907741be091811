"""A quiet terminal: TensorFlow's messages go to a file, which is shown if the command fails.

TensorFlow's C++ code writes to file descriptor 2, even into progress bars. It is redirected to a
file. Python's stderr, with progress bars, warnings and tracebacks, keeps writing to the terminal.
"""

import contextlib
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from typing import TextIO

MAX_LOG = 2**16  # bytes that are shown, the last ones


@contextlib.contextmanager
def quiet_terminal(*expected: type[BaseException]) -> Iterator[None]:
    """Keeps TensorFlow's messages off the terminal.

    They are shown if the process dies, or if an exception leaves the block. Without `os.fork`, as
    on Windows, TensorFlow's errors are shown at once, and its other messages never.

    Args:
        expected: Exceptions after which the messages aren't shown.
    """
    if not hasattr(os, "fork"):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when TensorFlow is imported
        yield
        return
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as log,
        redirect_descriptor_2(log) as terminal,
        redirect_logging(log),
        contextlib.ExitStack() as stack,
    ):
        printer, pipe = fork_printer(log.fileno(), terminal)

        @stack.push
        def end_printer(error, *_):
            if error is None or issubclass(error, expected):
                os.kill(printer, signal.SIGKILL)
            os.close(pipe)
            os.waitpid(printer, 0)

        yield


def fork_printer(log: int, terminal: int) -> tuple[int, int]:
    """Forks a process that prints a log when this process ends, even if it aborts.

    Args:
        log: File descriptor of the log.
        terminal: File descriptor of the terminal.

    Returns:
        The process's id, and the file descriptor of a pipe; the log is printed when it is closed.
    """
    read_end, write_end = os.pipe()
    printer = os.fork()
    if printer:
        os.close(read_end)
        return printer, write_end
    try:
        os.setsid()  # so that Ctrl-C doesn't end this process
        os.close(write_end)
        os.read(read_end, 1)
        size = os.fstat(log).st_size
        messages = os.pread(log, MAX_LOG, max(0, size - MAX_LOG))
        if messages:
            os.write(terminal, b"TensorFlow's messages, at most the last 64 kB:\n" + messages)
    finally:
        os._exit(0)


@contextlib.contextmanager
def redirect_descriptor_2(file: TextIO) -> Iterator[int]:
    """Redirects file descriptor 2 to a file; yields a descriptor of its former target.

    Python's stderr keeps writing to the former target.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    os.dup2(file.fileno(), 2)
    text = {"encoding": sys.stderr.encoding, "errors": "backslashreplace"}
    try:
        with open(terminal, "w", buffering=1, closefd=False, **text) as stderr:
            target = stderr if is_descriptor_2(sys.stderr) else sys.stderr
            with contextlib.redirect_stderr(target):
                yield terminal
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


def is_descriptor_2(stream: TextIO) -> bool:
    """Returns whether a stream writes to file descriptor 2; in tests it doesn't."""
    try:
        return stream.fileno() == 2
    except OSError:
        return False


@contextlib.contextmanager
def redirect_logging(file: TextIO) -> Iterator[None]:
    """Sends the log of Python libraries to a file; TensorFlow then adds no other handler."""
    handler = logging.StreamHandler(file)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
