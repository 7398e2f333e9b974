"""One Airflow: the aggregate that the web server and the command line talk to.

Whatever a protocol asks for becomes one call here, so that all protocols show one thing.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from fake_server.airflow.audit import AuditLog
from fake_server.airflow.config import Configuration
from fake_server.airflow.connections import Connections
from fake_server.airflow.dags import DAG
from fake_server.airflow.errors import (
    DagNotFound,
    DagRunAlreadyExists,
    InvalidRunId,
    ParamValidationError,
    ReservedRunId,
)
from fake_server.airflow.pools import Pools
from fake_server.airflow.runs import DagRun, DagRuns, TaskInstance
from fake_server.airflow.scheduler import Scheduler
from fake_server.airflow.security import Security
from fake_server.airflow.timetables import DataInterval
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
        self.scheduler = Scheduler(self, enabled=scheduler)
        self.clear()

    def clear(self) -> None:
        """Back to an empty deployment; version and configuration stay."""
        with self._lock:
            self.dags: dict[str, DAG] = {}
            #: What the DAG folder defines: a DAG that is deleted from the database still stands in its file.
            self.dag_folder: dict[str, DAG] = {}
            #: Files that commands left on the machine's disk: path to text. The real disk is never touched.
            self.files: dict[str, str] = {}
            #: Path of a DAG file that could not be imported, to the traceback's text.
            self.import_errors: dict[str, str] = {}
            self.runs = DagRuns()
            self.variables = Variables()
            self.pools = Pools(self.config.integer("core", "default_pool_task_slot_count"))
            self.pools.task_instances = self._using_pool
            self.connections = Connections()
            self.security = Security(self.clock)
            self.audit = AuditLog(self.clock)
            self.scheduler = Scheduler(self, enabled=self.scheduler.enabled)

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
        dag.next_interval = dag.timetable.first_interval(dag.start_date, now, dag.catchup)
        replaced = self.dags.get(dag.dag_id)
        if replaced is not None:
            dag.is_paused = replaced.is_paused
            for run in self.runs.of(dag.dag_id):
                run.dag = dag
        self.dags[dag.dag_id] = dag
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
        self.scheduler.watch_dag(dag)

    def delete_dag(self, dag_id: str) -> int:
        """Forget a DAG with everything that hangs on it; how many rows that were.

        :raises DagNotFound: when there is none.
        """
        self.get_dag(dag_id)
        runs = self.runs.of(dag_id)
        count = 1 + len(runs) + sum(len(run.task_instances) for run in runs)
        for run in runs:
            self.delete_run(run)
        del self.dags[dag_id]
        return count

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
        """Make a run of a DAG, queued now.

        ``logical_date`` is aware; a missing one is now. Its offset shows in a default ``run_id``. ``conf`` may be the
        text of a JSON object. The REST API passes ``allow_reserved_run_id=False``: there a manual run may not take an
        id such as ``scheduled__...``; elsewhere such an id makes it a run of that type.

        :raises DagNotFound: when there is no such DAG.
        :raises DagRunAlreadyExists: when id or logical date are taken.
        :raises json.JSONDecodeError: when ``conf`` is text that is not JSON.
        :raises ReservedRunId: see above.
        :raises InvalidRunId: when the id has characters that the deployment does not allow.
        :raises ParamValidationError: when ``conf`` does not fit the DAG's params.
        """
        dag = self.get_dag(dag_id)
        given_date = logical_date if logical_date is not None else self.clock.now()
        date = given_date.astimezone(timezone.utc)
        run_id = run_id or f"manual__{given_date.isoformat()}"
        existing = self.runs.get(dag_id, run_id) or self.runs.at(dag_id, date)
        if existing is not None:
            raise DagRunAlreadyExists(existing, run_id, given_date)
        loaded: dict[str, Any] = (json.loads(conf) if isinstance(conf, str) else dict(conf)) if conf else {}
        run_type = _run_type(run_id)
        if run_type != "manual" and not allow_reserved_run_id:
            raise ReservedRunId(run_id, run_type)
        self._check_run_id(run_id)
        check_params(dag, loaded)
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
        self._add_run(run)
        return run

    def delete_run(self, run: DagRun) -> None:
        """Forget a run with its task instances."""
        self.runs.remove(run)
        self.scheduler.forget(run)

    def run_finished(self, run: DagRun) -> None:
        """Called by the scheduler when a run ended by itself."""

    def _add_run(self, run: DagRun) -> None:
        self.runs.add(run)
        self.scheduler.watch(run)

    def _check_run_id(self, run_id: str) -> None:
        pattern = self.config.get("scheduler", "allowed_run_id_pattern")
        if not re.match(_RUN_ID, run_id) and not (pattern.strip() and re.match(pattern.strip(), run_id)):
            raise InvalidRunId(
                f"The provided run ID '{run_id}' is invalid. It does not match either "
                f"the configured pattern: '{pattern}' or the built-in pattern: '{_RUN_ID}'"
            )

    def _using_pool(self, pool: str) -> list[TaskInstance]:
        return self.scheduler.occupying(pool)


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
