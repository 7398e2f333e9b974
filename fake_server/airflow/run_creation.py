"""How runs are made: by hand, by a schedule, by datasets."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections import UserDict
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from fake_server.airflow.config import Configuration
from fake_server.airflow.dags import DAG
from fake_server.airflow.datasets import Datasets, interval_of
from fake_server.airflow.errors import (
    ConfNotAnObject,
    DagRunAlreadyExists,
    InvalidRunId,
    LogicalDateTaken,
    ParamValidationError,
    ReservedRunId,
    SeveralDagRunsExist,
)
from fake_server.airflow.run_store import DagRuns
from fake_server.airflow.runs import DagRun
from fake_server.airflow.scheduler import Scheduler
from fake_server.airflow.timetables import DataInterval
from fake_server.clock import Clock
from fake_server.versions import AirflowVersion

#: What Airflow accepts as a run id when the deployment configures nothing wider.
BUILT_IN_RUN_ID_PATTERN = r"^(?:manual|scheduled|dataset_triggered)__(?:\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00)$"
_RUN_TYPES = ("backfill", "scheduled", "dataset_triggered")


class RunCreation(ABC):
    """The part of a deployment that makes runs."""

    version: AirflowVersion
    clock: Clock
    config: Configuration
    runs: DagRuns
    datasets: Datasets
    scheduler: Scheduler

    @abstractmethod
    def get_dag(self, dag_id: str) -> DAG:
        """The DAG of that id; the deployment knows them."""

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
        :raises DagRunAlreadyExists: when id or logical date are taken; by two runs, it is `SeveralDagRunsExist`.
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
            check_params(dag, loaded, self.version)
        if not rules.checks_logical_date:
            self._let_database_check(dag_id, date)
        run = DagRun(
            id=self.runs.next_id(),
            dag=dag,
            run_id=run_id,
            logical_date=date,
            data_interval=data_interval.in_utc() if data_interval else dag.timetable.manual_interval(date),
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

    def _add_run(self, run: DagRun, moment: datetime | None = None) -> None:
        if self.version.run_creation.first_state == "running":
            run.become("running", moment if moment is not None else self.clock.now())
            run.queued_at = None
        self.runs.add(run)
        self.scheduler.watch(run, moment)

    def _check_run_is_new(self, dag_id: str, run_id: str, logical_date: datetime) -> None:
        checks_date = self.version.run_creation.checks_logical_date
        named = self.runs.get(dag_id, run_id)
        dated = self.runs.at(dag_id, logical_date.astimezone(timezone.utc)) if checks_date else None
        existing = named or dated
        if existing is not None:
            error = SeveralDagRunsExist if dated not in (None, existing) else DagRunAlreadyExists
            date = logical_date.isoformat(sep=self.version.date_separator)
            words = self.version.run_creation.duplicate.format(dag_id=dag_id, date=date, run_id=run_id)
            raise error(words, existing, run_id, logical_date if checks_date else None)

    def _let_database_check(self, dag_id: str, logical_date: datetime) -> None:
        existing = self.runs.at(dag_id, logical_date)
        if existing is not None:
            raise LogicalDateTaken(existing)

    def _check_run_id(self, run_id: str) -> None:
        pattern = self.config.get("scheduler", "allowed_run_id_pattern")
        if not is_allowed_run_id(run_id, pattern):
            raise InvalidRunId(
                f"The provided run ID '{run_id}' is invalid. It does not match either "
                f"the configured pattern: '{pattern}' or the built-in pattern: '{BUILT_IN_RUN_ID_PATTERN}'"
            )


def is_allowed_run_id(run_id: str, pattern: str) -> bool:
    """Whether a run may have this id, by the configured ``pattern`` or by Airflow's own."""
    # Airflow's matcher takes the end of the text for the end; Python's "$" would let a last newline pass.
    if run_id.endswith("\n"):
        return False
    return bool(re.match(BUILT_IN_RUN_ID_PATTERN, run_id) or (pattern.strip() and re.match(pattern.strip(), run_id)))


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


def check_params(dag: DAG, conf: Mapping[str, Any], version: AirflowVersion) -> None:
    """Check the values that a run gives to the DAG's params.

    :raises ParamValidationError: with the validator's own words, as Airflow shows them.
    """
    if not dag.params:
        return
    import jsonschema

    for name, param in dag.params.items():
        try:
            # Its text shows in the refusal.
            schema = dict(sorted(param.schema.items()) if version.sorts_schemas else param.schema)
            jsonschema.validate(conf.get(name, param.value), schema)
        except jsonschema.ValidationError as error:
            raise ParamValidationError(f"Invalid input for param {name}: {error}") from None


def _run_type(run_id: str) -> str:
    return next((kind for kind in _RUN_TYPES if run_id.startswith(f"{kind}__")), "manual")
