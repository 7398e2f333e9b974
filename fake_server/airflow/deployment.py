"""One Airflow: the aggregate that the web server and the command line talk to.

Whatever a protocol asks for becomes one call here, so that all protocols show one thing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from fake_server.airflow.audit import AuditLog
from fake_server.airflow.config import Configuration
from fake_server.airflow.connections import Connections
from fake_server.airflow.dags import DAG
from fake_server.airflow.datasets import Dataset, DatasetEvent, Datasets
from fake_server.airflow.errors import (
    DagNotFound,
    DagRunNotFound,
    TaskInstanceNotFound,
    TaskInstancesStillRunning,
)
from fake_server.airflow.import_errors import DagWarning, ImportErrors
from fake_server.airflow.interventions import Interventions
from fake_server.airflow.password_auth_users import PasswordAuthUsers
from fake_server.airflow.pools import Pools
from fake_server.airflow.run_creation import RunCreation
from fake_server.airflow.run_store import DagRuns
from fake_server.airflow.runs import DagRun, TaskInstance
from fake_server.airflow.scheduler import Scheduler
from fake_server.airflow.security import Security
from fake_server.airflow.states import RUN_STATES
from fake_server.airflow.task_logs import read_log
from fake_server.airflow.unmet_dependencies import UnmetDependency, unmet_dependencies
from fake_server.airflow.variables import Variables
from fake_server.clock import Clock
from fake_server.versions import DEFAULT_VERSION, AirflowVersion, airflow_version


class Airflow(RunCreation, Interventions):
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
        #: What is done first in every session, such as looking after the DAG folder.
        self._before_sessions: list[Callable[[Airflow], object]] = []
        self._is_preparing = False
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
            #: For each place that DAG files come from: their paths there, and the DAGs that each had when it was read.
            self.files_read: dict[str, dict[str, tuple[str, ...]]] = {}
            #: Path of a DAG file that could not be imported, to the traceback's text.
            self.import_errors = ImportErrors(self.clock)
            self.datasets = Datasets()
            self.runs = DagRuns()
            self.variables = Variables()
            self.pools = Pools(self.config.integer("core", "default_pool_task_slot_count"))
            self.pools.task_instances = self._using_pool
            self.connections = Connections()
            self.security = Security(self.clock, self.version)
            self.password_auth_users = PasswordAuthUsers()
            self.audit = AuditLog(self.clock)
            self.scheduler = Scheduler(self, enabled=self._scheduler_enabled)

    def __repr__(self) -> str:
        return f"<Airflow {self.version.number}: {len(self.dags)} DAGs, {len(self.runs)} runs>"

    @contextmanager
    def session(self) -> Iterator[Airflow]:
        """Exclusive use of the deployment, with everything having happened that was due until now."""
        with self._lock:
            if self._before_sessions and not self._is_preparing:
                self._prepare()
            self.scheduler.catch_up()
            yield self

    @contextmanager
    def as_it_stands(self) -> Iterator[Airflow]:
        """Exclusive use of the deployment, with nothing happening first."""
        with self._lock:
            yield self

    def before_sessions(self, prepare: Callable[[Airflow], object]) -> None:
        """Call ``prepare`` with this deployment at the beginning of every session from now on."""
        self._before_sessions.append(prepare)

    def _prepare(self) -> None:
        # What is called here may open sessions itself.
        self._is_preparing = True
        try:
            for prepare in self._before_sessions:
                prepare(self)
        finally:
            self._is_preparing = False

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
        self.security.add_dag_resources(dag.dag_id)
        self.dag_folder[dag.dag_id] = dag
        self.scheduler.watch_dag(dag)
        return dag

    def deactivate_dag(self, dag: DAG) -> None:
        """The file of ``dag`` no longer has it: it stays in the database, but nothing of it runs by itself."""
        dag.is_active = False
        self.dag_folder.pop(dag.dag_id, None)
        self.scheduler.watch_dag(dag)

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
        """What the parser finds odd: tasks that name pools which do not exist, and what it could not read."""
        found: list[DagWarning] = []
        for dag in self.dags_by_id:
            missing = sorted({task.pool for task in dag.tasks.values() if self.pools.find(task.pool) is None})
            if missing:
                text = f"Dag '{dag.dag_id}' references non-existent pools: {missing!r}"
                found.append(
                    DagWarning(dag.dag_id, "non-existent pool", text, dag.last_parsed_time or self.clock.now())
                )
            if dag.parse_warnings:
                text = "; ".join(dag.parse_warnings)
                found.append(DagWarning(dag.dag_id, "not understood", text, dag.last_parsed_time or self.clock.now()))
        return found

    def dag_stats(self, dag_ids: Iterable[str]) -> dict[str, dict[str, int]]:
        """How many runs in each state the DAGs have that exist."""
        counts = {dag_id: self.runs.state_counts(dag_id) for dag_id in dag_ids if dag_id in self.dags}
        return {dag_id: {state: count[state] for state in RUN_STATES} for dag_id, count in counts.items()}

    # Runs

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

    def task_log(self, instance: TaskInstance, try_number: int, *, braces: str = "{}") -> tuple[str, str]:
        """The host and the text of the log of an attempt, as the web server shows them; ``braces`` as in log lines."""
        folder = self.config.get("core", "dags_folder")
        logs = self.config.get("logging", "base_log_folder")
        sources = self.version.log_sources
        return read_log(instance, try_number, log_folder=logs, dags_folder=folder, braces=braces, sources=sources)

    def unmet_dependencies(self, instance: TaskInstance) -> list[UnmetDependency]:
        """What keeps a task instance from being queued."""
        return unmet_dependencies(self, instance)

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
