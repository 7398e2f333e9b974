"""A deployment as rows: one for each DAG, run and event log entry, and one for each of its stores.

Stores are small and are made bytes of at every look. What there may be ten thousands of is not: of a run, a DAG and the
event log it is first seen whether they are as they were, by comparing their attributes, which is fifty times quicker.
"""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable, Mapping
from typing import Any

from fake_server.airflow.audit import AuditRow
from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.clock import Clock
from fake_server.state.objects import Reference, as_bytes, from_bytes

#: What a row holds, and of what.
Row = tuple[str, str]
#: The attributes of something, to be compared with what they were.
Sight = tuple[Any, ...]

#: The attributes of a deployment that make it what it is; the event log and runs have their entries in further rows.
STORES = (
    "dags", "dag_folder", "files", "parse_requests", "files_read", "import_errors", "datasets", "runs", "variables",
    "pools", "connections", "security", "password_auth_users", "audit", "scheduler",
)  # fmt: skip

_OF_RUN = operator.attrgetter(*(name for name in DagRun.__slots__ if name not in {"table", "_instances", "_xcoms"}))
_OF_INSTANCE = operator.attrgetter(*TaskInstance.__slots__)


class DeploymentRows:
    """The rows of one deployment, and what they were at the last look."""

    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow
        self._stores: dict[str, bytes] = {}
        #: What was seen of each DAG, run and event of the log.
        self._seen: dict[DAG | DagRun | AuditRow, Sight] = {}

    def changes(self) -> dict[Row, bytes | None]:
        """The rows that are other than at the last call, None for those that are gone. Call it with the lock held.

        :raises NotKept: when something cannot be kept.
        """
        airflow, before = self._airflow, self._seen
        seen: dict[DAG | DagRun | AuditRow, Sight] = {dag: _sight_of_dag(dag) for dag in airflow.dags.values()}
        seen.update({run: _sight_of_run(run) for run in airflow.runs})
        seen.update(dict.fromkeys(airflow.audit, ()))
        # One that is gone may have made room for another of its name.
        changes: dict[Row, bytes | None] = dict.fromkeys(map(_row_of, before.keys() - seen.keys()))
        changes.update({_row_of(it): self._bytes(it) for it, sight in seen.items() if before.get(it) != sight})
        stores = {name: self._bytes(getattr(airflow, name)) for name in STORES}
        changes.update({("store", name): stores[name] for name in STORES if stores[name] != self._stores.get(name)})
        self._seen, self._stores = seen, stores
        return changes

    def _bytes(self, thing: object) -> bytes:
        return as_bytes(thing, _References(self._airflow, thing))


def _row_of(thing: DAG | DagRun | AuditRow) -> Row:
    if isinstance(thing, DAG):
        return "dag", thing.dag_id
    return ("run", str(thing.id)) if isinstance(thing, DagRun) else ("event", str(thing.id))


def _sight_of_dag(dag: DAG) -> Sight:
    return tuple(value for name, value in vars(dag).items() if name not in {"timetable", "_weights"})


def _sight_of_run(run: DagRun) -> Sight:
    sight: Sight = _OF_RUN(run)
    if run.has_instances:
        packed = run.packed_instances
        sight += (packed,) if packed is not None else tuple(map(_OF_INSTANCE, run.task_instances.values()))
    return (*sight, run.xcoms.as_pushed()) if run.has_xcoms else sight


class _References:
    """What stands in the row of ``own`` by reference only."""

    def __init__(self, airflow: Airflow, own: object) -> None:
        self._airflow = airflow
        self._own = own
        self._finders: dict[type, Callable[[Any], Reference | None]] = {
            Airflow: lambda _: ("airflow",), Clock: lambda _: ("clock",), DAG: self._dag, DagRun: self._run,
            TaskInstance: self._instance, Task: self._task,
        }  # fmt: skip
        self._names = {id(getattr(airflow, name)): name for name in STORES}

    def __call__(self, thing: Any) -> Reference | None:
        finder = self._finders.get(type(thing))
        if finder is not None:
            return None if thing is self._own else finder(thing)
        name = self._names.get(id(thing))
        return None if name is None or thing is self._own else ("store", name)

    def _dag(self, dag: DAG) -> Reference | None:
        return ("dag", dag.dag_id) if self._airflow.dags.get(dag.dag_id) is dag else None

    def _run(self, run: DagRun) -> Reference | None:
        # One that was deleted may still be planned for.
        return ("run", str(run.id)) if run.table is not None else None

    def _instance(self, instance: TaskInstance) -> Reference | None:
        run = instance.run
        if run is self._own or run.table is None or run.packed_instances is not None:
            return None
        is_current = run.task_instance(instance.task_id, instance.map_index) is instance
        return ("instance", str(run.id), instance.task_id, instance.map_index) if is_current else None

    def _task(self, task: Task) -> Reference | None:
        # Of a run's own DAG only; the tasks that it had before are its own.
        run = self._own
        if not isinstance(run, DagRun) or self._dag(run.dag) is None or run.dag.tasks.get(task.task_id) is not task:
            return None
        return ("task", run.dag_id, task.task_id)


class DamagedRows(ValueError):
    """Rows that are no deployment's."""


def restore(airflow: Airflow, rows: Mapping[Row, bytes]) -> None:
    """Have in ``airflow``, which is new, what ``rows`` hold.

    :raises DamagedRows: when they are not the rows of a deployment.
    """
    try:
        _Restoration(airflow, rows).run()
    except (pickle.UnpicklingError, AttributeError, EOFError, KeyError, IndexError, TypeError, ValueError) as error:
        raise DamagedRows(f"{type(error).__name__}: {error}") from error


class _Restoration:
    def __init__(self, airflow: Airflow, rows: Mapping[Row, bytes]) -> None:
        self._airflow = airflow
        self._rows = rows
        self._made: dict[Row, Any] = {}

    def run(self) -> None:
        stores = {name: self._thing("store", name) for name in STORES}
        numbers: dict[str, list[int]] = {"run": [], "event": []}
        for kind, name in self._rows:
            if kind in numbers:
                numbers[kind].append(int(name))
        for number in sorted(numbers["run"]):
            stores["runs"].add(self._thing("run", str(number)))
        stores["audit"].restore(self._thing("event", str(number)) for number in sorted(numbers["event"]))
        for name, store in stores.items():
            setattr(self._airflow, name, store)

    def _thing(self, kind: str, name: str) -> Any:
        """What the row of that kind and name holds, made once."""
        if (kind, name) not in self._made:
            self._made[kind, name] = from_bytes(self._rows[kind, name], self._referred)
        return self._made[kind, name]

    def _referred(self, reference: Reference) -> Any:
        kind = reference[0]
        if kind == "airflow":
            return self._airflow
        if kind == "clock":
            return self._airflow.clock
        if kind == "instance":
            return self._thing("run", reference[1]).task_instances[reference[2], reference[3]]
        if kind == "task":
            return self._thing("dag", reference[1]).tasks[reference[2]]
        return self._thing(reference[0], reference[1])
