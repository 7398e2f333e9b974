"""What becomes of task instances: which may run now, and how an attempt ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.mapping import expand, is_mappable
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.trigger_rules import verdict
from fake_server.airflow.xcoms import OUTLETS_KEY, RETURN_KEY

#: The key under which a branching task keeps what it chose.
BRANCH_KEY = "skipmixin_key"


def decide(run: DagRun, moment: datetime, *, by_worker: bool = False) -> list[TaskInstance]:
    """Take the untouched task instances of ``run`` as far as what is above them allows.

    Failures and skips are passed on at once. Tasks that run nothing succeed at once, unless it is a worker that
    decides; what follows them is for the next look. Mapped tasks are expanded. Returned is everything that moved; what
    is still in no state is to be scheduled by the caller.
    """
    moved: dict[TaskInstance, None] = {}
    unseen: set[TaskInstance] = set()
    again = True
    while again:
        again = False
        by_task = _by_task(run.task_instances.values())
        for instance in list(run.task_instances.values()):
            if instance.state is not None or instance in moved or instance.task_id not in run.dag.tasks:
                continue
            states = [
                None if above in unseen else above.state
                for task_id in instance.task.upstream
                for above in by_task.get(task_id, ())
            ]
            decision = verdict(instance.task.trigger_rule, states)
            if instance.not_chosen and _branch_is_over(instance):
                decision = "skipped"
            if decision == "wait" or (decision == "run" and by_worker and instance.task.runs_nothing):
                continue
            if decision != "run":
                instance.set_by_hand(decision, moment)
                moved[instance] = None
                again = True
                continue
            for ready in expand(run, instance.task) if instance.task.is_mapped else [instance]:
                if instance.task.is_mapped and ready.map_index < 0:
                    ready.set_by_hand("skipped", moment)  # There was nothing to expand over.
                    again = True
                elif instance.task.runs_nothing:
                    ready.try_number += 1
                    ready.state, ready.start_date, ready.end_date = "success", moment, moment
                    unseen.add(ready)
                moved[ready] = None
    return list(moved)


def _branch_is_over(instance: TaskInstance) -> bool:
    """Whether the branching task that did not choose ``instance`` is done, and not about to choose again."""
    run = instance.run
    branching = [task_id for task_id in instance.task.upstream if run.dag.tasks[task_id].branch is not None]
    return all(above.is_finished for task_id in branching for above in run.instances_of(task_id))


def _by_task(instances: Iterable[TaskInstance]) -> dict[str, list[TaskInstance]]:
    result: dict[str, list[TaskInstance]] = {}
    for instance in instances:
        result.setdefault(instance.task_id, []).append(instance)
    return result


def finish(instance: TaskInstance, moment: datetime) -> tuple[str, ...]:
    """End the current attempt as its script says, and return the datasets that it updates."""
    task, run = instance.task, instance.run
    instance.end_date = moment
    outcome = "failed" if task.times_out else task.outcome_of(instance.try_number)
    values: dict[str, Any] = {}
    chosen: tuple[str, ...] | None = None
    if outcome == "success":
        values = {key: _value(value, instance) for key, value in task.xcom.items()}
        chosen = task.chosen_branches(run)
        if not _can_be_mapped_over(run.dag, task, values) or not set(chosen or ()) <= set(run.dag.tasks):
            outcome = "failed"
    if outcome == "failed" and instance.try_number <= instance.max_tries:
        instance.record_try(moment)
        instance.state = "up_for_retry"
        return ()
    instance.state = outcome
    if outcome != "success":
        return ()
    if chosen is not None:
        _follow_branches(instance, chosen)
        values = {RETURN_KEY: chosen[0] if len(chosen) == 1 else list(chosen), BRANCH_KEY: {"followed": list(chosen)}}
    if task.outlets:
        values[OUTLETS_KEY] = [{"uri": uri} for uri in task.outlets]
    for key, value in values.items():
        run.xcoms.push(task.task_id, key, value, moment, instance.map_index)
    return task.outlets


def _value(value: Any, instance: TaskInstance) -> Any:
    scripted: Callable[[TaskInstance], Any] | None = value if callable(value) else None
    return value if scripted is None else scripted(instance)


def _can_be_mapped_over(dag: DAG, task: Task, values: Mapping[str, Any]) -> bool:
    """A task that others are mapped over fails unless it returns something with items, as in Airflow."""
    if task.is_mapped:
        return True
    mapped = any(task.task_id in dag.tasks[below].mapped_arguments.values() for below in dag.downstream[task.task_id])
    return not mapped or is_mappable(values.get(RETURN_KEY))


def _follow_branches(instance: TaskInstance, chosen: tuple[str, ...]) -> None:
    """Mark what stands directly below a branching task and neither was chosen nor stands below what was."""
    dag = instance.run.dag
    followed = set(chosen).union(*(dag.relatives(task_id) for task_id in chosen))
    for below in instance.run.task_instances.values():
        if below.task_id in dag.downstream[instance.task_id]:
            below.not_chosen = below.task_id not in followed
