"""Runs that are worked off while somebody waits: at once, without the scheduler, at one moment of the clock."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from fake_server.airflow.dags import DAG
from fake_server.airflow.decisions import decide, finish
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.timetables import DataInterval

if TYPE_CHECKING:
    from fake_server.airflow.deployment import Airflow


@dataclass(frozen=True)
class Step:
    """Something that happened to a run: an attempt begins or ends, or nothing can run before a retry is due."""

    kind: Literal["begin", "end", "stuck"]
    instance: TaskInstance
    #: For ``stuck``: all task instances that wait.
    waiting: tuple[TaskInstance, ...] = ()


def imagined_run(
    dag: DAG, date: datetime, *, run_id: str | None = None, conf: Mapping[str, Any] | None = None
) -> DagRun:
    """A run that is never stored: for looking at a task as it would be on ``date``."""
    return _new_run(dag, date, row_id=0, run_id=run_id or f"manual__{date.isoformat()}", conf=conf)


def make_test_run(airflow: Airflow, dag: DAG, date: datetime, conf: Mapping[str, Any] | None = None) -> DagRun:
    """A stored run for working off, in the place of any other with that date; it begins at its logical date."""
    existing = airflow.runs.at(dag.dag_id, date)
    if existing is not None:
        airflow.delete_run(existing)
    run = _new_run(dag, date, row_id=airflow.runs.next_id(), run_id=f"manual__{date.isoformat()}", conf=conf)
    run.start_date = date
    airflow.runs.add(run)
    return run


def backfill_intervals(airflow: Airflow, dag: DAG, start: datetime, end: datetime) -> list[DataInterval]:
    """The intervals of the DAG's schedule whose start lies between the two dates, both included."""
    timetable = dag.timetable
    found: list[DataInterval] = []
    interval = timetable.first_interval(start, airflow.clock.now(), True)
    while interval is not None and interval.start <= end:
        found.append(interval)
        interval = timetable.next_interval(interval, airflow.clock.now(), True)
    return found


def make_backfill_run(
    airflow: Airflow,
    dag: DAG,
    interval: DataInterval,
    conf: Mapping[str, Any] | None = None,
    *,
    reset: bool = False,
    prefix: str = "backfill__",
) -> DagRun:
    """The stored run for ``interval``, made anew when there is none or when it is to be ``reset``.

    The id of a new one is ``prefix`` and the date.
    """
    existing = airflow.runs.at(dag.dag_id, interval.start)
    if existing is not None and not reset:
        existing.become("running", airflow.clock.now())
        return existing
    if existing is not None:
        airflow.delete_run(existing)
    date = interval.start
    run_id = f"{prefix}{date.isoformat()}"
    row_id = airflow.runs.next_id()
    run = _new_run(dag, date, row_id=row_id, run_id=run_id, conf=conf, run_type="backfill", interval=interval)
    run.start_date = airflow.clock.now()
    airflow.runs.add(run)
    return run


def matching_tasks(dag: DAG, pattern: re.Pattern[str], *, include_upstream: bool) -> frozenset[str]:
    """The tasks whose ids ``pattern`` finds something in, with what they depend on where that is asked for."""
    found = {task_id for task_id in dag.tasks if pattern.search(task_id)}
    above = {other for task_id in found for other in dag.relatives(task_id, upstream=True)}
    return frozenset(found | above if include_upstream else found)


def work_off(airflow: Airflow, run: DagRun, task_ids: Collection[str] | None = None) -> Iterator[Step]:
    """Let every task of ``run`` happen now, retries without their delay, and end the run; each step as it happens.

    ``task_ids`` are the only tasks that happen; without them, all do.
    """
    wanted = run.dag.tasks if task_ids is None else task_ids
    # Asked for anew each time, since mapped tasks get their instances on the way.
    while not all(instance.is_finished for instance in _instances_of(run, wanted)):
        ready = [i for i in decide(run, airflow.clock.now()) if i.task_id in run.dag.tasks and i.task_id in wanted]
        if not ready:
            waiting = tuple(i for i in _instances_of(run, wanted) if not i.is_finished)
            ready = [instance for instance in waiting if instance.state == "up_for_retry"]
            if not ready:
                break
            yield Step("stuck", ready[0], waiting)
        for instance in ready:
            if instance.state in (None, "up_for_retry") or (instance.task.runs_nothing and instance.state == "success"):
                yield from attempt(airflow, instance)
    _end(airflow, run, _instances_of(run, wanted))


def attempt(airflow: Airflow, instance: TaskInstance) -> Iterator[Step]:
    """Let one attempt of a task happen now."""
    if not instance.task.runs_nothing or instance.state is None:
        instance.try_number += 1
    instance.state = "scheduled"
    instance.end_date = None
    yield Step("begin", instance)
    instance.run.xcoms.forget(instance.task_id, instance.map_index)
    moment = airflow.clock.now()
    for uri in finish(instance, moment):
        airflow.update_dataset(uri, {}, moment, instance)
    yield Step("end", instance)


def _new_run(
    dag: DAG,
    date: datetime,
    *,
    row_id: int,
    run_id: str,
    conf: Mapping[str, Any] | None,
    run_type: str = "manual",
    interval: DataInterval | None = None,
) -> DagRun:
    return DagRun(
        id=row_id,
        dag=dag,
        run_id=run_id,
        logical_date=date,
        data_interval=interval or dag.timetable.manual_interval(date),
        state="running",
        run_type=run_type,
        conf=dict(conf or {}),
        external_trigger=False,
        queued_at=None,
    )


def _instances_of(run: DagRun, task_ids: Collection[str]) -> list[TaskInstance]:
    return [instance for instance in run.task_instances.values() if instance.task_id in task_ids]


def _end(airflow: Airflow, run: DagRun, instances: Collection[TaskInstance]) -> None:
    moment = airflow.clock.now()
    leaves = set(run.dag.leaves)
    unfinished = any(not instance.is_finished for instance in instances)
    failed = any(i.task_id in leaves and i.state in ("failed", "upstream_failed") for i in instances)
    run.become("failed" if failed or unfinished else "success", moment)
    airflow.run_finished(run, moment)
