"""The report of a run: one HTML file that needs nothing else.

The facts travel as JSON in the page, and `assets/report.js` draws them; the curves are drawn by
uPlot 1.6.32 (MIT), which lies beside it. Nothing is fetched when the page is looked at.
"""

import html
import json
import pathlib
import re

from keras_gan.errors import printable
from keras_gan.files.atomic import write_text
from keras_gan.runs.folder import writing_to
from keras_gan.runs.report.data import report_data

ASSETS = pathlib.Path(__file__).parent / "assets"


def write_report(runs, path):
    """Writes the report of a run, or of several side by side.

    Args:
        runs: `Run`s, at least one.
        path: The `.html` file; its folder is made.

    Returns:
        The path.

    Raises:
        RunError: If a folder holds no run, or the file can't be written.

    Example:

        kg.runs.write_report([kg.runs.Run("runs/digits")], "digits.html")
    """
    path = pathlib.Path(path)
    facts = [report_data(run) for run in runs]
    title = " and ".join(dict.fromkeys(fact["name"] for fact in facts))
    with writing_to(path.parent):
        write_text(path, page(title, {"runs": distinct(facts)}))
    return path


def distinct(facts):
    """The facts with names that differ: a number is added to a name that comes again."""
    names = [fact["name"] for fact in facts]
    for index, name in enumerate(names):
        before = names[:index].count(name)
        facts[index]["name"] = f"{name} ({before + 1})" if before else name
    return facts


def page(title, data):
    """The HTML of a report.

    Args:
        title: Plain text.
        data: What `assets/report.js` draws.
    """
    # "<" ends a script however deep in a string it stands
    values = {
        "title": html.escape(printable(title)),
        "data": json.dumps(data).replace("<", "\\u003c"),
    }

    def fill(match):
        name = match[1]
        return values[name] if name in values else (ASSETS / name).read_text()

    return re.sub(r"\{\{([\w.]+)\}\}", fill, (ASSETS / "report.html").read_text())
