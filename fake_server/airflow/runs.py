"""Runs and their task instances, and the store that finds them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.timetables import DataInterval

UNFINISHED_RUN_STATES = ("queued", "running")
FINISHED_TASK_STATES = ("success", "failed", "skipped", "upstream_failed", "removed")


@dataclass(slots=True, eq=False)
class TaskInstance:
    """One task in one run. Times are aware, in UTC."""

    task: Task
    run: DagRun
    state: str | None = None
    try_number: int = 0
    max_tries: int = 0
    map_index: int = -1
    scheduled_date: datetime | None = None
    queued_date: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    note: str | None = None
    #: Set by a branching task above that did not choose this one.
    not_chosen: bool = False

    @property
    def task_id(self) -> str:
        """The id of its task."""
        return self.task.task_id

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; None while either is missing."""
        if self.start_date is None or self.end_date is None:
            return None
        return (self.end_date - self.start_date).total_seconds()

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in FINISHED_TASK_STATES


@dataclass(slots=True, eq=False)
class DagRun:
    """One run of a DAG. Times are aware, in UTC."""

    id: int
    dag: DAG
    run_id: str
    logical_date: datetime
    data_interval: DataInterval
    state: str
    run_type: str
    conf: dict[str, Any]
    external_trigger: bool
    queued_at: datetime | None
    start_date: datetime | None = None
    end_date: datetime | None = None
    last_scheduling_decision: datetime | None = None
    note: str | None = None
    note_author: str | None = None
    #: Whatever the tasks of this run pushed: (task_id, map_index, key) to value.
    xcoms: dict[tuple[str, int, str], Any] = field(default_factory=dict)
    _task_instances: dict[tuple[str, int], TaskInstance] | None = None

    @property
    def dag_id(self) -> str:
        """The id of its DAG."""
        return self.dag.dag_id

    @property
    def task_instances(self) -> dict[tuple[str, int], TaskInstance]:
        """Its task instances by (task_id, map_index); made on first use, since most runs of a large store rest."""
        if self._task_instances is None:
            self._task_instances = {
                (task_id, -1): TaskInstance(task=task, run=self, max_tries=task.retries)
                for task_id, task in self.dag.tasks.items()
            }
        return self._task_instances

    def task_instance(self, task_id: str, map_index: int = -1) -> TaskInstance | None:
        """The instance of that task, or None."""
        return self.task_instances.get((task_id, map_index))

    @property
    def is_finished(self) -> bool:
        """Whether it succeeded or failed."""
        return self.state not in UNFINISHED_RUN_STATES

    def __str__(self) -> str:
        """Its representation in Airflow's messages."""
        return (
            f"<DagRun {self.dag_id} @ {self.logical_date.isoformat(sep=' ')}: {self.run_id}, state:{self.state}, "
            f"queued_at: {_spaced(self.queued_at)}. externally triggered: {self.external_trigger}>"
        )


class DagRuns:
    """All runs of a deployment, found by id and by logical date without a search."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._by_dag: dict[str, dict[str, DagRun]] = {}
        self._by_date: dict[str, dict[datetime, DagRun]] = {}

    def next_id(self) -> int:
        """A row id never used before."""
        return next(self._ids)

    def add(self, run: DagRun) -> None:
        """Store ``run``; its id and logical date must be free."""
        self._by_dag.setdefault(run.dag_id, {})[run.run_id] = run
        self._by_date.setdefault(run.dag_id, {})[run.logical_date] = run

    def remove(self, run: DagRun) -> None:
        """Forget ``run``."""
        del self._by_dag[run.dag_id][run.run_id]
        del self._by_date[run.dag_id][run.logical_date]

    def remove_all(self, dag_id: str) -> int:
        """Forget the runs of a DAG; how many there were."""
        self._by_date.pop(dag_id, None)
        return len(self._by_dag.pop(dag_id, {}))

    def get(self, dag_id: str, run_id: str) -> DagRun | None:
        """The run of that id, or None."""
        return self._by_dag.get(dag_id, {}).get(run_id)

    def at(self, dag_id: str, logical_date: datetime) -> DagRun | None:
        """The run with that logical date, or None."""
        return self._by_date.get(dag_id, {}).get(logical_date)

    def of(self, dag_id: str) -> list[DagRun]:
        """The runs of one DAG, oldest row first."""
        return list(self._by_dag.get(dag_id, {}).values())

    def __iter__(self) -> Iterator[DagRun]:
        """All runs, oldest row first."""
        if len(self._by_dag) == 1:
            yield from next(iter(self._by_dag.values())).values()
        else:
            yield from sorted(itertools.chain(*(runs.values() for runs in self._by_dag.values())), key=_row_id)

    def __len__(self) -> int:
        return sum(map(len, self._by_dag.values()))


def _row_id(run: DagRun) -> int:
    return run.id


def _spaced(moment: datetime | None) -> str:
    return "None" if moment is None else moment.isoformat(sep=" ")
