"""Airflow imports this module from its ``config`` folder in every process: here it makes SQLite quicker.

The database of a test does not have to outlive a power failure, and waiting for the disk is half the time of a request.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")


event.listen(Engine, "connect", _do_not_wait_for_the_disk)
