"""``airflow db …``: the metadata database, which here is memory and always in order."""

from __future__ import annotations

from fake_server.cli.invocation import Handler, Invocation


def check(invocation: Invocation) -> None:
    """Say that the database answers."""
    invocation.log("db.py:1812", "Connection successful.")


def nothing(_: Invocation) -> None:
    """Find the database as new as it can be."""


HANDLERS: dict[str, Handler] = {
    "db check": check,
    "db check-migrations": nothing,
}
