"""A quiet terminal: TensorFlow's messages go to a file, which is shown if the command fails.

TensorFlow's C++ code writes to file descriptor 2, even into progress bars. It is redirected to a
file. Python's stderr, with progress bars, warnings and tracebacks, keeps writing to the terminal.
"""

import contextlib
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import TextIO

# This runs in another process, as one that aborts or is killed can't print the log. Its stdin ends
# with the command, and it has another session, which Ctrl-C doesn't reach.
PRINT_LOG_AT_END = """
import os, sys
sys.stdin.read()
log = os.pread(int(sys.argv[1]), 2**31 - 1, 0).decode(errors='replace')
if log:
    sys.stderr.write(f'Messages of TensorFlow, the last 64 kB at most:\\n{log[-65536:]}\\n')
"""


@contextlib.contextmanager
def quiet_terminal(*expected: type[BaseException]) -> Iterator[None]:
    """Keeps TensorFlow's messages off the terminal.

    They are shown if the process dies, or if an exception leaves the block.

    Args:
        expected: Exceptions after which the messages aren't shown.
    """
    with (
        tempfile.TemporaryFile("w+") as log,
        redirect_descriptor_2(log) as terminal,
        redirect_logging(log),
    ):
        command = [sys.executable, "-I", "-S", "-c", PRINT_LOG_AT_END, str(log.fileno())]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=terminal,
            stderr=terminal,
            pass_fds=[log.fileno()],
            start_new_session=True,
        ) as printer:
            try:
                yield
            except expected:
                printer.kill()
                raise
            else:
                printer.kill()


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
            own = is_descriptor_2(sys.stderr)
            with contextlib.redirect_stderr(stderr if own else sys.stderr):
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
