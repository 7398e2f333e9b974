"""What the tasks of a run pushed for each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: The key of what a task returned.
RETURN_KEY = "return_value"
#: The key under which a task with outlets keeps its datasets.
OUTLETS_KEY = "pipeline_outlets"


@dataclass(frozen=True, slots=True)
class XCom:
    """One value, pushed at ``timestamp`` (UTC)."""

    task_id: str
    map_index: int
    key: str
    value: Any
    timestamp: datetime


class XComs:
    """The XComs of one run."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int, str], XCom] = {}

    def push(self, task_id: str, key: str, value: Any, timestamp: datetime, map_index: int = -1) -> XCom:
        """Store a value in place of any other with its task, map index and key."""
        row = self._rows[task_id, map_index, key] = XCom(task_id, map_index, key, value, timestamp)
        return row

    def get(self, task_id: str, key: str = RETURN_KEY, map_index: int = -1) -> XCom | None:
        """The XCom of that task, key and map index, or None."""
        return self._rows.get((task_id, map_index, key))

    def of(self, task_id: str) -> list[XCom]:
        """All XComs of a task, of every map index, by map index and key."""
        return [row for row in self if row.task_id == task_id]

    def forget(self, task_id: str, map_index: int = -1) -> None:
        """Remove what a task instance pushed, as Airflow does when it starts another attempt."""
        for place in [place for place in self._rows if place[:2] == (task_id, map_index)]:
            del self._rows[place]

    def as_pushed(self) -> tuple[XCom, ...]:
        """All rows, those pushed first first."""
        return tuple(self._rows.values())

    def __iter__(self) -> Iterator[XCom]:
        """All rows by task, map index and key, which is the order of Airflow's primary key."""
        return iter([self._rows[place] for place in sorted(self._rows)])

    def __len__(self) -> int:
        return len(self._rows)
