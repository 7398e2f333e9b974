"""File tokens: names of DAG files that only the web server can make, since a path alone opens no file."""

from __future__ import annotations

import functools
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from fake_server.tokens import session_signing_key


@functools.lru_cache(maxsize=4096)
def file_token(fileloc: str) -> str:
    """The token of the file at ``fileloc``."""
    return str(_serializer().dumps(fileloc))


def file_of(token: str) -> str | None:
    """The path that a token stands for; None when it was not made here."""
    try:
        path: Any = _serializer().loads(token)
    except BadSignature:
        return None
    return str(path)


@functools.lru_cache(maxsize=1)
def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(session_signing_key(), salt="file token")
