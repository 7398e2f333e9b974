"""Runs move along the clock.

There is no thread: whenever somebody looks at the deployment, the scheduler first lets happen, in order and each at its
own moment, everything that was due until now. What happens next follows from the runs alone, so the outcome depends on
the clock and the tasks' scripts and on nothing else, and one long wait is the same as many short ones.

Times between the steps are those of a real scheduler on a quiet machine, made even: a run waits in ``queued`` for one
round (``scheduler.scheduler_idle_sleep_time``, a second by default); a task spends half a round in ``scheduled`` and
half in ``queued``; half a round after a task ended the scheduler looks at the run again, and ends it when all is done.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from fake_server.airflow.active_runs import ActiveRuns
from fake_server.airflow.dags import DAG
from fake_server.airflow.decisions import decide, finish
from fake_server.airflow.runs import DagRun
from fake_server.airflow.slots import Slots
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.timetables import DataInterval

if TYPE_CHECKING:
    from fake_server.airflow.deployment import Airflow


class Scheduler:
    """Lets runs and tasks happen when they are due. ``enabled=False`` leaves everything as it stands."""

    def __init__(self, airflow: Airflow, enabled: bool = True) -> None:
        self.enabled = enabled
        self.slots = Slots(airflow.pools)
        self._airflow = airflow
        self._order = itertools.count()
        #: What is due when: the moment, a tie-breaker, and what to do then.
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._active: dict[str, ActiveRuns] = {}
        #: DAGs that have runs whose time to start has come.
        self._with_admitted_runs: dict[DAG, None] = {}

    # What the deployment tells the scheduler

    def catch_up(self) -> None:
        """Let everything happen that was due until now."""
        if not self._due or not self.enabled:
            return
        now = self._airflow.clock.now()
        while self._due and self._due[0][0] <= now:
            moment = self._due[0][0]
            while self._due and self._due[0][0] == moment:
                heapq.heappop(self._due)[2](moment)
            # Last, so that all who want to start or want slots at this moment are weighed against each other.
            for dag in self._with_admitted_runs:
                self._start_runs(dag, moment)
            self._with_admitted_runs.clear()
            for instance in self.slots.hand_out():
                instance.state, instance.queued_date = "queued", moment
                self._plan(moment + self._round / 2, partial(self.step, instance))

    def watch(self, run: DagRun, moment: datetime | None = None) -> None:
        """A run was made or changed, now or at ``moment``: see what is to happen with it."""
        self._active_of(run.dag_id).update(run)
        now = moment if moment is not None else self._airflow.clock.now()
        if run.is_finished:
            self.slots.release_run(run)
            self.slots_changed()
            self._make_room(run.dag, now)
            return
        self._follow_all(run, now)
        if run.state == "queued":
            self._expect(run, now)
        else:
            self._plan(now, partial(self.look, run))
            self._plan_time_out(run, now)

    def watch_dag(self, dag: DAG) -> None:
        """A DAG was added, replaced, paused or unpaused: plan its automatic runs, and let its runs go on."""
        now = self._airflow.clock.now()
        if dag.next_interval is not None:
            dag.is_at_max_active_runs = False
            self._plan(max(dag.next_interval.end, now), partial(self._make_due_run, dag))
        if dag.is_paused:
            return
        active = self._active_of(dag.dag_id)
        for run in active.queued:
            self._expect(run, now)
        for run in active.running:
            self._follow_all(run, now)
            self._plan(now, partial(self.look, run))
            self._plan_time_out(run, now)
        self.dataset_updated(dag, now)

    def forget(self, run: DagRun) -> None:
        """A run was deleted."""
        self._active_of(run.dag_id).remove(run)
        if not run.is_finished:
            self.slots.release_run(run)
            self.slots_changed()
        self._make_room(run.dag, self._airflow.clock.now())

    def slots_changed(self) -> None:
        """A pool was changed: let those go on that waited for a slot."""
        self._plan(self._airflow.clock.now(), nothing)

    def dataset_updated(self, dag: DAG, moment: datetime) -> None:
        """A dataset was updated that ``dag`` waits for: make its run, if that was the last one."""
        if self._airflow.datasets.is_ready(dag):
            self._plan(moment + self._round / 2, partial(self._make_dataset_run, dag))

    def active_runs(self, dag_id: str) -> int:
        """How many runs of a DAG are queued or running."""
        return len(self._active[dag_id]) if dag_id in self._active else 0

    @property
    def _round(self) -> timedelta:
        return timedelta(seconds=self._airflow.config.number("scheduler", "scheduler_idle_sleep_time"))

    # Automatic runs

    def _plan_schedule(self, dag: DAG, moment: datetime) -> None:
        if dag.next_interval is not None:
            self._plan(max(dag.next_interval.end, moment), partial(self._make_due_run, dag))

    def _make_due_run(self, dag: DAG, moment: datetime) -> None:
        if self._airflow.dags.get(dag.dag_id) is not dag or dag.next_interval is None:
            return
        if not dag.catchup:
            # What need not be caught up moves on with the clock, in a paused DAG too.
            dag.next_interval = dag.interval_after(dag.last_interval, moment)
        interval = dag.next_interval
        if interval is None:
            return
        if interval.end > moment:
            self._plan_schedule(dag, moment)
        elif dag.is_paused or not dag.is_active or dag.has_import_errors:
            if not dag.catchup:
                self._plan_refresh(dag, interval)
        elif self.active_runs(dag.dag_id) >= dag.max_active_runs:
            dag.is_at_max_active_runs = True
        else:
            self._airflow.make_scheduled_run(dag, interval, moment)
            dag.last_interval = interval
            dag.next_interval = dag.interval_after(interval, moment)
            dag.is_at_max_active_runs = self.active_runs(dag.dag_id) >= dag.max_active_runs
            if not dag.is_at_max_active_runs:
                self._plan_schedule(dag, moment)

    def _plan_refresh(self, dag: DAG, interval: DataInterval) -> None:
        """Look at a paused DAG's schedule again when the interval after ``interval`` is over, but only then."""
        now = self._airflow.clock.now()
        following = dag.interval_after(interval, now)
        if following is not None:
            self._plan(following.end, partial(self._make_due_run, dag))

    def _make_dataset_run(self, dag: DAG, moment: datetime) -> None:
        if (
            self._airflow.dags.get(dag.dag_id) is dag
            and not dag.is_paused
            and dag.is_active
            and not dag.has_import_errors
            and self.active_runs(dag.dag_id) < dag.max_active_runs
            and self._airflow.datasets.is_ready(dag)
        ):
            self._airflow.make_dataset_run(dag, moment)

    # Runs

    def _active_of(self, dag_id: str) -> ActiveRuns:
        if dag_id not in self._active:
            self._active[dag_id] = ActiveRuns()
        return self._active[dag_id]

    def _start_of(self, run: DagRun) -> datetime:
        """When a queued run may start: a round after it was queued, and not before its logical date."""
        start = (run.queued_at or run.logical_date) + self._round
        if self._airflow.config.boolean("scheduler", "allow_trigger_in_future"):
            return start
        return max(start, run.logical_date)

    def _expect(self, run: DagRun, now: datetime) -> None:
        if self.enabled and not run.dag.is_paused:
            self._plan(max(self._start_of(run), now), partial(self._admit, run))

    def _admit(self, run: DagRun, moment: datetime) -> None:
        """A queued run may start now: it does when its turn comes."""
        if run.table is not None and run.state == "queued" and not run.dag.is_paused and self._start_of(run) <= moment:
            self._active_of(run.dag_id).admit(run)
            self._with_admitted_runs[run.dag] = None

    def _start_runs(self, dag: DAG, moment: datetime) -> None:
        active = self._active_of(dag.dag_id)
        while not dag.is_paused and dag.is_active and len(active.running) < dag.max_active_runs:
            run = active.next_admitted()
            if run is None:
                return
            run.become("running", moment)
            active.update(run)
            self._plan_time_out(run, moment)
            self._follow_all(run, moment)
            self.look(run, moment)

    def look(self, run: DagRun, moment: datetime) -> None:
        """One look of the scheduler at a running run: end it, or schedule what can run now."""
        if run.table is None or run.state != "running" or run.dag.is_paused or not run.dag.is_active:
            return
        run.last_scheduling_decision = moment
        instances = run.task_instances.values()
        if all(instance.is_finished for instance in instances):
            leaves = set(run.dag.leaves)
            failed = any(i.task_id in leaves and i.state in ("failed", "upstream_failed") for i in instances)
            self._end(run, "failed" if failed else "success", moment)
            return
        moved = decide(run, moment)
        self._carry_out(moved, moment)
        if moved:
            self._plan(moment + self._round / 2, partial(self.look, run))
        elif not any(instance.is_under_way for instance in run.task_instances.values()):
            self._end(run, "failed", moment)  # What is left waits for something that can not come any more.

    def _plan_time_out(self, run: DagRun, moment: datetime) -> None:
        timeout = run.dag.dagrun_timeout
        if timeout is not None and run.start_date is not None:
            self._plan(max(run.start_date + timedelta(seconds=timeout), moment), partial(self.time_out, run))

    def time_out(self, run: DagRun, moment: datetime) -> None:
        """End a run that took longer than ``dagrun_timeout``; its tasks are skipped, those not yet begun left alone."""
        timeout = run.dag.dagrun_timeout
        if (
            run.table is None
            or run.state != "running"
            or run.dag.is_paused
            or timeout is None
            or run.start_date is None
            or run.start_date + timedelta(seconds=timeout) > moment
        ):
            return
        for instance in run.task_instances.values():
            if instance.state is not None and not instance.is_finished:
                instance.state = "skipped"
        self._end(run, "failed", moment)

    def _end(self, run: DagRun, state: str, moment: datetime) -> None:
        run.become(state, moment)
        self.slots.release_run(run)
        self._active_of(run.dag_id).update(run)
        self._airflow.run_finished(run, moment)
        self._make_room(run.dag, moment)
        run.rest()

    def _make_room(self, dag: DAG, moment: datetime) -> None:
        """A run of ``dag`` is over: let those go on that waited for that."""
        if self._airflow.dags.get(dag.dag_id) is not dag or not self.enabled:
            return
        if self._active_of(dag.dag_id).queued:
            self._plan(moment, partial(self._start_runs, dag))
        if dag.is_at_max_active_runs and self.active_runs(dag.dag_id) < dag.max_active_runs:
            dag.is_at_max_active_runs = False
            self._plan_schedule(dag, moment)
        self.dataset_updated(dag, moment)

    # Task instances

    def step(self, instance: TaskInstance, moment: datetime) -> None:
        """Let the next thing happen to a task instance, if it is due now."""
        run = instance.run
        if run.table is None or run.is_finished:
            return
        due = self._due_of(instance)
        if due is None or due > moment:
            return
        if instance.state == "scheduled":
            self.slots.want(instance)
        elif instance.state == "queued":
            instance.state, instance.start_date, instance.end_date = "running", moment, None
            if run.has_xcoms:
                run.xcoms.forget(instance.task_id, instance.map_index)
            self._follow(instance, moment)
        elif instance.state == "running":
            self._finish(instance, moment)
        elif instance.state == "restarting":
            self.slots.release(instance)
            instance.state, instance.end_date = "up_for_retry", moment
            self._follow(instance, moment)
        elif instance.state == "up_for_retry" and not run.dag.is_paused:
            self._carry_out([instance], moment)

    def _finish(self, instance: TaskInstance, moment: datetime) -> None:
        self.slots.release(instance)
        for uri in finish(instance, moment):
            self._airflow.update_dataset(uri, {}, moment, instance)
        self._follow(instance, moment)
        if instance.run.state == "running":
            # The worker itself schedules what follows, but leaves what runs nowhere to the scheduler.
            self._carry_out(decide(instance.run, moment, by_worker=True), moment)
        self._plan(moment + self._round / 2, partial(self.look, instance.run))

    def _carry_out(self, instances: list[TaskInstance], moment: datetime) -> None:
        """Hand over what :func:`decide` moved: schedule what it set free."""
        for instance in instances:
            if instance.state in (None, "up_for_retry"):
                instance.state = "scheduled"
                instance.try_number += 1
                instance.scheduled_date = moment
                instance.queued_date = instance.start_date = instance.end_date = None
                self.slots.schedule(instance)
                self._follow(instance, moment)

    def _follow_all(self, run: DagRun, moment: datetime) -> None:
        if run.has_instances:
            for instance in run.task_instances.values():
                self._follow(instance, moment)

    def _follow(self, instance: TaskInstance, moment: datetime) -> None:
        """Plan the next thing that happens to a task instance by itself."""
        if instance.state not in ("scheduled", "queued", "running"):
            self.slots.release(instance)
        due = self._due_of(instance)
        if due is not None:
            self._plan(max(due, moment), partial(self.step, instance))

    def _due_of(self, instance: TaskInstance) -> datetime | None:
        """When the next thing happens to a task instance by itself; None when nothing does."""
        task = instance.task
        if instance.state == "scheduled" and instance.scheduled_date is not None:
            return instance.scheduled_date + self._round / 2
        if instance.state == "queued" and instance.queued_date is not None:
            return instance.queued_date + self._round / 2
        if instance.state == "running" and instance.start_date is not None:
            return instance.start_date + timedelta(seconds=task.time_taken)
        if instance.state == "restarting" and instance.end_date is not None:
            return instance.end_date + self._round / 2
        if instance.state == "up_for_retry" and instance.end_date is not None:
            return instance.end_date + timedelta(seconds=task.retry_delay)
        return None

    def _plan(self, moment: datetime, action: Callable[[datetime], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._order), action))


def nothing(moment: datetime) -> None:
    """Only lets the slots be handed out."""
