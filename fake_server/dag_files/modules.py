"""The modules that DAG files share: Python files of the DAG folder that they import from each other."""

from __future__ import annotations

from collections.abc import Mapping


class Modules:
    """Finds modules among the files of a folder: ``files`` are their bytes by path below the folder.

    ``asked`` has the paths at which one DAG file's modules were looked for, found or not: when a file at one of them
    comes, goes or changes, the DAG file has to be read again.
    """

    #: How many modules one DAG file may import from the folder.
    limit = 50

    def __init__(self, files: Mapping[str, bytes], folder: str) -> None:
        self._files = files
        self._folder = folder.rstrip("/")
        self._packages = {part for path in files for part in _folders_above(path)}
        self.asked: set[str] = set()

    def find(self, name: str) -> tuple[str, bytes] | None:
        """The path and the text of the module ``a.b.c``; a folder without ``__init__.py`` is an empty one."""
        place = name.replace(".", "/")
        for path in (f"{place}.py", f"{place}/__init__.py"):
            self.asked.add(path)
            if path in self._files:
                return f"{self._folder}/{path}", self._files[path]
        return (f"{self._folder}/{place}/__init__.py", b"") if place in self._packages else None


def _folders_above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
