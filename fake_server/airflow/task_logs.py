"""The log of an attempt, as a worker would have written it and as the web server reads it.

Between the lines that Airflow writes around every task stand those that the task's script gives. Files, levels and
texts are those of Airflow 2.10; the times are the attempt's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fake_server.airflow.states import FINISHED_TASK_STATES
from fake_server.airflow.task_instances import TaskInstance, TaskTry
from fake_server.airflow.xcoms import RETURN_KEY

#: Said instead of a host when an attempt cannot be named at all.
NO_HOST = "default_host"
_SOURCES_BEGIN = " INFO - ::group::Log message source details\n"
#: Ends the lines that tell where a log was found.
SOURCES_END = " INFO - ::endgroup::\n"


def read_log(
    instance: TaskInstance,
    try_number: int,
    *,
    log_folder: str,
    dags_folder: str,
    braces: str = "{}",
    sources: str = "grouped",
) -> tuple[str, str]:
    """The host and the text that the web server shows for an attempt.

    Attempts that left no log have a text as well: it says why there is none. ``braces`` stand around file and line.
    ``sources`` is how the version says where it looked: ``"grouped"``, ``"plain"``, or ``"old"``.
    """
    if try_number < 1:
        return NO_HOST, f"Error fetching the logs. Try number {try_number} is invalid."
    attempt = instance.attempt(try_number)
    path = _path(instance, try_number)
    if attempt is not None and attempt.hostname:
        lines = "\n".join(_lines(attempt, dags_folder, braces))
        found = f"*** Found local files:\n***   * {log_folder}/{path}\n"
        if sources == "old":
            found = f"*** Reading local file: {log_folder}/{path}\n"
        return attempt.hostname, f"{_said(found, sources)}{lines}"
    if sources == "old":
        return instance.hostname, _fetching(instance, f"{log_folder}/{path}", path)
    why = _why_missing(instance, path) if instance.state in FINISHED_TASK_STATES else ""
    return instance.hostname, _said(why, sources)


def _said(text: str, sources: str) -> str:
    """What is said of where the log was found, in the frame that the version puts around it."""
    return f"{_SOURCES_BEGIN}{text}{SOURCES_END}" if sources == "grouped" else text


def _fetching(instance: TaskInstance, file: str, path: str) -> str:
    """How up to 2.5 a log is looked for, here and with the worker, whether there was one or not."""
    reason = (
        "403 Client Error: FORBIDDEN"
        if instance.hostname
        else "Request URL is missing an 'http://' or 'https://' protocol."
    )
    return (
        f"*** Log file does not exist: {file}\n"
        f"*** Fetching from: http://{instance.hostname}:8793/log/{path}\n"
        f"*** Failed to fetch log file from worker. {reason}\n"
    )


def _path(instance: TaskInstance, try_number: int) -> str:
    mapped = f"map_index={instance.map_index}/" if instance.map_index >= 0 else ""
    place = f"dag_id={instance.dag_id}/run_id={instance.run.run_id}/task_id={instance.task_id}"
    return f"{place}/{mapped}attempt={try_number}.log"


def _why_missing(instance: TaskInstance, path: str) -> str:
    url = f"http://{instance.hostname}:8793/log/{path}"
    if not instance.hostname:
        return f"*** Could not read served logs: Invalid URL '{url}': No host supplied\n"
    return (
        "*** !!!! Please make sure that all your Airflow components (e.g. schedulers, webservers, workers and "
        "triggerer) have the same 'secret_key' configured in 'webserver' section and time is synchronized on all "
        "your machines (for example with ntpd)\nSee more at "
        "https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#secret-key\n"
        f"*** Could not read served logs: 403 Client Error: FORBIDDEN for url: {url}\n"
    )


def _lines(attempt: TaskTry, dags_folder: str, braces: str) -> Iterator[str]:
    begin, end = attempt.start_date, attempt.end_date
    if begin is not None:
        for place, text in _before(attempt, dags_folder):
            yield _line(begin, place, text, braces)
        # While it runs, what it prints is there already: a script has no times of its own.
        for place, text in _during(attempt):
            yield _line(begin, place, text, braces)
    if end is not None and attempt.state != "running":
        for place, text in _after(attempt):
            yield _line(end, place, text, braces)


def _line(moment: datetime, place: str, text: str, braces: str) -> str:
    half = len(braces) // 2
    stamp = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
    level = "ERROR" if text.startswith(("Task failed with exception", "Failed to execute job")) else "INFO"
    return f"[{stamp}] {braces[:half]}{place}{braces[half:]} {level} - {text}"


def _before(attempt: TaskTry, dags_folder: str) -> Iterator[tuple[str, str]]:
    instance, run = attempt.instance, attempt.instance.run
    name = str(instance).rpartition(" [")[0]
    kind = "Mapped" if instance.map_index >= 0 else "Task"
    operator = f"{kind}({instance.task.operator})"
    job = _job_id(attempt)
    file = f"DAGS_FOLDER{run.dag.fileloc.removeprefix(dags_folder)}"
    command = ["airflow", "tasks", "run", run.dag_id, instance.task_id, run.run_id, "--job-id", str(job), "--raw"]
    command += ["--subdir", file, "--cfg-path", f"/tmp/tmp{job:08x}"]  # noqa: S108 - a text, not a file
    if instance.map_index >= 0:
        command += ["--map-index", str(instance.map_index)]
    context = {
        **({"DAG_EMAIL": ",".join(instance.task.email)} if instance.task.email else {}),
        "DAG_OWNER": instance.task.owner,
        "DAG_ID": run.dag_id,
        "TASK_ID": instance.task_id,
        "EXECUTION_DATE": run.logical_date.isoformat(),
        "TRY_NUMBER": str(attempt.try_number),
        "DAG_RUN_ID": run.run_id,
    }
    yield "local_task_job_runner.py:123", "::group::Pre task execution logs"
    for level in ("non-requeueable", "requeueable"):
        yield "taskinstance.py:2614", f"Dependencies all met for dep_context={level} deps ti={name} [queued]>"
    yield "taskinstance.py:2867", f"Starting attempt {attempt.try_number} of {attempt.max_tries + 1}"
    yield "taskinstance.py:2890", f"Executing <{operator}: {instance.task_id}> on {run.logical_date}"
    yield "standard_task_runner.py:72", f"Started process {attempt.pid} to run task"
    yield "standard_task_runner.py:104", f"Running: {command!r}"
    yield "standard_task_runner.py:105", f"Job {job}: Subtask {instance.task_id}"
    yield "task_command.py:467", f"Running {name} [running]> on host {attempt.hostname}"
    variables = " ".join(f"AIRFLOW_CTX_{key}={value!r}" for key, value in context.items())
    yield "taskinstance.py:3134", f"Exporting env vars: {variables}"
    yield "taskinstance.py:732", "::endgroup::"


def _during(attempt: TaskTry) -> Iterator[tuple[str, str]]:
    task = attempt.instance.task
    if task.bash_command is not None:
        yield "subprocess.py:78", "Tmp dir root location: /tmp"
        yield "subprocess.py:88", f"Running command: {['/usr/bin/bash', '-c', task.bash_command]!r}"
        yield "subprocess.py:99", "Output:"
    place = "logging_mixin.py:190" if task.bash_command is None else "subprocess.py:106"
    for line in task.log.splitlines():
        yield place, line


def _after(attempt: TaskTry) -> Iterator[tuple[str, str]]:
    instance = attempt.instance
    task = instance.task
    failed = attempt.state == "failed"
    if task.bash_command is not None:
        yield "subprocess.py:110", f"Command exited with return code {task.exit_code if failed else 0}"
    if failed:
        error = _error(attempt)
        yield "taskinstance.py:3313", f"Task failed with exception\nTraceback (most recent call last):\n{error}"
    elif attempt.state == "success" and task.bash_command is None:
        yield "python.py:240", f"Done. Returned value was: {_returned(instance)}"
    if not failed:
        yield "taskinstance.py:341", "::group::Post task execution logs"
    yield _marking(attempt)
    if failed:
        yield "taskinstance.py:341", "::group::Post task execution logs"
    yield "local_task_job_runner.py:266", f"Task exited with return code {int(failed)}"
    yield (
        "taskinstance.py:3901",
        f"{_scheduled_below(attempt)} downstream tasks scheduled from follow-on schedule check",
    )
    yield "local_task_job_runner.py:245", "::endgroup::"


def _marking(attempt: TaskTry) -> tuple[str, str]:
    instance, run = attempt.instance, attempt.instance.run
    will_retry = attempt.state == "failed" and attempt.try_number <= attempt.max_tries
    state = "UP_FOR_RETRY" if will_retry else str(attempt.state).upper()
    mapped = f"map_index={instance.map_index}, " if instance.map_index >= 0 else ""
    text = (
        f"Marking task as {state}. dag_id={run.dag_id}, task_id={instance.task_id}, run_id={run.run_id}, {mapped}"
        f"execution_date={_compact(run.logical_date)}, start_date={_compact(attempt.start_date)}, "
        f"end_date={_compact(attempt.end_date)}"
    )
    return ("taskinstance.py:1226" if attempt.state == "failed" else "taskinstance.py:353"), text


def _error(attempt: TaskTry) -> str:
    task = attempt.instance.task
    if task.times_out:
        return f"airflow.exceptions.AirflowTaskTimeout: Timeout, PID: {attempt.pid}"
    if task.bash_command is not None:
        text = f"Bash command failed. The command returned a non-zero exit code {task.exit_code}."
    else:
        text = f"Task {task.task_id} failed"
    return f"airflow.exceptions.AirflowException: {text}"


def _returned(instance: TaskInstance) -> Any:
    xcom = instance.run.xcoms.get(instance.task_id, RETURN_KEY, instance.map_index)
    return xcom.value if xcom is not None else None


def _scheduled_below(attempt: TaskTry) -> int:
    """How many tasks this attempt's end set free: those that were scheduled at that very moment."""
    instance = attempt.instance
    below = instance.run.dag.downstream.get(instance.task_id, ())
    return sum(
        other.scheduled_date == attempt.end_date and other.try_number == 1
        for task_id in below
        for other in instance.run.instances_of(task_id)
    )


def _job_id(attempt: TaskTry) -> int:
    instance = attempt.instance
    place = list(instance.run.dag.tasks).index(instance.task_id) if instance.task_id in instance.run.dag.tasks else 0
    return (instance.run.id * 100 + place + instance.map_index + 1) * 10 + attempt.try_number


def _compact(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y%m%dT%H%M%S}"
