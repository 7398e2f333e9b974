"""Airflow's pools and how many of their slots are taken."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fake_server.airflow.errors import PoolNotFound, PoolRefused
from fake_server.airflow.runs import TaskInstance

DEFAULT_POOL = "default_pool"


@dataclass
class Pool:
    """A named number of slots that task instances share."""

    id: int
    name: str
    slots: int
    description: str | None = None
    include_deferred: bool = False


@dataclass(frozen=True)
class SlotUse:
    """How many slots of a pool are taken, by what."""

    queued: int
    running: int
    scheduled: int
    deferred: int
    occupied: int
    open: float


class Pools:
    """The pools of a deployment, in the order of their rows; ``default_pool`` always exists."""

    def __init__(self, default_slots: int = 128) -> None:
        self._ids = itertools.count(1)
        self._rows: dict[str, Pool] = {}
        #: Set by the deployment: the task instances that hold or wait for slots of a pool.
        self.task_instances: Callable[[str], Sequence[TaskInstance]] = lambda name: ()
        self.create(DEFAULT_POOL, default_slots, "Default pool")

    def create(self, name: str, slots: int, description: str | None = None, include_deferred: bool = False) -> Pool:
        """Make a pool.

        :raises PoolRefused: when the name is taken.
        """
        if name in self._rows:
            raise PoolRefused(f"Pool: {name} already exists")
        pool = self._rows[name] = Pool(next(self._ids), name, slots, description, include_deferred)
        return pool

    def find(self, name: str) -> Pool | None:
        """The pool of that name, or None."""
        return self._rows.get(name)

    def get(self, name: str) -> Pool:
        """The pool of that name.

        :raises PoolNotFound: when there is none.
        """
        pool = self._rows.get(name)
        if pool is None:
            raise PoolNotFound(name)
        return pool

    def delete(self, name: str) -> Pool:
        """Remove a pool and return it.

        :raises PoolRefused: for the default pool.
        :raises PoolNotFound: when there is none.
        """
        if name == DEFAULT_POOL:
            raise PoolRefused(f"{DEFAULT_POOL} cannot be deleted")
        self.get(name)
        return self._rows.pop(name)

    def rename(self, name: str, new_name: str) -> None:
        """Give a pool another name; its row stays where it is.

        :raises PoolRefused: when the new name is taken.
        """
        pool = self.get(name)
        if new_name != name and new_name in self._rows:
            raise PoolRefused(f"Pool: {new_name} already exists")
        pool.name = new_name
        self._rows = {row.name: row for row in self._rows.values()}

    def use_of(self, pool: Pool) -> SlotUse:
        """How the slots of ``pool`` are used now; a pool with -1 slots is open without end."""
        slots = {"queued": 0, "running": 0, "scheduled": 0, "deferred": 0}
        for instance in self.task_instances(pool.name):
            if instance.state in slots:
                slots[instance.state] += instance.task.pool_slots
        occupied = slots["queued"] + slots["running"] + (slots["deferred"] if pool.include_deferred else 0)
        return SlotUse(**slots, occupied=occupied, open=float("inf") if pool.slots == -1 else pool.slots - occupied)

    def __iter__(self) -> Iterator[Pool]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)
