"""``airflow pools …``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from fake_server.airflow.errors import PoolNotFound, PoolRefused
from fake_server.airflow.pools import Pool
from fake_server.cli.failures import CommandFailed, Crash, unforeseen
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.v2.dags import log_api_client

_COLUMNS: dict[str, Callable[[Pool], Any]] = {
    "pool": lambda pool: pool.name,
    "slots": lambda pool: pool.slots,
    "description": lambda pool: pool.description,
    "include_deferred": lambda pool: pool.include_deferred,
}


def list_pools(invocation: Invocation) -> None:
    """Show the pools."""
    _show(invocation, invocation.airflow.pools)


def get(invocation: Invocation) -> None:
    """Show one pool."""
    _show(invocation, [_pool(invocation, invocation.arguments.pool)])


def set_pool(invocation: Invocation) -> None:
    """Store a pool in place of any other with its name."""
    arguments = invocation.arguments
    _store(invocation, arguments.pool, arguments.slots, arguments.description, arguments.include_deferred)
    invocation.print(f"Pool {arguments.pool} created")


def delete(invocation: Invocation) -> None:
    """Remove a pool."""
    name = invocation.arguments.pool
    try:
        invocation.airflow.pools.delete(name)
    except PoolNotFound:
        raise CommandFailed(f"Pool {name} does not exist") from None
    except PoolRefused as error:
        raise Crash.of(error) from None
    invocation.print(f"Pool {name} deleted")


def export(invocation: Invocation) -> None:
    """Write all pools to a file as JSON."""
    path = invocation.arguments.file
    log_api_client(invocation)
    pools = {
        pool.name: {name: column(pool) for name, column in _columns(invocation).items() if name != "pool"}
        for pool in invocation.airflow.pools
    }
    invocation.write_file(path, json.dumps(pools, sort_keys=True, indent=4))
    invocation.print(f"Exported {len(pools)} pools to {path}")


def import_pools(invocation: Invocation) -> None:
    """Store the pools of a JSON file; those with a key missing are named at the end."""
    path = invocation.arguments.file
    text = invocation.read_file(path)
    if text is None:
        raise CommandFailed(f"Missing pools file {path}")
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandFailed(f"Invalid json file: {error}") from None
    failed = []
    with unforeseen():
        for name, entry in entries.items():
            if "slots" in entry and "description" in entry:
                _store(invocation, name, int(entry["slots"]), entry["description"], bool(entry.get("include_deferred")))
            else:
                failed.append(name)
    if failed:
        raise CommandFailed(f"Failed to update pool(s): {', '.join(failed)}")
    invocation.print(f"Uploaded {len(entries)} pool(s)")


def _show(invocation: Invocation, pools: Iterable[Pool]) -> None:
    columns = _columns(invocation)
    invocation.print_rows([{name: column(pool) for name, column in columns.items()} for pool in pools])


def _columns(invocation: Invocation) -> dict[str, Callable[[Pool], Any]]:
    """What the version shows of a pool."""
    if invocation.airflow.version.pools_may_count_deferred:
        return _COLUMNS
    return {name: column for name, column in _COLUMNS.items() if name != "include_deferred"}


def _pool(invocation: Invocation, name: str) -> Pool:
    pool = invocation.airflow.pools.find(name)
    if pool is None:
        raise CommandFailed(f"Pool {name} does not exist")
    return pool


def _store(invocation: Invocation, name: str, slots: int, description: str, include_deferred: bool) -> None:
    airflow = invocation.airflow
    pool = airflow.pools.find(name)
    if pool is None:
        airflow.pools.create(name, slots, description, include_deferred)
    else:
        pool.slots, pool.description, pool.include_deferred = slots, description, include_deferred
    airflow.scheduler.slots_changed()


HANDLERS: dict[str, Handler] = {
    "pools delete": delete,
    "pools export": export,
    "pools get": get,
    "pools import": import_pools,
    "pools list": list_pools,
    "pools set": set_pool,
}
