"""DAG runs: trigger, list, get, set states and notes, clear, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fake_server.airflow.errors import DagRunAlreadyExists, InvalidRunId, ParamValidationError, ReservedRunId
from fake_server.airflow.run_store import RunQuery
from fake_server.airflow.runs import DagRun
from fake_server.airflow.timetables import DataInterval
from fake_server.web.v1.call import NO_CONTENT, Answer, Call
from fake_server.web.v1.datasets import shown_event
from fake_server.web.v1.forms import Field, Form, load, moment, refuse
from fake_server.web.v1.json_layout import RenderedList, isoformat, render_item
from fake_server.web.v1.moments import period, query_period
from fake_server.web.v1.paging import checked_integer, ordering, page_limit, page_offset
from fake_server.web.v1.problems import AlreadyExists, BadRequest, NotFound, Oops
from fake_server.web.v1.task_instance_changes import shown_reference

Columns = Mapping[str, Callable[[DagRun], Any]]

_TRIGGER_FORM: Form = {
    "conf": Field(default={}),
    "dag_run_id": Field(maximum_length=250),
    "data_interval_end": Field(nullable=True, convert=moment),
    "data_interval_start": Field(nullable=True, convert=moment),
    "logical_date": Field(convert=moment),
    "note": Field(nullable=True, maximum_length=1000),
}
_LIST_FORM: Form = {
    "order_by": Field(),
    "page_offset": Field(default=0),
    "page_limit": Field(default=100),
    "dag_ids": Field(default=None),
    "states": Field(default=None),
    "execution_date_gte": Field(convert=moment),
    "execution_date_lte": Field(convert=moment),
    "start_date_gte": Field(convert=moment),
    "start_date_lte": Field(convert=moment),
    "end_date_gte": Field(convert=moment),
    "end_date_lte": Field(convert=moment),
}
#: What lists may be ordered by, and what the store calls it.
_ORDERS = {
    "id": "id",
    "state": "state",
    "dag_id": "dag_id",
    "execution_date": "logical_date",
    "dag_run_id": "run_id",
    "start_date": "start_date",
    "end_date": "end_date",
    "updated_at": "updated_at",
    "external_trigger": "external_trigger",
    "conf": "conf",
}
#: The columns of a run's row, and how each is shown.
_COLUMNS: Columns = {
    "conf": lambda run: run.conf,
    "dag_id": lambda run: run.dag_id,
    "dag_run_id": lambda run: run.run_id,
    "data_interval_end": lambda run: isoformat(run.data_interval.end),
    "data_interval_start": lambda run: isoformat(run.data_interval.start),
    "end_date": lambda run: isoformat(run.end_date),
    "execution_date": lambda run: isoformat(run.logical_date),
    "external_trigger": lambda run: run.external_trigger,
    "last_scheduling_decision": lambda run: isoformat(run.last_scheduling_decision),
    "logical_date": lambda run: isoformat(run.logical_date),
    "note": lambda run: run.note,
    "run_type": lambda run: run.run_type,
    "start_date": lambda run: isoformat(run.start_date),
    "state": lambda run: run.state,
}


def post_dag_run(call: Call) -> Any:
    """Trigger a DAG."""
    dag_id = call.path["dag_id"]
    dag = call.airflow.dags.get(dag_id)
    if dag is None or not dag.is_active:
        raise NotFound("DAG not found", f"DAG with dag_id: '{dag_id}' not found")
    if dag.has_import_errors:
        raise BadRequest(f"DAG with dag_id: '{dag_id}' has import errors", title="DAG cannot be triggered")
    values = load(call.known("TriggerDagRun", _TRIGGER_FORM), _with_logical_date(call))
    start, end = values.get("data_interval_start"), values.get("data_interval_end")
    if (start is None) != (end is None):
        raise refuse("Both 'data_interval_start' and 'data_interval_end' must be specified together")
    try:
        run = call.airflow.trigger_dag(
            dag_id,
            run_id=values.get("dag_run_id"),
            logical_date=values["logical_date"],
            conf=values["conf"],
            data_interval=None if start is None or end is None else DataInterval(start, end),
            note=values.get("note") or None,
            note_author=call.username,
            allow_reserved_run_id=False,
        )
    except DagRunAlreadyExists as error:
        raise _conflict(error) from None
    except ReservedRunId as error:
        raise BadRequest(str(error)) from None
    except ParamValidationError as error:
        raise (BadRequest(str(error)) if call.airflow.version.run_creation.words_unfit_conf else Oops()) from None
    except (InvalidRunId, OverflowError):
        raise Oops from None
    return _as_given(call, run, values["logical_date"], start, end)


def get_dag_runs(call: Call) -> Any:
    """The runs of one DAG, or with ``~`` of all that the user may read, by row id unless asked otherwise."""
    query = call.query
    dag_id = call.path["dag_id"]
    return _listed(
        call,
        RunQuery(
            dag_ids=call.readable_dag_ids() if dag_id == "~" else frozenset({dag_id}),
            states=frozenset(query["state"]) if query["state"] else None,
            logical_date=query_period(query, "execution_date"),
            start_date=query_period(query, "start_date"),
            end_date=query_period(query, "end_date"),
            updated_at=query_period(query, "updated_at"),
        ),
        query["order_by"],
        page_offset(call),
        page_limit(call),
        query["fields"],
    )


def get_dag_runs_batch(call: Call) -> Any:
    """The runs of several DAGs, by a form in the body."""
    values = load(call.known("ListDagRunsForm", _LIST_FORM), call.body)
    allowed = call.readable_dag_ids()
    wanted = allowed
    if values["dag_ids"]:
        wanted = frozenset(values["dag_ids"]) if allowed is None else allowed & frozenset(values["dag_ids"])
    return _listed(
        call,
        RunQuery(
            dag_ids=wanted,
            states=frozenset(values["states"]) if values.get("states") else None,
            logical_date=period(values, "execution_date"),
            start_date=period(values, "start_date"),
            end_date=period(values, "end_date"),
        ),
        values.get("order_by"),
        checked_integer(values["page_offset"]),
        checked_integer(values["page_limit"]),
    )


def get_dag_run(call: Call) -> Any:
    """One run."""
    run = find_run(call)
    if call.query["fields"] is None:
        return _shown(call, run)
    return _row(run, _chosen(call.query["fields"], "DAGRunSchema error"))


def update_dag_run_state(call: Call) -> Any:
    """Set a run's state by hand."""
    run = call.airflow.runs.get(call.path["dag_id"], call.path["dag_run_id"])
    if run is None:
        raise _not_found_in_dag(call)
    values = load({"state": Field()}, call.body)
    if "state" not in values:
        raise Oops
    call.airflow.set_run_state(run, values["state"])
    return _shown(call, run)


def set_dag_run_note(call: Call) -> Any:
    """Set a run's note."""
    run = call.airflow.runs.get(call.path["dag_id"], call.path["dag_run_id"])
    if run is None:
        raise _not_found_in_dag(call)
    values = load({"note": Field(maximum_length=1000)}, call.body)
    if "note" not in values:
        raise Oops
    call.airflow.set_run_note(run, values["note"], call.username)
    return _shown(call, run)


def clear_dag_run(call: Call) -> Any:
    """Let all tasks of a run run again, or only say which these are."""
    run = call.airflow.runs.get(call.path["dag_id"], call.path["dag_run_id"])
    if run is None:
        raise _not_found_in_dag(call, "dag  ")
    values = load({"dry_run": Field(default=True)}, call.body)
    if not values["dry_run"]:
        call.airflow.clear_run(run)
        return _shown(call, run)
    instances = sorted(run.task_instances.values(), key=lambda instance: (instance.task_id, instance.map_index))
    return {"task_instances": [shown_reference(instance) for instance in instances]}


def delete_dag_run(call: Call) -> Answer:
    """Forget a run."""
    run = call.airflow.runs.get(call.path["dag_id"], call.path["dag_run_id"])
    if run is None:
        raise NotFound(detail=_no_such_run(call))
    call.airflow.delete_run(run)
    return NO_CONTENT


def get_upstream_dataset_events(call: Call) -> Any:
    """The updates of datasets that started a run."""
    events = call.airflow.datasets.upstream_of(find_run(call))
    return {"dataset_events": [shown_event(event) for event in events], "total_entries": len(events)}


def find_run(call: Call) -> DagRun:
    """The run that the path names.

    :raises NotFound: when there is none.
    """
    run = call.airflow.runs.get(call.path["dag_id"], call.path["dag_run_id"])
    if run is None:
        raise NotFound("DAGRun not found", _no_such_run(call))
    return run


def _shown(call: Call, run: DagRun) -> dict[str, Any]:
    return _row(run, _columns(call))


def _row(run: DagRun, columns: Columns) -> dict[str, Any]:
    return {name: show(run) for name, show in columns.items()}


def _columns(call: Call) -> Columns:
    return call.known("DAGRun", _COLUMNS)


def _listed(
    call: Call,
    query: RunQuery,
    order_by: str | None,
    offset: int,
    limit: int,
    fields: list[str] | None = None,
) -> dict[str, Any]:
    if order_by is not None:
        name, descending = ordering(order_by, _ORDERS)
        query = replace(query, order_by=_ORDERS[name], descending=descending)
    rows, total = call.airflow.runs.page(query, offset, limit)
    # Without a run, Airflow does not notice that there is no such field.
    columns = _chosen(fields, "DAGRunCollectionSchema error") if fields is not None and rows else _columns(call)
    return {
        "dag_runs": RenderedList([render_item(_row(run, columns)) for run in rows]),
        "total_entries": total,
    }


def _chosen(fields: list[str], title: str) -> Columns:
    for name in fields:
        if name not in _COLUMNS:
            raise BadRequest(f"{name} not in DAGRunSchema", title=title)
    return {name: _COLUMNS[name] for name in fields}


def _with_logical_date(call: Call) -> dict[str, Any]:
    """The body with one logical date: ``execution_date`` is its old name, and without either it is now."""
    body = dict(call.body)
    old = body.pop("execution_date", _MISSING)
    date = body.get("logical_date", _MISSING)
    if date is not _MISSING and old is not _MISSING and date != old:
        raise BadRequest(f"{date!r} != {old!r}", title="logical_date conflicts with execution_date")
    if date is _MISSING:
        date = call.airflow.clock.now().isoformat() if old is _MISSING else old
    if date is None and "dag_run_id" not in body:
        raise BadRequest(
            "argument 'input': 'NoneType' object cannot be converted to 'PyString'",
            title="Incorrect datetime argument",
        )
    body["logical_date"] = date
    return body


_MISSING = object()


def _conflict(error: DagRunAlreadyExists) -> AlreadyExists:
    what = f"DAGRun with DAG ID: '{error.existing.dag_id}' and DAGRun "
    if error.existing.logical_date == error.logical_date:
        return AlreadyExists(f"{what}logical date: '{error.logical_date.isoformat(sep=' ')}' already exists")
    return AlreadyExists(f"{what}ID: '{error.run_id}' already exists")


def _as_given(
    call: Call, run: DagRun, logical_date: datetime, start: datetime | None, end: datetime | None
) -> dict[str, Any]:
    """A new run. This once the dates that were given show with the offset they were given with."""
    shown = _shown(call, run)
    shown["execution_date"] = shown["logical_date"] = logical_date.isoformat()
    if start is None and run.data_interval == DataInterval.exact(run.logical_date):
        start = end = logical_date
    if start is not None and end is not None and "data_interval_start" in shown:
        shown["data_interval_start"], shown["data_interval_end"] = start.isoformat(), end.isoformat()
    return shown


def _no_such_run(call: Call) -> str:
    return f"DAGRun with DAG ID: '{call.path['dag_id']}' and DagRun ID: '{call.path['dag_run_id']}' not found"


def _not_found_in_dag(call: Call, dag: str = "dag") -> NotFound:
    return NotFound(f"Dag Run id {call.path['dag_run_id']} not found in {dag} {call.path['dag_id']}")
