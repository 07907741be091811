import contextlib
import fcntl
import io
import os
import struct
import sys
import termios

from keras_gan.cli.lines import print_line
from keras_gan.progress import LOG_SECONDS, TERMINAL_SECONDS, progress_bar, terminal_size


def written(updates, **options):
    """Returns the output of a bar on a stream that isn't a terminal."""
    stream = io.StringIO()
    with progress_bar(updates, "image", "reading", file=stream, **options) as bar:
        for _ in range(updates):
            bar.update()
    return stream.getvalue()


def test_short_work_shows_no_bar():
    assert written(50) == ""


def test_a_log_file_gets_the_first_and_the_last_update():
    text = written(1000, delay=0, leave=True)
    assert [line.split(":")[0] for line in text.split("\r") if line] == ["reading"] * 2
    assert "0/1000" in text
    assert "1000/1000" in text


def test_a_terminal_is_updated_more_often(monkeypatch):
    bar = progress_bar(3, "image", initial=1, disable=False)
    assert (bar.mininterval, bar.n, bar.total) == (LOG_SECONDS, 1, 3)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert progress_bar(3, "image").mininterval == TERMINAL_SECONDS


@contextlib.contextmanager
def terminal(rows, columns):
    """Yields the stream of a terminal of a size, and the descriptor that reads it."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with open(slave, "w") as stream:
        yield stream, master
    os.close(master)


def test_a_terminal_without_rows_shows_a_bar(monkeypatch):
    for size, options in (
        ((0, 0), {"ncols": 80, "nrows": 24}),
        ((24, 100), {"dynamic_ncols": True}),
    ):
        with terminal(*size) as (stream, _), monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            assert terminal_size() == options
    with terminal(0, 0) as (stream, master), monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        with progress_bar(3, "image", "reading", delay=0):
            pass
        assert b"reading" in os.read(master, 1000)


def test_a_long_line_breaks_between_words_in_a_terminal(monkeypatch, capsys):
    line = "a word-of-many parts " * 3
    print_line(line)
    assert capsys.readouterr().out == line + "\n"
    monkeypatch.setenv("COLUMNS", "20")
    with terminal(24, 20) as (stream, master), monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        print_line("a word-of-many parts and more of them")
        text = os.read(master, 1000).decode().splitlines()
    assert text == ["a word-of-many parts", "  and more of them"]
