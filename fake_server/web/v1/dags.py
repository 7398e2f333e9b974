"""DAGs: list, get, pause and unpause, delete."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from fake_server.airflow.dags import DAG, Param
from fake_server.airflow.errors import DagNotFound, TaskInstancesStillRunning
from fake_server.airflow.file_tokens import file_token
from fake_server.airflow.timetables import DataInterval, Timetable
from fake_server.web.v1.call import NO_CONTENT, Answer, Call
from fake_server.web.v1.forms import Field, Form, load
from fake_server.web.v1.json_layout import RenderedList, isoformat, render_item
from fake_server.web.v1.paging import SortKeys, ordered, page
from fake_server.web.v1.problems import AlreadyExists, BadRequest, NotFound, Oops

_FORM: Form = {"is_paused": Field(nullable=True)}
_SORT_KEYS: SortKeys[DAG] = {"dag_id": lambda dag: dag.dag_id}

#: The columns of a DAG's row, and how each is shown.
_COLUMNS: Mapping[str, Callable[[Any], Any]] = {
    "dag_display_name": lambda dag: dag.display_name or dag.dag_id,
    "dag_id": lambda dag: dag.dag_id,
    "default_view": lambda dag: dag.default_view,
    "description": lambda dag: dag.description,
    "file_token": lambda dag: file_token(dag.fileloc),
    "fileloc": lambda dag: dag.fileloc,
    "has_import_errors": lambda dag: dag.has_import_errors,
    "has_task_concurrency_limits": lambda dag: False,
    "is_active": lambda dag: dag.is_active,
    "is_paused": lambda dag: dag.is_paused,
    "is_subdag": lambda dag: False,
    "last_expired": lambda dag: None,
    "last_parsed_time": lambda dag: isoformat(dag.last_parsed_time),
    "last_pickled": lambda dag: None,
    "max_active_runs": lambda dag: dag.max_active_runs,
    "max_active_tasks": lambda dag: dag.max_active_tasks,
    "max_consecutive_failed_dag_runs": lambda dag: dag.max_consecutive_failed_dag_runs,
    "next_dagrun": lambda dag: isoformat(dag.next_interval.start) if dag.next_interval else None,
    "next_dagrun_create_after": lambda dag: isoformat(dag.next_dagrun_create_after),
    "next_dagrun_data_interval_end": lambda dag: isoformat(dag.next_interval.end) if dag.next_interval else None,
    "next_dagrun_data_interval_start": lambda dag: isoformat(dag.next_interval.start) if dag.next_interval else None,
    "owners": lambda dag: list(dag.owners),
    "pickle_id": lambda dag: None,
    "root_dag_id": lambda dag: None,
    "schedule_interval": lambda dag: dag.timetable.as_json(),
    "scheduler_lock": lambda dag: None,
    "tags": lambda dag: [{"name": name} for name in dag.tags],
    "timetable_description": lambda dag: dag.timetable.description,
}
#: What the details show beside or instead of these. Owners are left out there, which is a slip of Airflow's.
_DETAILS: Mapping[str, Callable[[Any], Any]] = {
    **_COLUMNS,
    "catchup": lambda dag: dag.catchup,
    "concurrency": lambda dag: dag.max_active_tasks,
    "dag_run_timeout": lambda dag: shown_timedelta(dag.dagrun_timeout),
    "dataset_expression": lambda dag: {"all": list(dag.dataset_triggers)} if dag.dataset_triggers else None,
    "doc_md": lambda dag: dag.doc_md,
    "end_date": lambda dag: isoformat(dag.end_date),
    "is_paused_upon_creation": lambda dag: dag.is_paused_upon_creation,
    "last_parsed": lambda dag: isoformat(dag.last_parsed_time),
    "orientation": lambda dag: "LR",
    "owners": lambda dag: [],
    "params": lambda dag: {name: shown_param(param) for name, param in dag.params.items()},
    "render_template_as_native_obj": lambda dag: False,
    "start_date": lambda dag: isoformat(dag.start_date),
    "template_searchpath": lambda dag: None,
    "timezone": lambda dag: "UTC",
}


#: What details show otherwise where they come from the parsed file, up to 2.7.
_DETAILS_OF_FILE: Mapping[str, Callable[[DAG], Any]] = {
    "owners": lambda dag: list(dag.owners),
    "timezone": lambda dag: "Timezone('UTC')",
}


def get_dags(call: Call) -> Any:
    """The DAGs that the user may read, by id."""
    query = call.query
    rows = _matching(call, "can_read", query["dag_id_pattern"])
    if query["paused"] is not None:
        rows = [dag for dag in rows if dag.is_paused is query["paused"]]
    answers = call.airflow.version.rest_answers
    if answers.sorts_dags:
        rows = ordered(rows, query["order_by"], _SORT_KEYS)
    shown = page(call, rows)
    # Without a DAG, Airflow does not notice that there is no such field.
    fields = query["fields"] if shown else None
    listed = _list(shown, len(rows), _chosen(_columns(call), fields, "DAGSchema", "DAGCollectionSchema error"))
    if fields is not None and not answers.counts_chosen_fields:
        del listed["total_entries"]
    return listed


def get_dag(call: Call) -> Any:
    """One DAG, inactive or not."""
    return _one(call, _columns(call), "DAGSchema")


def get_dag_details(call: Call) -> Any:
    """One DAG, with what its definition says beyond the row in the database."""
    columns = call.known("DAGDetail", _DETAILS)
    if not call.airflow.version.rest_answers.details_come_from_database:
        columns = {**columns, **_DETAILS_OF_FILE}
    return _one(call, columns, "DAGDetailSchema")


def patch_dag(call: Call) -> Any:
    """Pause or unpause one DAG."""
    values = _load(call)
    if call.query["update_mask"] and "is_paused" not in values:
        # Named in the mask, it is looked for before the DAG is.
        raise Oops
    dag = call.airflow.dags.get(call.path["dag_id"])
    if dag is None:
        raise NotFound(f"Dag with id: '{call.path['dag_id']}' not found")
    if "is_paused" not in values:
        raise Oops
    call.airflow.set_paused(dag, values["is_paused"])
    return _shown(dag, _columns(call))


def patch_dags(call: Call) -> Any:
    """Pause or unpause those DAGs of a page that match a pattern; ``~`` matches all."""
    values = _load(call)
    if "is_paused" not in values:
        raise Oops
    pattern = call.query["dag_id_pattern"]
    rows = _matching(call, "can_edit", "%" if pattern == "~" else pattern)
    chosen = page(call, rows)
    for dag in chosen:
        call.airflow.set_paused(dag, values["is_paused"])
    return _list(chosen, len(rows), _columns(call))


def delete_dag(call: Call) -> Answer:
    """Forget a DAG and everything that hangs on it, unless one of its tasks is running."""
    dag_id = call.path["dag_id"]
    try:
        call.airflow.delete_dag(dag_id)
    except DagNotFound:
        raise NotFound(f"Dag with id: '{dag_id}' not found") from None
    except TaskInstancesStillRunning:
        raise AlreadyExists(f"Task instances of dag with id: '{dag_id}' are still running") from None
    return NO_CONTENT


def shown_timedelta(seconds: float | None) -> dict[str, Any] | None:
    """A stretch of time as the API shows it."""
    if seconds is None:
        return None
    delta = timedelta(seconds=seconds)
    return {"__type": "TimeDelta", "days": delta.days, "microseconds": delta.microseconds, "seconds": delta.seconds}


def shown_param(param: Param) -> dict[str, Any]:
    """One of a DAG's params as the API shows it."""
    return {
        "__class": "airflow.models.param.Param",
        "description": param.description,
        "schema": dict(param.schema),
        "value": param.value,
    }


def _matching(call: Call, action: str, pattern: str | None) -> list[DAG]:
    """The DAGs that ``only_active``, ``tags`` and a pattern of ids leave, by id."""
    rows: Iterable[DAG] = call.airflow.dags_by_id
    if call.user is None or not call.user.may(((action, "DAGs"),)):
        rows = (dag for dag in rows if call.may(action, dag.dag_id))
    if call.query["only_active"]:
        rows = (dag for dag in rows if dag.is_active)
    if pattern is not None:
        rows = (dag for dag in rows if contains(pattern, dag.dag_id))
    tags = call.query["tags"]
    if tags:
        rows = (dag for dag in rows if not set(tags).isdisjoint(dag.tags))
    return list(rows)


def contains(pattern: str, text: str) -> bool:
    """Whether ``pattern`` occurs in ``text``, as the database's ILIKE sees it: % is anything, _ any character."""
    expression = "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in pattern)
    return re.search(expression, text, re.IGNORECASE | re.DOTALL) is not None


def _load(call: Call) -> dict[str, Any]:
    values = load(_FORM, call.body)
    mask = call.query["update_mask"]
    if mask is not None and mask != ["is_paused"]:
        raise BadRequest("Only `is_paused` field can be updated through the REST API")
    return values


def _one(call: Call, columns: Mapping[str, Callable[[Any], Any]], schema: str) -> dict[str, Any]:
    dag = call.airflow.dags.get(call.path["dag_id"])
    if dag is None:
        raise NotFound("DAG not found", f"The DAG with dag_id: {call.path['dag_id']} was not found")
    return _shown(dag, _chosen(columns, call.query["fields"], schema, f"{schema} init error"))


def _chosen(
    columns: Mapping[str, Callable[[Any], Any]], fields: list[str] | None, schema: str, title: str
) -> Mapping[str, Callable[[Any], Any]]:
    if fields is None:
        return columns
    unknown = [name for name in dict.fromkeys(fields) if name not in columns]
    if unknown:
        raise BadRequest(f"Invalid fields for <{schema}(many=False)>: OrderedSet({unknown}).", title=title)
    return {name: columns[name] for name in fields}


def _list(rows: Iterable[DAG], total: int, columns: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    if columns is _COLUMNS:
        items = [_row_text(_Row._make(_row_of(dag))) for dag in rows]
    else:
        items = [render_item(_shown(dag, columns)) for dag in rows]
    return {"dags": RenderedList(items), "total_entries": total}


class _Row(NamedTuple):
    """What of a DAG its row shows, as values: rows that are equal have the same text."""

    dag_id: str
    display_name: str | None
    default_view: str
    description: str | None
    fileloc: str
    has_import_errors: bool
    is_active: bool
    is_paused: bool | None
    last_parsed_time: datetime | None
    max_active_runs: int
    max_active_tasks: int
    max_consecutive_failed_dag_runs: int
    next_interval: DataInterval | None
    next_dagrun_create_after: datetime | None
    owners: tuple[str, ...]
    tags: tuple[str, ...]
    timetable: Timetable


_row_of = attrgetter(*_Row._fields)


@functools.lru_cache(maxsize=4096)
def _row_text(row: _Row) -> str:
    # Most DAGs do not change between two requests, and writing a hundred of them takes longer than all the rest.
    return render_item({name: show(row) for name, show in _COLUMNS.items()})


def _columns(call: Call) -> Mapping[str, Callable[[Any], Any]]:
    return call.known("DAG", _COLUMNS)


def _shown(dag: DAG, columns: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {name: show(dag) for name, show in columns.items()}
