"""Which commands MWAA runs. What it does with the others is an assumption, and not decided here.

A command that MWAA's documentation lists nowhere counts as unsupported.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib import resources
from typing import Any

from fake_server.cli.commands import command_tree
from fake_server.cli.parser import HelpRequested, UsageError, parse
from fake_server.versions import AirflowVersion


def supported_commands(version: AirflowVersion) -> tuple[str, ...]:
    """The commands that MWAA runs on ``version``, such as ``"dags trigger"``, in alphabetical order."""
    number = _number(version.number)
    listed = _data(version)["supported_since"].items()
    return tuple(sorted(name for since, names in listed if _number(since) <= number for name in names))


def unsupported(version: AirflowVersion, argv: Sequence[str]) -> str | None:
    """The command (and option) in ``argv`` that MWAA does not run on ``version``; None when there is none.

    ``argv`` is without the word ``airflow``. What is no command at all is not unsupported: the command line itself
    refuses it.
    """
    name = _known_command(version, argv)
    if name is None:
        return None
    if name not in _supported(version.number):
        return name
    refused = _data(version)["refused_options"].get(name)
    if refused is None:
        return None
    try:
        arguments = parse(command_tree(version), argv, datetime.now(timezone.utc)).arguments
    except (HelpRequested, UsageError):
        return None
    option = next((option for option in refused if getattr(arguments, option, None)), None)
    return None if option is None else f"{name} --{option.replace('_', '-')}"


def _known_command(version: AirflowVersion, argv: Sequence[str]) -> str | None:
    words = tuple(word for word in argv if not word.startswith("-"))
    commands = command_tree(version).commands
    return next((" ".join(words[:length]) for length in (1, 2) if words[:length] in commands), None)


@functools.cache
def _supported(number: str) -> frozenset[str]:
    from fake_server.versions import airflow_version

    return frozenset(supported_commands(airflow_version(number)))


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])


def _data(version: AirflowVersion) -> Mapping[str, Any]:
    """What is documented for the family of command lines that ``version`` belongs to."""
    data: Mapping[str, Any] = _documented()[version.cli_dialect]
    return data


@functools.cache
def _documented() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(
        resources.files(__package__).joinpath("supported_commands.json").read_text("utf-8")
    )
    return data
