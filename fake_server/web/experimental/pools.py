"""Pools: list, get, create or update, delete."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.pools import Pool
from fake_server.web.experimental.bodies import json_body
from fake_server.web.experimental.call import Call, DatabaseCrash, Refused, crash

_MAXIMUM_NAME = 256
_LARGEST_INTEGER = 2**63 - 1


def get_pools(call: Call) -> Any:
    """All pools."""
    return [_json(pool) for pool in call.airflow.pools]


def get_pool(call: Call, name: str) -> Any:
    """One pool."""
    _check_name(name)
    return _json(call.airflow.pools.get(name))


def create_pool(call: Call) -> Any:
    """Make a pool, or change the one of that name. All three members have to be there, and no others."""
    body = json_body(call.request)
    if not isinstance(body, dict) or set(body) != {"name", "slots", "description"}:
        crash("TypeError: the body is to be a JSON object with just name, slots and description")
    name = body["name"]
    if name and not isinstance(name, str):
        crash(f"AttributeError: name is to be text, not {name!r}")
    _check_name(name)
    slots = _slots(body["slots"])
    if len(name) > _MAXIMUM_NAME:
        raise Refused(400, f"Pool name can't be more than {_MAXIMUM_NAME} characters")
    description = body["description"]
    if isinstance(description, (dict, list)) or abs(slots) > _LARGEST_INTEGER:
        raise DatabaseCrash("the database cannot store this description or number of slots")
    pool = call.airflow.pools.find(name) or call.airflow.pools.create(name, slots)
    pool.slots = slots
    pool.description = None if description is None else str(description)
    # A description that is a number is stored as text, but answered as it came.
    return {**_json(pool), "description": description}


def delete_pool(call: Call, name: str) -> Any:
    """Delete a pool; the answer is what it was."""
    _check_name(name)
    return _json(call.airflow.pools.delete(name))


def _slots(given: Any) -> int:
    try:
        return int(given)
    except ValueError:
        raise Refused(400, f"Bad value for `slots`: {given}") from None
    except (TypeError, OverflowError) as error:
        crash(f"{type(error).__name__}: {given!r} is no number of slots")


def _check_name(name: str | None) -> None:
    if not (name and name.strip()):
        raise Refused(400, "Pool name shouldn't be empty")


def _json(pool: Pool) -> dict[str, Any]:
    return {
        "description": pool.description,
        "id": pool.id,
        "include_deferred": pool.include_deferred,
        "pool": pool.name,
        "slots": pool.slots,
    }
