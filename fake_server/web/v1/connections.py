"""Connections."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fake_server.airflow.connections import Connection
from fake_server.airflow.secrets_masker import redacted
from fake_server.web.v1.call import NO_CONTENT, Answer, Call
from fake_server.web.v1.forms import Field, Form, load, masked
from fake_server.web.v1.paging import SortKeys, checked_integer, ordered, page
from fake_server.web.v1.problems import AlreadyExists, BadRequest, NotFound, Oops

_FORM: Form = {
    "connection_id": Field(required=True),
    "conn_type": Field(required=True),
    "description": Field(nullable=True),
    "host": Field(nullable=True),
    "login": Field(nullable=True),
    "schema": Field(nullable=True),
    "port": Field(nullable=True),
    "password": Field(),
    "extra": Field(nullable=True),
}
_SORT_KEYS: SortKeys[Connection] = {
    "id": lambda connection: connection.id,
    "connection_id": lambda connection: connection.conn_id,
    "conn_type": lambda connection: connection.conn_type,
    "description": lambda connection: connection.description,
    "host": lambda connection: connection.host,
    "port": lambda connection: connection.port,
}
_LONGEST_ID = 200
#: The connection types that an Airflow with MWAA's providers knows. Their tests succeed here: nothing is connected to.
_TYPES_WITH_A_TEST = frozenset({
    "aws", "emr", "ftp", "http", "imap", "mysql", "postgres", "redshift", "sftp", "smtp", "sqlite", "ssh",
})  # fmt: skip
_TESTS_DISABLED = (
    "Testing connections is disabled in Airflow configuration. Contact your deployment admin to enable it."
)


def get_connections(call: Call) -> Any:
    """The connections without their extras, in the order of their rows unless asked otherwise."""
    rows = ordered(call.airflow.connections, call.query["order_by"], _SORT_KEYS)
    return {"connections": [_shown(call, row) for row in page(call, rows)], "total_entries": len(rows)}


def get_connection(call: Call) -> Any:
    """One connection; of its extra what sounds secret is hidden."""
    return _shown_with_extra(call, _find(call))


def post_connection(call: Call) -> Any:
    """Make a connection."""
    values = load(_FORM, call.body)
    conn_id = values.pop("connection_id")
    if call.airflow.version.restricts_connection_ids:
        _check_id(conn_id)
    if call.airflow.connections.find(conn_id) is not None:
        raise AlreadyExists(f"Connection already exist. ID: {conn_id}")
    checked_integer(values.get("port") or 0)
    return _shown_with_extra(call, call.airflow.connections.add(Connection(conn_id, **values)))


def patch_connection(call: Call) -> Any:
    """Change what is given of a connection."""
    values = load(_FORM, call.body, partial=True)
    connection = _find(call)
    if values.get("connection_id") and values["connection_id"] != connection.conn_id:
        raise BadRequest("The connection_id cannot be updated.")
    if call.query["update_mask"] is not None:
        values = masked(values, call.query["update_mask"], fixed=("connection_id",))
    checked_integer(values.get("port") or 0)
    conn_id = values.pop("connection_id", connection.conn_id)
    if conn_id != connection.conn_id:
        # The empty id slips through, once.
        if call.airflow.connections.find(conn_id) is not None:
            raise Oops
        call.airflow.connections.rename(connection, conn_id)
    for name, value in values.items():
        setattr(connection, name, value)
    return _shown_with_extra(call, connection)


def delete_connection(call: Call) -> Answer:
    """Remove a connection."""
    call.airflow.connections.delete(_find(call).conn_id)
    return NO_CONTENT


def test_connection(call: Call) -> Any:
    """Try a connection that is described in the body, if the configuration allows it."""
    if call.airflow.config.get("core", "test_connection").lower() != "enabled":
        return Answer(_TESTS_DISABLED, 403, "text/html; charset=utf-8")
    conn_type = load(_FORM, call.body)["conn_type"]
    if conn_type in _TYPES_WITH_A_TEST:
        return {"message": "Connection successfully tested", "status": True}
    return {"message": f'Unknown hook type "{conn_type}"', "status": False}


# It is named like its operation, and no test of pytest's.
test_connection.__test__ = False  # type: ignore[attr-defined]


def _find(call: Call) -> Connection:
    conn_id = call.path["connection_id"]
    connection = call.airflow.connections.find(conn_id)
    if connection is None:
        raise NotFound("Connection not found", f"The Connection with connection_id: `{conn_id}` was not found")
    return connection


def _check_id(conn_id: str) -> None:
    if len(conn_id) > _LONGEST_ID:
        raise BadRequest(f"The key has to be less than {_LONGEST_ID} characters")
    if re.match(r"[\w.-]+$", conn_id) is None:
        raise BadRequest(
            f"The key '{conn_id}' has to be made of alphanumeric characters, dashes, dots and underscores exclusively"
        )
    if not conn_id.isascii() or conn_id.endswith("\n"):
        raise Oops  # These pass that check, and fail later.


def _shown(call: Call, connection: Connection) -> Mapping[str, Any]:
    shown = {
        "conn_type": connection.conn_type,
        "connection_id": connection.conn_id,
        "description": connection.description,
        "host": connection.host,
        "login": connection.login,
        "port": connection.port,
        "schema": connection.schema,
    }
    return call.known("Connection", shown)


def _shown_with_extra(call: Call, connection: Connection) -> dict[str, Any]:
    return {**_shown(call, connection), "extra": _without_secrets(connection.extra)}


def _without_secrets(extra: str | None) -> str | None:
    if extra is None:
        return None
    try:
        return json.dumps(redacted(json.loads(extra)))
    except ValueError:
        return extra
