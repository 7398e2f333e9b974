"""``airflow pool``: whatever its options ask for ends in a table of the pools concerned, or in an error on stdout."""

from __future__ import annotations

import json
from collections.abc import Iterable

from fake_server.airflow.errors import PoolNotFound, PoolRefused
from fake_server.airflow.pools import Pool
from fake_server.cli import output
from fake_server.cli.failures import unforeseen
from fake_server.cli.invocation import Handler, Invocation

_COLUMNS = ("Pool", "Slots", "Description")


class _BadRequest(Exception):
    """A pool that cannot be made."""


def pool(invocation: Invocation) -> None:
    """Get, set, delete, import or export; without any of these, show all pools."""
    try:
        shown = _asked_for(invocation)
    except (PoolNotFound, PoolRefused, _BadRequest) as error:
        invocation.print(str(error))
        return
    rows = [(pool.name, pool.slots, pool.description) for pool in shown]
    invocation.print(f"\n{output.grid(_COLUMNS, rows)}")


def _asked_for(invocation: Invocation) -> Iterable[Pool]:
    arguments, pools = invocation.arguments, invocation.airflow.pools
    path = getattr(arguments, "import")
    if arguments.get is not None:
        return [pools.get(arguments.get)]
    if arguments.set:
        return [_store(invocation, *arguments.set)]
    if arguments.delete is not None:
        return [pools.delete(arguments.delete)]
    if path is not None:
        return _import(invocation, path)
    if arguments.export is not None:
        return _export(invocation, arguments.export)
    return pools


def _store(invocation: Invocation, name: str, slots: str | int, description: str) -> Pool:
    pools = invocation.airflow.pools
    if not name.strip():
        raise _BadRequest("Pool name shouldn't be empty")
    try:
        number = int(slots)
    except ValueError:
        raise _BadRequest(f"Bad value for `slots`: {slots}") from None
    existing = pools.find(name)
    if existing is None:
        return pools.create(name, number, description)
    existing.slots, existing.description = number, description
    return existing


def _import(invocation: Invocation, path: str) -> Iterable[Pool]:
    text = invocation.read_file(path)
    if text is None:
        invocation.print("Missing pools file.")
        return invocation.airflow.pools
    try:
        entries = json.loads(text)
    except ValueError as error:
        invocation.print(f"Please check the validity of the json file: {error}")
        return ()
    with unforeseen():
        stored = [
            _store(invocation, name, entry["slots"], entry["description"])
            for name, entry in entries.items()
            if isinstance(entry, dict) and len(entry) == 2
        ]
    invocation.print(f"{len(stored)} of {len(entries)} pool(s) successfully updated.")
    return stored


def _export(invocation: Invocation, path: str) -> Iterable[Pool]:
    pools = list(invocation.airflow.pools)
    entries = {pool.name: {"description": pool.description, "slots": pool.slots} for pool in pools}
    invocation.write_file(path, json.dumps(entries, sort_keys=True, indent=4))
    invocation.print(f"{len(pools)} pools successfully exported to {path}")
    return pools


HANDLERS: dict[str, Handler] = {"pool": pool}
