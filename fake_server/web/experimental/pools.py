"""Pools: list, get, create or update, delete."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.pools import Pool
from fake_server.web.crashes import crash
from fake_server.web.experimental.bodies import json_body
from fake_server.web.experimental.call import Call, DatabaseCrash, Refused

_PARAMETERS = ("name", "slots", "description")
_LARGEST_INTEGER = 2**63 - 1


def get_pools(call: Call) -> Any:
    """All pools."""
    return [_json(call, pool) for pool in call.airflow.pools]


def get_pool(call: Call, name: str) -> Any:
    """One pool."""
    _check_name(name)
    return _json(call, call.airflow.pools.get(name))


def create_pool(call: Call) -> Any:
    """Make a pool, or change the one of that name. All three members have to be there, and no others."""
    body = json_body(call.request)
    _check_parameters(body)
    name = body["name"]
    if name and not isinstance(name, str):
        crash(
            f"name is to be text, not {name!r}",
            f"AttributeError: '{type(name).__name__}' object has no attribute 'strip'",
        )
    _check_name(name)
    slots = _slots(body["slots"])
    longest = call.dialect.longest_pool_name
    if longest is not None and len(name) > longest:
        raise Refused(400, f"Pool name can't be more than {longest} characters")
    description = body["description"]
    if isinstance(description, (dict, list)) or abs(slots) > _LARGEST_INTEGER:
        raise DatabaseCrash(
            "the database cannot store this description or number of slots",
            "OverflowError: Python int too large to convert to SQLite INTEGER"
            if abs(slots) > _LARGEST_INTEGER
            else "sqlalchemy.exc.InterfaceError: (sqlite3.InterfaceError) Error binding parameter 2 - "
            "probably unsupported type.",
        )
    pool = call.airflow.pools.find(name) or call.airflow.pools.create(name, slots)
    pool.slots = slots
    pool.description = None if description is None else str(description)
    # A description that is a number is stored as text, but answered as it came.
    return {**_json(call, pool), "description": description}


def delete_pool(call: Call, name: str) -> Any:
    """Delete a pool; the answer is what it was."""
    _check_name(name)
    return _json(call, call.airflow.pools.delete(name))


def _check_parameters(body: Any) -> None:
    """Airflow passes the members of the body to a function, which takes just three, all of them required."""
    if not isinstance(body, dict):
        crash(
            "the body is to be a JSON object",
            f"TypeError: create_pool() argument after ** must be a mapping, not {type(body).__name__}",
        )
    wrong = "the body is to be a JSON object with just name, slots and description"
    for name in body:
        if name not in _PARAMETERS:
            crash(wrong, f"TypeError: create_pool() got an unexpected keyword argument '{name}'")
    missing = [repr(name) for name in _PARAMETERS if name not in body]
    if missing:
        some = f"{', '.join(missing[:-1])}{',' if len(missing) > 2 else ''} and " if missing[1:] else ""
        crash(
            wrong,
            f"TypeError: create_pool() missing {len(missing)} required positional "
            f"argument{'s' if some else ''}: {some}{missing[-1]}",
        )


def _slots(given: Any) -> int:
    try:
        return int(given)
    except ValueError:
        raise Refused(400, f"Bad value for `slots`: {given}") from None
    except (TypeError, OverflowError) as error:
        words = (
            str(error)
            if isinstance(error, OverflowError)
            else f"int() argument must be a string, a bytes-like object or a number, not '{type(given).__name__}'"
        )
        crash(f"{given!r} is no number of slots", f"{type(error).__name__}: {words}")


def _check_name(name: str | None) -> None:
    if not (name and name.strip()):
        raise Refused(400, "Pool name shouldn't be empty")


def _json(call: Call, pool: Pool) -> dict[str, Any]:
    members = {
        "description": pool.description,
        "id": pool.id,
        "include_deferred": pool.include_deferred,
        "pool": pool.name,
        "slots": pool.slots,
    }
    if not call.airflow.version.pools_may_count_deferred:
        del members["include_deferred"]
    return {name: members[name] for name in call.dialect.pool_members if name in members}
