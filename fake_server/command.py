"""``fake-mwaa serve`` and ``fake-mwaa run``: a live environment for a day's work, or for one command."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from fake_server.settings import SETTINGS, SettingError

#: Who can log in with a password, whatever the seed adds.
ADMIN = "admin"

_DESCRIPTION = "An Amazon MWAA environment on this machine: the AWS API, the web server, and an Airflow behind them."
_SERVE = "Serve an environment until interrupted, and print what to export. It has the user admin with password admin."
_RUN = "Run a command inside an environment; exit as it does. It has the user admin with password admin."

#: Those of other processes: a host name as AWS gives leads nowhere there.
_SETTINGS = tuple(setting for setting in SETTINGS.values() if setting.name != "hostname")


class CannotStart(Exception):
    """The environment cannot be had as asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script. Returns the exit code: 2 for what cannot be had as asked for."""
    given = argument_parser().parse_args(arguments)
    try:
        if given.action == "serve":
            return _serve(given)
        return _run(given)
    except CannotStart as error:
        print(f"fake-mwaa: error: {error}", file=sys.stderr)
        return 2


def argument_parser() -> argparse.ArgumentParser:
    """What the command takes; the page of its options is made from it."""
    parser = argparse.ArgumentParser(prog="fake-mwaa", description=_DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"fake-mwaa {metadata.version('pytest-mwaa')}")
    actions = parser.add_subparsers(dest="action", required=True, metavar="{serve,run}")
    serve = actions.add_parser("serve", help=_SERVE, description=_SERVE, allow_abbrev=False)
    run = actions.add_parser("run", help=_RUN, description=_RUN, allow_abbrev=False)
    for action in (serve, run):
        _add_options(action)
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="the command")
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="port of the web server (0: any free one)")
    parser.add_argument("--http", action="store_true", help="serve HTTP instead of HTTPS")
    parser.add_argument("--ready-file", metavar="FILE", help="write addresses and variables there, as JSON, once ready")
    settings = parser.add_argument_group("settings", "Each can also be given in the variable MWAA_<NAME>.")
    for setting in _SETTINGS:
        settings.add_argument(
            f"--{setting.option}",
            dest=f"setting_{setting.name}",
            metavar=setting.metavar,
            help=setting.help,
            action="store" if setting.kind == "text" else "append",
        )


def _settings(given: argparse.Namespace) -> dict[str, Any]:
    """The settings of options, else of environment variables.

    :raises CannotStart: naming the option or variable that is wrong.
    """
    result: dict[str, Any] = {}
    for setting in _SETTINGS:
        variable = f"MWAA_{setting.name.upper()}"
        option = getattr(given, f"setting_{setting.name}")
        source, text = (f"--{setting.option}", option) if option else (variable, os.environ.get(variable))
        if text:
            if setting.name == "dags":
                text = [_with_slash(part) for part in text] if isinstance(text, list) else _with_slash(text)
            try:
                value = setting.from_text("\n".join(text) if isinstance(text, list) else text)
                result[setting.name] = setting.checked(value)
            except SettingError as error:
                raise CannotStart(f"{source}: {error}") from None
    return result


def _with_slash(text: str) -> str:
    """On a command line a DAG folder needs no slash: whatever is a folder here is taken for one."""
    return f"{text}/" if Path(text).is_dir() and not text.endswith("/") else text


@contextlib.contextmanager
def _environment(given: argparse.Namespace) -> Iterator[Any]:
    """The live environment that was asked for.

    :raises CannotStart: when it cannot be had.
    """
    settings = _settings(given)
    from fake_server.airflow.errors import SeedError
    from fake_server.fake_mwaa import FakeMWAA

    class ServedMWAA(FakeMWAA):
        def populate(self) -> None:
            super().populate()
            if self.airflow.security.find_user(ADMIN) is None:
                self.add_user(ADMIN, ADMIN)

    with contextlib.ExitStack() as stack:
        try:
            mwaa = stack.enter_context(ServedMWAA(**settings, live=True, port=given.port, tls=not given.http))
            stack.enter_context(_ready_file(given.ready_file, mwaa))
        except (SettingError, SeedError, ValueError, OSError) as error:
            raise CannotStart(str(error)) from None
        yield mwaa


def variables_of(mwaa: Any) -> dict[str, str]:
    """What to export to work with ``mwaa``; recipes want the environment's name and host besides."""
    return {**mwaa.env, "MWAA_ENVIRONMENT": mwaa.name, "MWAA_WEBSERVER_HOSTNAME": mwaa.hostname}


@contextlib.contextmanager
def _ready_file(path: str | None, mwaa: Any) -> Iterator[None]:
    """The ready file, for as long as the environment is ready."""
    if path is None:
        yield
        return
    content = {
        "environment": mwaa.name,
        "region": mwaa.region,
        "aws_endpoint_url": mwaa.endpoint_url,
        "webserver_url": mwaa.url,
        "webserver_hostname": mwaa.hostname,
        "ca_bundle": mwaa.env.get("AWS_CA_BUNDLE"),
        "pid": os.getpid(),
        "env": variables_of(mwaa),
    }
    target = Path(path)
    # Whoever waits for the file shall never see half of it.
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    unfinished.replace(target)
    try:
        yield
    finally:
        target.unlink(missing_ok=True)


def _serve(given: argparse.Namespace) -> int:
    stopped = threading.Event()
    with _on_signals((signal.SIGINT, signal.SIGTERM), lambda number: stopped.set()), _environment(given) as mwaa:
        print(f"# Environment {mwaa.name} (Airflow {mwaa.airflow_version}) at {mwaa.url}, user admin, password admin.")
        print("# To use it, in another shell:")
        for name, value in variables_of(mwaa).items():
            print(f"export {name}={shlex.quote(value)}")
        print("# Press Ctrl+C to stop.", flush=True)
        stopped.wait()
    return 0


def _run(given: argparse.Namespace) -> int:
    command = given.command[1:] if given.command[:1] == ["--"] else given.command
    if not command:
        raise CannotStart("there is no command to run. Usage: fake-mwaa run [options] -- COMMAND ...")
    with _environment(given) as mwaa:
        try:
            child = subprocess.Popen(command, env={**os.environ, **variables_of(mwaa)})  # noqa: S603
        except FileNotFoundError:
            print(f"fake-mwaa: {command[0]}: command not found", file=sys.stderr)
            return 127
        except OSError as error:
            print(f"fake-mwaa: {command[0]}: {error.strerror}", file=sys.stderr)
            return 126
        with _on_signals((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), lambda number: _pass_on(child, number)):
            code = child.wait()
    # As a shell tells of a command that a signal has ended.
    return code if code >= 0 else 128 - code


def _pass_on(child: subprocess.Popen[bytes], number: int) -> None:
    if number == signal.SIGINT and _is_in_foreground():
        # Ctrl+C: the terminal has told the child itself.
        return
    child.send_signal(number)


def _is_in_foreground() -> bool:
    """Whether this process belongs to those that the terminal's keys interrupt."""
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


@contextlib.contextmanager
def _on_signals(numbers: Sequence[int], act: Callable[[int], None]) -> Iterator[None]:
    """Call ``act`` for these signals, instead of what would happen."""
    before = {number: signal.signal(number, lambda number, _: act(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
