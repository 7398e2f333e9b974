"""The runs of one DAG that are not over, and whose turn it is to start."""

from __future__ import annotations

import heapq
from datetime import datetime

from fake_server.airflow.runs import DagRun


class ActiveRuns:
    """The queued and the running runs of one DAG."""

    def __init__(self) -> None:
        self.queued: dict[DagRun, None] = {}
        self.running: dict[DagRun, None] = {}
        #: Queued runs that may start, the earliest logical date first, with when they were queued.
        self._admitted: list[tuple[datetime, int, datetime | None, DagRun]] = []

    def update(self, run: DagRun) -> None:
        """Take note of the state of ``run``."""
        self.remove(run)
        if run.state == "queued":
            self.queued[run] = None
        elif run.state == "running":
            self.running[run] = None

    def remove(self, run: DagRun) -> None:
        """``run`` is over, or gone."""
        self.queued.pop(run, None)
        self.running.pop(run, None)

    def admit(self, run: DagRun) -> None:
        """A queued run may start as soon as there is room."""
        heapq.heappush(self._admitted, (run.logical_date, run.id, run.queued_at, run))

    def next_admitted(self) -> DagRun | None:
        """The run that starts next, or None when none may."""
        while self._admitted:
            _, _, queued_at, run = heapq.heappop(self._admitted)
            if run in self.queued and run.queued_at == queued_at:
                return run
        return None

    def __len__(self) -> int:
        return len(self.queued) + len(self.running)
