"""Archives of image files: folders and zips."""

import concurrent.futures
import os
import pathlib
import threading
import zipfile
import zlib
from collections.abc import Iterator

from keras_gan.datasets.names import Names
from keras_gan.datasets.source import digest
from keras_gan.files import limits
from keras_gan.progress import progress_bar

READ_BYTES, FILES_AT_ONCE = 2**20, 64
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

    def content_fingerprint(self) -> str:
        """Returns a digest of names and contents, equal to that of a zip of the same files."""
        with (
            progress_bar(len(self.names), "file", "checking files") as bar,
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool,
        ):
            lines = []
            for part in pool.map(self._content_lines, range(0, len(self.names), FILES_AT_ONCE)):
                lines += part
                bar.update(len(part))
        return digest(lines)

    def _content_lines(self, first):
        """Returns the names, sizes and checksums of some files."""
        lines = []
        for name in self.names[first : first + FILES_AT_ONCE]:
            with limits.reading("an image", name), (self.path / name).open("rb") as file:
                size, crc = 0, 0
                while part := file.read(READ_BYTES):
                    size, crc = size + len(part), zlib.crc32(part, crc)
            lines.append(content_line(name, size, crc))
        return lines


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
        return digest(content_line(name, info.file_size, info.CRC) for name, info in entries)

    def content_fingerprint(self) -> str:
        """Returns the fingerprint, as a zip holds the checksums of its entries."""
        return self.fingerprint()


def content_line(name: str, size: int, crc: int) -> str:
    """Returns the line of a file in the fingerprint of an archive's content."""
    return f"{name} {size} {crc}"


def is_image(path: pathlib.PurePath) -> bool:
    """Returns whether a path is named like an image and isn't hidden or a resource fork."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts[-2:])
    return path.suffix.lower() in IMAGE_SUFFIXES and not hidden
