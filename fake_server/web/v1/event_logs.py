"""The event log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_server.airflow.audit import AuditRow
from fake_server.web.v1.call import Call
from fake_server.web.v1.json_layout import isoformat
from fake_server.web.v1.moments import query_moment
from fake_server.web.v1.paging import LARGEST_INTEGER, SortKeys, ordered, page
from fake_server.web.v1.problems import BrokenStream, NotFound

_SORT_KEYS: SortKeys[AuditRow] = {
    "event_log_id": lambda row: row.id,
    "when": lambda row: row.when,
    "dag_id": lambda row: row.dag_id,
    "task_id": lambda row: row.task_id,
    "run_id": lambda row: row.run_id,
    "event": lambda row: row.event,
    "execution_date": lambda row: row.logical_date,
    "owner": lambda row: row.owner,
    "extra": lambda row: row.extra,
}
#: Query parameters that a row's column has to equal.
_EQUAL = ("dag_id", "task_id", "run_id", "map_index", "try_number", "event", "owner")


def get_event_logs(call: Call) -> Any:
    """The rows of the event log, oldest first unless asked otherwise."""
    query = call.query
    # A number 0 counts as not given, as it does for Airflow.
    wanted = {name: query[name] for name in _EQUAL if query[name]}
    if any(wanted.get(name, 0) > LARGEST_INTEGER for name in ("map_index", "try_number")):
        raise BrokenStream
    before, after = query_moment(query["before"]), query_moment(query["after"])
    included = query["included_events"].split(",") if query["included_events"] else None
    excluded = query["excluded_events"].split(",") if query["excluded_events"] else ()
    rows = [
        row
        for row in call.airflow.audit
        if all(getattr(row, name) == value for name, value in wanted.items())
        and (before is None or row.when < before)
        and (after is None or row.when > after)
        and (included is None or row.event in included)
        and row.event not in excluded
    ]
    rows = ordered(rows, query["order_by"], _SORT_KEYS)
    return {"event_logs": [_shown(call, row) for row in page(call, rows)], "total_entries": len(rows)}


def get_event_log(call: Call) -> Any:
    """One row."""
    row = call.airflow.audit.get(call.path["event_log_id"])
    if row is None:
        raise NotFound("Event Log not found")
    return _shown(call, row)


def _shown(call: Call, row: AuditRow) -> Mapping[str, Any]:
    shown = {
        "dag_id": row.dag_id,
        "event": row.event,
        "event_log_id": row.id,
        "execution_date": isoformat(row.logical_date),
        "extra": row.extra,
        "map_index": row.map_index,
        "owner": row.owner,
        "run_id": row.run_id,
        "task_id": row.task_id,
        "try_number": row.try_number,
        "when": isoformat(row.when),
    }
    return call.known("EventLog", shown)
