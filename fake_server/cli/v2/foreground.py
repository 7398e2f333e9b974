"""Commands that run tasks themselves while one waits.

These are ``dags test``, ``dags backfill``, ``tasks test`` and ``tasks run``.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from fake_server.airflow import foreground
from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.rendering import rendered_fields
from fake_server.airflow.run_creation import check_params
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.timetables import DataInterval
from fake_server.cli.dag_selection import dags_below
from fake_server.cli.dates import parse_date
from fake_server.cli.failures import CommandFailed, Crash
from fake_server.cli.installation import HOSTNAME
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.patterns import compiled
from fake_server.cli.v2.dag_files import find_dag, log_parsing
from fake_server.cli.v2.task_execution import (
    exception_of,
    log_after,
    log_before,
    log_branching,
    log_dry_run,
    log_work,
)
from fake_server.cli.v2.tasks import find_instance, find_run
from fake_server.versions import AirflowVersion

_END_OF_GROUP = ("taskinstance.py:732", "::endgroup::")


def test_dag(invocation: Invocation) -> None:
    """Run a DAG once, all of it now, and keep the run."""
    arguments, airflow = invocation.arguments, invocation.airflow
    conf = None
    if arguments.conf:
        try:
            conf = json.loads(arguments.conf)
        except ValueError as error:
            text = f"Configuration {arguments.conf!r} is not valid JSON. Error: {error}"
            raise CommandFailed(text) from None
    dag = find_dag(invocation, arguments.dag_id)
    invocation.log("dag.py:4435", f"dagrun id: {dag.dag_id}")
    given = _conf(dag, conf, airflow.version)
    run = foreground.make_test_run(airflow, dag, arguments.execution_date or airflow.clock.now(), given)
    invocation.log("dag.py:4451", f"created dagrun {run}")
    running = str(run)
    for step in foreground.work_off(airflow, run):
        if step.kind == "begin":
            _begin_test(invocation, step.instance)
        elif step.kind == "end":
            _end_test(invocation, step.instance)
        else:
            waiting = "{" + ", ".join(map(str, step.waiting)) + "}"
            invocation.log("dag.py:3061", f"No tasks to run. unrunnable tasks: {waiting}", "WARNING")
    _log_end_of_run(invocation, run, running)
    if run.state == "failed":
        raise CommandFailed("DagRun failed")


def backfill(invocation: Invocation) -> None:
    """Run a DAG for every interval of its schedule between two dates."""
    arguments, airflow = invocation.arguments, invocation.airflow
    if arguments.start_date is None and arguments.end_date is None:
        raise Crash("airflow.exceptions.AirflowException", "Provide a start_date and/or end_date")
    start = arguments.start_date or arguments.end_date
    end = arguments.end_date or arguments.start_date
    if arguments.treat_dag_id_as_regex or arguments.treat_dag_as_regex:
        log_parsing(invocation, arguments.subdir)
        pattern = compiled(arguments.dag_id)
        dags = [dag for dag in dags_below(invocation, arguments.subdir) if pattern.search(dag.dag_id)]
    else:
        dags = [find_dag(invocation, arguments.dag_id)]
    conf = _loaded(arguments.conf)
    for dag in dags:
        intervals = foreground.backfill_intervals(airflow, dag, start, end)
        if arguments.run_backwards:
            intervals.reverse()
        if arguments.dry_run:
            _dry_run(invocation, dag, start, intervals)
        else:
            _backfill(invocation, dag, intervals, conf)


def test_task(invocation: Invocation) -> None:
    """Run one task without asking what it depends on; nothing is kept."""
    arguments, airflow = invocation.arguments, invocation.airflow
    dag = find_dag(invocation, arguments.dag_id)
    task = dag.task(arguments.task_id)
    run, exists = _run_for_test(invocation, dag, arguments.execution_date_or_run_id)
    if arguments.task_params is not None:
        run = _with_conf(run, {**run.conf, **_loaded(arguments.task_params)}, invocation.airflow.version)
    if arguments.dry_run:
        log_dry_run(invocation.log, rendered_fields(task, run))
        return
    instance = _tested_instance(run, task, arguments.map_index)
    began = instance.start_date
    for context in ("non-requeueable", "requeueable"):
        text = f"Dependencies all met for dep_context={context} deps ti={instance}"
        invocation.log("taskinstance.py:2614", text)
    invocation.log("taskinstance.py:2867", f"Starting attempt 0 of {task.retries + 1}")
    if not exists:
        reason = "because previous state change time has not been saved"
        text = f"cannot record queued_duration for task {task.task_id} {reason}"
        invocation.log("taskinstance.py:2948", text, "WARNING")
    invocation.log("taskinstance.py:2890", f"Executing <Task({task.operator}): {task.task_id}> on {run.logical_date}")
    log_before(invocation.log, instance, try_number=None)
    invocation.log(*_END_OF_GROUP)
    for _ in foreground.attempt(airflow, instance):
        pass
    log_work(_printing(invocation), instance)
    log_branching(invocation.log, instance, as_tuple=True)
    log_after(invocation.log, instance, start_date=began)
    if instance.state in ("failed", "up_for_retry"):
        raise Crash(*exception_of(instance))


def run_task(invocation: Invocation) -> None:
    """Run one task instance and keep what comes of it, unless it has succeeded already."""
    arguments, airflow = invocation.arguments, invocation.airflow
    dag = find_dag(invocation, arguments.dag_id)
    dag.task(arguments.task_id)
    instance = find_instance(invocation, dag)
    invocation.log("task_command.py:467", f"Running {instance} on host {HOSTNAME}")
    if not (arguments.local or arguments.raw):
        invocation.log("dagbag.py:588", f"Filling up the DagBag from {dag.fileloc}")
        invocation.log("task_command.py:467", f"Running {instance} on host {HOSTNAME}")
    if instance.state == "success" and not (arguments.force or arguments.ignore_all_dependencies):
        return
    instance.start_date = airflow.clock.now()
    if arguments.mark_success:
        airflow.set_task_instance_state(instance.run, instance.task_id, "success")
        return
    for _ in foreground.attempt(airflow, instance):
        pass
    airflow.scheduler.watch(instance.run)


def _begin_test(invocation: Invocation, instance: TaskInstance) -> None:
    name = f"task_id={instance.task_id} map_index={instance.map_index}"
    invocation.log("dag.py:4396", f"[DAG TEST] starting {name}")
    invocation.log("dag.py:4399", f"[DAG TEST] running task {instance}")
    log_before(invocation.log_twice, instance, try_number=instance.try_number)
    invocation.log(*_END_OF_GROUP)


def _end_test(invocation: Invocation, instance: TaskInstance) -> None:
    name = f"task_id={instance.task_id} map_index={instance.map_index}"
    log_work(_printing(invocation, twice=True), instance)
    log_branching(invocation.log, instance)
    log_after(invocation.log, instance)
    if instance.state in ("failed", "up_for_retry"):
        error, text = exception_of(instance)
        traceback = f"Traceback (most recent call last):\n{error}: {text}"
        invocation.log("dag.py:3090", f"Task failed; ti={instance}\n{traceback}", "ERROR")
    else:
        invocation.log("dag.py:4410", f"[DAG TEST] end task {name}")


def _log_end_of_run(invocation: Invocation, run: DagRun, running: str) -> None:
    """``running`` is how the run was shown while it ran: Airflow logs its end before it stores the new state."""
    if run.state == "failed":
        invocation.log("dagrun.py:823", f"Marking run {running} failed", "ERROR")
    else:
        invocation.log("dagrun.py:854", f"Marking run {running} successful")
    begin, end, interval = run.start_date, run.end_date, run.data_interval
    duration = (end - begin).total_seconds() if begin is not None and end is not None else None
    invocation.log(
        "dagrun.py:905",
        f"DagRun Finished: dag_id={run.dag_id}, execution_date={run.logical_date}, run_id={run.run_id}, "
        f"run_start_date={begin}, run_end_date={end}, run_duration={duration}, state={run.state}, "
        f"external_trigger={run.external_trigger}, run_type={run.run_type}, data_interval_start={interval.start}, "
        f"data_interval_end={interval.end}, dag_hash=None",
    )


def _dry_run(invocation: Invocation, dag: DAG, start: datetime, intervals: list[DataInterval]) -> None:
    invocation.print(f"Dry run of DAG {dag.dag_id} on {start}")
    pattern = invocation.arguments.task_regex
    for interval in intervals:
        # Airflow looks at the days of the range, not at the hours of the schedule.
        date = interval.start.replace(hour=start.hour, minute=start.minute, second=start.second)
        run = foreground.imagined_run(dag, date)
        for task in dag.tasks.values():
            if pattern is None or compiled(pattern).search(task.task_id):
                invocation.print(f"Task {task.task_id} located in DAG {dag.dag_id}")
                log_dry_run(invocation.log, rendered_fields(task, run))


def _backfill(invocation: Invocation, dag: DAG, intervals: list[DataInterval], conf: Any) -> None:
    arguments, airflow = invocation.arguments, invocation.airflow
    if not intervals:
        text = "No run dates were found for the given dates and dag interval."
        invocation.log("backfill_job_runner.py:958", text)
        return
    executor = airflow.config.get("core", "executor")
    invocation.log("executor_loader.py:258", f"Loaded executor: {executor}")
    chosen = None
    if arguments.task_regex is not None:
        above = not arguments.ignore_dependencies
        chosen = foreground.matching_tasks(dag, compiled(arguments.task_regex), include_upstream=above)
    runs = []
    for interval in intervals:
        given = _conf(dag, conf, airflow.version)
        run = foreground.make_backfill_run(airflow, dag, interval, given, reset=arguments.reset_dagruns)
        runs.append(run)
        running = str(run)
        for step in foreground.work_off(airflow, run, chosen):
            if step.kind == "begin":
                command = ["airflow", "tasks", "run", dag.dag_id, step.instance.task_id, run.run_id, "--local"]
                command += ["--pool", arguments.pool or step.instance.task.pool]
                invocation.log("base_executor.py:169", f"Adding to queue: {command}")
        _log_end_of_run(invocation, run, running)
        _log_progress(invocation, runs, len(intervals))
    failed = [run for run in runs if run.state == "failed"]
    if failed and not arguments.continue_on_failures:
        names = "\n".join(str(i) for run in failed for i in run.task_instances.values() if i.state == "failed")
        raise Crash("airflow.exceptions.BackfillUnfinished", f"Some task instances failed:\n{names}")
    invocation.log("backfill_job_runner.py:1051", f"Backfill done for DAG <DAG: {dag.dag_id}>. Exiting.")


def _log_progress(invocation: Invocation, runs: list[DagRun], total: int) -> None:
    states = [instance.state for run in runs for instance in run.task_instances.values()]
    failed = states.count("failed") + states.count("upstream_failed")
    invocation.log(
        "backfill_job_runner.py:464",
        f"[backfill progress] | finished run {len(runs)} of {total} | tasks waiting: 0 | "
        f"succeeded: {states.count('success')} | running: 0 | failed: {failed} | "
        f"skipped: {states.count('skipped')} | deadlocked: 0 | not ready: 0",
    )


def _run_for_test(invocation: Invocation, dag: DAG, wanted: str | None) -> tuple[DagRun, bool]:
    """A copy of the run that is named, or one that does not exist; whether it does."""
    airflow, now = invocation.airflow, invocation.airflow.clock.now()
    date = now
    if wanted is not None:
        existing = airflow.runs.get(dag.dag_id, wanted)
        try:
            date = existing.logical_date if existing is not None else parse_date(wanted, now)
        except ValueError:
            find_run(invocation, dag, wanted)
        existing = existing or airflow.runs.at(dag.dag_id, date)
        if existing is not None:
            return _copy(existing), True
    return foreground.imagined_run(dag, date, run_id=f"__airflow_temporary_run_{now.isoformat()}__"), False


def _copy(run: DagRun) -> DagRun:
    copy = foreground.imagined_run(run.dag, run.logical_date, run_id=run.run_id)
    copy.data_interval = run.data_interval
    for place, instance in run.task_instances.items():
        twin = copy.task_instance(*place)
        if twin is not None:
            twin.state, twin.start_date, twin.end_date = instance.state, instance.start_date, instance.end_date
    return copy


def _with_conf(run: DagRun, conf: dict[str, Any], version: AirflowVersion) -> DagRun:
    check_params(run.dag, conf, version)
    return foreground.imagined_run(run.dag, run.logical_date, run_id=run.run_id, conf=conf)


def _tested_instance(run: DagRun, task: Task, map_index: int) -> TaskInstance:
    instance = run.task_instance(task.task_id, map_index) or run.task_instance(task.task_id)
    if instance is None:
        raise Crash("airflow.exceptions.TaskNotFound", f"Task {task.task_id} not found")
    return instance


def _loaded(text: str | None) -> Any:
    if not text:
        return {}
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Crash("json.decoder.JSONDecodeError", str(error)) from None


def _conf(dag: DAG, conf: Any, version: AirflowVersion) -> dict[str, Any]:
    """What a run is given; what is no object breaks as it does in Airflow."""
    try:
        given = dict(conf) if conf else {}
    except (TypeError, ValueError):
        raise Crash("TypeError", "cannot unpack non-iterable int object") from None
    check_params(dag, given, version)
    return given


def _printing(invocation: Invocation, *, twice: bool = False) -> Any:
    """A log function that prints what has no source: the lines of a task that prints."""

    def log(source: str, message: str, level: str = "INFO") -> None:
        if not source:
            invocation.print(message)
        elif twice:
            invocation.log_twice(source, message, level)
        else:
            invocation.log(source, message, level)

    return log


HANDLERS: dict[str, Handler] = {
    "dags backfill": backfill,
    "dags test": test_dag,
    "tasks run": run_task,
    "tasks test": test_task,
}
