"""One run of a DAG with its task instances."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from fake_server.airflow.dags import DAG
from fake_server.airflow.packing import pack, unpack
from fake_server.airflow.states import FINISHED_TASK_STATES, UNFINISHED_RUN_STATES
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.timetables import DataInterval
from fake_server.airflow.xcoms import XComs

if TYPE_CHECKING:
    from fake_server.airflow.run_store import RunTable

__all__ = ["FINISHED_TASK_STATES", "UNFINISHED_RUN_STATES", "DagRun", "TaskInstance"]


class DagRun:
    """One run of a DAG. Times are aware, in UTC.

    A store may hold hundreds of thousands of these, so what most runs do not have is not kept, and the task instances
    of a run that rests are packed (see :mod:`fake_server.airflow.packing`).
    """

    __slots__ = (
        "_conf",
        "_end_date",
        "_instances",
        "_start_date",
        "_state",
        "_xcoms",
        "clear_number",
        "dag",
        "data_interval",
        "external_trigger",
        "id",
        "last_scheduling_decision",
        "logical_date",
        "note",
        "note_author",
        "queued_at",
        "run_id",
        "run_type",
        "table",
    )

    def __init__(
        self,
        *,
        id: int,  # noqa: A002 - Airflow's name of it
        dag: DAG,
        run_id: str,
        logical_date: datetime,
        data_interval: DataInterval,
        state: str,
        run_type: str,
        conf: dict[str, Any],
        external_trigger: bool,
        queued_at: datetime | None,
        note: str | None = None,
        note_author: str | None = None,
    ) -> None:
        self.id = id
        self.dag = dag
        self.run_id = run_id
        self.logical_date = logical_date
        self.data_interval = data_interval
        self.run_type = run_type
        self.external_trigger = external_trigger
        self.queued_at = queued_at
        self.last_scheduling_decision: datetime | None = None
        self.note = note
        self.note_author = note_author
        #: How often it was cleared after it had finished.
        self.clear_number = 0
        #: The store's table that holds it, told of every change; None until it is stored.
        self.table: RunTable | None = None
        self._state = state
        self._start_date: datetime | None = None
        self._end_date: datetime | None = None
        self._conf = conf or None
        self._xcoms: XComs | None = None
        self._instances: dict[tuple[str, int], TaskInstance] | bytes | None = None

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} {self.run_id} {self.state}>"

    @property
    def dag_id(self) -> str:
        """The id of its DAG."""
        return self.dag.dag_id

    @property
    def conf(self) -> dict[str, Any]:
        """What the run was given; not to be changed in place."""
        return self._conf if self._conf is not None else {}

    @property
    def state(self) -> str:
        """One of queued, running, success, failed."""
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        self._change(state, self._start_date, self._end_date)

    @property
    def start_date(self) -> datetime | None:
        """When it began to run; None before."""
        return self._start_date

    @start_date.setter
    def start_date(self, moment: datetime | None) -> None:
        self._change(self._state, moment, self._end_date)

    @property
    def end_date(self) -> datetime | None:
        """When it succeeded or failed; None before."""
        return self._end_date

    @end_date.setter
    def end_date(self, moment: datetime | None) -> None:
        self._change(self._state, self._start_date, moment)

    def _change(self, state: str, start_date: datetime | None, end_date: datetime | None) -> None:
        if self.table is not None:
            self.table.changing(self)
        self._state, self._start_date, self._end_date = state, start_date, end_date
        if self.table is not None:
            self.table.changed(self)

    @property
    def updated_at(self) -> datetime:
        """When its row changed last, as far as its dates tell."""
        dates = (self.queued_at, self._start_date, self.last_scheduling_decision, self._end_date)
        return max((date for date in dates if date is not None), default=self.logical_date)

    @property
    def is_finished(self) -> bool:
        """Whether it succeeded or failed."""
        return self._state not in UNFINISHED_RUN_STATES

    def become(self, state: str, moment: datetime) -> None:
        """Take ``state`` with the dates that Airflow gives a run then: the table of its ``DagRun.set_state``."""
        before, start, end = self._state, self._start_date, self._end_date
        if state == "queued":
            self.queued_at = moment
            if before != "queued":
                start = end = None
        elif state == "running" and before != "running":
            start, end = moment if self.is_finished else start or moment, None
        elif state not in UNFINISHED_RUN_STATES and before in UNFINISHED_RUN_STATES:
            end = moment
        self._change(state, start, end)

    # Task instances and what they pushed

    @property
    def task_instances(self) -> dict[tuple[str, int], TaskInstance]:
        """Its task instances by (task_id, map_index), in the order of the DAG's tasks; made on first use.

        A run of a date before the DAG starts or after it ends has none, and so succeeds with nothing done.
        """
        if self._instances is None:
            tasks = self.dag.tasks if self.dag.covers(self.logical_date) else {}
            self._instances = {
                (task_id, -1): TaskInstance(task=task, run=self, max_tries=task.retries)
                for task_id, task in tasks.items()
            }
        elif isinstance(self._instances, bytes):
            self._instances = unpack(self, self._instances)
        return self._instances

    @property
    def has_instances(self) -> bool:
        """Whether its task instances have been made; asking does not make them."""
        return self._instances is not None

    @property
    def packed_instances(self) -> bytes | None:
        """Its task instances while they are packed, else None; asking does not unpack them."""
        return self._instances if isinstance(self._instances, bytes) else None

    def task_instance(self, task_id: str, map_index: int = -1) -> TaskInstance | None:
        """The instance of that task, or None."""
        return self.task_instances.get((task_id, map_index))

    def instances_of(self, task_id: str) -> list[TaskInstance]:
        """All instances of that task: one, or as many as a mapped task has."""
        return [instance for instance in self.task_instances.values() if instance.task_id == task_id]

    def replace_instances(self, task_id: str, instances: list[TaskInstance]) -> None:
        """Put ``instances`` in the place of all of that task, as the expansion of a mapped task does."""
        result: dict[tuple[str, int], TaskInstance] = {}
        for instance in self.task_instances.values():
            for kept in instances if instance.task_id == task_id else [instance]:
                result[kept.task_id, kept.map_index] = kept
        self._instances = result

    def follow(self, dag: DAG) -> None:
        """Belong to ``dag``, a newer version of its DAG.

        A run that is not finished gets instances of new tasks; instances of tasks that are gone become ``removed``.
        """
        if self._instances is None or (isinstance(self._instances, bytes) and [*dag.tasks] == [*self.dag.tasks]):
            self.dag = dag
            return
        instances = self.task_instances
        self.dag = dag
        for instance in instances.values():
            task = dag.tasks.get(instance.task_id)
            if task is not None:
                instance.task = task
            elif not self.is_finished and not instance.is_finished:
                instance.state = "removed"
        if not self.is_finished and dag.covers(self.logical_date):
            present = {task_id for task_id, _ in instances}
            for task_id, task in dag.tasks.items():
                if task_id not in present:
                    instances[task_id, -1] = TaskInstance(task=task, run=self, max_tries=task.retries)

    def rest(self) -> None:
        """Pack the task instances, if nothing of them would be lost; whoever asks for them gets new objects."""
        if isinstance(self._instances, dict):
            self._instances = pack(self.dag, self._instances) or self._instances

    @property
    def xcoms(self) -> XComs:
        """Whatever the tasks of this run pushed."""
        if self._xcoms is None:
            self._xcoms = XComs()
        return self._xcoms

    @property
    def has_xcoms(self) -> bool:
        """Whether any task pushed something; asking costs no memory."""
        return bool(self._xcoms)

    def __str__(self) -> str:
        """Its representation in Airflow's messages."""
        return (
            f"<DagRun {self.dag_id} @ {self.logical_date.isoformat(sep=' ')}: {self.run_id}, state:{self.state}, "
            f"queued_at: {_spaced(self.queued_at)}. externally triggered: {self.external_trigger}>"
        )

    def text_1_10(self, date: str) -> str:
        """Its representation in the messages of Airflow 1.10, where the form of the date depends on its origin."""
        return f"<DagRun {self.dag_id} @ {date}: {self.run_id}, externally triggered: {self.external_trigger}>"


def _spaced(moment: datetime | None) -> str:
    return "None" if moment is None else moment.isoformat(sep=" ")
