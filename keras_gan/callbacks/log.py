"""Figures and pictures of a training, sent to an experiment tracker."""

import os
import pathlib
from collections.abc import Callable, Iterable, Iterator

from keras_gan.callbacks.table import read_table
from keras_gan.errors import ConfigError, TrackerError, abbreviate
from keras_gan.files.atomic import check_path
from keras_gan.trackers import Tracker

import keras


class Log(keras.callbacks.Callback):
    """Sends the tables and pictures that other callbacks write to an experiment tracker.

    Put it after the callbacks that write them. A resumed training sends what is new; a training
    that is tracked for the first time sends its earlier rows and pictures too. If a tracker
    fails, a line says so, and the training goes on without it.

    Args:
        tracker: A `Tracker` of `keras_gan.trackers`.
        tables: CSV files of `HistoryCSV`, `TimesCSV` or `Evaluate`.
        pictures: Folder of `SampleGrid` or another of the `Pictures`; None for no pictures.
        settings: Settings of the training, to show beside the figures.
        tell: Function to call with lines of progress, such as `print`.

    Raises:
        ConfigError: For a tracker or tables of another kind.
        TrackerError: At the start of training, if the tracker can't be started.

    Example:

        board = kg.trackers.get("tensorboard", "logs", "cats")
        hooks = [kg.callbacks.HistoryCSV("history.csv", every=50),
                 kg.callbacks.SampleGrid("samples", every=500),
                 kg.callbacks.Log(board, ["history.csv"], "samples")]
        gan.fit(dataset, epochs=5, callbacks=hooks)
    """

    def __init__(
        self,
        tracker: Tracker,
        tables: Iterable[str | os.PathLike],
        pictures: str | os.PathLike | None = None,
        settings: dict | None = None,
        tell: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        if not isinstance(tracker, Tracker):
            raise ConfigError(
                f"expected a tracker, as of kg.trackers.get, got {abbreviate(tracker)}."
            )
        if isinstance(tables, str | os.PathLike):
            raise ConfigError(
                f"expected a list of tables, such as [{str(tables)!r}], got one path."
            )
        self.tracker, self.settings, self.tell = tracker, settings or {}, tell
        self.tables = [check_path(path) for path in tables]
        self.pictures = None if pictures is None else check_path(pictures)
        self._is_open = False

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Starts the tracker, and sends what it lacks."""
        with self.tracker.reporting():
            is_continued = self.tracker.start(self.settings)
            self._sent = self.tracker.read_sent() if is_continued else {}
        self._is_open, self._seen = True, {}
        if int(self.model.roll_backs):  # later rows differ from those that were sent
            step = int(self.model.step)
            self._sent = {name: min(sent, step) for name, sent in self._sent.items()}
        self.tell(f"Logging to {self.tracker.package}: {self.tracker.place}")

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Sends new rows and pictures."""
        self._attempt(self._send_new)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Sends new rows and pictures, of callbacks that write once per epoch."""
        self._attempt(self._send_new)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Closes the tracker."""
        self.close()

    def close(self) -> None:
        """Closes the tracker; also to be called if the training raises an error."""
        self._attempt(self.tracker.close)
        self._is_open = False

    def _attempt(self, action: Callable[[], None]) -> None:
        """Performs an action of the tracker, unless it is closed or has failed."""
        if not self._is_open:
            return
        try:
            with self.tracker.reporting():
                action()
        except TrackerError as error:
            self._is_open = False
            self.tell(f"The training goes on without {self.tracker.package}: {error}")

    def _send_new(self) -> None:
        """Sends new rows and pictures, and keeps what was sent, also if one fails."""
        before = dict(self._sent)
        try:
            for path in filter(self._has_changed, self.tables):
                for step, figures in self._new(path, rows_of(path)):
                    self.tracker.log_figures(step, figures)
            if self.pictures is not None and self._has_changed(self.pictures):
                for step, picture in self._new(self.pictures, pictures_of(self.pictures)):
                    self.tracker.log_picture(step, picture)
        finally:
            if self._sent != before:
                self.tracker.write_sent(self._sent)

    def _has_changed(self, path: pathlib.Path) -> bool:
        """Returns whether a file or folder has changed since the last call."""
        changed = path.stat().st_mtime_ns if path.exists() else None
        before, self._seen[path] = self._seen.get(path), changed
        return changed != before

    def _new(self, path: pathlib.Path, entries: list[tuple]) -> Iterator[tuple]:
        """Yields the entries, `(step, ...)`, of a table or folder that weren't sent."""
        for step, entry in entries:
            if step > self._sent.get(path.name, -1):
                yield step, entry
                self._sent[path.name] = step


def rows_of(path: pathlib.Path) -> list[tuple[int, dict[str, float]]]:
    """Returns the rows of a table as `(step, figures)`."""
    return [(int(row.pop("step")), row) for row in read_table(path)]


def pictures_of(folder: pathlib.Path) -> list[tuple[int, pathlib.Path]]:
    """Returns the pictures in a folder as `(step, path)`, by step."""
    return sorted((int(path.stem), path) for path in folder.glob("*.png") if path.stem.isdecimal())
