"""The tasks of a DAG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fake_server.airflow.dags import DAG, Task
from fake_server.web.v1.call import Call
from fake_server.web.v1.dags import shown_param, shown_timedelta
from fake_server.web.v1.json_layout import isoformat
from fake_server.web.v1.operators import operator_of
from fake_server.web.v1.problems import BadRequest, NotFound

#: What tasks may be ordered by: attributes of Airflow's own class, of which these are the comparable ones.
_SORT_KEYS: Mapping[str, Callable[[Task], Any]] = {
    "task_id": lambda task: task.task_id,
    "task_type": lambda task: task.operator,
    "operator_name": lambda task: task.operator_name or task.operator,
    "owner": lambda task: task.owner,
    "pool": lambda task: task.pool,
    "pool_slots": lambda task: task.pool_slots,
    "priority_weight": lambda task: task.priority_weight,
    "queue": lambda task: task.queue,
    "retries": lambda task: task.retries,
    "retry_delay": lambda task: task.retry_delay,
    "trigger_rule": lambda task: task.trigger_rule,
    "weight_rule": lambda task: task.weight_rule,
    "label": lambda task: task.task_id.rpartition(".")[2],
}


def get_tasks(call: Call) -> Any:
    """The tasks of a DAG, by id unless asked otherwise."""
    dag = _find_dag(call)
    order_by = call.query["order_by"]
    name = "task_id" if order_by is None else order_by.lstrip("-")
    if name not in _SORT_KEYS:
        raise BadRequest(f"'SerializedBaseOperator' object has no attribute '{name}'")
    tasks = sorted(dag.tasks.values(), key=_SORT_KEYS[name], reverse=order_by is not None and order_by[0] == "-")
    return {"tasks": [_shown(call, dag, task) for task in tasks], "total_entries": len(tasks)}


def get_task(call: Call) -> Any:
    """One task."""
    dag = _find_dag(call)
    task = dag.tasks.get(call.path["task_id"])
    if task is None:
        raise NotFound("Task not found")
    return _shown(call, dag, task)


def _find_dag(call: Call) -> DAG:
    dag = call.airflow.dags.get(call.path["dag_id"])
    if dag is None:
        raise NotFound("DAG not found")
    return dag


def _shown(call: Call, dag: DAG, task: Task) -> Mapping[str, Any]:
    operator = operator_of(task)
    shown = {
        "class_ref": {"class_name": task.operator, "module_path": operator.module},
        "depends_on_past": False,
        "doc_md": None,
        "downstream_task_ids": sorted(dag.downstream[task.task_id]),
        "end_date": isoformat(dag.end_date),
        "execution_timeout": shown_timedelta(task.execution_timeout),
        "extra_links": [],
        "is_mapped": task.is_mapped,
        "operator_name": task.operator_name or task.operator,
        "owner": task.owner,
        "params": {name: shown_param(param) for name, param in dag.params.items()},
        "pool": task.pool,
        "pool_slots": float(task.pool_slots),
        "priority_weight": float(task.priority_weight),
        "queue": task.queue,
        "retries": float(task.retries),
        "retry_delay": shown_timedelta(task.retry_delay),
        "retry_exponential_backoff": False,
        "start_date": isoformat(dag.start_date),
        "task_display_name": task.task_id,
        "task_id": task.task_id,
        "template_fields": list(operator.template_fields),
        "trigger_rule": task.trigger_rule,
        "ui_color": operator.ui_color,
        "ui_fgcolor": "#000",
        "wait_for_downstream": False,
        "weight_rule": task.weight_rule,
    }
    return call.known("Task", shown)
