"""What Airflow logs of a task that a command runs itself."""

from __future__ import annotations

from datetime import datetime

from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.xcoms import RETURN_KEY
from fake_server.cli.installation import TEMPORARY
from fake_server.cli.invocation import Invocation
from fake_server.cli.v1_10.tasks import named, templates

_LINE = "-" * 80
FAILURE = "airflow.exceptions.AirflowException"


def log_before(invocation: Invocation, instance: TaskInstance) -> None:
    """What is logged before the task does anything; its dependencies are looked at twice."""
    date = instance.run.logical_date.isoformat()
    for _ in range(2):
        invocation.log("taskinstance.py:670", f"Dependencies all met for {named(instance, date)}")
    task = instance.task
    invocation.log("taskinstance.py:880", f"\n{_LINE}")
    invocation.log("taskinstance.py:881", f"Starting attempt {instance.try_number + 1} of {task.retries + 1}")
    invocation.log("taskinstance.py:882", f"\n{_LINE}")
    invocation.log("taskinstance.py:901", f"Executing <Task({task.operator}): {task.task_id}> on {date}")


def log_work(invocation: Invocation, instance: TaskInstance) -> None:
    """What the operator logs while it works."""
    command = templates(instance.task, instance.run).get("bash_command")
    if command is not None:
        _log_bash(invocation, instance, command)
    elif not instance.task.runs_nothing and instance.task.operator != "DummyOperator":
        _log_python(invocation, instance)


def log_after(invocation: Invocation, instance: TaskInstance, start_date: datetime | None) -> None:
    """What is logged when the attempt is over."""
    failed = instance.state != "success"
    if failed:
        text = failure_of(instance)
        invocation.log(
            "taskinstance.py:1150", f"{text}\nTraceback (most recent call last):\n{FAILURE}: {text}", "ERROR"
        )
    dates = (("execution", instance.run.logical_date), ("start", start_date), ("end", instance.end_date))
    shown = ", ".join(f"{name}_date={'' if date is None else f'{date:%Y%m%dT%H%M%S}'}" for name, date in dates)
    what = f"dag_id={instance.dag_id}, task_id={instance.task_id}, {shown}"
    if failed:
        invocation.log("taskinstance.py:1194", f"Marking task as FAILED. {what}")
    else:
        # Without a space behind the full stop.
        invocation.log("taskinstance.py:1070", f"Marking task as SUCCESS.{what}")


def log_dry_run(invocation: Invocation, instance: TaskInstance) -> None:
    """What is logged instead of doing anything."""
    invocation.log("baseoperator.py:948", "Dry run")
    for name, value in templates(instance.task, instance.run).items():
        if isinstance(value, str):
            invocation.log("baseoperator.py:952", f"Rendering template for {name}")
            invocation.log("baseoperator.py:953", value)


def failure_of(instance: TaskInstance) -> str:
    """The text of the exception in which an attempt failed."""
    return "Bash command failed" if instance.task.bash_command is not None else f"Task {instance.task_id} failed"


def _log_bash(invocation: Invocation, instance: TaskInstance, command: str) -> None:
    invocation.log("bash_operator.py:113", f"Tmp dir root location: \n {TEMPORARY}")
    script = f"{TEMPORARY}/airflowtmp/{instance.dag_id}{instance.task_id}"
    invocation.log("bash_operator.py:136", f"Temporary script location: {script}")
    invocation.log("bash_operator.py:146", f"Running command: {command}")
    invocation.log("bash_operator.py:153", "Output:")
    for line in instance.task.log.splitlines():
        invocation.log("bash_operator.py:157", line)
    code = 0 if instance.state == "success" else instance.task.exit_code
    invocation.log("bash_operator.py:161", f"Command exited with return code {code}")


def _log_python(invocation: Invocation, instance: TaskInstance) -> None:
    for line in instance.task.log.splitlines():
        invocation.print(line)
    if instance.state != "success":
        return
    returned = instance.run.xcoms.get(instance.task_id, RETURN_KEY, instance.map_index)
    invocation.log(
        "python_operator.py:114", f"Done. Returned value was: {returned.value if returned is not None else None}"
    )
    chosen = instance.task.chosen_branches(instance.run)
    if chosen is None:
        return
    below = instance.run.dag.downstream[instance.task_id]
    skipped = [other for other in below if (twin := instance.run.task_instance(other)) is not None and twin.not_chosen]
    invocation.log("skipmixin.py:123", f"Following branch {chosen[0] if len(chosen) == 1 else list(chosen)}")
    invocation.log("skipmixin.py:149", f"Skipping tasks {skipped}")
