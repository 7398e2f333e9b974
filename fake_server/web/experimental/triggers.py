"""Triggering runs: what both families of versions share, and Airflow 2's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fake_server.web.crashes import crash
from fake_server.web.experimental.bodies import fields, json_body
from fake_server.web.experimental.call import Call, Refused

_TRUE = frozenset({"true", "t", "yes", "y", "1"})


def trigger_dag(call: Call, dag_id: str) -> Any:
    """Make a run. The default date is now, cut to the second; a given one keeps its microseconds."""
    body = trigger_body(call)
    conf = body.get("conf", {})
    if not isinstance(conf, dict):
        raise Refused(400, "Dag Run conf must be a dictionary object, other types are not supported")
    date = execution_date(call, body)
    run_id = body.get("run_id") or None
    if not isinstance(run_id, (str, type(None))):
        crash(f"TypeError: run_id is to be text, not {run_id!r}")
    run = call.airflow.trigger_dag(dag_id, run_id=run_id, logical_date=date, conf=conf)
    # The message has the date as it was given, which the run keeps in UTC.
    shown = date.isoformat(sep=call.airflow.version.date_separator)
    return {
        "execution_date": date.isoformat(),
        "message": f"Created {run}".replace(run.logical_date.isoformat(sep=" "), shown, 1),
        "run_id": run.run_id,
    }


def trigger_body(call: Call) -> dict[str, Any]:
    """The members of a request to trigger."""
    return fields(json_body(call.request), "conf", "execution_date", "run_id", "replace_microseconds")


def execution_date(call: Call, body: dict[str, Any]) -> datetime:
    """The date that the request asks for; now when it asks for none, which is then cut to the second."""
    given = body.get("execution_date")
    if not isinstance(given, (str, type(None))):
        crash(f"execution_date is to be text, not {given!r}", "TypeError: expected string or bytes-like object")
    cut = given is None
    date = call.airflow.clock.now() if given is None else call.date(given)
    if "replace_microseconds" in body:
        wanted = body["replace_microseconds"]
        if not isinstance(wanted, str) and not (wanted is None and call.dialect.null_is_false):
            crash(
                f"replace_microseconds is to be text, not {wanted!r}",
                f"AttributeError: '{type(wanted).__name__}' object has no attribute 'lower'",
            )
        cut = wanted is not None and wanted.lower() in _TRUE
    return date.replace(microsecond=0) if cut else date
