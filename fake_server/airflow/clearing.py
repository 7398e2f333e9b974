"""Clearing: which task instances are to run again, and what becomes of them and of their runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fake_server.airflow.dags import DAG
from fake_server.airflow.runs import DagRun
from fake_server.airflow.states import FAILED_TASK_STATES
from fake_server.airflow.task_instances import TaskInstance

#: A task with all its instances, or one instance by its map index.
TaskChoice = str | tuple[str, int]


@dataclass(frozen=True)
class Selection:
    """Which task instances of a DAG somebody means. ``tasks`` None means all tasks."""

    tasks: Sequence[TaskChoice] | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    only_failed: bool = False
    only_running: bool = False
    #: Tasks that are left alone in any case.
    exclude: frozenset[str] = frozenset()

    def instances(self, dag: DAG, runs: Iterable[DagRun]) -> list[TaskInstance]:
        """The chosen instances in ``runs``, run by run, in the order of the DAG's tasks."""
        whole, single = self._tasks(dag)
        states = self._states()
        return [
            instance
            for run in runs
            for instance in run.task_instances.values()
            if (instance.task_id in whole or (instance.task_id, instance.map_index) in single)
            and instance.task_id in dag.tasks
            and instance.task_id not in self.exclude
            and (states is None or instance.state in states)
        ]

    def _tasks(self, dag: DAG) -> tuple[set[str], set[tuple[str, int]]]:
        if self.tasks is None:
            return set(dag.tasks), set()
        whole = {choice for choice in self.tasks if isinstance(choice, str)}
        single = {choice for choice in self.tasks if not isinstance(choice, str)}
        for task_id in [*whole, *(task_id for task_id, _ in single)]:
            if task_id in dag.tasks:
                if self.include_downstream:
                    whole |= dag.relatives(task_id)
                if self.include_upstream:
                    whole |= dag.relatives(task_id, upstream=True)
        return whole, single

    def _states(self) -> tuple[str, ...] | None:
        states = (FAILED_TASK_STATES if self.only_failed else ()) + (("running",) if self.only_running else ())
        return states or None


def clear(
    instances: Iterable[TaskInstance], moment: datetime, *, reset_runs: bool = True, run_state: str = "queued"
) -> list[DagRun]:
    """Let ``instances`` run again, and return the runs they belong to.

    Their attempts go on counting and get the task's retries anew. One that runs is stopped first (``restarting``).
    Runs that had finished get ``run_state``, unless ``reset_runs`` is False.
    """
    runs: dict[DagRun, None] = {}
    for instance in instances:
        runs[instance.run] = None
        instance.record_try(moment)
        if instance.state == "running":
            instance.state = "restarting"
        else:
            instance.max_tries = instance.try_number + instance.task.retries
            instance.state = None
    for run in runs:
        if reset_runs and run.is_finished:
            run.become(run_state, moment)
            run.last_scheduling_decision = None
            run.clear_number += 1
    return list(runs)
