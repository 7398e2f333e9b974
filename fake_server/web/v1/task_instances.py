"""Task instances as they are: lists, single ones, their attempts, dependencies and links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fake_server.airflow.run_store import RunQuery
from fake_server.airflow.runs import DagRun
from fake_server.airflow.states import TASK_STATES
from fake_server.airflow.task_instances import TaskInstance, TaskTry
from fake_server.web.v1.call import Call
from fake_server.web.v1.forms import Field, Form, at_least, load, moment
from fake_server.web.v1.json_layout import isoformat
from fake_server.web.v1.moments import period, query_period
from fake_server.web.v1.paging import checked_integer, null_first, page
from fake_server.web.v1.problems import BadRequest, BrokenStream, NotFound, Oops
from fake_server.web.v1.rendered_fields import shown_fields

_LIST_FORM: Form = {
    "page_offset": Field(default=0, convert=at_least(0)),
    "page_limit": Field(default=100, convert=at_least(1)),
    "dag_ids": Field(default=None),
    "dag_run_ids": Field(default=None),
    "task_ids": Field(default=None),
    "execution_date_gte": Field(convert=moment),
    "execution_date_lte": Field(convert=moment),
    "start_date_gte": Field(convert=moment),
    "start_date_lte": Field(convert=moment),
    "end_date_gte": Field(convert=moment),
    "end_date_lte": Field(convert=moment),
    "duration_gte": Field(),
    "duration_lte": Field(),
    "state": Field(default=None),
    "pool": Field(default=None),
    "queue": Field(default=None),
    "executor": Field(default=None),
}
_MAPPED_ORDERS: Mapping[str, Callable[[TaskInstance], Any]] = {
    "state": lambda instance: instance.state,
    "duration": lambda instance: instance.duration,
    "start_date": lambda instance: instance.start_date,
    "end_date": lambda instance: instance.end_date,
}


# Lists


def get_task_instances(call: Call) -> Any:
    """The task instances of a run; ``~`` stands for any DAG or any run."""
    dag_id, run_id = call.path["dag_id"], call.path["dag_run_id"]
    query = call.query
    runs = _runs(
        call,
        RunQuery(
            dag_ids=call.readable_dag_ids() if dag_id == "~" else frozenset({dag_id}),
            logical_date=query_period(query, "execution_date"),
            updated_at=query_period(query, "updated_at"),
        ),
        None if run_id == "~" else {run_id},
    )
    _refuse_unknown_states(call, query["state"])
    rows = list(_filtered(_instances_of(runs), query, query_period))
    return _listed(call, page(call, rows), len(rows))


def get_task_instances_batch(call: Call) -> Any:
    """The task instances of several DAGs, by a form in the body."""
    values = load(call.known("ListTaskInstanceForm", _LIST_FORM), call.body)
    allowed = call.readable_dag_ids()
    wanted = allowed
    if values["dag_ids"]:
        wanted = frozenset(values["dag_ids"]) if allowed is None else allowed & frozenset(values["dag_ids"])
    query = RunQuery(dag_ids=wanted, logical_date=period(values, "execution_date"))
    task_ids = values.get("task_ids")
    _refuse_unknown_states(call, values["state"])
    rows = [
        instance
        for instance in _filtered(_instances_of(_runs(call, query, values.get("dag_run_ids"))), values, period)
        if not task_ids or instance.task_id in task_ids
    ]
    if task_ids:
        # The database finds chosen tasks by an index over DAG, task and run.
        rows.sort(key=lambda instance: (instance.dag_id, instance.task_id, instance.run.run_id))
    offset = checked_integer(values["page_offset"])
    return _listed(call, rows[offset : offset + checked_integer(values["page_limit"])], len(rows))


def get_mapped_task_instances(call: Call) -> Any:
    """The instances that a mapped task was expanded into."""
    path, query = call.path, call.query
    # A state that does not exist is stumbled over before anything is looked up.
    _refuse_unknown_states(call, query["state"])
    run = call.airflow.runs.get(path["dag_id"], path["dag_run_id"])
    expanded = [i for i in run.instances_of(path["task_id"]) if i.map_index >= 0] if run is not None else []
    if not expanded:
        dag = call.airflow.dags.get(path["dag_id"])
        if dag is None:
            raise NotFound(f"DAG {path['dag_id']} not found")
        task = dag.tasks.get(path["task_id"])
        if task is None:
            raise NotFound(f"Task id {path['task_id']} not found")
        if not task.is_mapped:
            raise NotFound(f"Task id {path['task_id']} is not mapped")
    rows = _mapped_order(_filtered(expanded, query, query_period), query["order_by"])
    return _listed(call, page(call, rows), len(rows))


# One


def get_task_instance(call: Call) -> Any:
    """The instance of an ordinary task."""
    instance = find(call, -1)
    if instance is None:
        refuse_mapped(call)
        raise NotFound("Task instance not found")
    return shown_instance(call, instance)


def get_mapped_task_instance(call: Call) -> Any:
    """One of the instances of a mapped task."""
    instance = find(call, call.path["map_index"])
    if instance is None:
        raise NotFound("Task instance not found")
    return shown_instance(call, instance)


def get_task_instance_tries(call: Call) -> Any:
    """Every attempt of a task instance, oldest first."""
    instance = find(call, call.path.get("map_index", -1))
    tries = instance.tries if instance is not None else []
    return {"task_instances": [_shown_try(attempt) for attempt in tries], "total_entries": len(tries)}


def get_task_instance_try_details(call: Call) -> Any:
    """One attempt of a task instance: the current one before one of the history that had its number too."""
    path = call.path
    map_index = path.get("map_index", -1)
    instance = find(call, map_index)
    attempt: TaskTry | None = None
    if instance is not None:
        number = path["task_try_number"]
        attempt = TaskTry.of(instance) if instance.try_number == number else instance.attempt(number)
    if attempt is None:
        raise NotFound(
            "Task instance not found",
            f"Task Instance not found for dag_id={path['dag_id']}, run_id={path['dag_run_id']}, "
            f"task_id={path['task_id']}, map_index={map_index}, try_number={path['task_try_number']}.",
        )
    return _shown_try(attempt)


def get_task_instance_dependencies(call: Call) -> Any:
    """Why a task instance that is not scheduled yet cannot run."""
    instance = find(call, call.path.get("map_index", -1))
    if instance is None:
        raise not_found(call)
    # What is queued already waits for nothing.
    unmet = call.airflow.unmet_dependencies(instance) if instance.state in (None, "scheduled") else []
    return {"dependencies": [{"name": each.name, "reason": each.reason} for each in unmet]}


def get_extra_links(call: Call) -> Any:
    """The links of a task's operator; the operators that the fake knows have none."""
    path = call.path
    dag = call.airflow.dags.get(path["dag_id"])
    if dag is None:
        raise NotFound("DAG not found", f'DAG with ID = "{path["dag_id"]}" not found')
    if path["task_id"] not in dag.tasks:
        raise NotFound("Task not found", f'Task with ID = "{path["task_id"]}" not found')
    map_index = call.query["map_index"]
    if find(call, -1 if map_index is None else map_index) is None:
        raise NotFound("DAG Run not found", f'DAG Run with ID = "{path["dag_run_id"]}" not found')
    return {}


# How they are shown


def shown_instance(call: Call, instance: TaskInstance) -> Mapping[str, Any]:
    """A task instance as the API shows it."""
    shown = {
        **_common(instance, instance),
        "execution_date": isoformat(instance.run.logical_date),
        "note": instance.note,
        "rendered_fields": shown_fields(instance),
        "rendered_map_index": None,
        "sla_miss": None,
        "trigger": None,
        "triggerer_job": None,
    }
    return call.known("TaskInstance", shown)


def _shown_try(attempt: TaskTry) -> dict[str, Any]:
    return _common(attempt.instance, attempt)


def _common(instance: TaskInstance, attempt: TaskInstance | TaskTry) -> dict[str, Any]:
    task = instance.task
    return {
        "dag_id": instance.dag_id,
        "dag_run_id": instance.run.run_id,
        "duration": attempt.duration,
        "end_date": isoformat(attempt.end_date),
        "executor": None,
        "executor_config": "{}",
        "hostname": attempt.hostname,
        "map_index": instance.map_index,
        "max_tries": attempt.max_tries,
        "operator": task.operator,
        "pid": attempt.pid,
        "pool": task.pool,
        "pool_slots": task.pool_slots,
        "priority_weight": instance.priority_weight,
        "queue": task.queue,
        "queued_when": isoformat(attempt.queued_date),
        "start_date": isoformat(attempt.start_date),
        "state": attempt.state,
        "task_display_name": task.task_id,
        "task_id": task.task_id,
        "try_number": attempt.try_number,
        "unixname": "airflow",
    }


def _listed(call: Call, instances: Iterable[TaskInstance], total: int) -> dict[str, Any]:
    return {"task_instances": [shown_instance(call, instance) for instance in instances], "total_entries": total}


# Which ones are meant


def find(call: Call, map_index: int) -> TaskInstance | None:
    """The instance that the path names; -1 is the index of an ordinary task."""
    run = call.airflow.runs.get(call.path["dag_id"], call.path["dag_run_id"])
    return run.task_instance(call.path["task_id"], map_index) if run is not None else None


def refuse_mapped(call: Call) -> None:
    """Refuse a request that names a mapped task without saying which of its instances."""
    if find(call, 0) is not None:
        raise NotFound("Task instance not found", "Task instance is mapped, add the map_index value to the URL")


def not_found(call: Call) -> NotFound:
    """The refusal that repeats the path."""
    path = call.path
    return NotFound(
        f"Task Instance not found for dag_id={path['dag_id']}, run_id={path['dag_run_id']}, task_id={path['task_id']}"
    )


def _runs(call: Call, query: RunQuery, run_ids: Iterable[str] | None) -> list[DagRun]:
    """The runs that ``query`` asks for, by DAG and then by row, of these ids if any are given."""
    wanted = set(run_ids) if run_ids else None
    runs = call.airflow.runs.page(query)[0]
    chosen = [run for run in runs if wanted is None or run.run_id in wanted]
    return sorted(chosen, key=lambda run: run.dag_id)


def _instances_of(runs: Iterable[DagRun]) -> Iterator[TaskInstance]:
    return (instance for run in runs for instance in run.task_instances.values())


def _filtered(
    instances: Iterable[TaskInstance], values: Mapping[str, Any], period_of: Callable[[Mapping[str, Any], str], Any]
) -> Iterator[TaskInstance]:
    """Those of ``instances`` that fit the filters in ``values``."""
    started, ended = period_of(values, "start_date"), period_of(values, "end_date")
    shortest, longest = values.get("duration_gte"), values.get("duration_lte")
    states = _states(values["state"])
    for instance in instances:
        if (
            instance.start_date in started
            and instance.end_date in ended
            and (shortest is None or (instance.duration is not None and instance.duration >= shortest))
            and (longest is None or (instance.duration is not None and instance.duration <= longest))
            and (states is None or instance.state in states)
            and (not values["pool"] or instance.task.pool in values["pool"])
            and (not values["queue"] or instance.task.queue in values["queue"])
            and not values.get("executor")
        ):
            yield instance


def _states(names: list[str | None] | None) -> set[str | None] | None:
    if not names:
        return None
    return {None if name in ("none", None) else name for name in names}


def _refuse_unknown_states(call: Call, names: list[str | None] | None) -> None:
    what_then = call.airflow.version.rest_answers.unknown_states
    if what_then != "ignore" and (_states(names) or set()) - {None, *TASK_STATES}:
        raise Oops if what_then == "fail" else BrokenStream


def _mapped_order(instances: Iterable[TaskInstance], order_by: str | None) -> list[TaskInstance]:
    rows = sorted(instances, key=lambda instance: instance.map_index)
    if order_by is None:
        return rows
    if order_by == "-map_index":
        return rows[::-1]
    name = order_by.removeprefix("-")
    if name not in _MAPPED_ORDERS:
        raise BadRequest(f"Ordering with '{order_by}' is not supported")
    key = _MAPPED_ORDERS[name]
    return sorted(rows, key=lambda instance: null_first(key(instance)), reverse=order_by.startswith("-"))
