"""Which commands and arguments the command line of a version has, as data read from a file."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from fake_server.cli.command_history import CommandHistory, command_history
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
    def name(self) -> str:
        """What it is called in full: ``--output``, or ``dag_id``."""
        return self.flags[-1] if self.flags else self.dest

    @property
    def value_if_missing(self) -> Any:
        """What it stands at when it is not given."""
        return self.default if self.switch is None else not self.switch

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
    #: What counts as given for arguments that a later version of the command takes.
    later_defaults: Mapping[str, Any]

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

    They are those of the version that they were recorded from, less what came later, with what was taken away.
    """
    return _load(version)


@functools.cache
def _load(version: AirflowVersion) -> CommandTree:
    data = json.loads(resources.files(__package__).joinpath(_FILES[version.cli_dialect]).read_text("utf-8"))
    history = command_history(version)
    shared = {key: _argument(entry) for key, entry in data["shared_arguments"].items()}
    commands = {}
    for name, entry in data["commands"].items():
        if history.has_command(name):
            arguments = [shared[given] if isinstance(given, str) else _argument(given) for given in entry["arguments"]]
            command = _as_of(history, name, entry["help"], arguments)
            commands[command.words] = command
    first_words = {words[0] for words in commands}
    return CommandTree(
        layout=Layout(**{**data["layout"], **history.earlier_layout()}),
        groups={group: text for group, text in data["groups"].items() if group in first_words},
        commands=commands,
        removed=data["removed"],
    )


def _as_of(history: CommandHistory, name: str, text: str, arguments: Sequence[Argument]) -> Command:
    """The command with those arguments that it has in the version, in the form that they have there."""
    known = [argument for argument in arguments if history.has_argument(name, argument.name)]
    return Command(
        words=tuple(name.split()),
        help=text,
        arguments=tuple(
            replace(argument, **_in_tuples(history.earlier_form(name, argument.name))) for argument in known
        ),
        later_defaults={argument.dest: argument.value_if_missing for argument in arguments if argument not in known},
    )


def _in_tuples(form: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in form.items()}


def _argument(entry: dict[str, Any]) -> Argument:
    flags = tuple(entry.get("flags", ()))
    dest = entry.get("dest") or flags[-1].lstrip("-").replace("-", "_")
    metavar = entry.get("metavar")
    if isinstance(metavar, list):
        metavar = tuple(metavar)
    choices = tuple(entry.get("choices", ()))
    return Argument(**{**entry, "dest": dest, "flags": flags, "choices": choices, "metavar": metavar})
