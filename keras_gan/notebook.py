"""Output in a notebook: pictures and pages in the running cell, and nothing anywhere else."""

import base64
import html
import itertools
import math
import os
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

MAX_PAGE_BYTES = 8_000_000  # a notebook file holds what its cells show
WIDTH, HEIGHT, MARGIN = 480, 160, 5  # of the curves, in pixels
MAX_POINTS = 500  # of a curve
COLOURS = "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b"


def is_running() -> bool:
    """Returns whether this code runs in a notebook, such as Jupyter's or Colab's.

    IPython in a terminal is none, and IPython isn't imported.
    """
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def show_html(code: str, text: str, handle: Any = None) -> Any:
    """Shows HTML in the running cell; call it in a notebook only.

    Args:
        code: The HTML.
        text: What to show where HTML can't be.
        handle: Handle of an earlier output, which is replaced.

    Returns:
        Handle of the output.
    """
    from IPython.display import display

    bundle = {"text/html": code, "text/plain": text}
    if handle is None:
        return display(bundle, raw=True, display_id=True)
    handle.update(bundle, raw=True)
    return handle


def show_page(path: str | os.PathLike) -> None:
    """Shows an HTML file in the running cell of a notebook, if any; large files only by their path.

    The page is part of the notebook, as not every notebook can read files by their path.
    """
    if not is_running():
        return
    path, frame = pathlib.Path(path), ""
    if path.stat().st_size <= MAX_PAGE_BYTES:
        page = html.escape(path.read_text("utf-8"))
        style = "width: 100%; height: 600px; border: 1px solid #ccc"
        frame = f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'
    show_html(f"<div><code>{html.escape(str(path))}</code></div>{frame}", str(path))


class Figure:
    """A picture above the curves of the losses, redrawn in place in the cell that runs.

    It does nothing outside notebooks.

    Example:

    >>> Figure().show("samples/00000050.png", step=50, logs={"d_loss": 1.2, "g_loss": 0.9})
    """

    def __init__(self) -> None:
        self._rows, self._handle = [], None

    def show(self, path: str | os.PathLike, step: int, logs: dict[str, float]) -> None:
        """Draws the newest picture and adds a point to each curve.

        Args:
            path: PNG file.
            step: Step of training.
            logs: Name -> value; losses are the ones whose names end in "loss".
        """
        if not is_running():
            return
        losses = {n: v for n, v in logs.items() if n.endswith("loss") and math.isfinite(v)}
        if losses:
            self._rows.append((step, losses))
        png = base64.b64encode(pathlib.Path(path).read_bytes()).decode()
        style = "min-width: 256px; max-width: 100%; image-rendering: pixelated"
        picture = f'<img style="{style}" src="data:image/png;base64,{png}">'
        caption = f"step {step:,}"
        code = f"<div>{caption}</div><div>{picture}</div>{draw_curves(self._rows)}"
        self._handle = show_html(code, f"{caption}: {path}", self._handle)


def draw_curves(rows: Sequence[tuple[int, dict[str, float]]]) -> str:
    """Draws curves by step as SVG above their legend; returns an empty string for no rows.

    Args:
        rows: `(step, {name: finite value})`, by ascending step.

    Example:

    >>> draw_curves([(1, {"d_loss": 1.5}), (2, {"d_loss": 1.0})]).count("<polyline")
    1
    """
    if not rows:
        return ""
    rows = [*rows[: -1 : math.ceil(len(rows) / MAX_POINTS)], rows[-1]]
    values = [value for _, losses in rows for value in losses.values()]
    (first, last), (low, high) = (rows[0][0], rows[-1][0]), (min(values), max(values))

    def place(step, value):
        x = MARGIN + (WIDTH - 2 * MARGIN) * (step - first) / max(last - first, 1)
        y = MARGIN + (HEIGHT - 2 * MARGIN) * (high - value) / (high - low or 1)
        return x, y

    names = dict.fromkeys(name for _, losses in rows for name in losses)
    lines, legend = [], []
    for colour, name in zip(itertools.cycle(COLOURS), names, strict=False):
        points = [place(step, losses[name]) for step, losses in rows if name in losses]
        lines.append(draw_line(points, colour))
        newest = next(losses[name] for _, losses in reversed(rows) if name in losses)
        legend.append(f'<span style="color: {colour}">{html.escape(name)} {newest:.4g}</span>')
    limits = f"{low:.4g} to {high:.4g}, steps {first:,} to {last:,}"
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(lines)}</svg>'
    return f"<div>{svg}</div><div>{' '.join(legend)} ({limits})</div>"


def draw_line(points: Sequence[tuple[float, float]], colour: str) -> str:
    """Returns SVG of a line through points, with a dot on the newest one."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = f'<polyline points="{path}" stroke="{colour}" stroke-width="1.5" fill="none"/>'
    x, y = points[-1]
    return f'{line}<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
