"""Pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_server.airflow.errors import PoolRefused
from fake_server.airflow.pools import DEFAULT_POOL, Pool
from fake_server.web.v1.call import NO_CONTENT_HTML, Answer, Call
from fake_server.web.v1.forms import Field, Form, load
from fake_server.web.v1.paging import SortKeys, checked_integer, ordered, page
from fake_server.web.v1.problems import AlreadyExists, BadRequest, NotFound, Oops, Unknown

_FORM: Form = {
    "name": Field(maximum_length=256),
    "slots": Field(),
    "description": Field(nullable=True),
    "include_deferred": Field(default=False),
}
#: Shown, but computed: a mask may name them, and then Airflow fails.
_COMPUTED = (
    "occupied_slots", "running_slots", "queued_slots", "scheduled_slots", "open_slots", "deferred_slots",
)  # fmt: skip
_SORT_KEYS: SortKeys[Pool] = {
    "id": lambda pool: pool.id,
    "name": lambda pool: pool.name,
    "slots": lambda pool: pool.slots,
}


def get_pools(call: Call) -> Any:
    """The pools, in the order of their rows unless asked otherwise."""
    rows = ordered(call.airflow.pools, call.query["order_by"], _SORT_KEYS)
    shown = [_shown(call, pool) for pool in page(call, rows)]
    for index, pool in enumerate(shown):
        _refuse_endless(pool, "schema['allOf'][0]['properties']['pools']['items']", f"instance['pools'][{index}]")
    return {"pools": shown, "total_entries": len(rows)}


def get_pool(call: Call) -> Any:
    """One pool."""
    return _answer(call, _find(call))


def post_pool(call: Call) -> Any:
    """Make a pool."""
    _require(call, "name", "slots")
    values = load(call.known("Pool", _FORM), call.body)
    checked_integer(values["slots"])
    try:
        pool = call.airflow.pools.create(
            values["name"], values["slots"], values.get("description"), values.get("include_deferred", False)
        )
    except PoolRefused:
        raise AlreadyExists(f"Pool: {values['name']} already exists") from None
    return _answer(call, pool)


def patch_pool(call: Call) -> Any:
    """Change a pool; its name and slots have to be given unless a mask says what to change."""
    mask = [name.strip() for name in call.query["update_mask"] or ()]
    only_size = bool(mask) and set(mask) <= {"slots", "include_deferred"}
    if call.path["pool_name"] == DEFAULT_POOL and call.body.get("name") != DEFAULT_POOL and not only_size:
        raise BadRequest("Default Pool's name can't be modified")
    pool = _find(call)
    values = load(call.known("Pool", _FORM), call.body)
    if mask:
        values = _masked(values, mask)
    else:
        _require(call, "name", "slots")
    try:
        call.airflow.pools.rename(pool.name, values.get("name", pool.name))
    except PoolRefused:
        raise Oops from None
    pool.slots = checked_integer(values.get("slots", pool.slots))
    pool.description = values.get("description", pool.description)
    pool.include_deferred = values.get("include_deferred", pool.include_deferred)
    call.airflow.scheduler.slots_changed()
    return _answer(call, pool)


def delete_pool(call: Call) -> Answer:
    """Remove a pool; the default pool stays."""
    if call.path["pool_name"] == DEFAULT_POOL:
        raise BadRequest("Default Pool can't be deleted")
    call.airflow.pools.delete(_find(call).name)
    return NO_CONTENT_HTML


def _find(call: Call) -> Pool:
    pool = call.airflow.pools.find(call.path["pool_name"])
    if pool is None:
        raise NotFound(detail=f"Pool with name:'{call.path['pool_name']}' not found")
    return pool


def _masked(values: dict[str, Any], mask: list[str]) -> dict[str, Any]:
    for name in mask:
        if name not in (*_FORM, *_COMPUTED):
            raise BadRequest(f"Invalid field: {name} in update mask")
    if not set(mask) <= set(values):
        raise Oops
    return {name: values[name] for name in mask}


def _require(call: Call, *names: str) -> None:
    missing = [name for name in names if name not in call.body]
    if missing:
        raise BadRequest(f"Missing required property(ies): {missing}")


def _answer(call: Call, pool: Pool) -> Mapping[str, Any]:
    shown = _shown(call, pool)
    _refuse_endless(shown, "schema", "instance")
    return shown


def _shown(call: Call, pool: Pool) -> Mapping[str, Any]:
    use = call.airflow.pools.use_of(pool)
    shown = {
        "deferred_slots": use.deferred,
        "description": pool.description,
        "include_deferred": pool.include_deferred,
        "name": pool.name,
        "occupied_slots": use.occupied,
        "open_slots": use.open,
        "queued_slots": use.queued,
        "running_slots": use.running,
        "scheduled_slots": use.scheduled,
        "slots": pool.slots,
    }
    return call.known("Pool", shown)


def _refuse_endless(shown: Mapping[str, Any], schema: str, instance: str) -> None:
    """A pool with -1 slots is open without end, which Airflow stores and then cannot show."""
    if shown["open_slots"] == float("inf"):
        raise Unknown(
            "Response body does not conform to specification",
            f"inf is not of type 'integer'\n\nFailed validating 'type' in {schema}['properties']['open_slots']:\n"
            "    {'type': 'integer',\n     'readOnly': True,\n"
            "     'description': 'The number of free slots at the moment.'}\n\n"
            f"On {instance}['open_slots']:\n    inf",
        )
