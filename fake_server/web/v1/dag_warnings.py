"""What the parser of DAG files warned of."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.import_errors import DagWarning
from fake_server.web.v1.call import Call
from fake_server.web.v1.json_layout import isoformat
from fake_server.web.v1.paging import SortKeys, ordered, page

_SORT_KEYS: SortKeys[DagWarning] = {
    "dag_id": lambda row: row.dag_id,
    "warning_type": lambda row: row.warning_type,
    "message": lambda row: row.message,
    "timestamp": lambda row: row.timestamp,
}


def get_dag_warnings(call: Call) -> Any:
    """The warnings about the DAGs that the user may read."""
    query = call.query
    rows = [
        row
        for row in call.airflow.dag_warnings
        if query["dag_id"] in (None, row.dag_id)
        and query["warning_type"] in (None, row.warning_type)
        and call.may("can_read", row.dag_id)
    ]
    rows = ordered(rows, query["order_by"], _SORT_KEYS)
    return {"dag_warnings": [_shown(row) for row in page(call, rows)], "total_entries": len(rows)}


def _shown(row: DagWarning) -> dict[str, Any]:
    return {
        "dag_id": row.dag_id,
        "message": row.message,
        "timestamp": isoformat(row.timestamp),
        "warning_type": row.warning_type,
    }
