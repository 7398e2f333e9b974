"""DAG files that could not be imported, and what the parser warned of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from datetime import datetime

from fake_server.clock import Clock


@dataclass(frozen=True)
class ParseImportError:
    """A row: the file, the traceback's text, and when the file was parsed."""

    id: int
    filename: str
    stack_trace: str
    timestamp: datetime


class ImportErrors(MutableMapping[str, str]):
    """Path of a DAG file to the traceback's text; :attr:`rows` has ids and times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(1)
        self._rows: dict[str, ParseImportError] = {}

    @property
    def rows(self) -> list[ParseImportError]:
        """All rows, oldest first."""
        return list(self._rows.values())

    def row(self, row_id: int) -> ParseImportError | None:
        """The row of that id, or None."""
        return next((row for row in self._rows.values() if row.id == row_id), None)

    def __getitem__(self, filename: str) -> str:
        return self._rows[filename].stack_trace

    def __setitem__(self, filename: str, stack_trace: str) -> None:
        known = self._rows.get(filename)
        row_id = known.id if known is not None else next(self._ids)
        self._rows[filename] = ParseImportError(row_id, filename, stack_trace, self._clock.now())

    def __delitem__(self, filename: str) -> None:
        del self._rows[filename]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._rows))

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True)
class DagWarning:
    """Something that the parser found odd about a DAG, such as a pool that does not exist."""

    dag_id: str
    warning_type: str
    message: str
    timestamp: datetime
