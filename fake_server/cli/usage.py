"""Usage and help texts, laid out as argparse lays them out on a terminal of 80 columns.

The layout is that of Python 3.11, which MWAA's Airflow 2.10 runs on; argparse of later versions breaks lines elsewhere,
so the texts are made here and not by whichever argparse is installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fake_server.cli.commands import COMMAND_PLACEHOLDER, GROUP_PLACEHOLDER, Argument, Command, CommandTree

#: argparse keeps two of the terminal's 80 columns free.
_WIDTH = 78
_PREFIX = "Usage: "
_HELP = Argument(dest="help", flags=("-h", "--help"), switch=True)


def command_help(command: Command) -> str:
    """What ``airflow dags trigger --help`` prints."""
    options = [_HELP, *(argument for argument in command.arguments if argument.flags and not argument.hidden)]
    positionals = [argument for argument in command.arguments if not argument.flags]
    usage = _usage(command.program, options, positionals)
    parts = [usage, command.help]
    if positionals:
        parts.append(_section("Positional Arguments", [(argument.placeholder, "") for argument in positionals]))
    parts.append(_section("Options", [(_flags(option), _explanation(option)) for option in options]))
    return "\n\n".join(parts) + "\n"


def group_help(tree: CommandTree, group: str) -> str:
    """What ``airflow dags --help`` prints."""
    rows = [(f"  {word}", tree.commands[group, word].help) for word in tree.choices[group,]]
    return _overview(f"airflow {group}", tree.groups[group], COMMAND_PLACEHOLDER, [(COMMAND_PLACEHOLDER, ""), *rows])


def top_level_help(tree: CommandTree) -> str:
    """What ``airflow --help`` prints."""
    groups = [(f"    {group}", tree.groups[group]) for group in sorted(tree.groups)]
    commands = [(f"    {words[0]}", command.help) for words, command in tree.commands.items() if len(words) == 1]
    rows = [(GROUP_PLACEHOLDER, ""), ("", ""), ("  Groups", ""), *groups, ("", ""), ("  Commands:", ""), *commands]
    return _overview("airflow", None, GROUP_PLACEHOLDER, rows)


def _overview(program: str, description: str | None, placeholder: str, rows: list[tuple[str, str]]) -> str:
    parts = [f"{_PREFIX}{program} [-h] {placeholder} ..."]
    if description is not None:
        parts.append(description)
    parts += [_section("Positional Arguments", rows), _section("Options", [(_flags(_HELP), _explanation(_HELP))])]
    return "\n\n".join(parts) + "\n"


def _section(title: str, rows: Iterable[tuple[str, str]]) -> str:
    rows = list(rows)
    column = min(24, max(len(left) for left, _ in rows) + 4)
    lines = [f"{title}:"]
    for left, right in rows:
        if right and len(left) + 4 > column:
            lines += [f"  {left}", " " * column + right]
        else:
            lines.append(f"  {left:<{column - 2}}{right}".rstrip())
    return "\n".join(lines)


def _flags(option: Argument) -> str:
    value = _value(option)
    return ", ".join(option.flags) + (f" {value}" if value else "")


def _explanation(option: Argument) -> str:
    if option is _HELP:
        return "show this help message and exit"
    if option.default not in (None, "", -1):
        return f"default: {option.default}"
    return "required" if option.required else ""


def _usage(program: str, options: Sequence[Argument], positionals: Sequence[Argument]) -> str:
    # Brackets are kept in one piece, a required option and its value are not.
    option_parts = [part for option in options for part in _option_parts(option)]
    positional_parts = [_value(argument) for argument in positionals]
    whole = " ".join([_PREFIX.rstrip(), program, *option_parts, *positional_parts])
    if len(whole) <= _WIDTH:
        return whole
    start = _PREFIX + program
    indent = " " * (len(start) + 1)
    lines = _wrap([*option_parts], indent)
    lines[0] = f"{start} {lines[0].lstrip()}"
    if positional_parts:
        lines += _wrap(positional_parts, indent)
    return "\n".join(lines)


def _option_parts(option: Argument) -> list[str]:
    value = _value(option)
    text = f"{option.flags[0]} {value}".rstrip()
    if not option.required:
        return [f"[{text}]"]
    return [option.flags[0], value] if value else [text]


def _value(argument: Argument) -> str:
    if argument.switch is not None:
        return ""
    name = argument.placeholder
    return {None: name, "?": f"[{name}]", "*": f"[{name} ...]"}[argument.nargs]


def _wrap(parts: Iterable[str], indent: str) -> list[str]:
    lines: list[str] = []
    line: list[str] = []
    length = len(indent) - 1
    for part in parts:
        if line and length + 1 + len(part) > _WIDTH:
            lines.append(indent + " ".join(line))
            line, length = [], len(indent) - 1
        line.append(part)
        length += len(part) + 1
    lines.append(indent + " ".join(line))
    return lines
