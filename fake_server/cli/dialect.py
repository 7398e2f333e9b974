"""What the command lines of one family of versions have of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from fake_server.cli.failures import Frame
from fake_server.cli.installation import Installation
from fake_server.cli.invocation import Handler, Invocation


def _nothing(_: Invocation) -> None:
    """Most families print nothing before a command does."""


@dataclass(frozen=True)
class Dialect:
    """The commands of a family of versions, and the traces that they leave."""

    #: Every command that is answered, such as ``dags trigger``.
    handlers: Mapping[str, Handler]
    #: Commands to what their row in the event log is called, without ``cli_``; commands without a row are left out.
    events: Mapping[str, str]
    #: The levels of a traceback between the program and the command itself.
    frames: Callable[[Installation], Iterable[Frame]]
    #: What comes before any command's own work.
    prologue: Callable[[Invocation], None] = _nothing
