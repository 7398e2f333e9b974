"""Every request that reached an environment, in order, for a test to look at afterwards.

Nothing secret is kept: of tokens, passwords and cookies only their kind is recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import overload


@dataclass(frozen=True)
class JournalEntry:
    """One request and its answer."""

    #: When it arrived, by the environment's clock (UTC).
    time: datetime
    method: str
    #: Path and query string as sent; ``/clitoken/NAME`` and the like for the control plane.
    path: str
    status: int
    #: Who asked: an Airflow user name, an AWS identity, or None for nobody known.
    principal: str | None = None
    #: What it was: an operation of the API (``post_dag_run``, ``CreateCliToken``), None where nothing matched.
    operation: str | None = None
    #: The decoded command line, for requests to /aws_mwaa/cli.
    command: str | None = None
    #: Why it was refused, in words, where it was.
    refusal: str | None = None

    def __str__(self) -> str:
        parts = [f"{self.method} {self.path} -> {self.status}"]
        if self.command is not None:
            parts.append(repr(self.command))
        if self.principal is not None:
            parts.append(f"as {self.principal}")
        if self.refusal is not None:
            parts.append(f"({self.refusal})")
        return " ".join(parts)


@dataclass
class Journal(Sequence[JournalEntry]):
    """The entries of one environment, oldest first."""

    _entries: list[JournalEntry] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def record(self, entry: JournalEntry) -> None:
        """Append ``entry``."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget everything so far."""
        with self._lock:
            self._entries.clear()

    @property
    def cli_commands(self) -> list[str]:
        """The command lines that were accepted at /aws_mwaa/cli, in order, without the word ``airflow``."""
        return [entry.command for entry in self if entry.command is not None]

    @property
    def tokens_issued(self) -> list[JournalEntry]:
        """The successful calls of CreateCliToken and CreateWebLoginToken."""
        return [e for e in self if e.operation in {"CreateCliToken", "CreateWebLoginToken"} and e.status == 200]

    def find(
        self,
        *,
        path: str | None = None,
        method: str | None = None,
        status: int | None = None,
        operation: str | None = None,
    ) -> list[JournalEntry]:
        """The entries that match everything given; ``path`` is compared without the query string."""
        return [
            entry
            for entry in self
            if (path is None or entry.path.partition("?")[0] == path)
            and (method is None or entry.method == method.upper())
            and (status is None or entry.status == status)
            and (operation is None or entry.operation == operation)
        ]

    @overload
    def __getitem__(self, index: int) -> JournalEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[JournalEntry]: ...
    def __getitem__(self, index: int | slice) -> JournalEntry | list[JournalEntry]:
        with self._lock:
            return self._entries[index]

    def __iter__(self) -> Iterator[JournalEntry]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "(no request yet)"
