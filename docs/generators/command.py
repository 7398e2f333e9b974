"""The page of ``fake-mwaa``, from its own argument parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from docs.generators.markdown import code, page, table
from fake_server.command import argument_parser

_INTRODUCTION = """\
`fake-mwaa` gives an environment to programs that are not Python tests: a shell, another language, a whole application.
It listens on loopback only. [Offline development](../how-to/offline-development.md) shows it at work."""

_READY_FILE = """\
## The ready file

`--ready-file FILE` is written in one go once everything answers, and removed at the end, so its existence is a test of
readiness. It is a JSON object:

| member | meaning |
|---|---|
| `environment`, `region` | the environment's name, and the AWS region that it is in |
| `aws_endpoint_url` | where AWS's API is, MWAA's and, with moto's server installed, that of other services |
| `webserver_url`, `webserver_hostname` | where the environment's web server is, with and without scheme |
| `ca_bundle` | the file of certificates to trust: the usual ones, and the fake's own; `null` with `--http` |
| `pid` | the process to end with SIGTERM when done |
| `env` | the environment variables to export |
| `environments` | the web servers of all environments asked for, by name; the members above are of the first |"""

_EXIT_CODES = """\
## Exit codes

`fake-mwaa run` exits as its command does: with 128 and the signal's number when a signal ended it, 127 when there is no
such command, 126 when it cannot be run. Both actions exit with 2 for what cannot be had as asked for, and then say on
stderr what was wrong. `fake-mwaa serve` exits with 0 when SIGINT (Ctrl+C) or SIGTERM has ended it, which is how it is
meant to end."""


def command_page() -> str:
    """Both actions and all options; the values of settings are explained on their own page."""
    whole = argument_parser()
    (actions,) = (action for action in whole._actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001 - argparse tells in no other way
    serve, run = actions.choices["serve"], actions.choices["run"]
    return page(
        "The command fake-mwaa",
        _INTRODUCTION,
        _usage(serve, "fake-mwaa serve [options]"),
        table(("option", "meaning (default)"), _rows(_group(serve, "talk"))),
        _usage(run, "fake-mwaa run [options] -- COMMAND ..."),
        "## Options of both",
        table(("option", "meaning (default)"), _rows(_group(serve, "options"))),
        "The [settings](settings.md) of the environment are options too, and can be given as environment variables:",
        table(("option", "meaning (default)"), _rows(_group(serve, "settings"))),
        _READY_FILE,
        _EXIT_CODES,
    )


def _usage(action: argparse.ArgumentParser, line: str) -> str:
    return f"## `{line}`\n\n{action.description}"


def _group(action: argparse.ArgumentParser, title: str) -> list[argparse.Action]:
    (group,) = (group for group in action._action_groups if group.title == title)  # noqa: SLF001 - the same
    return group._group_actions  # noqa: SLF001 - the same


def _rows(options: Iterable[argparse.Action]) -> list[tuple[str, str]]:
    rows = []
    for option in options:
        if option.option_strings == ["-h", "--help"]:
            continue
        value = "" if option.nargs == 0 else f" {option.metavar or option.dest.upper()}"
        text = option.help or ""
        rows.append((code(option.option_strings[0] + value), text[0].upper() + text[1:]))
    return rows
