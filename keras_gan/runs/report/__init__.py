"""The report of a run: one self-contained HTML file.

The page holds the data as JSON, and `assets/report.js` draws them, with uPlot 1.6.32 (MIT) for the
curves. The page loads nothing from other servers.
"""

import html
import json
import os
import pathlib
import re
from collections.abc import Callable, Sequence

from keras_gan.errors import RunError, printable
from keras_gan.files.atomic import check_path, write_text
from keras_gan.runs.folder import Run, writing_to
from keras_gan.runs.report.data import report_data

ASSETS = pathlib.Path(__file__).parent / "assets"


def write_report(runs: Sequence[Run], path: str | os.PathLike) -> pathlib.Path:
    """Writes the report of a run, or of several runs side by side.

    Args:
        runs: `Run`s, at least one.
        path: The `.html` file; its folder is created if it doesn't exist.

    Returns:
        The path.

    Raises:
        RunError: If a folder isn't a run, or the file can't be written.

    Example:

        kg.runs.write_report([kg.runs.Run("runs/digits")], "digits.html")
    """
    path = check_path(path)
    data = [report_data(run) for run in runs]
    title = " and ".join(dict.fromkeys(entry["name"] for entry in data))
    with writing_to(path.parent):
        write_text(path, render(title, {"runs": with_unique_names(data)}))
    return path


def rewrite_report(run: Run, tell: Callable[[str], None]) -> list[pathlib.Path]:
    """Writes a run's own report; a training or an evaluation without one hasn't failed.

    Args:
        run: The `Run`.
        tell: Function to call with the reason why there is no report.

    Returns:
        `[path]`, or an empty list if there is no report.
    """
    try:
        return [write_report([run], run.report_path)]
    except RunError as error:
        tell(f"No report was written: {error}")
        return []


def with_unique_names(data: list[dict]) -> list[dict]:
    """Returns the data of runs with a number added to repeated names."""
    names = [entry["name"] for entry in data]
    counts = [names[: index + 1].count(name) for index, name in enumerate(names)]
    return [
        {**entry, "name": f"{entry['name']} ({count})" if count > 1 else entry["name"]}
        for entry, count in zip(data, counts, strict=True)
    ]


def render(title: str, data: dict) -> str:
    """Returns the HTML of a report.

    Args:
        title: Title as plain text.
        data: The data that `assets/report.js` draws.
    """
    # "</script>" ends a script even inside a string
    values = {
        "title": html.escape(printable(title)),
        "data": json.dumps(data).replace("<", "\\u003c"),
    }

    def fill(match):
        name = match[1]
        return values[name] if name in values else (ASSETS / name).read_text("utf-8")

    return re.sub(r"\{\{([\w.]+)\}\}", fill, (ASSETS / "report.html").read_text("utf-8"))
