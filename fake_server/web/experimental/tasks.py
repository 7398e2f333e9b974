"""Tasks and their instances, every attribute as Python's ``str()`` has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.errors import TaskNotFound
from fake_server.web.experimental.call import Call, Refused

#: What every operator has and the deployment does not model: always at its default.
_OPERATOR_DEFAULTS: dict[str, object] = {
    "allow_nested_operators": True,
    "depends_on_past": False,
    "do_xcom_push": True,
    "doc": None,
    "doc_json": None,
    "doc_md": None,
    "doc_rst": None,
    "doc_yaml": None,
    "email": None,
    "email_on_failure": True,
    "email_on_retry": True,
    "executor": None,
    "executor_config": {},
    "ignore_first_depends_on_past": True,
    "inlets": [],
    "map_index_template": None,
    "max_active_tis_per_dag": None,
    "max_active_tis_per_dagrun": None,
    "max_retry_delay": None,
    "multiple_outputs": False,
    "on_execute_callback": None,
    "on_failure_callback": None,
    "on_retry_callback": None,
    "on_skipped_callback": None,
    "on_success_callback": None,
    "operator_extra_links": (),
    "resources": None,
    "retry_exponential_backoff": False,
    "run_as_user": None,
    "sla": None,
    "start_from_trigger": False,
    "start_trigger_args": None,
    "template_ext": [],
    "template_fields": [],
    "template_fields_renderers": {},
    "ui_color": "#fff",
    "ui_fgcolor": "#000",
    "wait_for_downstream": False,
    "wait_for_past_depends_before_skipping": False,
}
_PYTHON_DEFAULTS: dict[str, object] = {
    "op_args": [],
    "op_kwargs": {},
    "template_fields": ["templates_dict", "op_args", "op_kwargs"],
    "template_fields_renderers": {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"},
    "templates_dict": None,
    "ui_color": "#ffefeb",
}
#: What a task instance has and the deployment does not model.
_INSTANCE_DEFAULTS: dict[str, object] = {
    "executor": None,
    "executor_config": {},
    "external_executor_id": None,
    "job_id": None,
    "next_kwargs": None,
    "next_method": None,
    "queued_by_job_id": None,
    "rendered_map_index": None,
    "rendered_task_instance_fields": None,
    "test_mode": False,
    "trigger_id": None,
    "trigger_timeout": None,
    "unixname": "airflow",
}


def task_info(call: Call, dag_id: str, task_id: str) -> Any:
    """A task's attributes."""
    dag = call.airflow.get_dag(dag_id)
    task = task_of(dag, task_id)
    if task.is_mapped:
        sources = ", ".join(
            f"{argument!r}: XComArg(<Task(_PythonDecoratedOperator): {source}>)"
            for argument, source in task.mapped_arguments.items()
        )
        return as_text(
            {
                "op_args": None,
                "op_kwargs": None,
                "op_kwargs_expand_input": f"DictOfListsExpandInput(value={{{sources}}})",
                "templates_dict": None,
            }
        )
    return as_text(
        {
            **_OPERATOR_DEFAULTS,
            **_of_operator(task),
            "downstream_task_ids": _set(dag.downstream[task_id]),
            "end_date": dag.end_date,
            "execution_timeout": duration_of(task.execution_timeout),
            "outlets": f"[{', '.join(_outlet(call, uri) for uri in task.outlets)}]",
            "owner": task.owner,
            "params": {name: param.value for name, param in dag.params.items()},
            "pool": task.pool,
            "pool_slots": task.pool_slots,
            "priority_weight": task.priority_weight,
            "queue": task.queue,
            "retries": task.retries,
            "retry_delay": duration_of(task.retry_delay),
            "start_date": dag.start_date,
            "task_group": _object("utils.task_group.TaskGroup", dag),
            "task_id": task_id,
            "trigger_rule": task.trigger_rule,
            "upstream_task_ids": _set(task.upstream),
            "weight_rule": _object("task.priority_strategy._DownstreamPriorityWeightStrategy", task),
        }
    )


def task_instance_info(call: Call, dag_id: str, execution_date: str, task_id: str) -> Any:
    """The attributes of a task in the run of that date."""
    date = call.date(execution_date)
    dag = call.airflow.get_dag(dag_id)
    task = task_of(dag, task_id)
    run = call.run_at(dag, date)
    instance = run.task_instance(task_id) or next(
        (other for (other_id, _), other in run.task_instances.items() if other_id == task_id), None
    )
    if instance is None:
        raise Refused(404, f"Task {task_id} instance for date {call.date_text(date)} not found")
    return as_text(
        {
            **_INSTANCE_DEFAULTS,
            "custom_operator_name": task.operator_name,
            "dag_id": dag_id,
            "dag_run": run,
            "duration": instance.duration,
            "end_date": instance.end_date,
            "hostname": instance.hostname,
            "map_index": instance.map_index,
            "max_tries": instance.max_tries,
            "operator": task.operator,
            "pid": instance.pid,
            "pool": task.pool,
            "pool_slots": task.pool_slots,
            "priority_weight": instance.priority_weight,
            "queue": task.queue,
            "queued_dttm": instance.queued_date,
            "run_id": run.run_id,
            "start_date": instance.start_date,
            "state": instance.state,
            "task_id": task_id,
            "try_number": instance.try_number,
            "updated_at": instance.end_date or instance.start_date or instance.queued_date or run.queued_at,
        }
    )


def task_of(dag: DAG, task_id: str) -> Task:
    """The task of that id.

    :raises Refused: when there is none.
    """
    try:
        return dag.task(task_id)
    except TaskNotFound:
        raise Refused(404, f"Task {task_id} not found in dag {dag.dag_id}") from None


def _outlet(call: Call, uri: str) -> str:
    dataset = call.airflow.datasets.find(uri)
    extra = dataset.extra if dataset is not None else {}
    return f"Dataset(uri={uri!r}, extra={extra or None})"


def _of_operator(task: Task) -> dict[str, object]:
    """What the operator itself adds."""
    if task.bash_command is not None or task.operator == "BashOperator":
        return {
            "bash_command": task.bash_command,
            "cwd": None,
            "env": dict(task.env) if task.env is not None else None,
            "template_ext": [".sh", ".bash"],
            "template_fields": ["bash_command", "env", "cwd"],
            "template_fields_renderers": {"bash_command": "bash", "env": "json"},
            "ui_color": "#f0ede4",
        }
    if "Python" in task.operator:
        return _PYTHON_DEFAULTS
    return {"ui_color": "#e8f7e4"} if task.operator == "EmptyOperator" else {}


def as_text(attributes: Mapping[str, object]) -> dict[str, str]:
    """The attributes by name, each as Python's ``str()`` has it."""
    return {name: str(attributes[name]) for name in sorted(attributes)}


def duration_of(seconds: float | None) -> timedelta | None:
    """A number of seconds as an operator keeps it."""
    return timedelta(seconds=seconds) if seconds is not None else None


def _object(class_name: str, owner: object) -> str:
    """The representation of an object that has none of its own, at an address that differs from server to server."""
    return f"<airflow.{class_name} object at {id(owner):#x}>"


def _set(names: Iterable[str]) -> str:
    """The representation of a Python set; real ones have no order, this one is sorted."""
    return f"{{{', '.join(map(repr, sorted(names)))}}}" if names else "set()"
