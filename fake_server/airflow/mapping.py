"""Mapped tasks: how many instances they become, and what each of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from fake_server.airflow.dags import Task
from fake_server.airflow.task_instances import TaskInstance

if TYPE_CHECKING:
    from fake_server.airflow.runs import DagRun


def is_mappable(value: object) -> bool:
    """Whether a task may be mapped over ``value``: lists, tuples and mappings, as in Airflow."""
    return isinstance(value, (list, tuple, Mapping))


def expand(run: DagRun, task: Task) -> list[TaskInstance]:
    """Fit a mapped task's instances to what there is to map over now, and return those in no state yet.

    There is nothing to expand over when a task above returned an empty list: then the one unexpanded instance stays.
    When a run is cleared there may be fewer items than before (the surplus instances become ``removed``) or more.
    """
    count = prod(len(items) for items in _mapped_items(run, task).values())
    present = [instance for instance in run.instances_of(task.task_id) if instance.map_index >= 0]
    if count == 0 and not present:
        return run.instances_of(task.task_id)
    for instance in present[count:]:
        if instance.state is None:
            instance.state = "removed"
    more = range(len(present), count)
    present += [TaskInstance(task=task, run=run, max_tries=task.retries, map_index=index) for index in more]
    run.replace_instances(task.task_id, present)
    return [instance for instance in present if instance.state is None]


def mapped_arguments(instance: TaskInstance) -> dict[str, Any]:
    """What an expanded instance got for each argument it is mapped over; of several, the last varies fastest."""
    if instance.map_index < 0:
        return {}
    values: dict[str, Any] = {}
    rest = instance.map_index
    for argument, items in reversed(list(_mapped_items(instance.run, instance.task).items())):
        rest, place = divmod(rest, max(len(items), 1))
        values[argument] = items[place] if place < len(items) else None
    return dict(reversed(values.items()))


def _mapped_items(run: DagRun, task: Task) -> dict[str, Sequence[Any]]:
    """The items of each argument that ``task`` is mapped over."""
    returned = {argument: _items(run, source) for argument, source in task.mapped_arguments.items()}
    return {**returned, **task.mapped_values}


def _items(run: DagRun, task_id: str) -> list[Any]:
    """What ``task_id`` returned, item by item; a mapped task's results count as one list."""
    instances = run.instances_of(task_id)
    if any(instance.map_index >= 0 for instance in instances):
        found = (run.xcoms.get(task_id, map_index=instance.map_index) for instance in instances)
        return [xcom.value for xcom in found if xcom is not None]
    xcom = run.xcoms.get(task_id)
    if xcom is None or not is_mappable(xcom.value):
        return []
    return list(xcom.value.items()) if isinstance(xcom.value, Mapping) else list(xcom.value)
