"""A quiet terminal: what TensorFlow says goes to a file, which is shown if the command fails.

TensorFlow's C++ writes to file descriptor 2, in the middle of progress bars too. So that becomes
the file, and Python's stderr, with bars, warnings and tracebacks, a copy of what it was.
"""

import contextlib
import logging
import os
import subprocess
import sys
import tempfile

# A process of its own, as one that aborts or is killed can't show anything. Its stdin ends when the
# command does; Ctrl-C doesn't reach its session.
SHOW_AT_THE_END = """
import os, sys
sys.stdin.read()
said = os.pread(int(sys.argv[1]), 2**31 - 1, 0).decode(errors='replace')
if said:
    sys.stderr.write(f'What TensorFlow said, the last 64 kB at most:\\n{said[-65536:]}\\n')
"""


@contextlib.contextmanager
def quiet_terminal(*expected: type[BaseException]):
    """Keeps what TensorFlow says from the terminal.

    It is shown if the process dies, or if an exception leaves the block.

    Args:
        expected: Exceptions that TensorFlow has nothing to say about.
    """
    with tempfile.TemporaryFile("w+") as log, descriptor_2_to(log) as terminal, logging_to(log):
        command = [sys.executable, "-I", "-S", "-c", SHOW_AT_THE_END, str(log.fileno())]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=terminal,
            stderr=terminal,
            pass_fds=[log.fileno()],
            start_new_session=True,
        ) as show:
            try:
                yield
            except expected:
                show.kill()
                raise
            else:
                show.kill()


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
