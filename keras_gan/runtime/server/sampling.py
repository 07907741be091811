"""Conversion of requests to jobs, with checks of their values."""

import math
from collections.abc import Mapping

from keras_gan.runtime.server.batching import Job
from keras_gan.runtime.server.errors import invalid
from keras_gan.runtime.server.versions import Model

import numpy as np
from starlette.datastructures import QueryParams


def latents_job(model: Model, arrays: Mapping[str, np.ndarray], max_count: int) -> Job:
    """Makes the job of `serving_default`, from latents and, with classes, labels."""
    latents = arrays["latents"]
    count = len(latents)
    check("rows", count, 1, max_count)
    if not np.isfinite(latents).all():
        raise invalid("expected latents that are finite numbers.")
    labels = arrays.get("labels", np.zeros(count, np.int32))
    if len(labels) != count:
        raise invalid(f"expected as many labels as latents, got {len(labels)} and {count}.")
    if model.num_classes:
        check("every label", int(labels.min()), 0, model.num_classes - 1)
        check("every label", int(labels.max()), 0, model.num_classes - 1)
    return Job(model, count, labels, latents)


def seed_job(model: Model, values: Mapping[str, float], max_count: int) -> Job:
    """Makes the job of `sample` and `sample_png`, from `count, seed, truncation [, label]`."""
    count, label = values["count"], values.get("label", -1)
    check("count", count, 1, max_count)
    check("seed", values["seed"], 0, 2**63 - 1)
    check("truncation", values["truncation"], 0, 1)
    check("label", label, -1, max(model.num_classes, 1) - 1)
    if label == -1:
        labels = np.arange(count, dtype=np.int32) % max(model.num_classes, 1)
    else:
        labels = np.full(count, label, np.int32)
    seed, truncation = values["seed"], values["truncation"]
    return Job(model, count, labels, seed=seed, truncation=truncation, pixels=True)


def query_values(model: Model, query: QueryParams) -> dict[str, float]:
    """Reads the values of `sample.png?count=16&seed=0&label=3&truncation=0.8`, with defaults."""
    inputs = model.signatures["sample_png"].inputs
    values = {name: tensor.default for name, tensor in inputs.items()} | {"count": 16}
    for name, text in query.items():
        if name not in inputs:
            raise invalid(f"expected {', '.join(inputs)}, got {name[:40]!r}.")
        if len(query.getlist(name)) > 1:
            raise invalid(f"expected {name} once, got it {len(query.getlist(name))} times.")
        is_integer = inputs[name].dtype != "DT_FLOAT"
        if name == "label" and text != str(values[name]):
            values[name] = find_label(model, text)
            continue
        try:
            values[name] = int(text) if is_integer else float(text)
        except ValueError:
            kind = "a whole number" if is_integer else "a number"
            raise invalid(f"expected {kind} for {name}, got {text[:40]!r}.") from None
    return values


def find_label(model: Model, text: str) -> int:
    """Returns the label of a class, given by its name or number."""
    try:
        return model.generator.find_label(text)
    except ValueError as error:
        raise invalid(str(error)) from None


def check(name: str, value: float, low: float, high: float) -> None:
    """Raises `RequestError` if a number is out of range or NaN."""
    if math.isnan(value) or not low <= value <= high:
        raise invalid(f"expected {name} from {low} to {high}, got {value}.")
