"""Runs a command line and returns what a process would have left: exit code, stdout, stderr. Nothing is executed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import AirflowError
from fake_server.cli import audit
from fake_server.cli.commands import command_tree
from fake_server.cli.dialect import Dialect
from fake_server.cli.failures import CommandFailed, Crash
from fake_server.cli.invocation import Invocation
from fake_server.cli.log_lines import Logger
from fake_server.cli.parser import HelpRequested, UsageError, parse
from fake_server.cli.v1_10.dialect import DIALECT as AIRFLOW_1_10
from fake_server.cli.v2.dialect import DIALECT as AIRFLOW_2
from fake_server.versions import AirflowVersion

_SPECIAL = re.compile(r"[\"'\\]")
_BETWEEN_WORDS = re.compile(r"[ \t\r\n]+")
_DIALECTS: dict[str, Dialect] = {"1.10": AIRFLOW_1_10, "2": AIRFLOW_2}


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
    dialect = _DIALECTS[airflow.version.cli_dialect]
    with airflow.session():
        try:
            parsed = parse(command_tree(airflow.version), argv, airflow.clock.now())
        except HelpRequested as help_requested:
            return CommandResult(argv, 0, stdout=help_requested.text)
        except UsageError as error:
            return CommandResult(argv, 2, stdout=error.help_text, stderr=error.complaint)
        logger = Logger(airflow.clock, log_format, log_lines, time_style=airflow.version.log_time_style)
        invocation = Invocation(airflow, parsed, logger, stdin, has_graphviz=has_graphviz)
        audit.record(airflow, dialect.events, parsed, argv)
        exit_code = _run(dialect, invocation)
        return CommandResult(argv, exit_code, invocation.stdout, invocation.stderr)


def answered_commands(version: AirflowVersion) -> frozenset[str]:
    """The commands of ``version`` that do here what they do in Airflow, such as ``"dags trigger"``."""
    existing = {" ".join(words) for words in command_tree(version).commands}
    return frozenset(existing.intersection(_DIALECTS[version.cli_dialect].handlers))


def _run(dialect: Dialect, invocation: Invocation) -> int:
    name = invocation.command
    try:
        handler = dialect.handlers.get(name)
        if handler is None:
            raise CommandFailed(f"`airflow {name}` has no counterpart in this fake: there is nothing for it to act on.")
        dialect.prologue(invocation)
        return handler(invocation) or 0
    except CommandFailed as failure:
        if str(failure):
            invocation.warn(str(failure))
        return failure.exit_code
    except AirflowError as error:
        crash = Crash.of(error)
    except Crash as error:
        crash = error
    invocation.warn(crash.traceback(dialect.frames(invocation.installation)), end="")
    return 1
