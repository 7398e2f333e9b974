"""Tasks and their instances in Airflow 1.10, every attribute as Python's ``str()`` has it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fake_server.airflow.dags import Task
from fake_server.airflow.runs import TaskInstance
from fake_server.web.experimental.call import Call, Refused
from fake_server.web.experimental.tasks import as_text, duration_of, task_of

#: What every operator has and the deployment does not model: always at its default.
_OPERATOR_DEFAULTS: dict[str, object] = {
    "depends_on_past": False,
    "do_xcom_push": True,
    "email": None,
    "email_on_failure": True,
    "email_on_retry": True,
    "executor_config": {},
    "inlets": [],
    "lineage_data": None,
    "max_retry_delay": None,
    "on_failure_callback": None,
    "on_retry_callback": None,
    "on_success_callback": None,
    "operator_extra_links": (),
    "outlets": [],
    "resources": None,
    "retry_exponential_backoff": False,
    "run_as_user": None,
    "sla": None,
    "subdag": None,
    "task_concurrency": None,
    "template_fields": [],
    "ui_color": "#fff",
    "ui_fgcolor": "#000",
    "wait_for_downstream": False,
}
_PYTHON_DEFAULTS: dict[str, object] = {
    "op_args": [],
    "op_kwargs": {},
    "template_fields": ["templates_dict", "op_args", "op_kwargs"],
    "templates_dict": None,
    "ui_color": "#ffefeb",
}
#: What a task instance has and the deployment does not model.
_INSTANCE_DEFAULTS: dict[str, object] = {
    "executor_config": {},
    # The web server knows operators from their serialized form only.
    "operator": "SerializedBaseOperator",
    "test_mode": False,
    "unixname": "airflow",
}


def task_info(call: Call, dag_id: str, task_id: str) -> Any:
    """A task's attributes."""
    dag = call.airflow.get_dag(dag_id)
    task = task_of(dag, task_id)
    start_date = dag.start_date.isoformat() if dag.start_date is not None else None
    return as_text(
        {
            **_OPERATOR_DEFAULTS,
            **_of_operator(task),
            "end_date": dag.end_date.isoformat() if dag.end_date is not None else None,
            "execution_timeout": duration_of(task.execution_timeout),
            "owner": task.owner,
            "params": {name: param.value for name, param in dag.params.items()},
            "pool": task.pool,
            "pool_slots": task.pool_slots,
            "priority_weight": task.priority_weight,
            "queue": task.queue,
            "retries": task.retries,
            "retry_delay": duration_of(task.retry_delay) or timedelta(),
            "start_date": start_date,
            "task_id": task_id,
            "trigger_rule": task.trigger_rule,
            "weight_rule": task.weight_rule,
        }
    )


def task_instance_info(call: Call, dag_id: str, execution_date: str, task_id: str) -> Any:
    """The attributes of a task in the run of that date."""
    date = call.date(execution_date)
    dag = call.airflow.get_dag(dag_id)
    task = task_of(dag, task_id)
    run = call.run_at(dag, date)
    instance = run.task_instance(task_id)
    if instance is None:
        raise Refused(404, f"Task {task_id} instance for date {call.date_text(date)} not found")
    return as_text(
        {
            **_INSTANCE_DEFAULTS,
            "dag_id": dag_id,
            "duration": instance.duration if instance.hostname else None,
            "end_date": instance.end_date,
            "execution_date": run.logical_date,
            "hostname": instance.hostname,
            "job_id": _job_of(instance),
            "max_tries": instance.max_tries,
            "pid": instance.pid,
            "pool": task.pool,
            "pool_slots": task.pool_slots,
            "priority_weight": instance.priority_weight,
            "queue": task.queue,
            "queued_dttm": instance.queued_date,
            "start_date": instance.start_date,
            "state": instance.state,
            "task_id": task_id,
        }
    )


def _job_of(instance: TaskInstance) -> int | None:
    """The number of the job that runs or ran it: made up, since jobs are not modelled, but there when one was."""
    return None if instance.pid is None else instance.run.id * 100 + instance.try_number


def _of_operator(task: Task) -> dict[str, object]:
    """What the operator itself adds."""
    if task.bash_command is not None or task.operator == "BashOperator":
        return {
            "bash_command": task.bash_command,
            "env": dict(task.env) if task.env is not None else None,
            "template_fields": ["bash_command", "env"],
            "ui_color": "#f0ede4",
        }
    if "Python" in task.operator:
        return _PYTHON_DEFAULTS
    return {"ui_color": "#e8f7e4"} if task.operator == "DummyOperator" else {}
