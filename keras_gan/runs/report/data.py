"""The data of a report, for the page's JSON."""

import base64
import io
import math
import pathlib
from collections.abc import Mapping, Sequence

from keras_gan import verdicts
from keras_gan.callbacks import read_table
from keras_gan.errors import RunError
from keras_gan.files import limits
from keras_gan.files.json_file import read_json
from keras_gan.pictures import open_png
from keras_gan.runs import sessions
from keras_gan.runs.folder import Run
from keras_gan.runs.schemas import EVALUATIONS, THROUGHPUT
from keras_gan.runs.settings import summary

import numpy as np
import PIL.Image

UNSHOWN = ("moments", "fingerprint", "stamp")  # numbers that say nothing to a reader
COUNTERS = ("step", "images_seen", "seconds")
MAX_ROWS = 2_000  # of a table; longer ones are averaged, as no screen shows so many
MAX_FRAMES = 60  # of the film
FILM_BYTES = 8_000_000  # of all frames


def report_data(run: Run) -> dict:
    """Collects the data of a run.

    Args:
        run: A `Run`.

    Returns:
        Plain data for JSON: `name`, `summary`, `config`, `history` and `metrics` as
        `{"step", "images_seen", "minutes", "series"}`, `evaluations`, `verdicts`, `film` as
        `[{"step", "picture"}]`, `neighbours`, `sessions`, `throughput`.

    Raises:
        RunError: If the folder isn't a run.
    """
    run.check_unpublished()
    config = run.read_config()
    times = read_table(run.times_path)
    history = with_seconds(read_table(run.history_path), times)
    metrics = with_seconds(read_table(run.metrics_path), times)
    evaluations = read_optional(run.evaluation_path, EVALUATIONS) or []
    figures = [*metrics, *comparable_figures(evaluations, config["data"])]
    return {
        "name": run.folder.name,
        "summary": summary(config),
        "config": {name: value for name, value in config.items() if name not in UNSHOWN},
        "history": to_columns(with_speed(history)),
        "metrics": to_columns(metrics),
        "evaluations": evaluations,
        "verdicts": [vars(verdict) for verdict in verdicts.judge(history, figures)],
        "film": film_frames(run),
        "neighbours": picture_uri(run.neighbours_path) if run.neighbours_path.exists() else None,
        "sessions": sessions.read(run.sessions_path),
        "throughput": read_optional(run.throughput_path, THROUGHPUT),
    }


def comparable_figures(evaluations: Sequence[Mapping], data: str) -> list[dict]:
    """Returns the figures of the evaluations that verdicts may compare with each other.

    They are of the run's own data, and of as many samples as the newest of these.

    Args:
        evaluations: Content of `evaluation.json`, oldest first.
        data: Name of the run's data.
    """
    own = [evaluation for evaluation in evaluations if evaluation["data"] == data]
    return [each["figures"] for each in own if each.get("counts") == own[-1].get("counts")]


def read_optional(path: pathlib.Path, schema: object) -> object:
    """Reads a JSON file; returns None if it doesn't exist."""
    if not path.exists():
        return None
    return read_json(path, schema, RunError, "Remove it to continue without it.")


def with_seconds(rows: Sequence[Mapping], times: Sequence[Mapping]) -> Sequence[Mapping]:
    """Adds the seconds of training up to each row, if the times are known.

    Args:
        rows: Rows of a table, by step.
        times: Rows of `times.csv`, between which the seconds are interpolated.
    """
    times = [row for row in times if "seconds" in row]
    if not times:
        return rows
    columns = ([0.0, *(row[name] for row in times)] for name in ("step", "seconds"))
    steps, seconds = map(np.array, columns)
    return [{**row, "seconds": float(np.interp(row["step"], steps, seconds))} for row in rows]


def with_speed(rows: Sequence[Mapping]) -> list[dict]:
    """Adds the images per second since the previous row to each row of the history."""
    results = []
    for previous, row in zip([None, *rows], rows, strict=False):
        is_timed = previous is not None and "seconds" in row and "seconds" in previous
        seconds = row["seconds"] - previous["seconds"] if is_timed else 0.0
        images = 0.0 if previous is None else row["images_seen"] - previous["images_seen"]
        speed = {"images_per_second": images / seconds} if seconds > 0 else {}
        results.append({**row, **speed})
    return results


def to_columns(rows: Sequence[Mapping]) -> dict:
    """Returns rows as columns of at most `MAX_ROWS` values; missing or non-finite ones are None."""
    rows = average_rows(rows, math.ceil(len(rows) / MAX_ROWS))
    names = dict.fromkeys(name for row in rows for name in row)
    series = {name: [finite(row.get(name)) for row in rows] for name in names}
    minutes = [None if s is None else s / 60 for s in series.pop("seconds", [])]
    counters = {name: series.pop(name, []) for name in COUNTERS if name != "seconds"}
    return {**counters, "minutes": minutes, "series": series}


def average_rows(rows: Sequence[Mapping], group: int) -> Sequence[Mapping]:
    """Averages each `group` of rows; counters are those of its last row."""
    if group <= 1:
        return rows
    results = []
    for start in range(0, len(rows), group):
        part = rows[start : start + group]
        names = dict.fromkeys(name for row in part for name in row if name not in COUNTERS)
        means = {n: np.mean([row[n] for row in part if n in row]).item() for n in names}
        results.append({**{name: part[-1][name] for name in COUNTERS if name in part[-1]}, **means})
    return results


def finite(number: float | None) -> float | None:
    """Returns a number rounded to six digits; None if it isn't finite."""
    return None if number is None or not math.isfinite(number) else float(f"{number:.6g}")


def film_frames(run: Run) -> list[dict]:
    """Returns evenly spaced pictures of samples or densities, including the last one."""
    for folder in (run.samples_folder, run.density_folder):
        paths = [path for path in sorted(folder.glob("*.png")) if path.stem.isdecimal()]
        if paths:
            size = max(1, *(path.stat().st_size for path in paths))
            count = min(len(paths), MAX_FRAMES, max(FILM_BYTES // size, 2))
            indices = np.unique(np.linspace(0, len(paths) - 1, count).round().astype(int))
            paths = [paths[index] for index in indices]
            return [{"step": int(path.stem), "picture": picture_uri(path)} for path in paths]
    return []


MAX_SIDE = 1_200  # pixels of a picture


def picture_uri(path: pathlib.Path) -> str:
    """Returns a picture file as a `data:` URI, reduced if it is larger than a screen.

    Raises:
        RunError: If the file isn't a picture.
    """
    with limits.reading("a picture", path, RunError, "Remove it."), open_png(path) as picture:
        is_large = max(picture.size) > MAX_SIDE
        data = shrink(picture) if is_large else path.read_bytes()
    return "data:image/png;base64," + base64.b64encode(data).decode()


def shrink(picture: PIL.Image.Image) -> bytes:
    """Returns a picture of at most `MAX_SIDE` pixels per side, as PNG."""
    picture = picture.copy()
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
