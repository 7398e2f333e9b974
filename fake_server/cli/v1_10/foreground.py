"""Commands that run tasks themselves while one waits: ``test``, ``run`` and ``backfill``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from fake_server.airflow import foreground
from fake_server.airflow.dags import DAG
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.timetables import DataInterval
from fake_server.cli.failures import Crash
from fake_server.cli.installation import HOSTNAME, TEMPORARY
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.patterns import compiled
from fake_server.cli.v1_10.dag_files import dags_folder, find_dag, log_parsing
from fake_server.cli.v1_10.task_execution import (
    FAILURE,
    failure_of,
    log_after,
    log_before,
    log_dry_run,
    log_work,
)
from fake_server.cli.v1_10.tasks import find_instance, named

#: The prefix of the ids of runs that a backfill makes.
_BACKFILL = "backfill_"
#: Executors that run a task on the machine of the command, so that its output shows.
_LOCAL_EXECUTORS = ("LocalExecutor", "SequentialExecutor")


def test(invocation: Invocation) -> None:
    """Run one task without asking what it depends on; nothing is kept."""
    arguments, airflow = invocation.arguments, invocation.airflow
    dag = find_dag(invocation, arguments.dag_id)
    task = dag.task(arguments.task_id)
    params = _json(arguments.task_params)
    stored = airflow.runs.at(dag.dag_id, arguments.execution_date)
    conf = {**(stored.conf if stored is not None else {}), **params}
    # A task may be tested for any date, those before the DAG's start included.
    endless = replace(dag, start_date=None, end_date=None)
    instance = foreground.imagined_run(endless, arguments.execution_date, conf=conf).task_instance(task.task_id)
    if instance is None:
        raise Crash("airflow.exceptions.AirflowException", f"Task {task.task_id} has no instance to test")
    if arguments.dry_run:
        log_dry_run(invocation, instance)
        return
    log_before(invocation, instance)
    for _ in foreground.attempt(airflow, instance):
        pass
    log_work(invocation, instance)
    if stored is None and instance.task.branch is not None and instance.state == "success":
        invocation.log("skipmixin.py:63", "No DAG RUN present this should not happen", "WARNING")
    earlier = stored.task_instance(task.task_id) if stored is not None else None
    log_after(invocation, instance, earlier.start_date if earlier is not None else airflow.clock.now())
    if instance.state in ("failed", "up_for_retry"):
        raise Crash(FAILURE, failure_of(instance))


def run(invocation: Invocation) -> None:
    """Run one task instance and keep what comes of it, unless it has succeeded already."""
    arguments, airflow = invocation.arguments, invocation.airflow
    dag = find_dag(invocation, arguments.dag_id)
    dag.task(arguments.task_id)
    date = arguments.execution_date.isoformat()
    instance = find_instance(invocation, dag)
    shown = f"<TaskInstance: {dag.dag_id}.{arguments.task_id} {date} [{instance.state if instance else None}]>"
    invocation.print(f"Running %s on host %s {shown} {HOSTNAME}")
    if not (arguments.local or arguments.raw) and _is_local(invocation):
        log_parsing(invocation, dag.fileloc)
        invocation.print(f"Running %s on host %s {shown} {HOSTNAME}")
    if instance is None or not _may_run(invocation, instance):
        return
    instance.start_date = airflow.clock.now()
    if arguments.mark_success:
        airflow.set_task_instance_state(instance.run, instance.task_id, "success")
        return
    for _ in foreground.attempt(airflow, instance):
        pass
    airflow.scheduler.watch(instance.run)


def backfill(invocation: Invocation) -> None:
    """Run a DAG for every date of its schedule between two dates."""
    arguments, airflow = invocation.arguments, invocation.airflow
    dag = find_dag(invocation, arguments.dag_id)
    if arguments.start_date is None and arguments.end_date is None:
        raise Crash("airflow.exceptions.AirflowException", "Provide a start_date and/or end_date")
    start = arguments.start_date or arguments.end_date
    end = arguments.end_date or arguments.start_date
    if arguments.dry_run:
        _dry_run(invocation, dag, start)
        return
    conf = _json(arguments.conf)
    intervals = foreground.backfill_intervals(airflow, dag, start, end)
    if not dag.timetable.is_periodic:
        intervals = [DataInterval.exact(start)]
    if arguments.run_backwards:
        intervals.reverse()
    if not intervals:
        text = "No run dates were found for the given dates and dag interval."
        invocation.log("backfill_job.py:759", text)
        return
    chosen = _chosen_tasks(invocation, dag)
    # A run that stood already is shown as the database shows it, with a space in the date.
    spaces = [" " if airflow.runs.at(dag.dag_id, interval.start) is not None else "T" for interval in intervals]
    runs = [_backfill_run(invocation, dag, interval, conf) for interval in intervals]
    for made, space in zip(runs, spaces, strict=True):
        _work_off(invocation, made, runs, chosen)
        _log_end(invocation, made, made.logical_date.isoformat(sep=space))
        _log_progress(invocation, runs, chosen)
    failed = [instance for instance in _instances(runs, chosen) if instance.state == "failed"]
    if failed:
        names = "\n".join(named(instance, str(instance.run.logical_date)) for instance in failed)
        raise Crash("airflow.exceptions.AirflowException", f"Some task instances failed:\n{names}")
    invocation.log("backfill_job.py:813", "Backfill done. Exiting.")


def _dry_run(invocation: Invocation, dag: DAG, start: datetime) -> None:
    chosen = _chosen_tasks(invocation, dag)
    invocation.print(f"Dry run of DAG {dag.dag_id} on {start.isoformat()}")
    for task_id in dag.tasks:
        if task_id in chosen:
            invocation.print(f"Task {task_id}")


def _chosen_tasks(invocation: Invocation, dag: DAG) -> Collection[str]:
    arguments = invocation.arguments
    if arguments.task_regex is None:
        return frozenset(dag.tasks)
    above = not arguments.ignore_dependencies
    return foreground.matching_tasks(dag, compiled(arguments.task_regex), include_upstream=above)


def _backfill_run(invocation: Invocation, dag: DAG, interval: DataInterval, conf: dict[str, Any]) -> DagRun:
    reset = invocation.arguments.reset_dagruns
    return foreground.make_backfill_run(invocation.airflow, dag, interval, conf, reset=reset, prefix=_BACKFILL)


def _work_off(invocation: Invocation, made: DagRun, runs: list[DagRun], chosen: Collection[str]) -> None:
    for step in foreground.work_off(invocation.airflow, made, chosen):
        if step.kind == "begin":
            _log_queued(invocation, step.instance)
        elif step.kind == "end" and not all(instance.is_finished for instance in _instances([made], chosen)):
            _log_progress(invocation, runs, chosen)


def _instances(runs: Iterable[DagRun], task_ids: Collection[str]) -> list[TaskInstance]:
    return [instance for made in runs for instance in made.task_instances.values() if instance.task_id in task_ids]


def _log_end(invocation: Invocation, made: DagRun, date: str) -> None:
    if made.state == "failed":
        invocation.log("dagrun.py:309", f"Marking run {made.text_1_10(date)} failed")
    else:
        invocation.log("dagrun.py:320", f"Marking run {made.text_1_10(date)} successful")


def _log_queued(invocation: Invocation, instance: TaskInstance) -> None:
    arguments = invocation.arguments
    date, file = instance.run.logical_date.isoformat(), instance.run.dag.fileloc
    command = ["airflow", "run", instance.dag_id, instance.task_id, date]
    command += ["--mark_success"] if arguments.mark_success else []
    command += ["--local", "--pool", arguments.pool or instance.task.pool]
    command += ["-sd", file.replace(dags_folder(invocation.airflow), "DAGS_FOLDER")]
    command += ["--cfg_path", f"{TEMPORARY}/{instance.dag_id}"]
    invocation.log("base_executor.py:58", f"Adding to queue: {command}")
    if _is_local(invocation):
        invocation.log("sequential_executor.py:54", f"Executing command: {command}")
        log_parsing(invocation, file)
        shown = f"<TaskInstance: {instance.dag_id}.{instance.task_id} {date} [queued]>"
        invocation.print(f"Running %s on host %s {shown} {HOSTNAME}")


def _log_progress(invocation: Invocation, runs: list[DagRun], chosen: Collection[str]) -> None:
    instances = _instances(runs, chosen)
    states = [instance.state for instance in instances]
    waiting = sum(not instance.is_finished for instance in instances)
    finished = sum(made.is_finished for made in runs)
    failed = states.count("failed") + states.count("upstream_failed")
    invocation.log(
        "backfill_job.py:364",
        f"[backfill progress] | finished run {finished} of {len(runs)} | tasks waiting: {waiting} | "
        f"succeeded: {states.count('success')} | running: 0 | failed: {failed} | "
        f"skipped: {states.count('skipped')} | deadlocked: 0 | not ready: {waiting}",
    )


def _is_local(invocation: Invocation) -> bool:
    return invocation.airflow.config.get("core", "executor") in _LOCAL_EXECUTORS


def _may_run(invocation: Invocation, instance: TaskInstance) -> bool:
    arguments = invocation.arguments
    if arguments.force or arguments.ignore_all_dependencies:
        return True
    if instance.state == "success":
        return False
    if arguments.ignore_dependencies or arguments.raw:
        return True
    return all(other.state == "success" for name in instance.task.upstream for other in instance.run.instances_of(name))


def _json(text: str | None) -> dict[str, Any]:
    """What ``text`` says about a run or a task; anything but an object says nothing.

    :raises Crash: when it is not JSON.
    """
    try:
        value = json.loads(text) if text else {}
    except json.JSONDecodeError as error:
        raise Crash("json.decoder.JSONDecodeError", str(error)) from None
    return value if isinstance(value, dict) else {}


HANDLERS: dict[str, Handler] = {"backfill": backfill, "run": run, "test": test}
