"""Whether the data of a run are those with which it began, wherever they are now."""

from collections.abc import Callable

from keras_gan import datasets
from keras_gan.errors import RunError, counted
from keras_gan.progress import clock
from keras_gan.runs.folder import Run


def with_fingerprints(
    run: Run, config: dict, source: datasets.Source, tell: Callable[[str], None]
) -> dict:
    """Returns a run's settings with the fingerprints of its data.

    A run goes on with the same samples at another path; another data set at another path is left
    for `Run.claim` to refuse.

    Args:
        run: A `Run`.
        config: The settings.
        source: The opened `Source`.
        tell: Function to call with a line if the data have moved.

    Raises:
        RunError: If the data have changed since the run began.
    """
    first = run.read_config() if run.config_path.exists() else None
    prints = fingerprints(source, first)
    if first is None:
        return {**config, **prints}
    are_same, have_moved = is_same(first, prints), first["data"] != config["data"]
    if are_same and have_moved:
        tell(
            f"The data are now at {config['data']}: the same samples as at {first['data']} before."
        )
    if not are_same and not have_moved:
        raise RunError(
            f"expected the samples with which the run in {run.folder} began, but "
            f"{describe_change(first, source)}. Restore them, or start another run from this one's "
            f"weights: --from {run.folder} --out NEW."
        )
    return {**config, **prints}


def note_change(config: dict, source: datasets.Source, tell: Callable[[str], None]) -> None:
    """Calls `tell` with a line if a run's data have changed since it began."""
    if not is_same(config, fingerprints(source, config)):
        tell(f"The data aren't those of the training: {describe_change(config, source)}.")


def fingerprints(source: datasets.Source, first: dict | None) -> dict[str, str]:
    """Returns the fingerprints of data; files are only read if they differ from the first ones."""
    with clock("checking the data"):
        stamp = source.fingerprint()
    is_known = first is not None and stamp == first["stamp"]
    fingerprint = first["fingerprint"] if is_known else source.content_fingerprint()
    return {"fingerprint": fingerprint, "stamp": stamp}


def is_same(config: dict, prints: dict[str, str]) -> bool:
    """Returns whether fingerprints are those of a run's data."""
    return config["fingerprint"] == prints["fingerprint"]


def describe_change(config: dict, source: datasets.Source) -> str:
    """Returns text on how data differ from those with which a run began."""
    samples = counted(len(source), "sample")
    if len(source) == config["samples"]:
        return f"{source.name} has {samples} as then, of which some have changed, or their names"
    return f"{source.name} has {samples} instead of {config['samples']:,}"
