"""A quiet terminal: what TensorFlow says goes to a file, which is shown if the command fails.

TensorFlow's C++ writes to file descriptor 2, in the middle of progress bars too. So that becomes
the file, and Python's stderr, with bars, warnings and tracebacks, a copy of what it was.
"""

import contextlib
import logging
import os
import signal
import sys
import tempfile

MOST_SHOWN = 2**16  # bytes, the last ones


@contextlib.contextmanager
def quiet_terminal(*expected: type[BaseException]):
    """Keeps what TensorFlow says from the terminal.

    It is shown if the process dies, or if an exception leaves the block.

    Args:
        expected: Exceptions that TensorFlow has nothing to say about.
    """
    with tempfile.TemporaryFile("w+") as log, descriptor_2_to(log) as terminal, logging_to(log):
        shower, alive = fork_shower(log.fileno(), terminal)
        try:
            yield
        except expected:
            os.kill(shower, signal.SIGKILL)
            raise
        else:
            os.kill(shower, signal.SIGKILL)
        finally:
            os.close(alive)
            os.waitpid(shower, 0)


def fork_shower(log, terminal):
    """Forks a process that shows a log when this process ends, as one that aborts can't itself.

    Args:
        log, terminal: File descriptors.

    Returns:
        Its id, and a file descriptor: closing it is the end that it waits for.
    """
    end, alive = os.pipe()
    shower = os.fork()
    if shower:
        os.close(end)
        return shower, alive
    try:
        os.setsid()  # Ctrl-C is meant for the command alone
        os.close(alive)
        os.read(end, 1)
        size = os.fstat(log).st_size
        said = os.pread(log, MOST_SHOWN, max(0, size - MOST_SHOWN))
        if said:
            os.write(terminal, b"What TensorFlow said, at most the last 64 kB:\n" + said)
    finally:
        os._exit(0)


@contextlib.contextmanager
def descriptor_2_to(file):
    """Gives file descriptor 2 to a file; yields a descriptor of what it was, Python's stderr."""
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


def is_descriptor_2(stream):
    """Tells whether a stream writes to file descriptor 2, as it doesn't in tests."""
    try:
        return stream.fileno() == 2
    except OSError:
        return False


@contextlib.contextmanager
def logging_to(file):
    """Sends what Python libraries log to a file; with it TensorFlow adds no handler of its own."""
    handler = logging.StreamHandler(file)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
