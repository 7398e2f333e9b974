"""Pages of lists: how long, from where, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from fake_server.web.v1.call import Call
from fake_server.web.v1.problems import BadRequest, BrokenStream, Oops

Row = TypeVar("Row")
#: What a row is sorted by, by the name that ``order_by`` takes.
SortKeys = Mapping[str, Callable[[Row], Any]]

#: The largest number that the database takes.
LARGEST_INTEGER = 2**63 - 1
#: What hands ``limit`` to the database as it is, which takes a negative one for none; or has no use for it.
_UNCHECKED_LIMITS = frozenset(
    {
        *("get_task_instances", "get_mapped_task_instances"),
        *("get_task_instance_tries", "get_mapped_task_instance_tries"),
    }
)
#: Where a number that the database cannot hold ends in Airflow's error page; elsewhere even that one cannot be made.
_ENDING_IN_A_PAGE = frozenset(
    {
        *("get_dag_warnings", "get_dags", "get_mapped_task_instances", "get_permissions"),
        *("get_roles", "get_task_instances", "get_users", "patch_dags"),
    }
)


def refuse_negative_limit(call: Call) -> None:
    """The first thing that operations with pages look at.

    :raises BadRequest: for a negative number.
    """
    if call.query.get("limit", 0) < 0 and call.operation.id not in _UNCHECKED_LIMITS:
        raise BadRequest(title="Page limit must be a positive integer")


def page_limit(call: Call) -> int:
    """How many rows the answer may have at most: ``limit``, within what the configuration allows."""
    limit: int = call.query["limit"]
    maximum = call.airflow.config.integer("api", "maximum_page_limit")
    if limit > maximum:
        return maximum
    return limit or call.airflow.config.integer("api", "fallback_page_limit")


def page_offset(call: Call) -> int:
    """How many rows to leave out first.

    :raises PageError: for a number that is too large for the database.
    """
    offset: int = call.query["offset"] or 0
    if offset > LARGEST_INTEGER:
        raise Oops if call.operation.id in _ENDING_IN_A_PAGE else BrokenStream
    return offset


def checked_integer(number: int) -> int:
    """A number that goes to the database as it is.

    :raises Oops: when it is too large for that.
    """
    if number > LARGEST_INTEGER:
        raise Oops
    return number


def page(call: Call, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that ``limit`` and ``offset`` of the request leave."""
    offset = page_offset(call)
    if call.operation.id not in _UNCHECKED_LIMITS:
        return rows[offset : offset + page_limit(call)]
    limit = checked_integer(call.query["limit"])
    return rows[offset : offset + limit] if limit >= 0 else rows[offset:]


def ordering(order_by: str, allowed: Iterable[str]) -> tuple[str, bool]:
    """The name that ``order_by`` holds, and whether it asks for descending order.

    :raises BadRequest: when the name is none of ``allowed``.
    """
    name = order_by.lstrip("-")
    if name not in allowed:
        raise BadRequest(f"Ordering with '{name}' is disallowed or the attribute does not exist on the model")
    return name, order_by.startswith("-")


def ordered(rows: Iterable[Row], order_by: str | None, keys: SortKeys[Row]) -> list[Row]:
    """``rows`` sorted as ``order_by`` says; in their own order without it. What is null comes first.

    :raises BadRequest: when ``order_by`` names none of ``keys``.
    """
    if order_by is None:
        return list(rows)
    name, descending = ordering(order_by, keys)
    key = keys[name]
    # reverse=True keeps rows that are equal in their own order, as the database does.
    return sorted(rows, key=lambda row: null_first(key(row)), reverse=descending)


def null_first(value: Any) -> tuple[bool, Any]:
    """Sorts as the value does, and before every value when it is None."""
    return (False, 0) if value is None else (True, value)
