import io
import sys

from keras_gan.progress import LOG_SECONDS, TERMINAL_SECONDS, progress_bar


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
