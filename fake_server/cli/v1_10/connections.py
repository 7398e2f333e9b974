"""``airflow connections``: what it does is told by its options; whatever comes of it, the exit code is 0."""

from __future__ import annotations

import base64
import hashlib
import reprlib
from typing import Any
from urllib.parse import urlunsplit

from fake_server.airflow.connection_uris import parse_uri
from fake_server.airflow.connections import Connection
from fake_server.cli import output
from fake_server.cli.invocation import Handler, Invocation

_COLUMNS = ("Conn Id", "Conn Type", "Host", "Port", "Is Encrypted", "Is Extra Encrypted", "Extra")
_PARTS = ("conn_type", "conn_host", "conn_login", "conn_password", "conn_schema", "conn_port")
_GIVEN = ("conn_id", "conn_uri", "conn_extra", *_PARTS)


def connections(invocation: Invocation) -> None:
    """List, delete or add connections."""
    arguments = invocation.arguments
    if arguments.list:
        _list(invocation)
    elif arguments.delete:
        _delete(invocation)
    elif arguments.add:
        _add(invocation)


def _list(invocation: Invocation) -> None:
    if not _refuses(invocation, "--list", _GIVEN):
        # Long texts have their middle cut out.
        rows = [tuple(map(reprlib.repr, _row(connection))) for connection in invocation.airflow.connections]
        invocation.print(output.grid(_COLUMNS, rows))


def _delete(invocation: Invocation) -> None:
    conn_id = invocation.arguments.conn_id
    if _refuses(invocation, "--delete", _GIVEN[1:]):
        return
    if conn_id is None:
        _say(invocation, "To delete a connection, you Must provide a value for the --conn_id flag.")
    elif invocation.airflow.connections.delete(conn_id):
        _say(invocation, f"Successfully deleted `conn_id`={conn_id}")
    else:
        _say(invocation, f"Did not find a connection with `conn_id`={conn_id}")


def _add(invocation: Invocation) -> None:
    arguments, store = invocation.arguments, invocation.airflow.connections
    if arguments.conn_uri and _refuses(invocation, "--add flag and --conn_uri", _PARTS):
        return
    missing = [] if arguments.conn_id else ["conn_id"]
    if not (arguments.conn_uri or arguments.conn_type):
        missing.append("conn_uri or conn_type")
    if missing:
        _say(invocation, f"The following args are required to add a connection: {missing!r}")
        return
    connection = _given(invocation)
    if store.find(connection.conn_id) is not None:
        _say(invocation, f"A connection with `conn_id`={connection.conn_id} already exists")
        return
    store.add(connection)
    shown = arguments.conn_uri or _shown(invocation)
    _say(invocation, f"Successfully added `conn_id`={connection.conn_id} : {shown}")


def _given(invocation: Invocation) -> Connection:
    arguments = invocation.arguments
    if arguments.conn_uri:
        try:
            connection = parse_uri(arguments.conn_id, arguments.conn_uri)
        except ValueError:
            # What is no URI is stored all the same, as a connection to nowhere.
            connection = Connection(conn_id=arguments.conn_id, conn_type="", host="")
        connection.extra = arguments.conn_extra or connection.extra
        return connection
    return Connection(
        conn_id=arguments.conn_id,
        conn_type=arguments.conn_type,
        host=arguments.conn_host,
        login=arguments.conn_login,
        password=arguments.conn_password,
        schema=arguments.conn_schema,
        port=arguments.conn_port,
        extra=arguments.conn_extra,
    )


def _shown(invocation: Invocation) -> str:
    arguments = invocation.arguments
    place = f"{arguments.conn_login or ''}:******@{arguments.conn_host or ''}:{arguments.conn_port or ''}"
    return str(urlunsplit((arguments.conn_type, place, arguments.conn_schema or "", "", "")))


def _row(connection: Connection) -> tuple[Any, ...]:
    return (
        connection.conn_id,
        connection.conn_type,
        connection.host,
        connection.port,
        bool(connection.password),
        bool(connection.extra),
        _encrypted(connection.extra) if connection.extra else connection.extra,
    )


def _encrypted(text: str) -> str:
    """A stand-in for what is stored of ``text``, which the list shows: as long as it takes, and of no use."""
    return (
        "gAAAAAB" + base64.urlsafe_b64encode(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()).decode()
    )


def _refuses(invocation: Invocation, option: str, others: tuple[str, ...]) -> bool:
    given = [name for name in others if getattr(invocation.arguments, name) is not None]
    if given:
        _say(invocation, f"The following args are not compatible with the {option} flag: {given!r}")
    return bool(given)


def _say(invocation: Invocation, text: str) -> None:
    invocation.print(f"\n\t{text}\n")


HANDLERS: dict[str, Handler] = {"connections": connections}
