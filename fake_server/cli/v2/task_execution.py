"""What Airflow logs of a task that a command runs itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fake_server.airflow.rendering import rendered_fields
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.xcoms import RETURN_KEY

#: Takes file and line number of a logger, a message and its level.
Log = Callable[..., None]


def log_before(log: Log, instance: TaskInstance, *, try_number: int | None, run_id: str | None = None) -> None:
    """What is logged before the task does anything."""
    email = instance.task.email
    context = {
        **({"DAG_EMAIL": ",".join(email)} if email else {}),
        "DAG_OWNER": instance.task.owner,
        "DAG_ID": instance.dag_id,
        "TASK_ID": instance.task_id,
        "EXECUTION_DATE": instance.run.logical_date.isoformat(),
        **({"TRY_NUMBER": str(try_number)} if try_number is not None else {}),
        "DAG_RUN_ID": run_id or instance.run.run_id,
    }
    log("taskinstance.py:3134", "Exporting env vars: " + " ".join(f"AIRFLOW_CTX_{k}={v!r}" for k, v in context.items()))


def log_work(log: Log, instance: TaskInstance) -> None:
    """What the operator logs while it works, and the exception in which it ends when it fails."""
    task = instance.task
    failed = instance.state in ("failed", "up_for_retry")
    fields = rendered_fields(task, instance.run)
    if "bash_command" in fields:
        log("subprocess.py:78", "Tmp dir root location: /tmp")
        log("subprocess.py:88", f"Running command: {['/usr/bin/bash', '-c', fields['bash_command']]}")
        log("subprocess.py:99", "Output:")
        for line in task.log.splitlines():
            log("subprocess.py:106", line)
        log("subprocess.py:110", f"Command exited with return code {task.exit_code if failed else 0}")
    elif not failed and not task.runs_nothing:
        _log_python(log, instance)
    if failed:
        name, message = exception_of(instance)
        log(
            "taskinstance.py:3313",
            f"Task failed with exception\nTraceback (most recent call last):\n{name}: {message}",
            "ERROR",
        )


def log_branching(log: Log, instance: TaskInstance, *, as_tuple: bool = False) -> None:
    """What is logged of a branching task's choice once it has returned."""
    chosen = instance.task.chosen_branches(instance.run) if instance.state == "success" else None
    if chosen is None:
        return
    skipped = [
        (other.task_id, other.map_index)
        for other in instance.run.task_instances.values()
        if other.not_chosen and other.task_id in instance.run.dag.downstream[instance.task_id]
    ]
    followed = str(tuple(chosen)) if as_tuple else "{" + ", ".join(map(repr, sorted(chosen))) + "}"
    log("skipmixin.py:233", f"Following branch {followed}")
    log("skipmixin.py:281", f"Skipping tasks {skipped}")


def log_after(
    log: Log, instance: TaskInstance, *, run_id: str | None = None, start_date: datetime | None = None
) -> None:
    """What is logged when an attempt is over."""
    mapped = f"map_index={instance.map_index}, " if instance.map_index >= 0 else ""
    state = str(instance.state).upper()
    marking = (
        f"Marking task as {state}. dag_id={instance.dag_id}, task_id={instance.task_id}, "
        f"run_id={run_id or instance.run.run_id}, {mapped}execution_date={_compact(instance.run.logical_date)}, "
        f"start_date={_compact(start_date)}, end_date={_compact(instance.end_date)}"
    )
    group = "::group::Post task execution logs"
    if instance.state in ("failed", "up_for_retry"):
        log("taskinstance.py:1226", marking)
        log("taskinstance.py:341", group)
    else:
        log("taskinstance.py:341", group)
        log("taskinstance.py:353", marking)


def log_dry_run(log: Log, fields: Mapping[str, Any]) -> None:
    """What is logged instead of doing anything."""
    log("baseoperator.py:1558", "Dry run")
    for name, value in fields.items():
        if isinstance(value, str):
            log("baseoperator.py:1569", f"Rendering template for {name}")
            log("baseoperator.py:1570", value)


def exception_of(instance: TaskInstance) -> tuple[str, str]:
    """The exception in which an attempt failed: its dotted name and its text."""
    task = instance.task
    if task.bash_command is not None:
        text = f"Bash command failed. The command returned a non-zero exit code {task.exit_code}."
    else:
        text = f"Task {task.task_id} failed"
    return "airflow.exceptions.AirflowException", text


def _log_python(log: Log, instance: TaskInstance) -> None:
    chosen = instance.task.chosen_branches(instance.run)
    if chosen is not None:
        text = f"{instance.task.operator}.execute cannot be called outside TaskInstance!"
        log("baseoperator.py:423", text, "WARNING")
    for line in instance.task.log.splitlines():
        log("", line)
    returned = instance.run.xcoms.get(instance.task_id, RETURN_KEY, instance.map_index)
    log("python.py:240", f"Done. Returned value was: {returned.value if returned is not None else None}")
    if chosen is not None:
        log("branch.py:38", f"Branch into {returned.value if returned is not None else None}")


def _compact(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y%m%dT%H%M%S}"
