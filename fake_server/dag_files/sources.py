"""Where DAG files come from: a folder of this machine here, a bucket elsewhere."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from fake_server.dag_files.ignore_files import IGNORE_FILE

#: Entries of a folder that are looked at, folders included, before it is taken for something else than a DAG folder.
MAXIMUM_ENTRIES = 50_000
#: Folders that never hold DAGs.
_SKIPPED = frozenset({".git", "__pycache__"})


class DagFolderError(ValueError):
    """The DAG folder cannot be read; the text says what was expected."""


class DagSource(Protocol):
    """Files by their paths, with slashes, below the DAG folder: those that end in .py or .zip, and .airflowignore."""

    @property
    def name(self) -> str:
        """What tells it from others, in every process that has it."""

    def fingerprints(self) -> Mapping[str, Hashable]:
        """For each file something that changes with its content. This is asked often, so it has to be quick.

        :raises DagFolderError: when the files cannot be listed.
        """

    def content(self, path: str) -> bytes:
        """The bytes of a file.

        :raises DagFolderError: when it cannot be read.
        """


def belongs_to_dags(path: str) -> bool:
    """Whether a file of a DAG folder is of any interest."""
    return path.endswith((".py", ".zip")) or path.rpartition("/")[2] == IGNORE_FILE


class Directory:
    """A folder of this machine. Links are followed; a file is taken as changed when its time or size has changed.

    :raises DagFolderError: when there is no such folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._entries_seen = 0
        if not self.path.is_dir():
            there = "is no folder" if self.path.exists() else "does not exist"
            raise DagFolderError(f"{str(path)!r} {there}. Expected the path of a folder with DAG files.")

    def __repr__(self) -> str:
        return f"<Directory {self.path}>"

    @property
    def name(self) -> str:
        return str(self.path.resolve())

    def fingerprints(self) -> dict[str, Hashable]:
        found: dict[str, Hashable] = {}
        for place, entry in self._entries(self.path, "", frozenset()):
            try:
                status = entry.stat()
            except OSError:
                # Removed just now, or a link that leads nowhere.
                continue
            found[place] = (status.st_mtime_ns, status.st_size)
        return found

    def content(self, path: str) -> bytes:
        try:
            return (self.path / path).read_bytes()
        except OSError as error:
            raise DagFolderError(f"{self.path / path} cannot be read: {error.strerror}.") from None

    def _entries(self, folder: Path, place: str, above: frozenset[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """The files of a folder and those inside it, each with its path below the DAG folder.

        ``above`` are the folders that links led out of, so that a link to one of them is not followed in circles.
        """
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return
        self._entries_seen = len(entries) + (self._entries_seen if place else 0)
        if self._entries_seen > MAXIMUM_ENTRIES:
            raise DagFolderError(
                f"{self.path} has more than {MAXIMUM_ENTRIES} files and folders. Expected a folder with DAG files; "
                "is it the right one?"
            )
        for entry in entries:
            if entry.is_dir():
                inside = above
                if entry.is_symlink():
                    inside = above | {os.path.realpath(folder)}
                    if any(f"{other}/".startswith(f"{os.path.realpath(entry)}/") for other in inside):
                        continue
                if entry.name not in _SKIPPED:
                    yield from self._entries(Path(entry), f"{place}{entry.name}/", inside)
            elif belongs_to_dags(entry.name):
                yield place + entry.name, entry
