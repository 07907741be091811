"""The page at `/`."""

import html
import urllib.parse
from collections.abc import Mapping

from keras_gan.runtime.server.versions import Model

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 40em }}
img {{ image-rendering: pixelated; width: 20em }}</style>
{models}
<p>Served by keras_gan with TF Serving's REST API; <a href="metrics">metrics</a>.</p>
"""
MODEL = """<h1>{name}</h1>
<p>Version {version}.</p>
{grid}
<ul>{links}</ul>
<table>{facts}</table>"""


def index(models: Mapping[str, Model]) -> str:
    """Returns the HTML of the page, with each model's samples, paths and metadata.

    Links are relative, so that they work below a path of a reverse proxy too.
    """
    return PAGE.format(
        title=html.escape(", ".join(models)),
        models="\n".join(describe(name, model) for name, model in models.items()),
    )


def describe(name: str, model: Model) -> str:
    """Returns the HTML of a model."""
    path = f"v1/models/{urllib.parse.quote(name, safe='')}"
    pictures = [f"{path}/sample.png?count=64&amp;seed={seed}" for seed in range(2)]
    grid = f'<p><img src="{pictures[0]}" alt="64 samples">' if model.is_images else ""
    links = [path, f"{path}/metadata", *(pictures if model.is_images else ())]
    facts = model.generator.metadata | {"signatures": ", ".join(model.signatures)}
    return MODEL.format(
        name=html.escape(name),
        version=model.version,
        grid=grid,
        links="".join(f'<li><a href="{link}">{link}</a>' for link in links),
        facts="".join(
            f"<tr><td>{html.escape(key)}<td>{html.escape(fact)}" for key, fact in facts.items()
        ),
    )
