"""One Airflow: the aggregate that the web server and the command line talk to.

Whatever a protocol asks for becomes one call here, so that all protocols show one thing.
"""

from __future__ import annotations

import json
import re
import threading
from collections import UserDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from fake_server.airflow.audit import AuditLog
from fake_server.airflow.clearing import Selection, TaskChoice, clear
from fake_server.airflow.config import Configuration
from fake_server.airflow.connections import Connections
from fake_server.airflow.dags import DAG
from fake_server.airflow.datasets import Dataset, DatasetEvent, Datasets, interval_of
from fake_server.airflow.errors import (
    ConfNotAnObject,
    DagNotFound,
    DagRunAlreadyExists,
    DagRunNotFound,
    InvalidRunId,
    LogicalDateTaken,
    ParamValidationError,
    ReservedRunId,
    TaskInstanceNotFound,
    TaskInstancesStillRunning,
)
from fake_server.airflow.import_errors import DagWarning, ImportErrors
from fake_server.airflow.marking import mark_run, runs_around
from fake_server.airflow.password_auth_users import PasswordAuthUsers
from fake_server.airflow.pools import Pools
from fake_server.airflow.run_store import DagRuns, Period, RunQuery
from fake_server.airflow.runs import DagRun, TaskInstance
from fake_server.airflow.scheduler import Scheduler
from fake_server.airflow.security import Security
from fake_server.airflow.states import RUN_STATES
from fake_server.airflow.task_logs import read_log
from fake_server.airflow.timetables import DataInterval
from fake_server.airflow.unmet_dependencies import UnmetDependency, unmet_dependencies
from fake_server.airflow.variables import Variables
from fake_server.clock import Clock
from fake_server.versions import DEFAULT_VERSION, AirflowVersion, airflow_version

#: What Airflow accepts as a run id when the deployment configures nothing wider.
_RUN_ID = r"^(?:manual|scheduled|dataset_triggered)__(?:\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00)$"
_RUN_TYPES = ("backfill", "scheduled", "dataset_triggered")


class Airflow:
    """An Airflow deployment: DAGs, runs, variables and the rest, moved along by a clock.

    ``options`` are AirflowConfigurationOptions (``section.option`` to text). Use it inside :meth:`session`, which keeps
    threads apart and first lets happen what was due.
    """

    def __init__(
        self,
        version: AirflowVersion | str = DEFAULT_VERSION,
        *,
        clock: Clock | None = None,
        options: Mapping[str, str] | None = None,
        scheduler: bool = True,
    ) -> None:
        self.version = airflow_version(version) if isinstance(version, str) else version
        self.clock = clock if clock is not None else Clock()
        self.config = Configuration(self.version, options)
        self._lock = threading.RLock()
        self._scheduler_enabled = scheduler
        self.clear()

    def clear(self) -> None:
        """Back to an empty deployment; version and configuration stay."""
        with self._lock:
            self.dags: dict[str, DAG] = {}
            #: What the DAG folder defines: a DAG that is deleted from the database still stands in its file.
            self.dag_folder: dict[str, DAG] = {}
            #: Files that commands left on the machine's disk: path to text. The real disk is never touched.
            self.files: dict[str, str] = {}
            #: DAG files that somebody wants parsed, while no scheduler comes round to it.
            self.parse_requests: set[str] = set()
            #: Path of a DAG file that could not be imported, to the traceback's text.
            self.import_errors = ImportErrors(self.clock)
            self.datasets = Datasets()
            self.runs = DagRuns()
            self.variables = Variables()
            self.pools = Pools(self.config.integer("core", "default_pool_task_slot_count"))
            self.pools.task_instances = self._using_pool
            self.connections = Connections()
            self.security = Security(self.clock)
            self.password_auth_users = PasswordAuthUsers()
            self.audit = AuditLog(self.clock)
            self.scheduler = Scheduler(self, enabled=self._scheduler_enabled)

    def __repr__(self) -> str:
        return f"<Airflow {self.version.number}: {len(self.dags)} DAGs, {len(self.runs)} runs>"

    @contextmanager
    def session(self) -> Iterator[Airflow]:
        """Exclusive use of the deployment, with everything having happened that was due until now."""
        with self._lock:
            self.scheduler.catch_up()
            yield self

    # DAGs

    def add_dag(self, dag: DAG) -> DAG:
        """Make ``dag`` known, as if its file had been parsed just now; a DAG of the same id is replaced.

        A replaced DAG's runs stay, as in Airflow, and so does whether it is paused.
        """
        now = self.clock.now()
        dag.last_parsed_time = now
        if not dag.fileloc:
            dag.fileloc = f"{self.config.get('core', 'dags_folder')}/{dag.dag_id}.py"
        replaced = self.dags.get(dag.dag_id)
        if replaced is not None:
            dag.is_paused = replaced.is_paused
            dag.last_interval = replaced.last_interval
            for run in self.runs.of(dag.dag_id):
                run.follow(dag)
        dag.next_interval = dag.interval_after(dag.last_interval, now)
        self.dags[dag.dag_id] = dag
        self.import_errors.pop(dag.fileloc, None)
        self.datasets.register(dag, now)
        self.dag_folder[dag.dag_id] = dag
        self.scheduler.watch_dag(dag)
        return dag

    @property
    def dags_by_id(self) -> list[DAG]:
        """All DAGs in the order of their ids, which is how every protocol lists them."""
        return [self.dags[dag_id] for dag_id in sorted(self.dags)]

    def get_dag(self, dag_id: str) -> DAG:
        """The DAG of that id.

        :raises DagNotFound: when there is none.
        """
        try:
            return self.dags[dag_id]
        except KeyError:
            raise DagNotFound(dag_id) from None

    def set_paused(self, dag: DAG, is_paused: bool | None) -> None:
        """Pause or unpause a DAG; an unpaused DAG's queued runs start when the scheduler comes round."""
        dag.is_paused = is_paused
        if not is_paused and not dag.catchup:
            dag.next_interval = dag.interval_after(dag.last_interval, self.clock.now())
        self.scheduler.watch_dag(dag)

    def delete_dag(self, dag_id: str) -> int:
        """Forget a DAG with everything that hangs on it; how many rows that were.

        :raises TaskInstancesStillRunning: when one of its task instances runs.
        :raises DagNotFound: when there is none.
        """
        runs = self.runs.of(dag_id)
        if any(instance.state == "running" for run in runs if not run.is_finished for instance in _made(run)):
            raise TaskInstancesStillRunning(dag_id)
        dag = self.get_dag(dag_id)
        count = 1 + len(dag.tags) + len(dag.owner_links) + sum(map(_rows_of, runs))
        for run in runs:
            self.delete_run(run)
        count += self.datasets.forget_dag(dag_id)
        self.import_errors.pop(dag.fileloc, None)
        del self.dags[dag_id]
        return count

    def request_parsing(self, fileloc: str) -> bool:
        """Ask for a DAG file to be parsed soon; False when that has been asked for already.

        With a scheduler it happens at once. The file is as it was, so only the time of parsing changes.
        """
        if fileloc in self.parse_requests:
            return False
        if self.scheduler.enabled:
            for dag in self.dags.values():
                if dag.fileloc == fileloc:
                    dag.last_parsed_time = self.clock.now()
        else:
            self.parse_requests.add(fileloc)
        return True

    @property
    def dag_warnings(self) -> list[DagWarning]:
        """What the parser finds odd: tasks that name pools which do not exist."""
        found: list[DagWarning] = []
        for dag in self.dags_by_id:
            missing = sorted({task.pool for task in dag.tasks.values() if self.pools.find(task.pool) is None})
            if missing:
                text = f"Dag '{dag.dag_id}' references non-existent pools: {missing!r}"
                found.append(
                    DagWarning(dag.dag_id, "non-existent pool", text, dag.last_parsed_time or self.clock.now())
                )
        return found

    def dag_stats(self, dag_ids: Iterable[str]) -> dict[str, dict[str, int]]:
        """How many runs in each state the DAGs have that exist."""
        counts = {dag_id: self.runs.state_counts(dag_id) for dag_id in dag_ids if dag_id in self.dags}
        return {dag_id: {state: count[state] for state in RUN_STATES} for dag_id, count in counts.items()}

    # Runs

    def trigger_dag(
        self,
        dag_id: str,
        *,
        run_id: str | None = None,
        logical_date: datetime | None = None,
        conf: Mapping[str, Any] | str | None = None,
        data_interval: DataInterval | None = None,
        note: str | None = None,
        note_author: str | None = None,
        allow_reserved_run_id: bool = True,
    ) -> DagRun:
        """Make a run of a DAG, queued now (in Airflow 1.10, which also checks less: running).

        ``logical_date`` is aware; a missing one is now. Its offset shows in a default ``run_id``. ``conf`` may be the
        text of a JSON object. The REST API passes ``allow_reserved_run_id=False``: there a manual run may not take an
        id such as ``scheduled__...``; elsewhere such an id makes it a run of that type.

        :raises DagNotFound: when there is no such DAG.
        :raises DagRunAlreadyExists: when id or logical date are taken.
        :raises LogicalDateTaken: in place of that, when the version leaves the date to the database.
        :raises json.JSONDecodeError: when ``conf`` is text that is not JSON.
        :raises ConfNotAnObject: when it is something else than an object.
        :raises ReservedRunId: see above.
        :raises InvalidRunId: when the id has characters that the deployment does not allow.
        :raises ParamValidationError: when ``conf`` does not fit the DAG's params.
        """
        dag = self.get_dag(dag_id)
        given_date = logical_date if logical_date is not None else self.clock.now()
        date = given_date.astimezone(timezone.utc)
        run_id = run_id or f"manual__{given_date.isoformat()}"
        rules = self.version.run_creation
        self._check_run_is_new(dag_id, run_id, given_date)
        given = json.loads(conf) if conf and isinstance(conf, str) else conf
        if not rules.checks_conf:
            given = _any_json(given, as_text=isinstance(conf, str))
        run_type = _run_type(run_id)
        if run_type != "manual" and not allow_reserved_run_id:
            raise ReservedRunId(run_id, run_type)
        if rules.restricts_run_ids:
            self._check_run_id(run_id)
        loaded = _object_of(given)
        if rules.checks_conf:
            check_params(dag, loaded)
        if not rules.checks_logical_date:
            self._let_database_check(dag_id, date)
        run = DagRun(
            id=self.runs.next_id(),
            dag=dag,
            run_id=run_id,
            logical_date=date,
            data_interval=data_interval or dag.timetable.manual_interval(date),
            state="queued",
            run_type=run_type,
            conf=loaded,
            external_trigger=True,
            queued_at=self.clock.now(),
            note=note,
            note_author=note_author if note is not None else None,
        )
        self._add_run(run)
        return run

    def make_scheduled_run(self, dag: DAG, interval: DataInterval, moment: datetime) -> DagRun | None:
        """Make the automatic run for ``interval``, queued at ``moment``; None when it exists already."""
        run_id = f"scheduled__{interval.start.isoformat()}"
        if self.runs.get(dag.dag_id, run_id) is not None or self.runs.at(dag.dag_id, interval.start) is not None:
            return None
        run = DagRun(
            id=self.runs.next_id(),
            dag=dag,
            run_id=run_id,
            logical_date=interval.start,
            data_interval=interval,
            state="queued",
            run_type="scheduled",
            conf={},
            external_trigger=False,
            queued_at=moment,
        )
        self._add_run(run, moment)
        return run

    def make_dataset_run(self, dag: DAG, moment: datetime) -> DagRun | None:
        """Make the run for the updates that are queued for ``dag``; None when there is one of that date already.

        Its logical date is the time of the last of them.
        """
        queued = self.datasets.queued(dag.dag_id)
        date = max(event.created_at for event in queued)
        if self.runs.at(dag.dag_id, date) is not None:
            return None
        earlier = [run for run in self.runs.by_date(dag.dag_id) if run.run_type == "dataset_triggered"]
        since = max((run.logical_date for run in earlier if run.logical_date < date), default=None)
        events = self.datasets.events_for(dag, since, date)
        run = DagRun(
            id=self.runs.next_id(),
            dag=dag,
            run_id=f"dataset_triggered__{date.isoformat()}",
            logical_date=date,
            data_interval=interval_of(events, date),
            state="queued",
            run_type="dataset_triggered",
            conf={},
            external_trigger=False,
            queued_at=moment,
        )
        for event in events:
            event.created_dag_runs.append(run)
        self.datasets.delete_queued(dag.dag_id)
        self._add_run(run, moment)
        return run

    def get_run(self, dag_id: str, run_id: str) -> DagRun:
        """The run of that id.

        :raises DagRunNotFound: when there is none.
        """
        run = self.runs.get(dag_id, run_id)
        if run is None:
            raise DagRunNotFound(dag_id, run_id)
        return run

    def delete_run(self, run: DagRun) -> None:
        """Forget a run with its task instances."""
        self.runs.remove(run)
        self.datasets.forget_run(run)
        self.scheduler.forget(run)

    def set_run_state(self, run: DagRun, state: str) -> list[TaskInstance]:
        """Set a run to success, failed or queued by hand; the task instances that changed with it.

        See :func:`fake_server.airflow.marking.mark_run` for what becomes of them.
        """
        changed = mark_run(run, state, self.clock.now())
        self.scheduler.watch(run)
        return changed

    def set_run_note(self, run: DagRun, note: str | None, author: str | None = None) -> None:
        """Put a note on a run."""
        run.note, run.note_author = note, author

    def clear_run(self, run: DagRun, *, dry_run: bool = False) -> list[TaskInstance]:
        """Let a whole run run again; the task instances concerned. With ``dry_run`` nothing changes."""
        return self._clear(Selection().instances(run.dag, [run]), dry_run=dry_run)

    def run_finished(self, run: DagRun, moment: datetime) -> None:
        """Called by the scheduler when a run ended by itself: too many failures in a row pause the DAG."""
        limit = run.dag.max_consecutive_failed_dag_runs
        if run.state == "failed" and limit > 0:
            latest = self.runs.by_date(run.dag_id)[-limit:]
            if len(latest) == limit and all(other.state == "failed" for other in latest):
                run.dag.is_paused = True

    # Task instances

    def get_task_instance(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> TaskInstance:
        """The task instance of those ids.

        :raises TaskInstanceNotFound: when there is none.
        """
        run = self.runs.get(dag_id, run_id)
        instance = run.task_instance(task_id, map_index) if run is not None else None
        if instance is None:
            raise TaskInstanceNotFound(dag_id, run_id, task_id, map_index)
        return instance

    def clear_task_instances(
        self,
        dag: DAG,
        *,
        run: DagRun | None = None,
        tasks: Sequence[TaskChoice] | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        include_upstream: bool = False,
        include_downstream: bool = False,
        include_past: bool = False,
        include_future: bool = False,
        only_failed: bool = False,
        only_running: bool = False,
        reset_dag_runs: bool = True,
        dry_run: bool = False,
    ) -> list[TaskInstance]:
        """Let task instances of a DAG run again; those concerned, by logical date, in the order of the DAG's tasks.

        ``run`` stands for its own logical date; ``include_past`` and ``include_future`` then open that side, as they
        do with ``start_date`` and ``end_date``. ``tasks`` are ids, or pairs of an id and a map index; all by default.
        With ``dry_run`` nothing changes.
        """
        if run is not None:
            start_date = end_date = run.logical_date
        query = RunQuery(
            dag_ids=frozenset((dag.dag_id,)),
            logical_date=Period(None if include_past else start_date, None if include_future else end_date),
            order_by="logical_date",
        )
        selection = Selection(tasks, include_upstream, include_downstream, only_failed, only_running)
        chosen = selection.instances(dag, self.runs.page(query)[0])
        return self._clear(chosen, reset_runs=reset_dag_runs, dry_run=dry_run)

    def set_task_instance_state(
        self,
        run: DagRun,
        task_id: str,
        state: str,
        *,
        map_indexes: Sequence[int] | None = None,
        include_upstream: bool = False,
        include_downstream: bool = False,
        include_past: bool = False,
        include_future: bool = False,
        dry_run: bool = False,
    ) -> list[TaskInstance]:
        """Set task instances to success, failed or skipped by hand; those that change.

        Failed ones below are cleared then, so that they run again. ``map_indexes`` None means all instances of a
        mapped task. With ``dry_run`` nothing changes.

        :raises TaskNotFound: when the DAG has no such task.
        """
        dag = run.dag
        dag.task(task_id)
        tasks: list[TaskChoice] = [task_id] if map_indexes is None else [(task_id, index) for index in map_indexes]
        runs = runs_around(dag, self.runs.by_date(dag.dag_id), run, past=include_past, future=include_future)
        chosen = Selection(tasks, include_upstream, include_downstream).instances(dag, runs)
        altered = [instance for instance in chosen if instance.state != state]
        if dry_run:
            return altered
        now = self.clock.now()
        for instance in altered:
            instance.set_by_hand(state, now)
        below = Selection([task_id], include_downstream=True, only_failed=True, exclude=frozenset((task_id,)))
        self._clear(below.instances(dag, runs))
        for touched in dict.fromkeys(instance.run for instance in altered):
            self.scheduler.watch(touched)
        return altered

    def set_task_instance_note(self, instance: TaskInstance, note: str | None, author: str | None = None) -> None:
        """Put a note on a task instance."""
        instance.note, instance.note_author = note, author

    def task_log(self, instance: TaskInstance, try_number: int, *, braces: str = "{}") -> tuple[str, str]:
        """The host and the text of the log of an attempt, as the web server shows them; ``braces`` as in log lines."""
        folder = self.config.get("core", "dags_folder")
        logs = self.config.get("logging", "base_log_folder")
        return read_log(instance, try_number, log_folder=logs, dags_folder=folder, braces=braces)

    def unmet_dependencies(self, instance: TaskInstance) -> list[UnmetDependency]:
        """What keeps a task instance from being queued."""
        return unmet_dependencies(self, instance)

    def _clear(
        self, instances: list[TaskInstance], *, reset_runs: bool = True, dry_run: bool = False
    ) -> list[TaskInstance]:
        if not dry_run:
            for run in clear(instances, self.clock.now(), reset_runs=reset_runs):
                self.scheduler.watch(run)
        return instances

    # Datasets

    def create_dataset_event(self, uri: str, extra: Mapping[str, Any] | None = None) -> DatasetEvent:
        """Update a dataset by hand.

        :raises DatasetNotFound: when no DAG names it.
        """
        return self._update(self.datasets.get(uri), extra or {}, self.clock.now(), None)

    def update_dataset(self, uri: str, extra: Mapping[str, Any], moment: datetime, source: TaskInstance) -> None:
        """Called by the scheduler when a task with an outlet succeeded."""
        dataset = self.datasets.find(uri)
        if dataset is not None:
            self._update(dataset, extra, moment, source)

    def _update(
        self, dataset: Dataset, extra: Mapping[str, Any], moment: datetime, source: TaskInstance | None
    ) -> DatasetEvent:
        event = self.datasets.record(dataset, moment, extra, source)
        for reference in dataset.consuming_dags:
            dag = self.dags.get(reference.dag_id)
            if dag is not None and dag.is_active and not dag.is_paused:
                self.datasets.enqueue(dag.dag_id, dataset, moment)
                self.scheduler.dataset_updated(dag, moment)
        return event

    def _add_run(self, run: DagRun, moment: datetime | None = None) -> None:
        if self.version.run_creation.first_state == "running":
            run.become("running", moment if moment is not None else self.clock.now())
            run.queued_at = None
        self.runs.add(run)
        self.scheduler.watch(run, moment)

    def _check_run_is_new(self, dag_id: str, run_id: str, logical_date: datetime) -> None:
        checks_date = self.version.run_creation.checks_logical_date
        existing = self.runs.get(dag_id, run_id)
        if existing is None and checks_date:
            existing = self.runs.at(dag_id, logical_date.astimezone(timezone.utc))
        if existing is not None:
            raise DagRunAlreadyExists(existing, run_id, logical_date if checks_date else None)

    def _let_database_check(self, dag_id: str, logical_date: datetime) -> None:
        existing = self.runs.at(dag_id, logical_date)
        if existing is not None:
            raise LogicalDateTaken(existing)

    def _check_run_id(self, run_id: str) -> None:
        pattern = self.config.get("scheduler", "allowed_run_id_pattern")
        if not re.match(_RUN_ID, run_id) and not (pattern.strip() and re.match(pattern.strip(), run_id)):
            raise InvalidRunId(
                f"The provided run ID '{run_id}' is invalid. It does not match either "
                f"the configured pattern: '{pattern}' or the built-in pattern: '{_RUN_ID}'"
            )

    def _using_pool(self, pool: str) -> list[TaskInstance]:
        return self.scheduler.slots.of_pool(pool)


def _made(run: DagRun) -> Iterable[TaskInstance]:
    """The task instances of ``run``, unless nobody asked for them yet."""
    return run.task_instances.values() if run.has_instances else ()


def _rows_of(run: DagRun) -> int:
    """How many rows of Airflow's tables belong to ``run``."""
    instances = run.task_instances.values()
    ran = sum(bool(instance.hostname) for instance in instances)
    tries = sum(len(instance.history or ()) for instance in instances)
    return 1 + len(instances) + ran + tries + (len(run.xcoms) if run.has_xcoms else 0)


def _object_of(conf: Any) -> dict[str, Any]:
    """``conf`` as an object; what Airflow takes for nothing is an empty one, and pairs make one too.

    :raises ConfNotAnObject: in the words in which Python refuses to update a mapping with it.
    """
    result: UserDict[str, Any] = UserDict()
    try:
        result.update(conf or {})
    except (TypeError, ValueError) as error:
        raise ConfNotAnObject(error) from None
    return dict(result)


def _any_json(conf: Any, *, as_text: bool) -> Mapping[str, Any]:
    """``conf`` where Airflow does not check it: text may hold any JSON, and what is no object has no effect.

    :raises ConfNotAnObject: for anything else than an object or text, in the words of Python's JSON parser.
    """
    if isinstance(conf, Mapping):
        return conf
    if conf and not as_text:
        kind = type(conf).__name__
        raise ConfNotAnObject(TypeError(f"the JSON object must be str, bytes or bytearray, not {kind}"))
    return {}


def check_params(dag: DAG, conf: Mapping[str, Any]) -> None:
    """Check the values that a run gives to the DAG's params.

    :raises ParamValidationError: with the validator's own words, as Airflow shows them.
    """
    if not dag.params:
        return
    import jsonschema

    for name, param in dag.params.items():
        try:
            jsonschema.validate(conf.get(name, param.value), dict(param.schema))
        except jsonschema.ValidationError as error:
            raise ParamValidationError(f"Invalid input for param {name}: {error}") from None


def _run_type(run_id: str) -> str:
    return next((kind for kind in _RUN_TYPES if run_id.startswith(f"{kind}__")), "manual")
