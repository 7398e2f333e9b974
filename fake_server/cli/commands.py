"""Which commands and arguments the command line of a version has, as data read from a file."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from fake_server.versions import AirflowVersion

COMMAND_PLACEHOLDER = "COMMAND"

#: Family of command lines to the file with its commands.
_FILES = {"1.10": "v1_10/commands.json", "2": "v2/commands.json"}


@dataclass(frozen=True)
class Argument:
    """One argument of a command: positional when it has no flags."""

    dest: str
    flags: tuple[str, ...] = ()
    #: ``None`` for text; otherwise a name that :mod:`fake_server.cli.parser` knows, such as ``date``.
    type: str | None = None
    #: The value that an argument without a parameter stores; None for one that takes a parameter.
    switch: bool | None = None
    nargs: str | int | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None
    metavar: str | tuple[str, ...] | None = None
    hidden: bool = False

    @property
    def placeholder(self) -> str:
        """How usage texts and errors call its value, or its values."""
        if self.metavar is not None:
            return self.metavar if isinstance(self.metavar, str) else " ".join(self.metavar)
        if self.choices:
            return "{" + ",".join(self.choices) + "}"
        return self.dest.upper() if self.flags else self.dest


@dataclass(frozen=True, eq=False)
class Command:
    """A command that does something, such as ``dags trigger``."""

    words: tuple[str, ...]
    help: str
    arguments: tuple[Argument, ...]

    @property
    def program(self) -> str:
        """Its name in usage texts."""
        return " ".join(("airflow", *self.words))


@dataclass(frozen=True)
class Layout:
    """How the usage and help texts of a family of versions look."""

    #: What usage texts begin with.
    usage: str
    #: The titles of the two sections of a help text.
    positionals: str
    options: str
    #: What the first word of a command is called.
    choice: str
    #: Whether the words to choose from stand in alphabetical order, or else in the order of the data.
    sorts_choices: bool
    #: Whether the usage of ``airflow`` itself names them all.
    shows_choices: bool


@dataclass(frozen=True, eq=False)
class CommandTree:
    """All commands of a version."""

    layout: Layout
    groups: Mapping[str, str]
    commands: Mapping[tuple[str, ...], Command]
    #: Commands of Airflow 1.10 that are answered with the name of their successor.
    removed: Mapping[str, str]

    @functools.cached_property
    def choices(self) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        """Which words may follow which: ``()`` has those that may come first, ``("dags",)`` the commands on DAGs."""
        found: dict[tuple[str, ...], dict[str, None]] = {}
        for words in self.commands:
            for position, word in enumerate(words):
                found.setdefault(words[:position], {})[word] = None
        ordered = sorted if self.layout.sorts_choices else tuple
        return {words: tuple(ordered(following)) for words, following in found.items()}


def command_tree(version: AirflowVersion) -> CommandTree:
    """The commands of ``version``.

    They are those of the nearest version that they were recorded from, less what is known to have been added since.
    """
    return _load(_FILES[version.cli_dialect], version.number)


@functools.cache
def _load(name: str, number: str) -> CommandTree:
    data = json.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
    shared = {key: _argument(entry) for key, entry in data["shared_arguments"].items()}
    missing = {words for words, since in data["added"].items() if _minor(since) > _minor(number)}
    commands = {}
    for name_of_command, entry in data["commands"].items():
        if name_of_command in missing:
            continue
        words = tuple(name_of_command.split())
        arguments = (shared[given] if isinstance(given, str) else _argument(given) for given in entry["arguments"])
        commands[words] = Command(
            words=words,
            help=entry["help"],
            arguments=tuple(
                argument for argument in arguments if f"{name_of_command} {_last_flag(argument)}" not in missing
            ),
        )
    return CommandTree(
        layout=Layout(**data["layout"]), groups=data["groups"], commands=commands, removed=data["removed"]
    )


def _minor(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split(".")[:2])


def _last_flag(argument: Argument) -> str:
    return argument.flags[-1] if argument.flags else argument.dest


def _argument(entry: dict[str, Any]) -> Argument:
    flags = tuple(entry.get("flags", ()))
    dest = entry.get("dest") or flags[-1].lstrip("-").replace("-", "_")
    metavar = entry.get("metavar")
    if isinstance(metavar, list):
        metavar = tuple(metavar)
    choices = tuple(entry.get("choices", ()))
    return Argument(**{**entry, "dest": dest, "flags": flags, "choices": choices, "metavar": metavar})
