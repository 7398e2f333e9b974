"""Why a task instance is not queued: what Airflow calls its failed dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fake_server.airflow.runs import DagRun
from fake_server.airflow.states import FAILED_TASK_STATES
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.trigger_rules import Upstream, unmet, upstream_of

if TYPE_CHECKING:
    from fake_server.airflow.deployment import Airflow


@dataclass(frozen=True)
class UnmetDependency:
    """One reason, with the name of the kind of dependency."""

    name: str
    reason: str


def unmet_dependencies(airflow: Airflow, instance: TaskInstance) -> list[UnmetDependency]:
    """What keeps ``instance`` from being queued, by name; empty when nothing does."""
    found = [
        *_of_what_it_is_mapped_over(instance, airflow.clock.now()),
        *_of_the_run(instance.run, airflow.clock.now()),
        *_of_the_slots(airflow, instance),
        *_of_the_instance(instance),
    ]
    return sorted(found, key=lambda dependency: dependency.name)


def _of_the_run(run: DagRun, now: datetime) -> Iterator[UnmetDependency]:
    dag, date = run.dag, run.logical_date
    if date > now:
        text = f"Execution date {date.isoformat()} is in the future (the current date is {now.isoformat()})."
        yield UnmetDependency("Execution Date", text)
    for bound, is_outside, word, side in (
        (dag.end_date, dag.end_date is not None and date > dag.end_date, "after", "end"),
        (dag.start_date, dag.start_date is not None and date < dag.start_date, "before", "start"),
    ):
        if is_outside and bound is not None:
            text = (
                f"The execution date is {date.isoformat()} but this is {word} "
                f"the task's DAG's {side} date {bound.isoformat()}."
            )
            yield UnmetDependency("Execution Date", text)
    if run.state != "running":
        text = f"Task instance's dagrun was not in the 'running' state but in the state '{run.state}'."
        yield UnmetDependency("Dagrun Running", text)
    if dag.is_paused:
        yield UnmetDependency("Dag Not Paused", f"Task's DAG '{dag.dag_id}' is paused.")


def _of_the_slots(airflow: Airflow, instance: TaskInstance) -> Iterator[UnmetDependency]:
    task, dag = instance.task, instance.run.dag
    if airflow.scheduler.slots.busy(dag.dag_id) >= dag.max_active_tasks:
        text = (
            f"The maximum number of running tasks ({dag.max_active_tasks}) for this task's DAG '{dag.dag_id}' "
            "has been reached."
        )
        yield UnmetDependency("Task Instance Slots Available", text)
    pool = airflow.pools.find(task.pool)
    if pool is None:
        text = f"Tasks using non-existent pool '{task.pool}' will not be scheduled"
        yield UnmetDependency("Pool Slots Available", text)
    elif (free := airflow.pools.use_of(pool).open) < task.pool_slots:
        text = (
            f"Not scheduling since there are {free} open slots in pool {task.pool} "
            f"and require {task.pool_slots} pool slots"
        )
        yield UnmetDependency("Pool Slots Available", text)


def _of_what_it_is_mapped_over(instance: TaskInstance, now: datetime) -> Iterator[UnmetDependency]:
    """Whether those succeeded; if not, Airflow gives ``instance`` its state at once, though it was only asked."""
    states = {
        other.state
        for parent in instance.task.mapped_arguments.values()
        for other in instance.run.instances_of(parent)
        if other.map_index < 0 and other.is_finished
    }
    if not states - {"success"}:
        return
    if instance.state not in FAILED_TASK_STATES:
        if not states.isdisjoint(FAILED_TASK_STATES):
            instance.set_by_hand("upstream_failed", now)
        elif "skipped" in states:
            instance.set_by_hand("skipped", now)
    text = "At least one of task's mapped dependencies has not succeeded!"
    yield UnmetDependency("Mapped dependencies have succeeded", text)


def _of_the_instance(instance: TaskInstance) -> Iterator[UnmetDependency]:
    task, run = instance.task, instance.run
    if instance.state != "scheduled":
        yield UnmetDependency("Task Instance State", f"Task is in the '{instance.state}' state.")
    if instance.state == "running":
        yield UnmetDependency("Task Instance Not Running", "Task is in the running state")
    if task.is_mapped and instance.map_index < 0:
        yield UnmetDependency("Task has been mapped", "The task has yet to be mapped!")
    if instance.not_chosen:
        for parent in task.upstream:
            if run.dag.tasks[parent].branch is not None:
                text = f"Skipping because of previous XCom result from parent task {parent}"
                yield UnmetDependency("Not Previously Skipped", text)
    if task.upstream:
        above: Upstream = upstream_of(other.state for parent in task.upstream for other in run.instances_of(parent))
        reason = unmet(task.trigger_rule, above, task.upstream)
        if reason is not None:
            yield UnmetDependency("Trigger Rule", reason)
