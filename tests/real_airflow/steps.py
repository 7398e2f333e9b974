"""What is asked of an Airflow, real or fake: a request to its web server, or a command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Request(NamedTuple):
    """A request to the web server."""

    method: str
    path: str
    #: JSON body; text that is sent as it is when it is a string.
    body: Any = None
    #: Whose cookie is sent; "" for nobody's, "basic:NAME:PASSWORD" for a password instead.
    principal: str = "admin"
    content_type: str | None = "application/json"

    def __str__(self) -> str:
        who = "" if self.principal == "admin" else f" as {self.principal or 'nobody'}"
        kind = "" if self.body is None or self.content_type == "application/json" else f" ({self.content_type})"
        body = "" if self.body is None else f" {json.dumps(self.body, ensure_ascii=False)}"
        return f"{self.method} {self.path}{body}{kind}{who}"


class Command(NamedTuple):
    """A command line, without the word ``airflow``."""

    argv: tuple[str, ...]
    stdin: str | None = None

    def __str__(self) -> str:
        given = "" if self.stdin is None else f" <<< {self.stdin!r}"
        return f"airflow {' '.join(map(repr, self.argv))}{given}"


Step = Request | Command


def step_of(entry: Mapping[str, Any]) -> Step:
    """A step that stands in a file as JSON: a command has ``argv``, a request ``method`` and ``path``."""
    if "argv" in entry:
        return Command(tuple(entry["argv"]), entry.get("stdin"))
    return Request(**entry)


def entry_of(step: Step) -> dict[str, Any]:
    """The step as JSON, without what is as usual."""
    usual = type(step)._field_defaults
    return {name: value for name, value in step._asdict().items() if name not in usual or value != usual[name]}
