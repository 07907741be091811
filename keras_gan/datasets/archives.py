"""Archives of image files: folders and zips."""

import os
import pathlib
import threading
import zipfile
from collections.abc import Iterator

from keras_gan.datasets.names import Names
from keras_gan.datasets.source import digest
from keras_gan.files import limits

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")


class Folder:
    """The image files below a folder, by relative name."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.names = Names(files_below(path))

    def read(self, name: str) -> bytes:
        """Reads the bytes of one file."""
        with (self.path / name).open("rb") as file:
            return limits.read_bounded(file, limits.MAX_IMAGE_BYTES, "it")

    def fingerprint(self) -> str:
        """Returns a digest that changes when a file is added, removed or modified."""
        stats = (os.stat(os.path.join(self.path, name)) for name in self.names)
        pairs = zip(self.names, stats, strict=True)
        return digest(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in pairs)


def files_below(path: pathlib.Path) -> Iterator[str]:
    """Yields the relative names of the image files below a folder, with `/`."""
    for folder, _, files in os.walk(path):
        inner = pathlib.PurePath(os.path.relpath(folder, path))
        for file in files:
            if is_image(inner / file) and os.path.isfile(os.path.join(folder, file)):
                yield (inner / file).as_posix()


class Zip:
    """The image files below a folder in a zip, by relative name.

    Args:
        path: The zip file.
        inner: Folder inside it, "" for all.
    """

    def __init__(self, path: pathlib.Path, inner: str = "") -> None:
        with limits.reading("a zip of images", path):
            self.file = zipfile.ZipFile(path)
        for info in self.file.infolist():
            limits.check_entry(info, path)
        self.prefix = inner.strip("/") + "/" if inner else ""
        entries = (info.filename for info in self.file.infolist() if not info.is_dir())
        self.names = Names(
            name.removeprefix(self.prefix)
            for name in entries
            if name.startswith(self.prefix) and is_image(pathlib.PurePosixPath(name))
        )
        self._lock = threading.Lock()

    def read(self, name: str) -> bytes:
        """Reads the bytes of one entry."""
        info = self.file.getinfo(self.prefix + name)
        limits.check_size(info.file_size, limits.MAX_IMAGE_BYTES, "it")
        with self._lock:
            return self.file.read(info)

    def fingerprint(self) -> str:
        """Returns a digest that changes when an entry is added, removed or modified."""
        entries = ((name, self.file.getinfo(self.prefix + name)) for name in self.names)
        return digest(f"{name} {info.file_size} {info.CRC}" for name, info in entries)


def is_image(path: pathlib.PurePath) -> bool:
    """Returns whether a path is named like an image and isn't hidden or a resource fork."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts[-2:])
    return path.suffix.lower() in IMAGE_SUFFIXES and not hidden
