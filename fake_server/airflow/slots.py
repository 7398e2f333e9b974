"""The slots that task instances need: of their pool, and of their DAG's ``max_active_tasks``."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from fake_server.airflow.dags import DAG
from fake_server.airflow.pools import Pools
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance

#: Weight (negative, so that the heaviest comes first), logical date, and row ids for what is equal.
Precedence = tuple[int, datetime, int, int, str]


@dataclass
class SlotQueue:
    """Instances of one DAG that want the same number of slots of the same pool: the first of them decides for all."""

    pool: str
    slots: int
    waiting: list[tuple[Precedence, TaskInstance]] = field(default_factory=list)


class Slots:
    """Which task instances hold slots, and which are scheduled and wait for some."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        #: Scheduled, but not due to be queued yet or without a free slot.
        self._scheduled: dict[TaskInstance, None] = {}
        #: Those of them that are due.
        self._ready: set[TaskInstance] = set()
        self._queues: dict[tuple[str, str, int], SlotQueue] = {}
        #: The pool and the number of its slots that an instance has.
        self._holding: dict[TaskInstance, tuple[str, int]] = {}
        self._used: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()

    def schedule(self, instance: TaskInstance) -> None:
        """An instance was scheduled: it will want slots."""
        self._scheduled[instance] = None

    def want(self, instance: TaskInstance) -> None:
        """A scheduled instance is due: give it slots as soon as there are some."""
        if instance not in self._ready:
            self._ready.add(instance)
            task = instance.task
            key = (instance.dag_id, task.pool, task.pool_slots)
            queue = self._queues.setdefault(key, SlotQueue(task.pool, task.pool_slots))
            heapq.heappush(queue.waiting, (_precedence(instance), instance))

    def release(self, instance: TaskInstance) -> None:
        """An instance needs nothing any more."""
        self._scheduled.pop(instance, None)
        self._ready.discard(instance)
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
        while self._ready:
            queue = min(filter(self._can_serve, list(self._queues.values())), key=_first, default=None)
            if queue is None:
                return
            _, instance = heapq.heappop(queue.waiting)
            self._ready.discard(instance)
            self._scheduled.pop(instance, None)
            self._holding[instance] = (queue.pool, queue.slots)
            self._used[queue.pool] += queue.slots
            self._busy[instance.dag_id] += 1
            yield instance

    def _can_serve(self, queue: SlotQueue) -> bool:
        while queue.waiting and not self._still_wants(queue.waiting[0][1]):
            heapq.heappop(queue.waiting)
        if not queue.waiting:
            return False
        dag: DAG = queue.waiting[0][1].run.dag
        pool = self._pools.find(queue.pool)
        if dag.is_paused or pool is None or self._busy[dag.dag_id] >= dag.max_active_tasks:
            return False
        return pool.slots == -1 or self._used[pool.name] + queue.slots <= pool.slots

    def _still_wants(self, instance: TaskInstance) -> bool:
        """Whether ``instance`` is due and its run is running; a run that starts again says anew what it wants."""
        if instance in self._ready and instance.run.state != "running":
            self._ready.discard(instance)
        return instance in self._ready

    def busy(self, dag_id: str) -> int:
        """How many instances of a DAG hold slots."""
        return self._busy[dag_id]

    def of_pool(self, pool: str) -> list[TaskInstance]:
        """The instances that hold slots of ``pool`` or wait for some."""
        waiting = [instance for instance in self._scheduled if instance.task.pool == pool]
        return waiting + [instance for instance, (name, _) in self._holding.items() if name == pool]


def _precedence(instance: TaskInstance) -> Precedence:
    run = instance.run
    return (-instance.priority_weight, run.logical_date, run.id, instance.map_index, instance.task_id)


def _first(queue: SlotQueue) -> Precedence:
    return queue.waiting[0][0]
