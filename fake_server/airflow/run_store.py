"""The store of runs: finds them by id and date, and lists pages of them without going through all.

Each DAG has a table of its runs, and one table holds all. A table keeps its runs ordered by row id and by logical date,
so that a page in either order is a slice. What else is asked for (other orders, states, start dates) is worked out
once and then kept right while runs come, change and go.
"""

from __future__ import annotations

import itertools
import json
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from fake_server.airflow.runs import DagRun

#: The newest answers that a table keeps.
_KEPT_ANSWERS = 8
_EARLIEST = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Period:
    """From one moment to another, both included; None leaves that side open."""

    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None

    def __contains__(self, moment: datetime | None) -> bool:
        if not self:
            return True
        return (
            moment is not None
            and (self.since is None or moment >= self.since)
            and (self.until is None or moment <= self.until)
        )


@dataclass(frozen=True)
class RunQuery:
    """Which runs, in which order. ``order_by`` is one of :data:`ORDERS`; equal ones come by row id."""

    dag_ids: frozenset[str] | None = None
    states: frozenset[str] | None = None
    logical_date: Period = Period()
    start_date: Period = Period()
    end_date: Period = Period()
    updated_at: Period = Period()
    order_by: str = "id"
    descending: bool = False

    def matches(self, run: DagRun) -> bool:
        """Whether ``run`` is one of those asked for."""
        return (
            (self.states is None or run.state in self.states)
            and (self.dag_ids is None or run.dag_id in self.dag_ids)
            and run.logical_date in self.logical_date
            and run.start_date in self.start_date
            and run.end_date in self.end_date
            and (not self.updated_at or run.updated_at in self.updated_at)
        )

    def place(self, run: DagRun) -> tuple[Any, int]:
        """Where ``run`` belongs; of equal ones the lower row id comes first, read in either direction."""
        return ORDERS[self.order_by](run), -run.id if self.descending else run.id

    @property
    def is_for_all(self) -> bool:
        """Whether it leaves no run out."""
        return (
            self.dag_ids is None
            and self.states is None
            and not (self.logical_date or self.start_date or self.end_date or self.updated_at)
        )


def _optional(moment: datetime | None) -> tuple[bool, datetime]:
    return (moment is not None, moment if moment is not None else _EARLIEST)


#: What runs may be ordered by; runs without the date in question come first, as in SQLite.
ORDERS: dict[str, Callable[[DagRun], Any]] = {
    "id": lambda run: run.id,
    "logical_date": lambda run: run.logical_date,
    "run_id": lambda run: run.run_id,
    "dag_id": lambda run: run.dag_id,
    "state": lambda run: run.state,
    "run_type": lambda run: run.run_type,
    "external_trigger": lambda run: run.external_trigger,
    "start_date": lambda run: _optional(run.start_date),
    "end_date": lambda run: _optional(run.end_date),
    "updated_at": lambda run: run.updated_at,
    "conf": lambda run: json.dumps(run.conf, sort_keys=True, default=str),
}


def _by_id(run: DagRun) -> int:
    return run.id


def _by_date(run: DagRun) -> tuple[datetime, int]:
    return (run.logical_date, run.id)


def _insert(rows: list[DagRun], run: DagRun, key: Callable[[DagRun], Any]) -> None:
    if rows and key(run) < key(rows[-1]):
        insort(rows, run, key=key)
    else:
        rows.append(run)


class RunTable:
    """Some runs, ordered by row id and by logical date."""

    def __init__(self, parent: RunTable | None = None) -> None:
        self._parent = parent
        self._rows: list[DagRun] = []
        self._dated: list[DagRun] | None = None
        #: Queries with the runs that answer them, ordered by :meth:`RunQuery.place`.
        self._answers: dict[RunQuery, list[DagRun]] = {}
        self._states: Counter[str] | None = None

    def add(self, run: DagRun) -> None:
        """Hold ``run`` too."""
        _insert(self._rows, run, _by_id)
        if self._dated is not None:
            _insert(self._dated, run, _by_date)
        self._count_in(run)

    def remove(self, run: DagRun) -> None:
        """Let go of ``run``."""
        del self._rows[bisect_left(self._rows, run.id, key=_by_id)]
        if self._dated is not None:
            del self._dated[bisect_left(self._dated, _by_date(run), key=_by_date)]
        self._count_out(run)

    def changing(self, run: DagRun) -> None:
        """The state or a date of ``run`` is about to change."""
        self._count_out(run)
        if self._parent is not None:
            self._parent.changing(run)

    def changed(self, run: DagRun) -> None:
        """The state or a date of ``run`` has changed."""
        self._count_in(run)
        if self._parent is not None:
            self._parent.changed(run)

    def _count_out(self, run: DagRun) -> None:
        if self._states is not None:
            self._states[run.state] -= 1
        for query, answer in self._answers.items():
            if query.matches(run):
                del answer[bisect_left(answer, query.place(run), key=query.place)]

    def _count_in(self, run: DagRun) -> None:
        if self._states is not None:
            self._states[run.state] += 1
        for query, answer in self._answers.items():
            if query.matches(run):
                _insert(answer, run, query.place)

    @property
    def by_id(self) -> Sequence[DagRun]:
        """The runs by row id; not to be changed."""
        return self._rows

    @property
    def by_date(self) -> Sequence[DagRun]:
        """The runs by logical date; not to be changed."""
        if self._dated is None:
            self._dated = sorted(self._rows, key=_by_date)
        return self._dated

    @property
    def state_counts(self) -> Counter[str]:
        """How many runs there are in each state."""
        if self._states is None:
            self._states = Counter(run.state for run in self._rows)
        return self._states

    def at(self, logical_date: datetime) -> DagRun | None:
        """A run with that logical date, or None."""
        dated = self.by_date
        place = bisect_left(dated, logical_date, key=_logical_date)
        return dated[place] if place < len(dated) and dated[place].logical_date == logical_date else None

    def page(self, query: RunQuery, offset: int = 0, limit: int | None = None) -> tuple[list[DagRun], int]:
        """The runs that ``query`` asks for, ``limit`` of them from ``offset`` on, and how many match in all."""
        rows, first, after = self._find(query)
        total = after - first
        count = total if limit is None else limit
        if query.descending:
            last = max(after - offset, first)
            return list(reversed(rows[max(last - count, first) : last])), total
        return list(rows[first + offset : min(first + offset + count, after)]), total

    def _find(self, query: RunQuery) -> tuple[Sequence[DagRun], int, int]:
        """Rows among which those from one place to another answer ``query``, in ascending order."""
        if query.is_for_all and query.order_by == "id":
            return self._rows, 0, len(self._rows)
        # Runs of several DAGs may have one date; read backwards, those with the lower row id would come last.
        is_in_order = not query.descending or self._parent is not None
        if query.order_by == "logical_date" and is_in_order and _only_dated(query).is_for_all:
            return (self.by_date, *self._between(query.logical_date))
        answer = self._answers.get(query)
        if answer is None:
            answer = self._work_out(query)
            # Dates of the last change are not announced, so what depends on them cannot be kept right.
            if query.order_by != "updated_at" and not query.updated_at:
                while len(self._answers) >= _KEPT_ANSWERS:
                    del self._answers[next(iter(self._answers))]
                self._answers[query] = answer
        return answer, 0, len(answer)

    def _work_out(self, query: RunQuery) -> list[DagRun]:
        candidates: Sequence[DagRun] = self._rows
        if query.logical_date:
            first, after = self._between(query.logical_date)
            candidates = self.by_date[first:after]
        return sorted(filter(query.matches, candidates), key=query.place)

    def _between(self, period: Period) -> tuple[int, int]:
        dated = self.by_date
        first = 0 if period.since is None else bisect_left(dated, period.since, key=_logical_date)
        after = len(dated) if period.until is None else bisect_right(dated, period.until, key=_logical_date)
        return first, max(first, after)

    def __len__(self) -> int:
        return len(self._rows)


def _logical_date(run: DagRun) -> datetime:
    return run.logical_date


def _only_dated(query: RunQuery) -> RunQuery:
    """``query`` without its period of logical dates."""
    return RunQuery(query.dag_ids, query.states, Period(), query.start_date, query.end_date, query.updated_at)


class DagRuns:
    """All runs of a deployment, found by id and by logical date without a search."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._by_run_id: dict[str, dict[str, DagRun]] = {}
        self._tables: dict[str, RunTable] = {}
        self._all = RunTable()

    def next_id(self) -> int:
        """A row id never used before."""
        return next(self._ids)

    def add(self, run: DagRun) -> None:
        """Store ``run``; its id and logical date must be free."""
        self._by_run_id.setdefault(run.dag_id, {})[run.run_id] = run
        if run.dag_id not in self._tables:
            self._tables[run.dag_id] = RunTable(self._all)
        run.table = self._tables[run.dag_id]
        run.table.add(run)
        self._all.add(run)

    def remove(self, run: DagRun) -> None:
        """Forget ``run``."""
        del self._by_run_id[run.dag_id][run.run_id]
        self._tables[run.dag_id].remove(run)
        self._all.remove(run)
        run.table = None

    def get(self, dag_id: str, run_id: str) -> DagRun | None:
        """The run of that id, or None."""
        return self._by_run_id.get(dag_id, {}).get(run_id)

    def at(self, dag_id: str, logical_date: datetime) -> DagRun | None:
        """The run with that logical date, or None."""
        return self._tables[dag_id].at(logical_date) if dag_id in self._tables else None

    def of(self, dag_id: str) -> list[DagRun]:
        """The runs of one DAG, oldest row first."""
        return list(self._by_run_id.get(dag_id, {}).values())

    def by_date(self, dag_id: str) -> Sequence[DagRun]:
        """The runs of one DAG by logical date, earliest first; not to be changed."""
        return self._tables[dag_id].by_date if dag_id in self._tables else ()

    def state_counts(self, dag_id: str) -> Counter[str]:
        """How many runs of a DAG there are in each state."""
        return self._tables[dag_id].state_counts if dag_id in self._tables else Counter()

    def page(self, query: RunQuery, offset: int = 0, limit: int | None = None) -> tuple[list[DagRun], int]:
        """The runs that ``query`` asks for, ``limit`` of them from ``offset`` on, and how many match in all."""
        if query.dag_ids is not None and len(query.dag_ids) == 1:
            (dag_id,) = query.dag_ids
            table = self._tables.get(dag_id)
            if table is None:
                return [], 0
            return table.page(_of_any_dag(query), offset, limit)
        return self._all.page(query, offset, limit)

    def __iter__(self) -> Iterator[DagRun]:
        """All runs, oldest row first."""
        return iter(list(self._all.by_id))

    def __len__(self) -> int:
        return len(self._all)


def _of_any_dag(query: RunQuery) -> RunQuery:
    return RunQuery(
        None, query.states, query.logical_date, query.start_date, query.end_date, query.updated_at,
        query.order_by, query.descending,
    )  # fmt: skip
