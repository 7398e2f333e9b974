"""Connections written as URIs, such as ``postgres://user:password@host:5432/schema?option=value``."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from fake_server.airflow.connections import Connection

#: The query parameter that holds an ``extra`` which cannot be spread over parameters.
_WHOLE_EXTRA = "__extra__"


def uri_of(connection: Connection) -> str:
    """The URI that says the same as ``connection``."""
    scheme = f"{connection.conn_type.lower().replace('_', '-')}:" if connection.conn_type else ""
    host, protocol = connection.host or "", ""
    if "://" in host:
        protocol, host = host.split("://", 1)
        protocol += "://"
    authority = quote(connection.login, safe="") if connection.login is not None else ""
    if connection.password is not None:
        authority += f":{quote(connection.password, safe='')}"
    if authority:
        authority += "@"
    place = quote(host, safe="")
    if connection.port:
        place += f"@:{connection.port}" if not place and not authority else f":{connection.port}"
    if connection.schema:
        place += f"/{quote(connection.schema, safe='')}"
    uri = f"{scheme}//{protocol}{authority}{place}"
    if connection.extra:
        uri += f"{'?' if connection.schema else '/?'}{_query_of(connection)}"
    return uri


def extra_of(connection: Connection) -> Any:
    """What ``extra`` decodes to; an empty mapping when there is none or it is not JSON."""
    return json.loads(connection.extra) if connection.extra and is_json(connection.extra) else {}


def is_json(text: str) -> bool:
    """Whether ``text`` is JSON."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def parse_uri(conn_id: str, uri: str, description: str | None = None) -> Connection:
    """The connection that ``uri`` describes.

    :raises ValueError: when it has no scheme, or a port that is no number.
    """
    parts = urlsplit(uri)
    if not parts.scheme:
        raise ValueError(f"a connection's URI begins with its type, such as http://; got {uri!r}")
    scheme = "postgres" if parts.scheme == "postgresql" else parts.scheme.replace("-", "_")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    extra = query.get(_WHOLE_EXTRA, json.dumps(query) if query else None)
    return Connection(
        conn_id=conn_id,
        conn_type=scheme,
        description=description,
        host=unquote(_host_of(parts.netloc)),
        login=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        schema=unquote(parts.path[1:]),
        port=parts.port,
        extra=extra,
    )


def _query_of(connection: Connection) -> str:
    extra = extra_of(connection)
    if isinstance(extra, dict):
        query = urlencode(extra)
        if query and dict(parse_qsl(query, keep_blank_values=True)) == extra:
            return query
    return urlencode({_WHOLE_EXTRA: connection.extra})


def _host_of(netloc: str) -> str:
    """The host with its letters as they were given: ``urlsplit`` would make them small."""
    place = netloc.rpartition("@")[2]
    return place.rpartition(":")[0] if ":" in place and not place.endswith("]") else place
