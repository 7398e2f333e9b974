"""Datasets, the events that update them, and the DAGs that wait for those events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fake_server.airflow.dags import DAG
from fake_server.airflow.errors import DatasetNotFound
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.timetables import DataInterval


@dataclass(frozen=True)
class DatasetReference:
    """A DAG that is scheduled by a dataset, or (with a task) a task that updates it."""

    dag_id: str
    task_id: str | None
    created_at: datetime
    updated_at: datetime


@dataclass
class Dataset:
    """A dataset that some DAG names."""

    id: int
    uri: str
    extra: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    consuming_dags: list[DatasetReference] = field(default_factory=list)
    producing_tasks: list[DatasetReference] = field(default_factory=list)


@dataclass
class DatasetEvent:
    """One update of a dataset: by a task instance that succeeded, or by hand."""

    id: int
    dataset: Dataset
    extra: dict[str, Any]
    timestamp: datetime
    source_dag_id: str | None = None
    source_task_id: str | None = None
    source_run_id: str | None = None
    source_map_index: int = -1
    #: The data interval of the run that the source task belongs to.
    source_interval: DataInterval | None = None
    #: The runs that this event helped to start.
    created_dag_runs: list[DagRun] = field(default_factory=list)


@dataclass(frozen=True)
class QueuedEvent:
    """A DAG has been told of a dataset's update, and waits for those of its other datasets."""

    dag_id: str
    dataset: Dataset
    created_at: datetime


class Datasets:
    """The datasets of a deployment with their events, in the order of their rows."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._event_ids = itertools.count(1)
        self._rows: dict[str, Dataset] = {}
        self._events: list[DatasetEvent] = []
        self._queue: dict[tuple[str, int], QueuedEvent] = {}

    def __iter__(self) -> Iterator[Dataset]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, uri: str, moment: datetime, extra: Mapping[str, Any] | None = None) -> Dataset:
        """The dataset of that URI, made if there is none; ``extra`` replaces what it had."""
        dataset = self._rows.get(uri)
        if dataset is None:
            dataset = self._rows[uri] = Dataset(next(self._ids), uri, dict(extra or {}), moment, moment)
        elif extra is not None:
            dataset.extra = dict(extra)
        dataset.updated_at = moment
        return dataset

    def find(self, uri: str) -> Dataset | None:
        """The dataset of that URI, or None."""
        return self._rows.get(uri)

    def get(self, uri: str) -> Dataset:
        """The dataset of that URI.

        :raises DatasetNotFound: when there is none.
        """
        dataset = self._rows.get(uri)
        if dataset is None:
            raise DatasetNotFound(uri)
        return dataset

    # Which DAGs name them

    def register(self, dag: DAG, moment: datetime) -> None:
        """Note what ``dag`` waits for and what its tasks update, as parsing its file does."""
        before = {
            (dataset.uri, reference.task_id): reference.created_at
            for dataset in self._rows.values()
            for reference in (*dataset.consuming_dags, *dataset.producing_tasks)
            if reference.dag_id == dag.dag_id
        }
        self._drop_references(dag.dag_id)
        for task in dag.tasks.values():
            for uri in task.outlets:
                created = before.get((uri, task.task_id), moment)
                self.add(uri, moment).producing_tasks.append(
                    DatasetReference(dag.dag_id, task.task_id, created, moment)
                )
        for uri in dag.dataset_triggers:
            created = before.get((uri, None), moment)
            self.add(uri, moment).consuming_dags.append(DatasetReference(dag.dag_id, None, created, moment))
        for place in [place for place in self._queue if place[0] == dag.dag_id]:
            if self._queue[place].dataset.uri not in dag.dataset_triggers:
                del self._queue[place]

    def forget_dag(self, dag_id: str) -> int:
        """Remove what names a DAG that is deleted, its queued events too; how many references that were."""
        for place in [place for place in self._queue if place[0] == dag_id]:
            del self._queue[place]
        return self._drop_references(dag_id)

    def _drop_references(self, dag_id: str) -> int:
        count = 0
        for dataset in self._rows.values():
            for references in (dataset.consuming_dags, dataset.producing_tasks):
                kept = [reference for reference in references if reference.dag_id != dag_id]
                count += len(references) - len(kept)
                references[:] = kept
        return count

    # Events

    @property
    def events(self) -> list[DatasetEvent]:
        """All events, oldest first."""
        return list(self._events)

    def record(
        self, dataset: Dataset, moment: datetime, extra: Mapping[str, Any], source: TaskInstance | None = None
    ) -> DatasetEvent:
        """Keep an update of ``dataset``."""
        event = DatasetEvent(next(self._event_ids), dataset, dict(extra), moment)
        if source is not None:
            event.source_dag_id, event.source_task_id = source.dag_id, source.task_id
            event.source_run_id, event.source_map_index = source.run.run_id, source.map_index
            event.source_interval = source.run.data_interval
        self._events.append(event)
        return event

    def events_for(self, dag: DAG, since: datetime | None, until: datetime) -> list[DatasetEvent]:
        """The events of what ``dag`` waits for, later than ``since`` and not later than ``until``."""
        return [
            event
            for event in self._events
            if event.dataset.uri in dag.dataset_triggers
            and event.timestamp <= until
            and (since is None or event.timestamp > since)
        ]

    def upstream_of(self, run: DagRun) -> list[DatasetEvent]:
        """The events that started ``run``."""
        return [event for event in self._events if run in event.created_dag_runs]

    def forget_run(self, run: DagRun) -> None:
        """A run was deleted: no event shows it any more."""
        if run.run_type == "dataset_triggered":
            for event in self._events:
                if run in event.created_dag_runs:
                    event.created_dag_runs.remove(run)

    # The queue

    def enqueue(self, dag_id: str, dataset: Dataset, moment: datetime) -> None:
        """Tell a DAG of an update; one that it has been told of already keeps its time."""
        self._queue.setdefault((dag_id, dataset.id), QueuedEvent(dag_id, dataset, moment))

    def queued(
        self, dag_id: str | None = None, uri: str | None = None, before: datetime | None = None
    ) -> list[QueuedEvent]:
        """The queued events of a DAG, of a dataset, older than a moment, or all of these at once."""
        return [
            event
            for event in self._queue.values()
            if (dag_id is None or event.dag_id == dag_id)
            and (uri is None or event.dataset.uri == uri)
            and (before is None or event.created_at < before)
        ]

    def delete_queued(self, dag_id: str | None = None, uri: str | None = None, before: datetime | None = None) -> int:
        """Remove queued events, chosen as by :meth:`queued`; how many there were."""
        chosen = self.queued(dag_id, uri, before)
        for event in chosen:
            del self._queue[event.dag_id, event.dataset.id]
        return len(chosen)

    def is_ready(self, dag: DAG) -> bool:
        """Whether every dataset that ``dag`` waits for has been updated since its last run by datasets."""
        return bool(dag.dataset_triggers) and {event.dataset.uri for event in self.queued(dag.dag_id)} >= set(
            dag.dataset_triggers
        )


def interval_of(events: Sequence[DatasetEvent], moment: datetime) -> DataInterval:
    """The data interval of a run that ``events`` start: from the first to the last that their sources processed."""
    if not events:
        return DataInterval.exact(moment)
    intervals = [event.source_interval or DataInterval.exact(event.timestamp) for event in events]
    return DataInterval(min(each.start for each in intervals), max(each.end for each in intervals))
