"""What a report shows of a run, as plain data for the page."""

import base64
import io
import math

from keras_gan import verdicts
from keras_gan.callbacks import read_table
from keras_gan.errors import RunError
from keras_gan.files import limits
from keras_gan.files.json_file import read_json
from keras_gan.pictures import open_png
from keras_gan.runs import sessions
from keras_gan.runs.schemas import EVALUATIONS, THROUGHPUT
from keras_gan.runs.settings import summary

import numpy as np

COUNTERS = ("step", "images_seen", "seconds")
MAX_ROWS = 2_000  # of a table; more are averaged, as no screen shows them
MAX_FRAMES = 60  # of the film
FILM_BYTES = 8_000_000  # of all its frames


def report_data(run) -> dict:
    """All that is known of a run.

    Args:
        run: A `Run`.

    Returns:
        Plain data for JSON: `name`, `summary`, `config`, `history` and `metrics` as
        `{"step", "images_seen", "minutes", "series"}`, `evaluations`, `verdicts`, `film` as
        `[{"step", "picture"}]`, `neighbours`, `sessions`, `throughput`.

    Raises:
        RunError: If the folder holds no run.
    """
    config = run.read_config()
    times = read_table(run.times_path)
    history = with_seconds(read_table(run.history_path), times)
    measured = with_seconds(read_table(run.metrics_path), times)
    evaluations = read_part(run.evaluation_path, EVALUATIONS) or []
    figures = [*measured, *(found["figures"] for found in evaluations)]
    return {
        "name": run.folder.name,
        "summary": summary(config),
        "config": {name: value for name, value in config.items() if name != "moments"},
        "history": columns_of(with_speed(history)),
        "metrics": columns_of(measured),
        "evaluations": evaluations,
        "verdicts": [vars(verdict) for verdict in verdicts.judge(history, figures)],
        "film": film_of(run),
        "neighbours": picture_uri(run.neighbours_path) if run.neighbours_path.exists() else None,
        "sessions": sessions.read(run.sessions_path),
        "throughput": read_part(run.throughput_path, THROUGHPUT),
    }


def read_part(path, shape):
    """The content of a JSON file that needn't be there; None where it isn't."""
    if not path.exists():
        return None
    return read_json(path, shape, RunError, "Remove it to go on without it.")


def with_seconds(rows, times):
    """Rows by step with the seconds of training up to each, as far as these are known.

    Args:
        rows: Rows of a table.
        times: Rows of `times.csv`; between two of them time runs evenly.
    """
    times = [row for row in times if "seconds" in row]
    if not times:
        return rows
    known = ([0.0, *(row[name] for row in times)] for name in ("step", "seconds"))
    steps, seconds = map(np.array, known)
    return [{**row, "seconds": float(np.interp(row["step"], steps, seconds))} for row in rows]


def with_speed(rows):
    """The history, with the images a second since the row before."""
    found = []
    for before, row in zip([None, *rows], rows, strict=False):
        known = before is not None and "seconds" in row and "seconds" in before
        seconds = row["seconds"] - before["seconds"] if known else 0.0
        images = 0.0 if before is None else row["images_seen"] - before["images_seen"]
        speed = {"images_per_second": images / seconds} if seconds > 0 else {}
        found.append({**row, **speed})
    return found


def columns_of(rows):
    """Rows as columns of at most `MAX_ROWS` entries; what isn't there or isn't finite is None."""
    rows = averaged(rows, math.ceil(len(rows) / MAX_ROWS))
    names = dict.fromkeys(name for row in rows for name in row)
    series = {name: [finite(row.get(name)) for row in rows] for name in names}
    minutes = [None if s is None else s / 60 for s in series.pop("seconds", [])]
    counters = {name: series.pop(name, []) for name in COUNTERS if name != "seconds"}
    return {**counters, "minutes": minutes, "series": series}


def averaged(rows, group):
    """Each `group` of rows as one: the last one's counters, the means of the rest."""
    if group <= 1:
        return rows
    found = []
    for start in range(0, len(rows), group):
        part = rows[start : start + group]
        names = dict.fromkeys(name for row in part for name in row if name not in COUNTERS)
        means = {n: np.mean([row[n] for row in part if n in row]).item() for n in names}
        found.append({**{name: part[-1][name] for name in COUNTERS if name in part[-1]}, **means})
    return found


def finite(number):
    """The number to six digits, or None."""
    return None if number is None or not math.isfinite(number) else float(f"{number:.6g}")


def film_of(run):
    """Sample grids, or pictures of densities, evenly chosen; the last one is among them."""
    for folder in (run.samples_folder, run.density_folder):
        paths = [path for path in sorted(folder.glob("*.png")) if path.stem.isdecimal()]
        if paths:
            size = max(1, *(path.stat().st_size for path in paths))
            count = min(len(paths), MAX_FRAMES, max(FILM_BYTES // size, 2))
            chosen = np.unique(np.linspace(0, len(paths) - 1, count).round().astype(int))
            paths = [paths[index] for index in chosen]
            return [{"step": int(path.stem), "picture": picture_uri(path)} for path in paths]
    return []


MAX_SIDE = 1_200  # pixels of a picture


def picture_uri(path):
    """A picture file as a `data:` address, smaller where it is larger than a screen shows.

    Raises:
        RunError: If it is no picture.
    """
    with limits.reading("a picture", path, RunError, "Remove it."), open_png(path) as picture:
        large = max(picture.size) > MAX_SIDE
        data = shrunk(picture) if large else path.read_bytes()
    return "data:image/png;base64," + base64.b64encode(data).decode()


def shrunk(picture):
    """A picture of at most `MAX_SIDE` pixels a side, as PNG bytes."""
    picture = picture.copy()
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
