"""From words to a command and its arguments, or to argparse's refusal.

The command's own arguments are parsed by argparse. Finding the command is done here, so that only the one parser that
is needed gets built, once per command.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from fake_server.cli import usage
from fake_server.cli.commands import COMMAND_PLACEHOLDER, Argument, Command, CommandTree
from fake_server.cli.dates import parse_date


class HelpRequested(Exception):
    """``--help`` was among the words; carries the text to print."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class UsageError(Exception):
    """The words make no command; carries the help to print and the complaint."""

    def __init__(self, program: str, message: str, help_text: str) -> None:
        super().__init__(message)
        self.program = program
        self.help_text = help_text

    @property
    def complaint(self) -> str:
        """What goes to stderr."""
        return f"\n{self.program} command error: {self}, see help above.\n"


@dataclass(frozen=True)
class ParsedCommand:
    """A command with its arguments."""

    command: Command
    arguments: argparse.Namespace


def parse(tree: CommandTree, argv: Sequence[str], now: datetime) -> ParsedCommand:
    """The command that ``argv`` (without ``airflow``) asks for. ``now`` completes dates that say only a time.

    :raises UsageError: when there is none.
    :raises HelpRequested: when help was asked for.
    """
    command, rest, surplus = _find(tree, argv)
    parser = _parser_of(tree, command)
    arguments, more = parser.parse_known_args(rest, argparse.Namespace(now=now, **command.later_defaults))
    del arguments.now
    surplus += more
    if surplus:
        raise UsageError("airflow", f"unrecognized arguments: {' '.join(surplus)}", usage.top_level_help(tree))
    return ParsedCommand(command, arguments)


def _find(tree: CommandTree, argv: Sequence[str]) -> tuple[Command, Sequence[str], list[str]]:
    """The command, the words behind it, and the options before it, which nobody knows."""
    surplus: list[str] = []
    words: tuple[str, ...] = ()
    rest = argv
    while True:
        index, unknown = _next_word(rest)
        if _asks_for_help(unknown):
            raise HelpRequested(_help_of(tree, words))
        surplus += unknown
        placeholder = COMMAND_PLACEHOLDER if words else tree.layout.choice
        if index is None:
            raise _usage_error(tree, words, f"the following arguments are required: {placeholder}")
        word = rest[index]
        rest = rest[index + 1 :]
        if word not in tree.choices[words]:
            raise _usage_error(tree, words, f"argument {placeholder}: {_wrong_word(tree, words, word)}")
        words = (*words, word)
        if words in tree.commands:
            return tree.commands[words], rest, surplus


def _next_word(words: Sequence[str]) -> tuple[int | None, list[str]]:
    """Where the first word that is no option stands, and the options before it."""
    index = next((index for index, word in enumerate(words) if not word.startswith("-") or word in ("-", "--")), None)
    return index, list(words[:index])


def _asks_for_help(options: Sequence[str]) -> bool:
    return any(option == "-h" or (len(option) > 2 and "--help".startswith(option)) for option in options)


def _wrong_word(tree: CommandTree, words: tuple[str, ...], word: str) -> str:
    if word in tree.removed:
        return f"`airflow {word}` command, has been removed, please use `airflow {tree.removed[word]}`"
    return f"invalid choice: {word!r} (choose from {', '.join(map(repr, tree.choices[words]))})"


def _help_of(tree: CommandTree, words: tuple[str, ...]) -> str:
    return usage.group_help(tree, words[0]) if words else usage.top_level_help(tree)


def _usage_error(tree: CommandTree, words: tuple[str, ...], message: str) -> UsageError:
    return UsageError(" ".join(("airflow", *words)), message, _help_of(tree, words))


class _CommandParser(argparse.ArgumentParser):
    """argparse for one command; refusals become exceptions, with the words of Python 3.7 to 3.11."""

    def __init__(self, tree: CommandTree, command: Command) -> None:
        super().__init__(prog=command.program, add_help=False)
        self.help_text = usage.command_help(tree.layout, command)
        self.add_argument("-h", "--help", action=_Help)
        for argument in command.arguments:
            _add(self, argument)

    def error(self, message: str) -> NoReturn:
        raise UsageError(self.prog, message, self.help_text)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = ", ".join(map(repr, action.choices))
            raise argparse.ArgumentError(action, f"invalid choice: {value!r} (choose from {choices})")


class _Help(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        assert isinstance(parser, _CommandParser)
        raise HelpRequested(parser.help_text)


class _StoreDate(argparse.Action):
    """Stores a date; ``now`` of the namespace completes one that says only a time."""

    def __call__(
        self, _: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, __: str | None = None
    ) -> None:
        if isinstance(value, str):
            try:
                value = parse_date(value, namespace.now)
            except ValueError:
                raise argparse.ArgumentError(self, f"invalid parse value: {value!r}") from None
        setattr(namespace, self.dest, value)


@functools.cache
def _parser_of(tree: CommandTree, command: Command) -> _CommandParser:
    return _CommandParser(tree, command)


def _add(parser: argparse.ArgumentParser, argument: Argument) -> None:
    if argument.switch is not None:
        action = "store_true" if argument.switch else "store_false"
        parser.add_argument(*argument.flags, dest=argument.dest, action=action)
        return
    options: dict[str, Any] = {"default": argument.default, "metavar": argument.metavar or argument.placeholder}
    if argument.nargs is not None:
        options["nargs"] = argument.nargs
    if argument.choices:
        options["choices"] = argument.choices
    if argument.type == "date":
        options["action"] = _StoreDate
    elif argument.type is not None:
        options["type"] = _TYPES[argument.type]
    if argument.flags:
        parser.add_argument(*argument.flags, dest=argument.dest, required=argument.required, **options)
    else:
        parser.add_argument(argument.dest, **options)


def _whole_number(value: str, least: int, kind: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"invalid {kind} value: '{value}'")
    return number


def _positive(value: str) -> int:
    return _whole_number(value, 1, "positive int")


def _non_negative(value: str) -> int:
    return _whole_number(value, 0, "positive int")


def _list(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")]


def _json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid loads value: {value!r}") from None


_TYPES: dict[str, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "positive_int": _positive,
    "non_negative_int": _non_negative,
    "list": _list,
    "lower": str.lower,
    "json": _json,
    "path": str,
    "file": str,
}
