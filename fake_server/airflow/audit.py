"""The event log: who did what, as Airflow's audit rows have it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from fake_server.clock import Clock


@dataclass(frozen=True)
class AuditRow:
    """One row of the event log."""

    id: int
    when: datetime
    event: str
    owner: str
    owner_display_name: str | None = None
    dag_id: str | None = None
    task_id: str | None = None
    run_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None
    logical_date: datetime | None = None
    extra: str | None = None


class AuditLog:
    """The rows, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(1)
        self._rows: dict[int, AuditRow] = {}

    def record(
        self,
        event: str,
        owner: str,
        *,
        owner_display_name: str | None = None,
        dag_id: str | None = None,
        task_id: str | None = None,
        run_id: str | None = None,
        map_index: int | None = None,
        logical_date: datetime | None = None,
        extra: str | None = None,
    ) -> AuditRow:
        """Append a row, stamped with the current moment."""
        row = AuditRow(
            id=next(self._ids),
            when=self._clock.now(),
            event=event,
            owner=owner,
            owner_display_name=owner_display_name,
            dag_id=dag_id,
            task_id=task_id,
            run_id=run_id,
            map_index=map_index,
            logical_date=logical_date,
            extra=extra,
        )
        self._rows[row.id] = row
        return row

    def restore(self, rows: Iterable[AuditRow]) -> None:
        """Have these rows, ids and moments included, which an earlier log had."""
        self._rows = {row.id: row for row in rows}

    def forget(self, row: AuditRow) -> None:
        """Remove a row."""
        del self._rows[row.id]

    def get(self, row_id: int) -> AuditRow | None:
        """The row of that id, or None."""
        return self._rows.get(row_id)

    def __iter__(self) -> Iterator[AuditRow]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)
