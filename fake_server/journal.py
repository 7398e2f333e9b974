"""Every request that reached an environment, in order, for a test to look at afterwards.

Nothing secret is kept: of tokens and cookies only their kind is recorded, and ``********`` instead of the passwords in
commands.
"""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, overload

from fake_server import given_values
from fake_server.expected_calls import ExpectedCall, failure_text

#: What a JSON Web Token looks like.
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
#: How commands are given passwords: by an option, or in a connection's URI or JSON.
_PASSWORD = re.compile(
    r"""(?P<before>\s(?:--password|--conn-password)(?:\s+|=)|^users\s.*?\s-p\s*)(?P<value>'[^']*'|"[^"]*"|\S+)"""
)
_PASSWORD_IN_URI = re.compile(r"(?<=://)([^:@/\s'\"]*):[^@/\s'\"]+(?=@)")
_PASSWORD_IN_JSON = re.compile(r'("password"\s*:\s*)"[^"]*"')
#: So many characters of an answer are kept.
_ANSWER_CHARACTERS = 10_000


def without_tokens(text: str) -> str:
    """``text`` with ``<token>`` for each token in it."""
    return _TOKEN.sub("<token>", text)


def without_passwords(command: str) -> str:
    """A command line with ``********`` for each password in it."""
    masked = _PASSWORD.sub(r"\g<before>********", command)
    masked = _PASSWORD_IN_URI.sub(r"\1:********", masked)
    return _PASSWORD_IN_JSON.sub(r'\1"********"', masked)


def answer_text(body: str | bytes, content_type: str) -> str:
    """What a journal keeps of an answer: JSON and plain text, without tokens; nothing of pages and files."""
    if not content_type.startswith("text/plain") and "json" not in content_type:
        return ""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    return without_tokens(text)[:_ANSWER_CHARACTERS]


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
    #: The Content-Type of its body as sent; /aws_mwaa/cli takes any, though its documentation asks for text/plain.
    content_type: str | None = None
    #: Why it was refused, in words, where it was.
    refusal: str | None = None
    #: The answer's body as text, with tokens left out and cut off at 10,000 characters; of a command, both of its
    #: streams, decoded. Empty for pages.
    answer: str = field(default="", repr=False)
    #: Whether AWS made it in a caller's name, for InvokeRestApi.
    is_inner: bool = False
    #: False where nobody is at that path, so that no answer but an error was to be had.
    has_answerer: bool = True

    @property
    def path_alone(self) -> str:
        """The path without the query string."""
        return self.path.partition("?")[0]

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
    _listeners: list[Callable[[JournalEntry], None]] = field(default_factory=list, repr=False)

    def record(self, entry: JournalEntry) -> None:
        """Append ``entry``."""
        with self._lock:
            self._entries.append(entry)
            listeners = list(self._listeners)
        for listen in listeners:
            listen(entry)

    @contextmanager
    def listening(self, listener: Callable[[JournalEntry], None]) -> Iterator[None]:
        """Have ``listener`` called with each new entry, just before its answer is sent, while the context lasts."""
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def clear(self) -> None:
        """Forget everything so far."""
        with self._lock:
            self._entries.clear()

    @property
    def cli_commands(self) -> list[str]:
        """The command lines that came to /aws_mwaa/cli with a good token, in order, without the word ``airflow``."""
        return [entry.command for entry in self if entry.command is not None]

    @property
    def tokens_issued(self) -> list[JournalEntry]:
        """The successful calls of CreateCliToken and CreateWebLoginToken."""
        return [e for e in self if e.operation in {"CreateCliToken", "CreateWebLoginToken"} and e.status == 200]

    def find(
        self,
        command: str | Sequence[str] | None = None,
        *,
        path: str | None = None,
        method: str | None = None,
        status: int | None = None,
        operation: str | None = None,
        principal: str | None = None,
    ) -> list[JournalEntry]:
        """The entries that match everything given, which is what :meth:`assert_called` takes; all for nothing.

        :raises ValueError: for a condition that no request can meet.
        """
        expected = _expected(command, path=path, method=method, status=status, operation=operation, principal=principal)
        return [entry for entry in self if not expected.why_not(entry)]

    @property
    def unanswerable(self) -> list[JournalEntry]:
        """The requests that nobody can answer: their path or method leads to nothing that the fake has.

        With the setting ``strict`` they fail the test.
        """
        return [entry for entry in self if not entry.has_answerer]

    def assert_called(
        self,
        command: str | Sequence[str] | None = None,
        *,
        times: int | None = None,
        path: str | None = None,
        method: str | None = None,
        status: int | None = None,
        operation: str | None = None,
        principal: str | None = None,
    ) -> list[JournalEntry]:
        """The calls of a command, or those that meet the conditions: at least one, or ``times``; 0 for none.

        ``command`` is compared word by word, as a shell splits it; ``"dags trigger etl ..."`` leaves open what follows.
        ``path`` is compared without the query string, and may have shell wildcards. An ``operation`` is an operation's
        name in the API that it belongs to: ``CreateCliToken``, ``post_dag_run``.

        :raises AssertionError: when there are more or fewer, showing the nearest calls and why they do not match.
        :raises ValueError: when neither a command nor a condition is given, ``times`` is no number of times, or no
            request can meet a condition.
        """
        __tracebackhide__ = True
        if times is not None:
            given_values.whole_number(times, "times", least=0)
        expected = _expected(command, path=path, method=method, status=status, operation=operation, principal=principal)
        if expected == ExpectedCall():
            raise ValueError("assert_called() takes a command, such as 'dags list', or a condition such as path=")
        entries = list(self)
        found = [entry for entry in entries if not expected.why_not(entry)]
        if (not found) if times is None else len(found) != times:
            raise AssertionError(failure_text(expected, times, found, entries))
        return found

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


def _expected(command: str | Sequence[str] | None, **conditions: Any) -> ExpectedCall:
    """What is expected, its command as it would stand in the journal."""
    if command is not None and not isinstance(command, str):
        command = shlex.join(command)
    return ExpectedCall.of(None if command is None else without_passwords(command), **conditions)
