"""Airflow's variables."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from fake_server.airflow.errors import VariableNotFound


@dataclass
class Variable:
    """A key with a text value."""

    id: int
    key: str
    value: str
    description: str | None = None


class Variables:
    """The variables of a deployment, in the order of their rows."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._rows: dict[str, Variable] = {}

    def set(self, key: str, value: str, description: str | None = None) -> Variable:
        """Store a value. Overwriting makes a new row, so the variable moves to the end, as in Airflow."""
        self._rows.pop(key, None)
        variable = self._rows[key] = Variable(next(self._ids), key, value, description)
        return variable

    def find(self, key: str) -> Variable | None:
        """The variable of that key, or None."""
        return self._rows.get(key)

    def get(self, key: str) -> Variable:
        """The variable of that key.

        :raises VariableNotFound: when there is none.
        """
        variable = self._rows.get(key)
        if variable is None:
            raise VariableNotFound(key)
        return variable

    def delete(self, key: str) -> bool:
        """Remove a variable; whether there was one."""
        return self._rows.pop(key, None) is not None

    def rename(self, key: str, new_key: str) -> None:
        """Give a variable another key; its row stays where it is."""
        variable = self.get(key)
        variable.key = new_key
        self._rows = {row.key: row for row in self._rows.values()}

    def __iter__(self) -> Iterator[Variable]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows
