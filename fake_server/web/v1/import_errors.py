"""DAG files that could not be imported."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.import_errors import ParseImportError
from fake_server.web.v1.call import Call
from fake_server.web.v1.json_layout import isoformat
from fake_server.web.v1.paging import SortKeys, ordered, page
from fake_server.web.v1.problems import NotFound

_SORT_KEYS: SortKeys[ParseImportError] = {
    "import_error_id": lambda row: row.id,
    "timestamp": lambda row: row.timestamp,
    "filename": lambda row: row.filename,
}


def get_import_errors(call: Call) -> Any:
    """The import errors, oldest first unless asked otherwise."""
    rows = ordered(call.airflow.import_errors.rows, call.query["order_by"], _SORT_KEYS)
    return {"import_errors": [_shown(row) for row in page(call, rows)], "total_entries": len(rows)}


def get_import_error(call: Call) -> Any:
    """One import error."""
    row_id = call.path["import_error_id"]
    row = call.airflow.import_errors.row(row_id)
    if row is None:
        raise NotFound("Import error not found", f"The ImportError with import_error_id: `{row_id}` was not found")
    return _shown(row)


def _shown(row: ParseImportError) -> dict[str, Any]:
    return {
        "filename": row.filename,
        "import_error_id": row.id,
        "stack_trace": row.stack_trace,
        "timestamp": isoformat(row.timestamp),
    }
