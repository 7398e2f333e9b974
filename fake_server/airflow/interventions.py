"""What people do to runs and task instances by hand: set states, clear, put notes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fake_server.airflow.clearing import Selection, TaskChoice, clear
from fake_server.airflow.config import Configuration
from fake_server.airflow.dags import DAG
from fake_server.airflow.marking import mark_run, runs_around
from fake_server.airflow.run_store import DagRuns, Period, RunQuery
from fake_server.airflow.runs import DagRun
from fake_server.airflow.scheduler import Scheduler
from fake_server.airflow.task_instances import TaskInstance
from fake_server.clock import Clock
from fake_server.versions import AirflowVersion


class Interventions:
    """The part of a deployment that lets people interfere with what the scheduler does."""

    version: AirflowVersion
    clock: Clock
    config: Configuration
    runs: DagRuns
    scheduler: Scheduler

    def set_run_state(self, run: DagRun, state: str) -> list[TaskInstance]:
        """Set a run to success, failed or queued by hand; the task instances that changed with it.

        See :func:`fake_server.airflow.marking.mark_run` for what becomes of them.
        """
        moment, start = self.clock.now(), run.start_date
        changed = mark_run(run, state, moment)
        if self.version.run_creation.marking_ends_runs:
            run.start_date, run.end_date = start, moment
        self.scheduler.watch(run)
        return changed

    def set_run_note(self, run: DagRun, note: str | None, author: str | None = None) -> None:
        """Put a note on a run."""
        run.note, run.note_author = note, author

    def clear_run(self, run: DagRun, *, dry_run: bool = False) -> list[TaskInstance]:
        """Let a whole run run again; the task instances concerned. With ``dry_run`` nothing changes."""
        return self._clear(Selection().instances(run.dag, [run]), dry_run=dry_run)

    def clear_task_instances(
        self,
        dag: DAG,
        *,
        run: DagRun | None = None,
        tasks: Sequence[TaskChoice] | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        include_upstream: bool = False,
        include_downstream: bool = False,
        include_past: bool = False,
        include_future: bool = False,
        only_failed: bool = False,
        only_running: bool = False,
        reset_dag_runs: bool = True,
        dry_run: bool = False,
    ) -> list[TaskInstance]:
        """Let task instances of a DAG run again; those concerned, by logical date, in the order of the DAG's tasks.

        ``run`` stands for its own logical date; ``include_past`` and ``include_future`` then open that side, as they
        do with ``start_date`` and ``end_date``. ``tasks`` are ids, or pairs of an id and a map index; all by default.
        Without an end, runs whose date is in the future are left alone. With ``dry_run`` nothing changes.
        """
        if run is not None:
            start_date = end_date = run.logical_date
        if include_future or end_date is None:
            end_date = self._last_date(dag)
        query = RunQuery(
            dag_ids=frozenset((dag.dag_id,)),
            logical_date=Period(None if include_past else start_date, end_date),
            order_by="logical_date",
        )
        selection = Selection(tasks, include_upstream, include_downstream, only_failed, only_running)
        chosen = selection.instances(dag, self.runs.page(query)[0])
        return self._clear(chosen, reset_runs=reset_dag_runs, dry_run=dry_run)

    def set_task_instance_state(
        self,
        run: DagRun,
        task_id: str,
        state: str,
        *,
        map_indexes: Sequence[int] | None = None,
        include_upstream: bool = False,
        include_downstream: bool = False,
        include_past: bool = False,
        include_future: bool = False,
        dry_run: bool = False,
    ) -> list[TaskInstance]:
        """Set task instances to success, failed or skipped by hand; those that change.

        Failed ones below are cleared then, so that they run again. ``map_indexes`` None means all instances of a
        mapped task. With ``dry_run`` nothing changes.

        :raises TaskNotFound: when the DAG has no such task.
        """
        dag = run.dag
        dag.task(task_id)
        tasks: list[TaskChoice] = [task_id] if map_indexes is None else [(task_id, index) for index in map_indexes]
        runs = runs_around(dag, self.runs.by_date(dag.dag_id), run, past=include_past, future=include_future)
        chosen = Selection(tasks, include_upstream, include_downstream).instances(dag, runs)
        altered = [instance for instance in chosen if instance.state != state]
        if dry_run:
            return altered
        now = self.clock.now()
        for instance in altered:
            instance.set_by_hand(state, now)
        below = Selection([task_id], include_downstream=True, only_failed=True, exclude=frozenset((task_id,)))
        self._clear(below.instances(dag, runs))
        for touched in dict.fromkeys(instance.run for instance in altered):
            self.scheduler.watch(touched)
        return altered

    def set_task_instance_note(self, instance: TaskInstance, note: str | None, author: str | None = None) -> None:
        """Put a note on a task instance."""
        instance.note, instance.note_author = note, author

    def _last_date(self, dag: DAG) -> datetime | None:
        """Up to when a DAG's runs are found by date; None when Airflow is set up for runs in the future."""
        if dag.timetable.can_be_scheduled or not self.config.boolean("scheduler", "allow_trigger_in_future"):
            return self.clock.now()
        return None

    def _clear(
        self, instances: list[TaskInstance], *, reset_runs: bool = True, dry_run: bool = False
    ) -> list[TaskInstance]:
        if not dry_run:
            state = self.version.run_creation.first_state
            for run in clear(instances, self.clock.now(), reset_runs=reset_runs, run_state=state):
                self.scheduler.watch(run)
        return instances
