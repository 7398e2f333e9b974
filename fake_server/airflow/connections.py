"""Airflow's connections."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fake_server.airflow.errors import ConnectionNotFound


@dataclass
class Connection:
    """How to reach another system."""

    conn_id: str
    conn_type: str
    description: str | None = None
    host: str | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    port: int | None = None
    extra: str | None = field(default=None, repr=False)
    id: int = 0

    def __setattr__(self, name: str, value: Any) -> None:
        # Airflow stores no empty password: a connection keeps the one that it has.
        if name != "password" or value:
            super().__setattr__(name, value)
        elif "password" not in vars(self):
            super().__setattr__(name, None)


class Connections:
    """The connections of a deployment, in the order of their rows."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._rows: dict[str, Connection] = {}

    def add(self, connection: Connection) -> Connection:
        """Store a connection in place of any other with its id."""
        connection.id = next(self._ids)
        self._rows[connection.conn_id] = connection
        return connection

    def find(self, conn_id: str) -> Connection | None:
        """The connection of that id, or None."""
        return self._rows.get(conn_id)

    def get(self, conn_id: str) -> Connection:
        """The connection of that id.

        :raises ConnectionNotFound: when there is none.
        """
        connection = self._rows.get(conn_id)
        if connection is None:
            raise ConnectionNotFound(conn_id)
        return connection

    def rename(self, connection: Connection, conn_id: str) -> None:
        """Give a stored connection another id, which no other one has."""
        connection.conn_id = conn_id
        self._rows = {each.conn_id: each for each in self._rows.values()}

    def delete(self, conn_id: str) -> bool:
        """Remove a connection; whether there was one."""
        return self._rows.pop(conn_id, None) is not None

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)
