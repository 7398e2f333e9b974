"""Usage and help texts, laid out as argparse lays them out on a terminal of 80 columns.

The layout is that of Python 3.7 to 3.11, which MWAA runs Airflow on; argparse of later versions breaks lines elsewhere,
so the texts are made here and not by whichever argparse is installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fake_server.cli.commands import COMMAND_PLACEHOLDER, Argument, Command, CommandTree, Layout

#: argparse keeps two of the terminal's 80 columns free.
_WIDTH = 78
_HELP = Argument(dest="help", flags=("-h", "--help"), switch=True)


def command_help(layout: Layout, command: Command) -> str:
    """What ``airflow dags trigger --help`` prints."""
    options = [_HELP, *(argument for argument in command.arguments if argument.flags and not argument.hidden)]
    positionals = [argument for argument in command.arguments if not argument.flags]
    option_parts = [part for option in options for part in _option_parts(option)]
    usage = _usage(layout.usage, command.program, option_parts, [_value(argument) for argument in positionals])
    parts = [usage, command.help]
    if positionals:
        parts.append(_section(layout.positionals, [(argument.placeholder, "") for argument in positionals]))
    parts.append(_section(layout.options, [(_flags(option), _explanation(option)) for option in options]))
    return "\n\n".join(parts) + "\n"


def group_help(tree: CommandTree, group: str) -> str:
    """What ``airflow dags --help`` prints."""
    rows = [(f"  {word}", tree.commands[group, word].help) for word in tree.choices[group,]]
    usage = _usage(tree.layout.usage, f"airflow {group}", ["[-h]"], [COMMAND_PLACEHOLDER, "..."])
    return _overview(tree, [usage, tree.groups[group]], [(COMMAND_PLACEHOLDER, ""), *rows])


def top_level_help(tree: CommandTree) -> str:
    """What ``airflow --help`` prints."""
    layout = tree.layout
    choice = "{" + ",".join(tree.choices[()]) + "}" if layout.shows_choices else layout.choice
    usage = _usage(layout.usage, "airflow", ["[-h]"], [choice, "..."])
    commands = [(f"    {words[0]}", command.help) for words, command in tree.commands.items() if len(words) == 1]
    if not tree.groups:
        return _overview(tree, [usage], [(choice, ""), *commands])
    groups = [(f"    {group}", tree.groups[group]) for group in sorted(tree.groups)]
    rows = [(choice, ""), ("", ""), ("  Groups", ""), *groups, ("", ""), ("  Commands:", ""), *commands]
    return _overview(tree, [usage], rows)


def _overview(tree: CommandTree, beginning: list[str], rows: list[tuple[str, str]]) -> str:
    help_row = (_flags(_HELP), _explanation(_HELP))
    sections = [_section(tree.layout.positionals, rows), _section(tree.layout.options, [help_row])]
    return "\n\n".join([*beginning, *sections]) + "\n"


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


def _usage(prefix: str, program: str, option_parts: Sequence[str], positional_parts: Sequence[str]) -> str:
    whole = " ".join([prefix.rstrip(), program, *option_parts, *positional_parts])
    if len(whole) <= _WIDTH:
        return whole
    start = prefix + program
    indent = " " * (len(start) + 1)
    lines = _wrap(option_parts, indent)
    lines[0] = f"{start} {lines[0].lstrip()}"
    if positional_parts:
        lines += _wrap(positional_parts, indent)
    return "\n".join(lines)


def _option_parts(option: Argument) -> list[str]:
    value = _value(option)
    text = f"{option.flags[0]} {value}".rstrip()
    # Brackets are kept in one piece, a required option and its value are not.
    if not option.required:
        return [f"[{text}]"]
    return [option.flags[0], value] if value else [text]


def _value(argument: Argument) -> str:
    if argument.switch is not None:
        return ""
    name = argument.placeholder
    return {"?": f"[{name}]", "*": f"[{name} ...]"}.get(str(argument.nargs), name)


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
