"""Hides what sounds secret, as Airflow does in connections and in its event log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What a name contains when its value is hidden.
_SENSITIVE = (
    "access_token", "api_key", "apikey", "authorization", "passphrase", "passwd", "password", "private_key", "secret",
    "token", "keyfile_dict", "service_account",
)  # fmt: skip

MASK = "***"


def is_sensitive_name(name: str) -> bool:
    """Whether a value of that name is hidden; spaces around and case do not matter."""
    name = name.strip().lower()
    return any(word in name for word in _SENSITIVE)


def redacted(value: Any, name: str | None = None) -> Any:
    """``value`` with everything hidden whose name is sensitive, however deep; ``name`` is that of the whole."""
    if name is not None and is_sensitive_name(name):
        return _hidden(value)
    if isinstance(value, Mapping):
        return {key: redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted(item) for item in value]
    return value


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _hidden(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(item) for item in value]
    return MASK if isinstance(value, str) else value
