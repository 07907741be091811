"""Packs folders as an archive in parts, for ways home that carry small files only."""

import pathlib
import tarfile

PART_BYTES = 15_000_000


class PartWriter:
    """A file object that spreads what is written to it over numbered files of limited size.

    Args:
        path: The files are this path with `.000`, `.001`, ... appended.
        size: Largest number of bytes of a file.
    """

    def __init__(self, path, size):
        self.path, self.size, self.parts = pathlib.Path(path), size, []
        self._room = 0

    def write(self, data):
        """Appends bytes, in a new file whenever one is full."""
        data = memoryview(data)
        while data:
            if not self._room:
                self.parts.append(self.path.with_name(f"{self.path.name}.{len(self.parts):03}"))
                self.parts[-1].write_bytes(b"")
                self._room = self.size
            with self.parts[-1].open("ab") as file:
                written = file.write(data[: self._room])
            self._room -= written
            data = data[written:]


def pack(paths, archive, part_bytes=PART_BYTES):
    """Writes files and folders to an archive in parts; parts of an older one are removed.

    Args:
        paths: Files and folders, which the archive holds by name; those that don't exist are left
            out.
        archive: Path of the archive, such as `parts/run.tar`.
        part_bytes: Largest number of bytes of a part.

    Returns:
        The paths of the parts; `join_line` joins them.
    """
    archive = pathlib.Path(archive)
    archive.parent.mkdir(parents=True, exist_ok=True)
    for old in archive.parent.glob(f"{archive.name}.[0-9]*"):
        old.unlink()
    writer = PartWriter(archive, part_bytes)
    with tarfile.open(fileobj=writer, mode="w|") as tar:
        for path in map(pathlib.Path, paths):
            if path.exists():
                tar.add(path, path.name)
    return writer.parts


def join_line(archive):
    """Returns the shell command that unpacks an archive in parts.

    >>> join_line("parts/run.tar")
    'cat run.tar.[0-9]* | tar -x'
    """
    return f"cat {pathlib.Path(archive).name}.[0-9]* | tar -x"
