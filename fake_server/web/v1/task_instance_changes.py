"""Task instances as clients change them: states and notes set by hand, and what shall run again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.web.v1.call import Call
from fake_server.web.v1.forms import Field, Form, load, moment, refuse
from fake_server.web.v1.json_layout import isoformat
from fake_server.web.v1.problems import NotFound, Oops
from fake_server.web.v1.task_instances import find, not_found, refuse_mapped, shown_instance

_NOTE_FORM: Form = {"note": Field(required=True, maximum_length=1000)}
_PATCH_FORM: Form = {"dry_run": Field(default=True), "new_state": Field(required=True)}
_STATE_FORM: Form = {
    "dry_run": Field(default=True),
    "task_id": Field(required=True),
    "execution_date": Field(convert=moment),
    "dag_run_id": Field(),
    "include_upstream": Field(required=True),
    "include_downstream": Field(required=True),
    "include_future": Field(required=True),
    "include_past": Field(required=True),
    "new_state": Field(required=True),
}
_CLEAR_FORM: Form = {
    "dry_run": Field(default=True),
    "start_date": Field(convert=moment),
    "end_date": Field(convert=moment),
    "only_failed": Field(default=True),
    "only_running": Field(default=False),
    "include_subdags": Field(default=False),
    "include_parentdag": Field(default=False),
    "reset_dag_runs": Field(default=False),
    "task_ids": Field(default=None),
    "dag_run_id": Field(nullable=True),
    "include_upstream": Field(default=False),
    "include_downstream": Field(default=False),
    "include_future": Field(default=False),
    "include_past": Field(default=False),
}


def patch_task_instance(call: Call) -> Any:
    """Set a task instance's state by hand, or only say which one it would be. A real change answers nothing."""
    path = call.path
    values = load(_PATCH_FORM, call.body)
    dag = call.airflow.dags.get(path["dag_id"])
    if dag is None:
        raise NotFound("DAG not found", f"DAG {path['dag_id']!r} not found")
    if path["task_id"] not in dag.tasks:
        raise NotFound("Task not found", f"Task {path['task_id']!r} not found in DAG {path['dag_id']!r}")
    map_index = path.get("map_index", -1)
    instance = find(call, map_index)
    if instance is None:
        raise _not_found_on_run(path["task_id"], path["dag_run_id"])
    if values["dry_run"]:
        return shown_reference(instance)
    if values["new_state"] == "skipped" and call.airflow.version.rest_answers.fails_to_skip:
        raise Oops
    call.airflow.set_task_instance_state(instance.run, instance.task_id, values["new_state"], map_indexes=[map_index])
    return {}


def set_task_instance_note(call: Call) -> Any:
    """Set a task instance's note."""
    values = load(_NOTE_FORM, call.body)
    map_index = call.path.get("map_index", -1)
    instance = find(call, map_index)
    if instance is None:
        if map_index < 0:
            refuse_mapped(call)
        raise not_found(call)
    call.airflow.set_task_instance_note(instance, values["note"], call.username)
    return shown_instance(call, instance)


def post_set_task_instances_state(call: Call) -> Any:
    """Set the states of a task's instances by hand, of its relatives and of other runs too if asked for."""
    values = load(call.known("UpdateTaskInstancesState", _STATE_FORM), call.body)
    if bool(values.get("execution_date")) == bool(values.get("dag_run_id")):
        raise refuse("Exactly one of execution_date or dag_run_id must be provided")
    dag_id, task_id = call.path["dag_id"], values["task_id"]
    if dag_id not in call.airflow.dags:
        raise NotFound(f"Dag ID {dag_id} not found")
    if task_id not in call.airflow.dags[dag_id].tasks:
        raise NotFound(f"Task ID {task_id} not found")
    run = _run_of_form(call, values)
    if values["new_state"] == "skipped" and not values["dry_run"] and call.airflow.version.rest_answers.fails_to_skip:
        raise Oops
    instances = call.airflow.set_task_instance_state(
        run,
        task_id,
        values["new_state"],
        include_upstream=values["include_upstream"],
        include_downstream=values["include_downstream"],
        include_past=values["include_past"],
        include_future=values["include_future"],
        dry_run=values["dry_run"],
    )
    return {"task_instances": [shown_reference(instance) for instance in _by_task_id(instances)]}


def post_clear_task_instances(call: Call) -> Any:
    """Let task instances run again, or only say which these would be."""
    values = load(call.known("ClearTaskInstances", _CLEAR_FORM), call.body)
    start, end, run_id = values.get("start_date"), values.get("end_date"), values.get("dag_run_id")
    _check_clearing(values)
    dag_id = call.path["dag_id"]
    dag = call.airflow.dags.get(dag_id)
    if dag is None:
        raise NotFound(f"Dag id {dag_id} not found")
    run = None
    if run_id is not None:
        run = call.airflow.runs.get(dag_id, run_id)
        if run is None:
            raise NotFound(f"Dag Run id {run_id} not found in dag {dag_id}")
    instances = call.airflow.clear_task_instances(
        dag,
        run=run,
        tasks=values.get("task_ids"),
        start_date=start,
        end_date=end,
        include_upstream=values.get("include_upstream", False),
        include_downstream=values.get("include_downstream", False),
        include_past=values.get("include_past", False),
        include_future=values.get("include_future", False),
        only_failed=values["only_failed"],
        only_running=values["only_running"],
        reset_dag_runs=values["reset_dag_runs"],
        dry_run=values["dry_run"],
    )
    if values.get("task_ids") is not None or values["include_subdags"] or values["include_parentdag"]:
        instances = _by_task_id(instances)
    return {"task_instances": [shown_reference(instance) for instance in instances]}


def shown_reference(instance: TaskInstance) -> dict[str, Any]:
    """Which task instance that is."""
    return {
        "dag_id": instance.dag_id,
        "dag_run_id": instance.run.run_id,
        "execution_date": isoformat(instance.run.logical_date),
        "task_id": instance.task_id,
    }


def _run_of_form(call: Call, values: Mapping[str, Any]) -> DagRun:
    """The run that a form names by id or by date, if it has the form's task."""
    dag_id, task_id, run_id = call.path["dag_id"], values["task_id"], values.get("dag_run_id")
    run = call.airflow.runs.get(dag_id, run_id) if run_id else call.airflow.runs.at(dag_id, values["execution_date"])
    if run is not None and run.task_instance(task_id) is not None:
        return run
    if run_id:
        raise _not_found_on_run(task_id, run_id)
    raise NotFound(detail=f"Task instance not found for task {task_id!r} on execution_date {values['execution_date']}")


def _not_found_on_run(task_id: str, run_id: str) -> NotFound:
    return NotFound(detail=f"Task instance not found for task {task_id!r} on DAG run with ID {run_id!r}")


def _by_task_id(instances: Iterable[TaskInstance]) -> list[TaskInstance]:
    """The order in which the database finds chosen tasks: by an index over their ids."""
    return sorted(instances, key=lambda instance: instance.task_id)


def _check_clearing(values: Mapping[str, Any]) -> None:
    start, end = values.get("start_date"), values.get("end_date")
    if values["only_failed"] and values["only_running"]:
        raise refuse("only_failed and only_running both are set to True")
    if start and end and start > end:
        raise refuse("end_date is sooner than start_date")
    if values.get("dag_run_id") is not None and (start or end):
        dates = "(start_date and end_date)" if start and end else "start_date" if start else "end_date"
        raise refuse(f"Exactly one of dag_run_id or {dates} must be provided")
