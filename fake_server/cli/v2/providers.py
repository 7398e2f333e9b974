"""``airflow providers …``: what the installed providers bring.

The facts in ``providers.json`` were recorded from an Airflow 2.10.5 with only the providers that it always has; a real
environment has more of them, the one for Amazon first of all.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

from fake_server.cli.failures import CommandFailed
from fake_server.cli.invocation import Handler, Invocation

Fact = dict[str, Any]


@functools.cache
def _facts() -> dict[str, list[Fact]]:
    text = resources.files(__package__).joinpath("providers.json").read_text("utf-8")
    facts: dict[str, list[Fact]] = json.loads(text)
    return facts


def providers_of(command: str) -> list[Fact]:
    """The rows of ``airflow providers <command>``."""
    return _facts().get(command, [])


def show(command: str) -> Handler:
    """The handler of a command that only shows what is known."""

    def handler(invocation: Invocation) -> None:
        invocation.print_rows(providers_of(command))

    return handler


def get(invocation: Invocation) -> None:
    """Show one provider."""
    name = invocation.arguments.provider_name
    found = next((entry for entry in providers_of("list") if entry["package_name"] == name), None)
    if found is None:
        raise CommandFailed(f"No such provider installed: {name}")
    if invocation.arguments.full:
        invocation.print_rows([found])
    else:
        invocation.print_rows([{"Provider": name, "Version": found["version"]}])


def lazy_loaded(_: Invocation) -> None:
    """Check that provider information loads lazily, which here it does."""


_SHOWN = (
    "auth", "auth-managers", "behaviours", "configs", "executors", "hooks", "links", "list", "logging", "notifications",
    "secrets", "triggers", "widgets",
)  # fmt: skip
HANDLERS: dict[str, Handler] = {
    **{f"providers {command}": show(command) for command in _SHOWN},
    "providers get": get,
    "providers lazy-loaded": lazy_loaded,
}
