"""One task in one run, and the attempts it made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fake_server.airflow.dags import Task
from fake_server.airflow.states import FINISHED_TASK_STATES

if TYPE_CHECKING:
    from fake_server.airflow.runs import DagRun

#: The name of the one worker that all tasks run on.
WORKER_HOSTNAME = "ip-10-192-20-10.ec2.internal"


@dataclass(slots=True, eq=False, repr=False)
class TaskInstance:
    """One task in one run. Times are aware, in UTC."""

    task: Task
    run: DagRun
    state: str | None = None
    #: The number of the current attempt, from 1; 0 before the first.
    try_number: int = 0
    #: Attempts it may make beyond the first; clearing grows it.
    max_tries: int = 0
    #: Its place in a mapped task, from 0; -1 for an ordinary task and for a mapped one that is not expanded yet.
    map_index: int = -1
    scheduled_date: datetime | None = None
    queued_date: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    note: str | None = None
    note_author: str | None = None
    #: Set by a branching task above that did not choose this one.
    not_chosen: bool = False
    #: The attempts before the current one, oldest first; None instead of an empty list saves memory.
    history: list[TaskTry] | None = None

    @property
    def task_id(self) -> str:
        """The id of its task."""
        return self.task.task_id

    @property
    def dag_id(self) -> str:
        """The id of its DAG."""
        return self.run.dag.dag_id

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; None while either is missing, and for what a branch did not choose."""
        if self.start_date is None or self.end_date is None or (self.not_chosen and self.state == "skipped"):
            return None
        return (self.end_date - self.start_date).total_seconds()

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in FINISHED_TASK_STATES

    @property
    def is_under_way(self) -> bool:
        """Whether something more happens to it by itself."""
        return self.state is not None and self.state not in FINISHED_TASK_STATES

    @property
    def priority_weight(self) -> int:
        """Its weight when slots are scarce: by default its task's own and that of every task below."""
        known = self.task_id in self.run.dag.tasks
        return self.run.dag.total_weight(self.task_id) if known else self.task.priority_weight

    @property
    def hostname(self) -> str:
        """The worker that has or had it; empty before, and for tasks that never reach a worker."""
        return WORKER_HOSTNAME if self.queued_date is not None and self.start_date is not None else ""

    @property
    def pid(self) -> int | None:
        """Number of the worker's process for the current attempt; None where there was none."""
        if not self.hostname:
            return None
        return 100 + (self.run.id * 997 + sum(self.task_id.encode()) + self.map_index * 31 + self.try_number) % 32000

    @property
    def tries(self) -> list[TaskTry]:
        """Every attempt, oldest first, the current one included.

        While it waits for a retry the attempt that failed is the last one.
        """
        earlier = list(self.history or ())
        return earlier if self.state == "up_for_retry" else [*earlier, TaskTry.of(self)]

    def attempt(self, try_number: int) -> TaskTry | None:
        """The attempt of that number, or None."""
        return next((attempt for attempt in self.tries if attempt.try_number == try_number), None)

    def record_try(self, moment: datetime) -> None:
        """Keep the current attempt in the history before another takes its place.

        What had not finished counts as failed at ``moment``. An attempt is recorded once.
        """
        if any(attempt.try_number == self.try_number for attempt in self.history or ()):
            return
        if not self.is_finished:
            self.end_date = moment
        self.history = [*(self.history or ()), TaskTry.of(self, self.state if self.is_finished else "failed")]

    def set_by_hand(self, state: str | None, moment: datetime) -> None:
        """Take ``state`` as Airflow's own code does outside of a worker: a finished one gets its dates."""
        if state == self.state:
            return
        self.state = state
        self.start_date = self.start_date or moment
        if self.is_finished or state == "up_for_retry":
            self.end_date = self.end_date or moment

    def __str__(self) -> str:
        """Its representation in Airflow's messages."""
        mapped = f" map_index={self.map_index}" if self.map_index >= 0 else ""
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run.run_id}{mapped} [{self.state}]>"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class TaskTry:
    """One attempt of a task instance."""

    instance: TaskInstance
    state: str | None
    try_number: int
    max_tries: int
    queued_date: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    hostname: str
    pid: int | None

    @classmethod
    def of(cls, instance: TaskInstance, state: str | None = None) -> TaskTry:
        """The current attempt of ``instance``, shown in ``state`` where that is given."""
        return cls(
            instance=instance,
            state=instance.state if state is None else state,
            try_number=instance.try_number,
            max_tries=instance.max_tries,
            queued_date=instance.queued_date,
            start_date=instance.start_date,
            end_date=instance.end_date,
            duration=instance.duration,
            hostname=instance.hostname,
            pid=instance.pid,
        )
