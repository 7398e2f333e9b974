"""Runs a command line and returns what a process would have left: exit code, stdout, stderr. Nothing is executed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import AirflowError
from fake_server.cli import (
    audit,
    config,
    connections,
    dag_graphs,
    dags,
    database,
    foreground,
    jobs,
    pools,
    providers,
    roles,
    tasks,
    top_level,
    users,
    variables,
)
from fake_server.cli.commands import command_tree
from fake_server.cli.failures import CommandFailed, Crash
from fake_server.cli.installation import PACKAGES
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.log_lines import Logger
from fake_server.cli.parser import HelpRequested, ParsedCommand, UsageError, parse

_GRAPHVIZ_WARNING = (
    f"{PACKAGES}/airflow/cli/commands/dag_command.py:48 UserWarning: "
    "Could not import graphviz. Rendering graph to the graphical format will not be possible."
)
_SPECIAL = re.compile(r"[\"'\\]")
_BETWEEN_WORDS = re.compile(r"[ \t\r\n]+")
_FAMILIES = (
    config, connections, dag_graphs, dags, database, foreground, jobs, pools, providers, roles, tasks, top_level, users,
    variables,
)  # fmt: skip
#: Every command that is answered here, such as ``dags trigger``.
HANDLERS: dict[str, Handler] = {name: handler for family in _FAMILIES for name, handler in family.HANDLERS.items()}


@dataclass(frozen=True)
class CommandResult:
    """What a command left behind. ``argv`` is without the word ``airflow``."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str = ""
    stderr: str = ""


class CommandSyntaxError(ValueError):
    """A text that cannot be split into words."""


def split(command: str | Sequence[str]) -> tuple[str, ...]:
    """The words of a command, split as a shell does it, without a leading ``airflow``.

    Nothing but quotes and backslashes is special: ``;``, ``|``, ``$(…)`` and backticks are ordinary characters.

    :raises CommandSyntaxError: for unbalanced quotes, and for a NUL, which no word of a command line can hold.
    """
    if not isinstance(command, str):
        words = list(command)
    elif not _SPECIAL.search(command):
        # shlex reads letter by letter; without anything special in it a text need not pay for that.
        words = [word for word in _BETWEEN_WORDS.split(command) if word]
    else:
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise CommandSyntaxError(
                f"the command cannot be split into words: {str(error).lower()}. "
                "Expected balanced quotes, as in a shell."
            ) from None
    for position, word in enumerate(words, 1):
        if "\0" in word:
            raise CommandSyntaxError(f"word {position} of the command holds a NUL, which no command line can.")
    return tuple(words[1:] if words and words[0] == "airflow" else words)


def run(
    airflow: Airflow,
    command: str | Sequence[str],
    *,
    log_format: str = "double",
    log_lines: bool = True,
    stdin: str | None = None,
    has_graphviz: bool = True,
) -> CommandResult:
    """Run ``command`` against ``airflow``.

    ``log_format`` is "double" for MWAA's braces around file and line in log lines, "single" for plain Airflow's;
    ``log_lines=False`` leaves these lines out. Without ``stdin`` questions end in an EOFError, as on MWAA.
    ``has_graphviz=False`` is an Airflow without that package, where every ``dags`` command warns of it on stderr.
    """
    try:
        argv = split(command)
    except CommandSyntaxError as error:
        return CommandResult((), 2, stderr=f"airflow command error: {error}\n")
    logger = Logger(airflow.clock, log_format, log_lines)
    with airflow.session():
        try:
            parsed = parse(command_tree(airflow.version), argv, airflow.clock.now())
        except HelpRequested as help_requested:
            return CommandResult(argv, 0, stdout=help_requested.text)
        except UsageError as error:
            return CommandResult(argv, 2, stdout=error.help_text, stderr=error.complaint)
        invocation = Invocation(airflow, parsed.arguments, logger, stdin, has_graphviz=has_graphviz)
        audit.record(airflow, parsed, argv)
        exit_code = _run(parsed, invocation)
        return CommandResult(argv, exit_code, invocation.stdout, invocation.stderr)


def _run(parsed: ParsedCommand, invocation: Invocation) -> int:
    name = " ".join(parsed.command.words)
    try:
        handler = HANDLERS.get(name)
        if handler is None:
            raise CommandFailed(f"`airflow {name}` has no counterpart in this fake: there is nothing for it to act on.")
        if parsed.command.words[0] == "dags" and not invocation.has_graphviz:
            invocation.warn(_GRAPHVIZ_WARNING)
        return handler(invocation) or 0
    except CommandFailed as failure:
        if str(failure):
            invocation.warn(str(failure))
        return failure.exit_code
    except AirflowError as error:
        invocation.warn(Crash.of(error).traceback, end="")
    except Crash as crash:
        invocation.warn(crash.traceback, end="")
    return 1
