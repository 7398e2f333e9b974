"""Removing what is old from the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fake_server.airflow.audit import AuditRow
from fake_server.airflow.runs import DagRun

if TYPE_CHECKING:
    from fake_server.airflow.deployment import Airflow


@dataclass(frozen=True)
class CleanedTable:
    """A table of Airflow's database that can be cleaned, and by which of its dates."""

    name: str
    recency_column: str
    #: Whether each DAG's last automatic run is kept whatever its age.
    keeps_last: bool = False


TABLES: tuple[CleanedTable, ...] = (
    CleanedTable("callback_request", "created_at"),
    CleanedTable("celery_taskmeta", "date_done"),
    CleanedTable("celery_tasksetmeta", "date_done"),
    CleanedTable("dag", "last_parsed_time"),
    CleanedTable("dag_run", "start_date", keeps_last=True),
    CleanedTable("dataset_event", "timestamp"),
    CleanedTable("import_error", "timestamp"),
    CleanedTable("job", "latest_heartbeat"),
    CleanedTable("log", "dttm"),
    CleanedTable("session", "expiry"),
    CleanedTable("sla_miss", "timestamp"),
    CleanedTable("task_fail", "start_date"),
    CleanedTable("task_instance", "start_date"),
    CleanedTable("task_instance_history", "start_date"),
    CleanedTable("task_reschedule", "start_date"),
    CleanedTable("trigger", "created_date"),
    CleanedTable("xcom", "timestamp"),
)


def old_rows(airflow: Airflow, table: CleanedTable, before: datetime) -> list[Callable[[], Any]]:
    """One removal for each row of ``table`` that is older than ``before``.

    Runs and the event log grow old here. Task instances and XComs go with their run, other tables hold nothing that
    would.
    """
    if table.name == "dag_run":
        return [_removal(airflow.delete_run, run) for run in _old_runs(airflow, before)]
    if table.name == "log":
        return [_removal(airflow.audit.forget, row) for row in airflow.audit if row.when < before]
    return []


def _old_runs(airflow: Airflow, before: datetime) -> list[DagRun]:
    last: dict[str, DagRun] = {}
    for run in airflow.runs:
        newest = last.get(run.dag_id)
        if not run.external_trigger and run.start_date is not None and (newest is None or run.id > newest.id):
            last[run.dag_id] = run
    kept = set(last.values())
    return [run for run in airflow.runs if run.start_date is not None and run.start_date < before and run not in kept]


def _removal(remove: Callable[[Any], Any], row: DagRun | AuditRow) -> Callable[[], Any]:
    return lambda: remove(row)
