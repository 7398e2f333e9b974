"""``airflow connections …``."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlunsplit

from fake_server.airflow.connection_uris import extra_of, is_json, parse_uri, uri_of
from fake_server.airflow.connections import Connection
from fake_server.cli.failures import Cause, CommandFailed, Crash, unforeseen
from fake_server.cli.invocation import Handler, Invocation

_ID = re.compile(r"[\w.-]+")
#: The ids that Airflow stores are fewer than those that the command lets through.
_STORED_ID = re.compile(r"[\w.-]+", re.ASCII)
_ID_MAX_LENGTH = 200
#: What a connection given as JSON may hold.
_JSON_FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
#: What contradicts a connection given as a whole.
_FIELD_OPTIONS = ("conn_host", "conn_login", "conn_password", "conn_schema", "conn_port")
_FORMATS = (".yaml", ".json", ".env")


def list_connections(invocation: Invocation) -> None:
    """Show the connections, passwords and all."""
    wanted = invocation.arguments.conn_id
    invocation.print_rows([_row(c) for c in invocation.airflow.connections if not wanted or c.conn_id == wanted])


def get(invocation: Invocation) -> None:
    """Show one connection, password and all."""
    connection = invocation.airflow.connections.find(invocation.arguments.conn_id)
    if connection is None:
        raise CommandFailed("Connection not found.")
    invocation.print_rows([_row(connection)])


def add(invocation: Invocation) -> None:
    """Store a connection given by a URI, by JSON or by its parts."""
    arguments, connections = invocation.arguments, invocation.airflow.connections
    restricts_ids = invocation.airflow.version.restricts_connection_ids
    if restricts_ids:
        _check_id(arguments.conn_id)
    connection = _given(invocation)
    stored_id = arguments.conn_id if not restricts_ids or _STORED_ID.fullmatch(arguments.conn_id) else None
    _warn_of_extra(invocation, connection.extra, stored_id, line=378)
    if connections.find(arguments.conn_id) is not None:
        raise CommandFailed(f"A connection with `conn_id`={arguments.conn_id} already exists.")
    invocation.print(f"Successfully added `conn_id`={stored_id} : {_shown(invocation, connection)}")
    if stored_id is None:
        # Airflow says so before the database has a word in it.
        refusal = "NOT NULL constraint failed: connection.conn_id"
        raise Crash(
            "sqlalchemy.exc.IntegrityError",
            f"(sqlite3.IntegrityError) {refusal}",
            causes=[Cause("sqlite3.IntegrityError", refusal, directly=True)],
        )
    connections.add(connection)


def delete(invocation: Invocation) -> None:
    """Remove a connection."""
    conn_id = invocation.arguments.conn_id
    if not invocation.airflow.connections.delete(conn_id):
        raise CommandFailed(f"Did not find a connection with `conn_id`={conn_id}")
    invocation.print(f"Successfully deleted connection with `conn_id`={conn_id}")


def export(invocation: Invocation) -> None:
    """Write all connections to a file; printing them instead ends in an error of Airflow's own."""
    arguments = invocation.arguments
    file_format = arguments.file_format or arguments.format
    extension = f".{file_format}" if file_format else _extension(arguments.file)
    if arguments.file == "-" and not file_format:
        extension = ".json"
    if extension not in _FORMATS:
        raise CommandFailed(f"Unsupported file format. The file must have the extension {', '.join(_FORMATS)}.")
    if arguments.serialization_format and extension != ".env":
        raise CommandFailed("Option `--serialization-format` may only be used with file type `env`.")
    connections = list(invocation.airflow.connections)
    for connection in connections:
        _warn_of_extra(invocation, connection.extra, connection.conn_id, line=372)
    text = _exported(connections, extension, as_json=arguments.serialization_format == "json")
    if arguments.file == "-":
        invocation.print(text, end="")
        raise Crash("ValueError", "I/O operation on closed file.")
    invocation.write_file(arguments.file, text)
    invocation.print(f"{len(connections)} Connections successfully exported to {arguments.file}.")


def import_connections(invocation: Invocation) -> None:
    """Store the connections of a file; those that exist are left alone unless they are to be overwritten."""
    path, connections = invocation.arguments.file, invocation.airflow.connections
    text = invocation.read_file(path)
    if text is None:
        raise CommandFailed("Missing connections file.")
    with unforeseen():
        entries = {
            conn_id: parse_uri(conn_id, entry) if isinstance(entry, str) else _from_fields(conn_id, entry)
            for conn_id, entry in _parsed(text, _extension(path)).items()
        }
    for conn_id, connection in entries.items():
        if connections.find(conn_id) is not None and not invocation.arguments.overwrite:
            invocation.print(f"Could not import connection {conn_id}: connection already exists.")
            continue
        connections.add(connection)
        invocation.print(f"Imported connection {conn_id}")


def test(invocation: Invocation) -> None:
    """Try a connection, which here cannot be tried: there is no hook to try it with."""
    conn_id = invocation.arguments.conn_id
    invocation.print(f"Retrieving connection: {conn_id!r}")
    connection = invocation.airflow.connections.find(conn_id)
    if connection is None:
        invocation.print("\nConnection not found.\n")
        raise CommandFailed
    invocation.print("\nTesting...")
    if invocation.airflow.config.get("core", "test_connection").lower() != "enabled":
        raise CommandFailed("Testing connections is disabled in Airflow configuration.")
    invocation.print(f'\nConnection failed!\nUnknown hook type "{connection.conn_type}"\n')


def create_default_connections(_: Invocation) -> None:
    """Make Airflow's example connections, of which the installation here has none."""


def _check_id(conn_id: str) -> None:
    if len(conn_id) > _ID_MAX_LENGTH:
        raise CommandFailed(f"Could not create connection. The key has to be less than {_ID_MAX_LENGTH} characters")
    if not _ID.fullmatch(conn_id):
        raise CommandFailed(
            f"Could not create connection. The key {conn_id!r} has to be made of alphanumeric characters, "
            "dashes, dots and underscores exclusively"
        )


def _given(invocation: Invocation) -> Connection:
    arguments = invocation.arguments
    if arguments.conn_uri and arguments.conn_json:
        raise CommandFailed("Cannot supply both conn-uri and conn-json")
    if arguments.conn_uri:
        return _given_uri(invocation)
    if arguments.conn_json:
        return _given_json(invocation)
    if not arguments.conn_type:
        raise CommandFailed("Must supply either conn-uri or conn-json if not supplying conn-type")
    return Connection(
        conn_id=arguments.conn_id,
        conn_type=arguments.conn_type,
        description=arguments.conn_description,
        host=arguments.conn_host,
        login=arguments.conn_login,
        password=arguments.conn_password,
        schema=arguments.conn_schema,
        port=_port(arguments.conn_port),
        extra=arguments.conn_extra,
    )


def _given_uri(invocation: Invocation) -> Connection:
    arguments = invocation.arguments
    try:
        connection = parse_uri(arguments.conn_id, arguments.conn_uri, arguments.conn_description)
    except ValueError:
        raise CommandFailed(f"The URI provided to --conn-uri is invalid: {arguments.conn_uri}") from None
    _refuse_parts(invocation, "--conn-uri")
    if arguments.conn_extra is not None:
        connection.extra = arguments.conn_extra
    return connection


def _given_json(invocation: Invocation) -> Connection:
    arguments = invocation.arguments
    _refuse_parts(invocation, "--conn-json", *(["--conn-extra"] if arguments.conn_extra else []))
    try:
        fields = json.loads(arguments.conn_json)
    except json.JSONDecodeError as error:
        raise Crash("json.decoder.JSONDecodeError", str(error)) from None
    with unforeseen():
        # What is no object fails as it does there.
        conn_type = fields.pop("conn_type", None)
    if not conn_type:
        raise CommandFailed("conn-json is invalid; must supply conn-type")
    connection = _from_fields(arguments.conn_id, {"conn_type": conn_type, **fields})
    if arguments.conn_description:
        connection.description = arguments.conn_description
    return connection


def _refuse_parts(invocation: Invocation, option: str, *others: str) -> None:
    """Refuse what says in other words what ``option`` says."""
    given = [name for name in ("conn_type", *_FIELD_OPTIONS) if getattr(invocation.arguments, name)]
    given.extend(others)
    if given:
        raise CommandFailed(f"The following args are not compatible with the {option} flag: {given}")


def _from_fields(conn_id: str, fields: dict[str, Any]) -> Connection:
    for name in fields:
        if name not in (*_JSON_FIELDS, "conn_id"):
            raise Crash("TypeError", f"__init__() got an unexpected keyword argument {name!r}")
    extra = fields.get("extra")
    return Connection(
        **{
            "conn_type": "",
            **{name: value for name, value in fields.items() if name not in ("extra", "port")},
            "conn_id": conn_id,
            "port": _port(fields.get("port")),
            "extra": extra if extra is None or isinstance(extra, str) else json.dumps(extra),
        }
    )


def _warn_of_extra(invocation: Invocation, extra: str | None, conn_id: str | None, *, line: int) -> None:
    if extra and not is_json(extra):
        invocation.warn(
            f"{invocation.installation.packages}/airflow/models/connection.py:{line} "
            "RemovedInAirflow3Warning: Encountered non-JSON in `extra` "
            f"field for connection {conn_id!r}. Support for non-JSON `extra` will be removed in Airflow 3.0"
        )


def _port(value: Any) -> Any:
    """A port as it was given: Airflow stores what is no number all the same."""
    try:
        return int(value) if value not in (None, "") else None
    except ValueError:
        return value


def _shown(invocation: Invocation, connection: Connection) -> str:
    if invocation.arguments.conn_uri:
        return str(invocation.arguments.conn_uri)
    password = "******" if connection.password else ""
    place = f"{connection.login or ''}:{password}@{connection.host or ''}:{connection.port or ''}"
    return urlunsplit((connection.conn_type, place, connection.schema or "", "", ""))


def _row(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "conn_id": connection.conn_id,
        "conn_type": connection.conn_type,
        "description": connection.description,
        "host": connection.host,
        "schema": connection.schema,
        "login": connection.login,
        "password": connection.password,
        "port": connection.port,
        "is_encrypted": bool(connection.password),
        # A mistake of Airflow's: this too says whether the password is.
        "is_extra_encrypted": bool(connection.password),
        "extra_dejson": extra_of(connection),
        "get_uri": uri_of(connection),
    }


def _exported(connections: list[Connection], extension: str, *, as_json: bool) -> str:
    fields = {
        connection.conn_id: {
            "conn_type": connection.conn_type,
            "description": connection.description,
            "login": connection.login,
            "password": connection.password,
            "host": connection.host,
            "port": connection.port,
            "schema": connection.schema,
            "extra": connection.extra,
        }
        for connection in connections
    }
    if extension == ".json":
        return json.dumps(fields, indent=2)
    if extension == ".yaml":
        import yaml

        return str(yaml.dump(fields))
    if as_json:
        return "".join(f"{conn_id}={json.dumps(entry)}\n" for conn_id, entry in fields.items())
    return "".join(f"{connection.conn_id}={uri_of(connection)}\n" for connection in connections)


def _extension(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""


def _parsed(text: str, extension: str) -> dict[str, Any]:
    import yaml

    try:
        if extension == ".env":
            lines = [line.partition("=") for line in text.splitlines() if line.strip() and not line.startswith("#")]
            return {conn_id.strip(): value.strip() for conn_id, _, value in lines}
        entries = yaml.safe_load(text) if extension in (".yaml", ".yml") else json.loads(text)
    except (ValueError, yaml.YAMLError) as error:
        raise Crash(
            "airflow.exceptions.AirflowFileParseException", f"Failed to load the secrets file: {error}"
        ) from None
    return dict(entries)


HANDLERS: dict[str, Handler] = {
    "connections add": add,
    "connections create-default-connections": create_default_connections,
    "connections delete": delete,
    "connections export": export,
    "connections get": get,
    "connections import": import_connections,
    "connections list": list_connections,
    "connections test": test,
}
