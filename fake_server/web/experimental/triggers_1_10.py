"""Triggering runs in Airflow 1.10, which takes nearly everything."""

from __future__ import annotations

import json
from typing import Any

from fake_server.web.crashes import crash
from fake_server.web.experimental.call import Call, DatabaseCrash
from fake_server.web.experimental.triggers import execution_date, trigger_body


def trigger_dag(call: Call, dag_id: str) -> Any:
    """Make a run, which runs at once. ``conf`` may be an object or the text of one."""
    body = trigger_body(call)
    date = execution_date(call, body)
    run_id = body.get("run_id") or None
    try:
        run = call.airflow.trigger_dag(
            dag_id, run_id=_stored(run_id), logical_date=date, conf=body.get("conf"), allow_reserved_run_id=True
        )
    except json.JSONDecodeError as error:
        crash("conf is text that is not JSON", f"json.decoder.JSONDecodeError: {error}")
    # A date that was given is an object of another class, which writes itself with a T.
    shown = date.isoformat(sep=" " if body.get("execution_date") is None else "T")
    return {
        "execution_date": date.isoformat(),
        "message": f"Created {run.text_1_10(shown)}",
        "run_id": run_id or run.run_id,
    }


def _stored(run_id: Any) -> str | None:
    """``run_id`` as the database keeps it: any text or number will do."""
    if run_id is None or isinstance(run_id, str):
        return run_id
    if isinstance(run_id, (list, dict)):
        raise DatabaseCrash(
            f"run_id is to be text, not {run_id!r}",
            "sqlalchemy.exc.InterfaceError: (sqlite3.InterfaceError) Error binding parameter 1 - "
            "probably unsupported type.",
        )
    return str(run_id)
