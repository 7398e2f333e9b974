"""A deployment with one DAG, for tests of how its runs move."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.runs import DagRun

#: A Friday. The machine's clock stands still there in all of these tests; only the deployment's own moves.
NOW = datetime(2026, 11, 20, 7, 30, tzinfo=timezone.utc)


class Stage:
    """Triggers, waits and looks."""

    def __init__(self, dag: DAG, **settings: Any) -> None:
        self.airflow = Airflow(**settings)
        self.dag = self.airflow.add_dag(dag)

    def trigger(self, run_id: str | None = None, **more: Any) -> DagRun:
        return self.airflow.trigger_dag(self.dag.dag_id, run_id=run_id, **more)

    def advance(self, seconds: float) -> None:
        self.airflow.clock.advance(seconds)
        self.look()

    def look(self) -> None:
        with self.airflow.session():
            pass


def dag_of(*tasks: Task, dag_id: str = "d", **more: Any) -> DAG:
    return DAG(dag_id, {task.task_id: task for task in tasks}, **more)


def states(run: DagRun) -> dict[str, str | None]:
    """The state of each task instance; those of mapped tasks with their index."""
    return {
        instance.task_id if instance.map_index < 0 else f"{instance.task_id}[{instance.map_index}]": instance.state
        for instance in run.task_instances.values()
    }


def seconds(moment: datetime | None) -> float | None:
    """Seconds since the start of the test."""
    return None if moment is None else (moment - NOW).total_seconds()
