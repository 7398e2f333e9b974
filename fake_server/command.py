"""``fake-mwaa serve`` and ``fake-mwaa run``: a live environment for a day's work, or for one command."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_server.exports import SHELLS, export, shell_in_use
from fake_server.settings import DEFAULT_ENVIRONMENT, SETTINGS, Setting, SettingError

if TYPE_CHECKING:
    from fake_server.request_log import RequestLog
    from fake_server.serving import ServedMWAA

_DESCRIPTION = "An Amazon MWAA environment on this machine: the AWS API, the web server, and an Airflow behind them."
_SERVE = "Serve an environment until interrupted, and print what to export. It has the user admin with password admin."
_RUN = "Run a command inside an environment; exit as it does. It has the user admin with password admin."

#: Those of other processes: a host name as AWS gives leads nowhere there.
_SETTINGS = tuple(setting for setting in SETTINGS.values() if setting.name != "hostname")
_MORE_HELP = {"environment": "; several, each with its own address, when given several times"}


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
    _add_serve_options(serve.add_argument_group("talk"))
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="the command")
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="port of the web server (0: any free one)")
    parser.add_argument("--http", action="store_true", help="serve HTTP instead of HTTPS")
    parser.add_argument("--ready-file", metavar="FILE", help="write addresses and variables there, as JSON, once ready")
    parser.add_argument(
        "--state", metavar="FILE", help="keep all environments in this SQLite file, and go on with what it has"
    )
    settings = parser.add_argument_group("settings", "Each can also be given in the variable MWAA_<NAME>.")
    for setting in _SETTINGS:
        settings.add_argument(
            f"--{setting.option}",
            dest=f"setting_{setting.name}",
            metavar=setting.metavar,
            help=setting.help + _MORE_HELP.get(setting.name, ""),
            action="store" if setting.kind == "text" and setting.name != "environment" else "append",
        )


def _add_serve_options(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument(
        "--shell", choices=SHELLS, metavar="|".join(SHELLS), help="the shell to print exports for (that of SHELL)"
    )
    parser.add_argument("--json", action="store_true", help="log to stderr for machines, a JSON object a line")
    parser.add_argument("--quiet", action="store_true", help="log nothing")


def _settings(given: argparse.Namespace) -> dict[str, Any]:
    """The settings of options, else of environment variables, but for the environments' names.

    :raises CannotStart: naming the option or variable that is wrong.
    """
    result: dict[str, Any] = {}
    for setting in _SETTINGS:
        source, text = _given(given, setting)
        if text and setting.name != "environment":
            if setting.name == "dags":
                text = [_with_slash(part) for part in text] if isinstance(text, list) else _with_slash(text)
            result[setting.name] = _checked(setting, source, "\n".join(text) if isinstance(text, list) else text)
    return result


def _names(given: argparse.Namespace) -> list[str]:
    """The names of the environments.

    :raises CannotStart: for one that is none, or is there twice.
    """
    setting = SETTINGS["environment"]
    source, texts = _given(given, setting)
    names = [_checked(setting, source, text) for text in ([texts] if isinstance(texts, str) else texts or ())]
    for name in names:
        if names.count(name) > 1:
            raise CannotStart(f"{source}: there can be one environment of the name {name!r} only.")
    return names or [DEFAULT_ENVIRONMENT]


def _given(given: argparse.Namespace, setting: Setting) -> tuple[str, str | list[str] | None]:
    """Where a setting was given, and as which text or texts."""
    variable = f"MWAA_{setting.name.upper()}"
    option = getattr(given, f"setting_{setting.name}")
    return (f"--{setting.option}", option) if option else (variable, os.environ.get(variable))


def _checked(setting: Setting, source: str, text: str) -> Any:
    try:
        return setting.checked(setting.from_text(text))
    except SettingError as error:
        raise CannotStart(f"{source}: {error}") from None


def _with_slash(text: str) -> str:
    """On a command line a DAG folder needs no slash: whatever is a folder here is taken for one."""
    return f"{text}/" if Path(text).is_dir() and not text.endswith("/") else text


@contextlib.contextmanager
def _environments(given: argparse.Namespace, log: RequestLog | None = None) -> Iterator[list[ServedMWAA]]:
    """The live environments that were asked for.

    :raises CannotStart: when they cannot be had.
    """
    names, settings = _names(given), _settings(given)
    from fake_server.serving import serve

    state = Path(given.state) if given.state else None
    with contextlib.ExitStack() as stack:
        try:
            served = serve(names, settings, port=given.port, tls=not given.http, state=state, log=log)
            environments = stack.enter_context(served)
            stack.enter_context(_ready_file(given.ready_file, environments))
        except (ValueError, OSError) as error:
            raise CannotStart(str(error)) from None
        for note in (note for mwaa in environments for note in mwaa.notes):
            print(f"fake-mwaa: note: {note}", file=sys.stderr)
        yield environments


def variables_of(mwaa: ServedMWAA) -> dict[str, str]:
    """What to export to work with ``mwaa``, which is live; recipes want the environment's name and host besides."""
    return {**mwaa.env, "MWAA_ENVIRONMENT": mwaa.name, "MWAA_WEBSERVER_HOSTNAME": mwaa.hostname}


@contextlib.contextmanager
def _ready_file(path: str | None, environments: Sequence[ServedMWAA]) -> Iterator[None]:
    """The ready file, for as long as the environments are ready; what it says first is of the first of them."""
    if path is None:
        yield
        return
    mwaa = environments[0]
    content = {
        "environment": mwaa.name,
        "region": mwaa.region,
        "aws_endpoint_url": mwaa.endpoint_url,
        "webserver_url": mwaa.url,
        "webserver_hostname": mwaa.hostname,
        "ca_bundle": mwaa.env.get("AWS_CA_BUNDLE"),
        "pid": os.getpid(),
        "env": variables_of(mwaa),
        "environments": {each.name: each.url for each in environments},
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
    from fake_server.request_log import RequestLog

    stopped = threading.Event()
    shell = given.shell or shell_in_use(os.environ.get("SHELL"))
    log = RequestLog(sys.stderr, as_json=given.json, quiet=given.quiet)
    signals = (signal.SIGINT, signal.SIGTERM)
    with _on_signals(signals, lambda number: stopped.set()), _environments(given, log) as environments:
        for mwaa in environments:
            print(
                f"# Environment {mwaa.name} (Airflow {mwaa.airflow_version}) at {mwaa.url}, user admin, password admin."
            )
        if len(environments) > 1:
            print("# In one browser, look at each under a name of its own, since cookies do not tell ports apart:")
            print(f"# {' '.join(mwaa.url.replace('localhost', f'{mwaa.name}.localhost') for mwaa in environments)}")
        print("# To use it, in another shell:")
        for name, value in variables_of(environments[0]).items():
            print(export(shell, name, value))
        print("# Press Ctrl+C to stop.", flush=True)
        stopped.wait()
    return 0


def _run(given: argparse.Namespace) -> int:
    command = given.command[1:] if given.command[:1] == ["--"] else given.command
    if not command:
        raise CannotStart("there is no command to run. Usage: fake-mwaa run [options] -- COMMAND ...")
    with _environments(given) as environments:
        try:
            child = subprocess.Popen(command, env={**os.environ, **variables_of(environments[0])})  # noqa: S603 - the user's own command
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
