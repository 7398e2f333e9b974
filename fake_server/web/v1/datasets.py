"""Datasets, their events, and the events that wait in the queues of DAGs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_server.airflow.datasets import Dataset, DatasetEvent, DatasetReference, QueuedEvent
from fake_server.airflow.errors import DatasetNotFound
from fake_server.web.v1.call import NO_CONTENT, Answer, Call
from fake_server.web.v1.dags import contains
from fake_server.web.v1.forms import Field, Form, load
from fake_server.web.v1.json_layout import isoformat
from fake_server.web.v1.moments import query_moment
from fake_server.web.v1.paging import SortKeys, ordered, page
from fake_server.web.v1.problems import NotFound

_EVENT_FORM: Form = {"dataset_uri": Field(required=True), "extra": Field(default={})}
_SORT_KEYS: SortKeys[Dataset] = {
    "id": lambda dataset: dataset.id,
    "uri": lambda dataset: dataset.uri,
    "created_at": lambda dataset: dataset.created_at,
    "updated_at": lambda dataset: dataset.updated_at,
}
_EVENT_SORT_KEYS: SortKeys[DatasetEvent] = {
    "timestamp": lambda event: event.timestamp,
    "source_dag_id": lambda event: event.source_dag_id,
    "source_task_id": lambda event: event.source_task_id,
    "source_run_id": lambda event: event.source_run_id,
    "source_map_index": lambda event: event.source_map_index,
}
#: Query parameters that an event's column has to equal.
_EQUAL = ("source_dag_id", "source_task_id", "source_run_id", "source_map_index")


def get_datasets(call: Call) -> Any:
    """The datasets. ``total_entries`` counts them all, also those that a filter leaves out, as Airflow's does."""
    datasets = list(call.airflow.datasets)
    rows = datasets
    if call.query["uri_pattern"]:
        rows = [dataset for dataset in rows if contains(call.query["uri_pattern"], dataset.uri)]
    if call.query["dag_ids"]:
        wanted = set(call.query["dag_ids"].split(","))
        rows = [dataset for dataset in rows if wanted & _dag_ids(dataset)]
    rows = ordered(rows, call.query["order_by"], _SORT_KEYS)
    return {"datasets": [_shown(call, dataset) for dataset in page(call, rows)], "total_entries": len(datasets)}


def get_dataset(call: Call) -> Any:
    """One dataset."""
    uri = call.path["uri"]
    dataset = call.airflow.datasets.find(uri)
    if dataset is None:
        raise NotFound("Dataset not found", f"The Dataset with uri: `{uri}` was not found")
    return _shown(call, dataset)


def get_dataset_events(call: Call) -> Any:
    """The updates of datasets, by time unless asked otherwise."""
    # Airflow passes over what is empty or zero.
    wanted = {name: call.query[name] for name in _EQUAL if call.query[name]}
    rows = [
        event
        for event in call.airflow.datasets.events
        if call.query["dataset_id"] in (None, 0, event.dataset.id)
        and all(getattr(event, name) == value for name, value in wanted.items())
    ]
    rows = ordered(rows, call.query["order_by"], _EVENT_SORT_KEYS)
    return {"dataset_events": [shown_event(event) for event in page(call, rows)], "total_entries": len(rows)}


def create_dataset_event(call: Call) -> Any:
    """Update a dataset by hand."""
    values = load(_EVENT_FORM, call.body)
    uri = values["dataset_uri"]
    extra = {**values["extra"], "from_rest_api": True}
    try:
        return shown_event(call.airflow.create_dataset_event(uri, extra))
    except DatasetNotFound:
        raise NotFound("Dataset not found", f"Dataset with uri: '{uri}' not found") from None


def get_dag_dataset_queued_event(call: Call) -> Any:
    """The update of one dataset that waits in the queue of one DAG."""
    return _shown_queued(_queued(call)[0])


def get_dag_dataset_queued_events(call: Call) -> Any:
    """All updates that wait in the queue of one DAG."""
    return _shown_queue(_queued(call))


def get_dataset_queued_events(call: Call) -> Any:
    """The updates of one dataset that wait in any queue."""
    return _shown_queue(_queued(call))


def delete_dag_dataset_queued_event(call: Call) -> Answer:
    """Take the update of one dataset out of the queue of one DAG."""
    return _delete_queued(call)


def delete_dag_dataset_queued_events(call: Call) -> Answer:
    """Empty the queue of one DAG."""
    return _delete_queued(call)


def delete_dataset_queued_events(call: Call) -> Answer:
    """Take the updates of one dataset out of all queues."""
    return _delete_queued(call)


def shown_event(event: DatasetEvent) -> dict[str, Any]:
    """An update of a dataset as the API shows it."""
    return {
        "created_dagruns": [
            {
                "dag_id": run.dag_id,
                "dag_run_id": run.run_id,
                "data_interval_end": isoformat(run.data_interval.end),
                "data_interval_start": isoformat(run.data_interval.start),
                "end_date": isoformat(run.end_date),
                "logical_date": isoformat(run.logical_date),
                "start_date": isoformat(run.start_date),
                "state": run.state,
            }
            for run in event.created_dag_runs
        ],
        "dataset_id": event.dataset.id,
        "dataset_uri": event.dataset.uri,
        "extra": event.extra,
        "id": event.id,
        "source_dag_id": event.source_dag_id,
        "source_map_index": event.source_map_index,
        "source_run_id": event.source_run_id,
        "source_task_id": event.source_task_id,
        "timestamp": isoformat(event.timestamp),
    }


def _queued(call: Call) -> list[QueuedEvent]:
    """The queued events that path and query name: of a DAG, of a dataset, or of both.

    :raises NotFound: when there is none.
    """
    dag_id, uri = call.path.get("dag_id"), call.path.get("uri")
    events = call.airflow.datasets.queued(dag_id, uri, query_moment(call.query["before"]))
    if not events:
        named = [f"dag_id: `{dag_id}`"] if dag_id is not None else []
        if uri is not None:
            named.append(f"dataset uri: `{uri}`")
        raise NotFound("Queue event not found", f"Queue event with {' and '.join(named)} was not found")
    return events


def _delete_queued(call: Call) -> Answer:
    _queued(call)
    call.airflow.datasets.delete_queued(
        call.path.get("dag_id"), call.path.get("uri"), query_moment(call.query["before"])
    )
    return NO_CONTENT


def _dag_ids(dataset: Dataset) -> set[str]:
    return {reference.dag_id for reference in (*dataset.consuming_dags, *dataset.producing_tasks)}


def _shown(call: Call, dataset: Dataset) -> Mapping[str, Any]:
    shown = {
        "aliases": [],
        "consuming_dags": [_shown_reference(reference) for reference in dataset.consuming_dags],
        "created_at": isoformat(dataset.created_at),
        "extra": dataset.extra,
        "id": dataset.id,
        "producing_tasks": [
            {**_shown_reference(reference), "task_id": reference.task_id} for reference in dataset.producing_tasks
        ],
        "updated_at": isoformat(dataset.updated_at),
        "uri": dataset.uri,
    }
    return call.known("Dataset", shown)


def _shown_reference(reference: DatasetReference) -> dict[str, Any]:
    return {
        "created_at": isoformat(reference.created_at),
        "dag_id": reference.dag_id,
        "updated_at": isoformat(reference.updated_at),
    }


def _shown_queue(events: list[QueuedEvent]) -> dict[str, Any]:
    return {"queued_events": [_shown_queued(event) for event in events], "total_entries": len(events)}


def _shown_queued(event: QueuedEvent) -> dict[str, Any]:
    return {"created_at": isoformat(event.created_at), "dag_id": event.dag_id, "uri": event.dataset.uri}
