"""The event log's row of an operation: which event, and what of the request it keeps.

Rows are written before the operation is carried out, so refused ones leave a row too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fake_server.airflow.secrets_masker import redacted
from fake_server.web.v1.call import Call
from fake_server.web.v1.problems import BrokenStream

#: Path parameters that have columns of their own.
_COLUMNS = ("dag_id", "task_id", "dag_run_id")
#: Of the query string, these are not kept in any version, and those since 2.9.
_NEVER_KEPT = ("is_paused", "csrf_token", "_csrf_token")
_SKIPPED = (*_COLUMNS, "run_id", "execution_date", *_NEVER_KEPT)


def record(call: Call, sent: Any) -> None:
    """Write the row that this call leaves; ``sent`` is its JSON body, None without one.

    :raises PageError: for a body that Airflow cannot keep.
    """
    event = call.operation.audit
    assert event is not None
    if not call.airflow.version.event_logging.as_json:
        _record_pairs(call, event)
        return
    body: Mapping[str, Any] = sent or {}
    if not isinstance(body, dict):
        raise BrokenStream
    if event.startswith("api.variable.") and body:
        kept = _variable(body)
    elif event.startswith("api.connection.") and body:
        kept = _connection(body)
    else:
        kept = _request(call, body)
    call.airflow.audit.record(
        event,
        call.username,
        owner_display_name=call.user.display_name if call.user is not None else None,
        dag_id=call.path.get("dag_id"),
        task_id=call.path.get("task_id"),
        run_id=call.path.get("dag_run_id"),
        extra=json.dumps(kept),
    )


def _record_pairs(call: Call, event: str) -> None:
    """The row before Airflow 2.9: nothing of the body, and of the rest a Python list of pairs."""
    given = (*call.request.args.items(multi=True), *call.path.items())
    name = call.user.display_name if call.user is not None else ""
    owners = {"username": call.username, "full name": name, "username and full name": f"{call.username} ({name})"}
    call.airflow.audit.record(
        event,
        owners[call.airflow.version.event_logging.owner],
        owner_display_name=name,
        dag_id=call.path.get("dag_id"),
        task_id=call.path.get("task_id"),
        extra=str([(name, redacted(value, name)) for name, value in given if name not in _NEVER_KEPT]),
    )


def _request(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    # Of a parameter that is given twice, the last is kept.
    given = call.request.args.items(multi=True)
    kept: dict[str, Any] = {name: text for name, text in given if name not in _SKIPPED}
    kept.update((name, value) for name, value in call.path.items() if name not in _COLUMNS)
    kept.update((name, redacted(value, name)) for name, value in body.items())
    return kept


def _variable(body: Mapping[str, Any]) -> dict[str, Any]:
    """A variable's value is hidden when its key sounds secret, provided that the key stands before it. Only one is."""
    kept: dict[str, Any] = {}
    key = ""
    for name, value in body.items():
        kept[name] = value
        if name == "key":
            key = value
        elif key and name in ("val", "value"):
            kept[name] = redacted(value, str(key))
            key = ""
    return kept


def _connection(body: Mapping[str, Any]) -> dict[str, Any]:
    """A connection's extra is kept as an object, so that what is secret in it can be hidden."""
    kept: dict[str, Any] = {}
    for name, value in body.items():
        if name == "extra" and isinstance(value, str):
            kept[name] = _extra(value)
        else:
            kept[name] = redacted(value, name)
    return kept


def _extra(text: str) -> Any:
    try:
        extra = json.loads(text)
    except ValueError:
        return "Encountered non-JSON in `extra` field" if text else text
    if not isinstance(extra, dict):
        raise BrokenStream  # Airflow fails over it here already, before anything is stored.
    return redacted(extra)
