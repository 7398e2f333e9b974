"""Values that a test author writes: taken in every form that Airflow's own objects know, refused in any other.

Each function is told what a value is for, such as "a task's duration", and says so in its ValueError, together with
what it takes there. What is wrong shows where it was written, not in a request much later.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

#: Airflow's rule for the ids of DAGs and tasks.
_KEY = re.compile(r"[\w.-]{1,250}")


def refusal(what: str, expected: str, value: object) -> ValueError:
    """The error for ``value``."""
    return ValueError(f"{what} is {expected}; got {value!r}")


def text(value: object, what: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise refusal(what, "a text that is not empty", value)
    return value


def any_text(value: object, what: str) -> str:
    """A text, which may be empty."""
    if not isinstance(value, str):
        raise refusal(what, "a text", value)
    return value


def optional_text(value: object, what: str) -> str | None:
    """A text, which may be empty, or None."""
    if value is not None and not isinstance(value, str):
        raise refusal(what, "a text or None", value)
    return value


def secret(value: object, what: str) -> None:
    """Refuse a password that is neither a text nor None, without showing it."""
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{what} is a text or None; got something of type {type(value).__name__}")


def key(value: object, what: str) -> str:
    """The id of a DAG or task."""
    if not isinstance(value, str) or _KEY.fullmatch(value) is None:
        raise refusal(what, "made of up to 250 letters, digits, '-', '_' and '.', as in Airflow", value)
    return value


def names(value: object, what: str) -> tuple[str, ...]:
    """Texts: a list, tuple or the like of them, or a single one."""
    given: Any = (value,) if isinstance(value, str) else value
    if isinstance(given, (set, frozenset)):
        given = sorted(given)
    if isinstance(given, Iterable) and not isinstance(given, (bytes, Mapping)):
        found = tuple(given)
        if all(isinstance(item, str) for item in found):
            return found
    raise refusal(what, "a list of texts", value)


def seconds(value: object, what: str) -> float:
    """A number of seconds, or a timedelta."""
    amount = value.total_seconds() if isinstance(value, timedelta) else value
    if not isinstance(amount, (int, float)) or isinstance(amount, bool) or not 0 <= amount < float("inf"):
        raise refusal(what, "a number of seconds or a timedelta, zero or more", value)
    return amount


def optional_seconds(value: object, what: str) -> float | None:
    """A number of seconds, a timedelta, or None."""
    return None if value is None else seconds(value, what)


def whole_number(value: object, what: str, *, least: int | None = None) -> int:
    """An integer, not below ``least``."""
    if not isinstance(value, int) or (least is not None and value < least):
        raise refusal(what, "a whole number" if least is None else f"a whole number from {least}", value)
    return value


def moment(value: object, what: str) -> datetime:
    """A datetime, which is taken to be in UTC unless it has a zone of its own."""
    if not isinstance(value, datetime):
        raise refusal(what, "a datetime", value)
    return value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)


def optional_moment(value: object, what: str) -> datetime | None:
    """A datetime or None."""
    return None if value is None else moment(value, what)


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """A mapping, all of whose keys are texts."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise refusal(what, "a mapping of names to values", value)
    return value


def json_text(value: object, what: str) -> str:
    """The JSON of a value."""
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} has to be something that JSON knows: {error}") from None
