"""Runs move along the clock.

There is no thread: whenever somebody looks at the deployment, the scheduler first lets happen, in order and each at its
own moment, everything that was due until now. What happens next to a run follows from its state alone, so the outcome
depends on the clock and the tasks' scripts and on nothing else.

A run waits in ``queued`` for one round of the scheduler (``scheduler.scheduler_idle_sleep_time``, a second by default).
A task whose dependencies are met spends half a round in ``scheduled`` and half in ``queued``, then runs for its
duration.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fake_server.airflow.dags import DAG
from fake_server.airflow.runs import DagRun, TaskInstance
from fake_server.airflow.trigger_rules import verdict

if TYPE_CHECKING:
    from fake_server.airflow.deployment import Airflow


class Scheduler:
    """Lets runs and tasks happen when they are due. ``enabled=False`` leaves everything as it stands."""

    def __init__(self, airflow: Airflow, enabled: bool = True) -> None:
        self.enabled = enabled
        self._airflow = airflow
        self._order = itertools.count()
        #: (due, tie-breaker, what): when to look again at a run or at a DAG's schedule.
        self._due: list[tuple[datetime, int, DagRun | DAG]] = []
        #: Task instances that hold slots of a pool.
        self._occupying: set[TaskInstance] = set()
        #: Runs with a task instance that found no free slot; any freed slot wakes them.
        self._waiting: set[DagRun] = set()
        self._active_runs: dict[str, dict[DagRun, None]] = {}

    # What the deployment tells the scheduler

    def watch(self, run: DagRun) -> None:
        """A run was made or changed by hand: look at it when it is due next."""
        if run.is_finished:
            self._end(run, self._airflow.clock.now())
            return
        self._active_runs.setdefault(run.dag_id, {})[run] = None
        self._plan(run, self._airflow.clock.now())

    def watch_dag(self, dag: DAG) -> None:
        """A DAG was added, paused or unpaused: plan its next automatic run, and let its queued runs start."""
        now = self._airflow.clock.now()
        if dag.next_interval is not None and not dag.is_paused:
            self._plan_at(dag, max(dag.next_interval.end, now))
        for run in self._active_runs.get(dag.dag_id, ()):
            self._plan_at(run, max(self._start_of(run), now) if run.state == "queued" else now)

    def forget(self, run: DagRun) -> None:
        """A run was deleted."""
        self._end(run, self._airflow.clock.now())

    def slots_changed(self) -> None:
        """A pool was changed: let those go on that waited for a slot."""
        self._wake_waiting(self._airflow.clock.now())

    def occupying(self, pool: str) -> list[TaskInstance]:
        """The task instances that hold slots of ``pool``."""
        return [instance for instance in self._occupying if instance.task.pool == pool]

    def catch_up(self) -> None:
        """Let everything happen that was due until now."""
        if not self.enabled or not self._due:
            return
        now = self._airflow.clock.now()
        while self._due and self._due[0][0] <= now:
            moment, _, what = heapq.heappop(self._due)
            if isinstance(what, DAG):
                self._make_due_run(what, moment)
            elif self._airflow.runs.get(what.dag_id, what.run_id) is what:
                self._advance(what, moment)

    # Automatic runs

    def _make_due_run(self, dag: DAG, moment: datetime) -> None:
        interval = dag.next_interval
        if (
            dag.is_paused
            or not dag.is_active
            or interval is None
            or interval.end > moment
            or self._airflow.dags.get(dag.dag_id) is not dag
            or len(self._active_runs.get(dag.dag_id, ())) >= dag.max_active_runs
        ):
            return
        self._airflow.make_scheduled_run(dag, interval, moment)
        dag.next_interval = dag.timetable.next_interval(interval, moment, dag.catchup)
        if dag.end_date is not None and dag.next_interval is not None and dag.next_interval.start > dag.end_date:
            dag.next_interval = None
        if dag.next_interval is not None:
            self._plan_at(dag, max(dag.next_interval.end, moment))

    # One run

    def _advance(self, run: DagRun, moment: datetime) -> None:
        """Let happen to ``run`` what is due at ``moment``, and plan when to look again."""
        if run.is_finished:
            return
        paused = bool(run.dag.is_paused)
        if run.state == "queued":
            if paused or self._start_of(run) > moment or self._running(run.dag) >= run.dag.max_active_runs:
                return
            run.state = "running"
            run.start_date = moment
        for instance in list(run.task_instances.values()):
            # What a worker has already goes on in a paused DAG; nothing new is handed out.
            if not paused or instance.state in ("queued", "running"):
                self._advance_task(instance, moment)
        if not paused:
            run.last_scheduling_decision = moment
            self._decide(run, moment)
        if not run.is_finished:
            self._plan(run, moment)

    def _advance_task(self, instance: TaskInstance, moment: datetime) -> None:
        due = self._due_of(instance)
        while due is not None and due <= moment:
            if instance.state == "scheduled":
                if not self._has_slot(instance):
                    self._waiting.add(instance.run)
                    return
                self._occupying.add(instance)
                instance.state, instance.queued_date = "queued", moment
            elif instance.state == "queued":
                instance.state, instance.start_date, instance.end_date = "running", due, None
            elif instance.state == "running":
                self._finish(instance, due)
            elif instance.state == "up_for_retry":
                self._schedule(instance, due)
            due = self._due_of(instance)

    def _decide(self, run: DagRun, moment: datetime) -> None:
        """Schedule what can run now, pass failures and skips on, end the run when all is done."""
        changed = True
        while changed:
            changed = False
            for instance in run.task_instances.values():
                if instance.state is None and self._settle(instance, moment):
                    changed = True
        if all(instance.is_finished for instance in run.task_instances.values()):
            leaves = set(run.dag.leaves)
            failed = any(
                instance.state in ("failed", "upstream_failed")
                for instance in run.task_instances.values()
                if instance.task_id in leaves
            )
            run.state = "failed" if failed else "success"
            run.end_date = moment
            self._end(run, moment)
            self._airflow.run_finished(run)

    def _settle(self, instance: TaskInstance, moment: datetime) -> bool:
        """Take an untouched task instance as far as its dependencies allow; whether it moved."""
        upstream = [i.state for i in _instances_of(instance.run, instance.task.upstream)]
        decision = "skipped" if instance.not_chosen else verdict(instance.task.trigger_rule, upstream)
        if decision == "wait":
            return False
        if decision == "run":
            self._schedule(instance, moment)
            if instance.task.runs_nothing:
                instance.start_date = moment
                self._finish(instance, moment)
        else:
            instance.state = decision
            instance.start_date = instance.end_date = moment
        return True

    def _schedule(self, instance: TaskInstance, moment: datetime) -> None:
        instance.state = "scheduled"
        instance.try_number += 1
        instance.scheduled_date = moment
        instance.queued_date = instance.start_date = instance.end_date = None

    def _finish(self, instance: TaskInstance, moment: datetime) -> None:
        """An attempt ends: success, another attempt later, or failure."""
        task, run = instance.task, instance.run
        self._occupying.discard(instance)
        self._wake_waiting(moment)
        instance.end_date = moment
        outcome = task.outcome_of(instance.try_number)
        if outcome == "failed" and instance.try_number <= instance.max_tries:
            instance.state = "up_for_retry"
            return
        instance.state = outcome
        if outcome == "success":
            for key, value in task.xcom.items():
                run.xcoms[(task.task_id, instance.map_index, key)] = value
            chosen = task.chosen_branches(run)
            if chosen is not None:
                for below in _instances_of(run, run.dag.downstream[task.task_id]):
                    if below.task_id not in chosen and not _is_below(run.dag, below.task_id, chosen):
                        below.not_chosen = True

    # When things are due

    @property
    def _round(self) -> timedelta:
        return timedelta(seconds=self._airflow.config.number("scheduler", "scheduler_idle_sleep_time"))

    def _start_of(self, run: DagRun) -> datetime:
        return (run.queued_at or run.logical_date) + self._round

    def _due_of(self, instance: TaskInstance) -> datetime | None:
        """When the next thing happens to a task instance by itself; None when nothing does."""
        if instance.state == "scheduled" and instance.scheduled_date is not None:
            return instance.scheduled_date + self._round / 2
        if instance.state == "queued" and instance.queued_date is not None:
            return instance.queued_date + self._round / 2
        if instance.state == "running" and instance.start_date is not None:
            return instance.start_date + timedelta(seconds=instance.task.duration)
        if instance.state == "up_for_retry" and instance.end_date is not None:
            return instance.end_date + timedelta(seconds=instance.task.retry_delay)
        return None

    def _plan(self, run: DagRun, now: datetime) -> None:
        if run.state == "queued":
            if not run.dag.is_paused:
                self._plan_at(run, max(self._start_of(run), now))
            return
        dues = [due for due in map(self._due_of, run.task_instances.values()) if due is not None]
        later = [due for due in dues if due > now]
        if later:
            self._plan_at(run, min(later))
        elif not dues:
            self._plan_at(run, now)
        # Otherwise all that is due waits for a slot, and a freed one wakes it.

    def _plan_at(self, what: DagRun | DAG, moment: datetime) -> None:
        heapq.heappush(self._due, (moment, next(self._order), what))

    # Slots

    def _running(self, dag: DAG) -> int:
        return sum(run.state == "running" for run in self._active_runs.get(dag.dag_id, ()))

    def _has_slot(self, instance: TaskInstance) -> bool:
        pool = self._airflow.pools.find(instance.task.pool)
        if pool is None:
            return False
        used = sum(other.task.pool_slots for other in self.occupying(pool.name))
        same_dag = sum(other.run.dag is instance.run.dag for other in self._occupying)
        return used + instance.task.pool_slots <= pool.slots and same_dag < instance.run.dag.max_active_tasks

    def _wake_waiting(self, moment: datetime) -> None:
        for run in self._waiting:
            self._plan_at(run, moment)
        self._waiting.clear()

    def _end(self, run: DagRun, moment: datetime) -> None:
        """A run is over: free what it held, and let runs go on that waited for that."""
        active = self._active_runs.get(run.dag_id, {})
        active.pop(run, None)
        self._waiting.discard(run)
        self._occupying.difference_update(run.task_instances.values())
        self._wake_waiting(moment)
        for other in active:
            if other.state == "queued" and not other.dag.is_paused:
                self._plan_at(other, max(self._start_of(other), moment))
        if run.dag.next_interval is not None and not run.dag.is_paused:
            self._plan_at(run.dag, max(run.dag.next_interval.end, moment))


def _instances_of(run: DagRun, task_ids: Iterable[str]) -> list[TaskInstance]:
    wanted = set(task_ids)
    return [instance for instance in run.task_instances.values() if instance.task_id in wanted]


def _is_below(dag: DAG, task_id: str, others: Iterable[str]) -> bool:
    """Whether ``task_id`` stands somewhere below one of ``others``."""
    seen: set[str] = set()
    waiting = [below for other in others for below in dag.downstream.get(other, ())]
    while waiting:
        current = waiting.pop()
        if current == task_id:
            return True
        if current not in seen:
            seen.add(current)
            waiting.extend(dag.downstream[current])
    return False
