"""The slots that task instances need: of their pool, and of their DAG's ``max_active_tasks``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fake_server.airflow.pools import Pools
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance


class Slots:
    """Which task instances hold slots, and which are scheduled and wait for some."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        #: Scheduled, but not due to be queued yet or without a free slot.
        self._scheduled: dict[TaskInstance, None] = {}
        #: Those of them that are due.
        self._ready: dict[TaskInstance, None] = {}
        #: The pool and the number of its slots that an instance has.
        self._holding: dict[TaskInstance, tuple[str, int]] = {}
        self._used: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()

    def schedule(self, instance: TaskInstance) -> None:
        """An instance was scheduled: it will want slots."""
        self._scheduled[instance] = None

    def want(self, instance: TaskInstance) -> None:
        """A scheduled instance is due: give it slots as soon as there are some."""
        self._ready[instance] = None

    def release(self, instance: TaskInstance) -> None:
        """An instance needs nothing any more."""
        self._scheduled.pop(instance, None)
        self._ready.pop(instance, None)
        held = self._holding.pop(instance, None)
        if held is not None:
            pool, count = held
            self._used[pool] -= count
            self._busy[instance.dag_id] -= 1

    def release_run(self, run: DagRun) -> None:
        """Nothing of ``run`` needs anything any more."""
        if run.has_instances:
            for instance in run.task_instances.values():
                self.release(instance)

    def hand_out(self) -> Iterator[TaskInstance]:
        """Give free slots to those that want them, and yield those that got some.

        The weightiest goes first, then the earliest logical date. What does not fit waits, and lets others pass.
        """
        if not self._ready:
            return
        for instance in sorted(self._ready, key=_precedence):
            if instance.run.state == "running" and not instance.run.dag.is_paused and self._fits(instance):
                del self._ready[instance]
                self._scheduled.pop(instance, None)
                self._holding[instance] = (instance.task.pool, instance.task.pool_slots)
                self._used[instance.task.pool] += instance.task.pool_slots
                self._busy[instance.dag_id] += 1
                yield instance

    def _fits(self, instance: TaskInstance) -> bool:
        pool = self._pools.find(instance.task.pool)
        if pool is None or self._busy[instance.dag_id] >= instance.run.dag.max_active_tasks:
            return False
        return pool.slots == -1 or self._used[pool.name] + instance.task.pool_slots <= pool.slots

    def busy(self, dag_id: str) -> int:
        """How many instances of a DAG hold slots."""
        return self._busy[dag_id]

    def of_pool(self, pool: str) -> list[TaskInstance]:
        """The instances that hold slots of ``pool`` or wait for some."""
        waiting = [instance for instance in self._scheduled if instance.task.pool == pool]
        return waiting + [instance for instance, (name, _) in self._holding.items() if name == pool]


def _precedence(instance: TaskInstance) -> tuple[int, object, int, int]:
    return (-instance.priority_weight, instance.run.logical_date, instance.run.id, instance.map_index)
