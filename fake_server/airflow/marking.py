"""Setting the states of runs and task instances by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fake_server.airflow.dags import DAG
from fake_server.airflow.runs import DagRun
from fake_server.airflow.states import FINISHED_TASK_STATES, WORKED_ON_TASK_STATES
from fake_server.airflow.task_instances import TaskInstance


def mark_run(run: DagRun, state: str, moment: datetime) -> list[TaskInstance]:
    """Give a run ``state`` (success, failed or queued), and return the task instances that changed with it.

    Success takes all of its task instances along. Failed makes those failed that a worker has and skips those that
    wait. Queued leaves them as they are.
    """
    run.become(state, moment)
    changed: list[tuple[TaskInstance, str]] = []
    for instance in run.task_instances.values():
        if state == "success" and instance.state != "success":
            changed.append((instance, "success"))
        elif state == "failed" and instance.state in WORKED_ON_TASK_STATES:
            changed.append((instance, "failed"))
        elif state == "failed" and instance.state not in FINISHED_TASK_STATES:
            changed.append((instance, "skipped"))
    for instance, new_state in changed:
        instance.set_by_hand(new_state, moment)
    return [instance for instance, _ in changed]


def runs_around(dag: DAG, runs: Sequence[DagRun], run: DagRun, *, past: bool, future: bool) -> list[DagRun]:
    """The runs that "past" and "future" add to ``run``, itself included, by logical date.

    ``runs`` are all of the DAG's, by logical date. For a DAG with a schedule these are the runs on the schedule's own
    dates; a DAG that runs once, or when datasets are updated, has no past and no future.
    """
    timetable = dag.timetable
    if not (past or future) or (timetable.can_be_scheduled and not timetable.is_periodic):
        return [run]
    return [
        other
        for other in runs
        if (other.logical_date >= run.logical_date or past)
        and (other.logical_date <= run.logical_date or future)
        and (other is run or not timetable.is_periodic or timetable.is_boundary(other.logical_date))
    ]
