"""Since which version a family of command lines has which commands and arguments, and how some looked before.

The facts stand in ``history.json`` of the family, each with the first version that has it among those that MWAA offers;
what is not named there has been there from the beginning. They were read off the released packages: the commands and
arguments that each declares.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from fake_server.versions import AirflowVersion

#: Families that have one.
_FILES = {"2": "v2/history.json"}


@dataclass(frozen=True)
class CommandHistory:
    """What one version has of all that is known of its family."""

    version: AirflowVersion
    facts: Mapping[str, Mapping[str, Any]]
    usage: Sequence[Mapping[str, Any]]

    def has_command(self, name: str) -> bool:
        """Whether there is a command of that name, such as ``dags trigger``."""
        until = self.facts["until"].get(name)
        return self._is_here(self.facts["commands"].get(name)) and (
            until is None or not self.version.is_at_least(until)
        )

    def has_argument(self, command: str, argument: str) -> bool:
        """Whether a command has that argument, such as ``--output``."""
        return self._is_here(self.facts["arguments"].get(command, {}).get(argument))

    def earlier_form(self, command: str, argument: str) -> Mapping[str, Any]:
        """What of an argument was otherwise in this version."""
        return self._earlier(self.facts["earlier"].get(f"{command} {argument}", ()))

    def earlier_layout(self) -> Mapping[str, Any]:
        """What of usage and help texts was otherwise in this version."""
        return self._earlier(self.usage)

    def _is_here(self, since: str | None) -> bool:
        return since is None or self.version.is_at_least(since)

    def _earlier(self, forms: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """The first of the forms, the oldest first, that was not over yet."""
        for form in forms:
            if not self.version.is_at_least(form["before"]):
                return {name: value for name, value in form.items() if name != "before"}
        return {}


def command_history(version: AirflowVersion) -> CommandHistory:
    """What ``version`` has of its family's commands."""
    data = _history(version.cli_dialect)
    return CommandHistory(
        version=version,
        facts={name: data.get(name, {}) for name in ("commands", "until", "arguments", "earlier")},
        usage=data.get("usage", ()),
    )


@functools.cache
def _history(dialect: str) -> Mapping[str, Any]:
    name = _FILES.get(dialect)
    if name is None:
        return {}
    data: dict[str, Any] = json.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
    return data
