"""Archives of image files: folders and zips."""

import collections
import concurrent.futures
import os
import pathlib
import threading
import zipfile
import zlib
from collections.abc import Mapping

from keras_gan.datasets.image_files import SUFFIXES
from keras_gan.datasets.names import Names
from keras_gan.datasets.source import digest
from keras_gan.errors import DataError, counted
from keras_gan.files import limits
from keras_gan.files.run_folder import CONFIG, is_run_config, is_run_folder
from keras_gan.progress import progress_bar

SYSTEM_FILES = {"__MACOSX", "Thumbs.db", "ehthumbs.db", "desktop.ini"}
KINDS_SHOWN = 6
READ_BYTES, FILES_AT_ONCE = 2**20, 64
RUN_FOLDER, BROKEN_LINK, NO_SUFFIX = "run folder", "broken link", "file without a suffix"
PLURALS = {
    RUN_FOLDER: "run folders",
    BROKEN_LINK: "broken links",
    NO_SUFFIX: "files without a suffix",
}


class Folder:
    """The image files below a folder, by relative name.

    Links to files and folders are followed. Hidden files, those of operating systems, and run
    folders are left out.

    Attributes:
        names: The relative names, with `/`.
        left_out: Counter of what else the folder holds, by suffix or kind, for the user.

    Raises:
        DataError: For a folder that can't be read, or that is a run folder itself.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.left_out = collections.Counter()
        if is_run_folder(path):
            refuse_run(path)
        with limits.reading("a folder of images", path, advice="Make all of it readable."):
            self.names = Names(self._walk(path, "", (os.path.realpath(path),)))

    def _walk(self, path, prefix, real_paths):
        """Yields the relative names of the image files below a folder."""
        folders = []
        with os.scandir(path) as entries:
            for entry in entries:
                if is_hidden(entry.name):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif entry.is_file() and is_image(entry.name):
                    yield prefix + entry.name
                else:
                    self.left_out[kind_of(entry.name) if entry.is_file() else BROKEN_LINK] += 1
        for name in folders:
            yield from self._walk_inner(os.path.join(path, name), f"{prefix}{name}/", real_paths)

    def _walk_inner(self, path, prefix, real_paths):
        """Yields the names below an inner folder, unless it's a run or a link that goes round."""
        real_path = os.path.realpath(path)
        if is_run_folder(path):
            self.left_out[RUN_FOLDER] += 1
        elif real_path not in real_paths:
            yield from self._walk(path, prefix, (*real_paths, real_path))

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


class Zip:
    """The image files below a folder in a zip, by relative name; see `Folder`.

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
        self.left_out = collections.Counter()
        self._lock = threading.Lock()
        self.names = Names(self._list())

    def _list(self):
        """Yields the relative names of the image files."""
        entries = (info.filename for info in self.file.infolist() if not info.is_dir())
        names = [e.removeprefix(self.prefix) for e in entries if e.startswith(self.prefix)]
        runs = self._find_runs(names)
        if "" in runs:
            refuse_run(f"{self.file.filename}/{self.prefix}".rstrip("/"))
        for name in names:
            if is_any_hidden(name) or name.startswith(runs):
                continue
            if is_image(name):
                yield name
            else:
                self.left_out[kind_of(name)] += 1

    def _find_runs(self, names):
        """Returns the run folders, each with `/`, and counts them."""
        runs = []
        configs = (name for name in names if name.rpartition("/")[2] == CONFIG)
        for name in sorted(configs, key=lambda name: name.count("/")):
            is_left_out = is_any_hidden(name) or name.startswith(tuple(runs))
            if not is_left_out and is_run_config(self.read, name):
                runs.append(name.removesuffix(CONFIG))
        self.left_out += collections.Counter({RUN_FOLDER: len(runs)})
        return tuple(runs)

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


def is_hidden(name: str) -> bool:
    """Returns whether a file or folder is hidden, or an operating system's."""
    return name.startswith(".") or name in SYSTEM_FILES


def is_any_hidden(name: str) -> bool:
    """Returns whether a file or one of its folders is hidden, or an operating system's."""
    return any(map(is_hidden, name.split("/")))


def is_image(name: str) -> bool:
    """Returns whether a file is named like an image."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


def kind_of(name: str) -> str:
    """Returns the suffix of a file that isn't read, or `NO_SUFFIX`."""
    return os.path.splitext(name)[1].lower() or NO_SUFFIX


def refuse_run(path: object) -> None:
    """Raises `DataError` for a run that was named as data."""
    raise DataError(
        f"expected images at {path}, got a run folder; name the data, or a folder in it, such as "
        "its samples."
    )


def describe_left_out(left_out: Mapping[str, int]) -> str:
    """Returns text such as `"3 .txt, 1 run folder"`, the most frequent kinds first."""
    pairs = sorted(left_out.items(), key=lambda pair: (-pair[1], pair[0]))
    texts = [counted(count, kind, PLURALS.get(kind, kind)) for kind, count in pairs[:KINDS_SHOWN]]
    others = sum(count for _, count in pairs[KINDS_SHOWN:])
    return ", ".join([*texts, f"{others:,} others"] if others else texts)
