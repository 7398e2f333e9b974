"""Where a test's settings come from, and which source counts.

The settings are those of :mod:`fake_server.settings`, and those about the run, such as ``target``. For each of them the
first source counts that has it: the marker, the command line, the environment variable, the ini file, the default. Of
several markers the nearest counts: on the function, then the class, then the module. Mappings (``config``, ``assume``)
are put together from all sources key by key, where again the first source counts that has the key; all else replaces.

A relative path in a marker starts at the folder of the test's file, one in an ini file at the folder of that file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from fake_server.settings import SETTINGS, Setting, SettingError, checked_settings, nearest, one_of, switch

MARKER = "mwaa"
#: What a test can talk to. The last two are real, and have something behind the colon.
TARGETS = ("fake", "live", "airflow:URL", "aws:ENVIRONMENT")


def _target(value: object) -> str:
    kind, colon, rest = str(value).partition(":")
    if kind == "airflow" and colon:
        return _airflow_target(rest)
    if kind == "aws" and re.fullmatch(r"[a-zA-Z][0-9a-zA-Z_-]{0,79}", rest):
        return f"aws:{rest}"
    return one_of(TARGETS, value)


def _airflow_target(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected airflow:URL, such as airflow:http://localhost:8080; got {f'airflow:{url}'!r}.")
    if parts.username or parts.password:
        raise ValueError("leave user and password out of the URL, and give MWAA_USERNAME and MWAA_PASSWORD instead.")
    return f"airflow:{url.rstrip('/')}"


def _own(name: str, metavar: str, help: str, check: Callable[[Any], Any] = switch) -> dict[str, Setting]:  # noqa: A002
    return {name: Setting(name, metavar, help, check)}


ALL_SETTINGS: dict[str, Setting] = {
    **SETTINGS,
    **_own(
        "target", "|".join(TARGETS),
        "what the tests talk to: the fake in process, the fake live on loopback sockets, a real Airflow web server, "
        "or a real MWAA environment through your own AWS credentials (fake)",
        _target,
    ),
    **_own("strict", "on|off", "whether requests that nobody can answer fail the test at its end (off)"),
    **_own("allow_writes", "on|off", "whether a real target may be written to (off)"),
    **_own("real_time", "on|off", "whether tests wait where they cannot advance the clock of a real target (off)"),
    **_own("username", "NAME", "who logs in to a real Airflow web server", str),
    **_own("password", "PASSWORD", "that user's password; MWAA_PASSWORD keeps it out of the list of processes", str),
}  # fmt: skip
"""Every setting by its name."""


@dataclass(frozen=True)
class _Session:
    """The settings of the whole run."""

    values: dict[str, Any]
    #: From where each comes.
    sources: dict[str, str]
    #: What is wrong with environment variables, for the first test that would have gone by them.
    wrong_variables: list[str]


_SESSION_KEY: pytest.StashKey[_Session] = pytest.StashKey()


def is_real(target: str) -> bool:
    """Whether a target is something that others have made and may be hurt."""
    return target.startswith(("airflow:", "aws:"))


def add_options(parser: pytest.Parser) -> None:
    """Make every setting an option of the command line and of ini files."""
    group = parser.getgroup("mwaa", "Amazon MWAA (pytest-mwaa)")
    for setting in ALL_SETTINGS.values():
        several = setting.kind != "text"
        ini_type: Literal["linelist", "string"] = "linelist" if several else "string"
        group.addoption(
            f"--mwaa-{setting.option}",
            dest=f"mwaa_{setting.name}",
            metavar=setting.metavar,
            help=setting.help,
            action="append" if several else "store",
            default=None,
        )
        parser.addini(
            f"mwaa_{setting.name}",
            help=setting.help,
            type=ini_type,
            default=None,
        )


def session_settings(config: pytest.Config) -> dict[str, Any]:
    """The settings of the whole run: what command line, environment variables and ini file say, checked.

    Environment variables with values that cannot be are left out: a program under test may have variables of the same
    names for itself, and of the tests of the whole project perhaps none is about MWAA.

    :raises pytest.UsageError: naming the command line's option or the ini file's that has a value that cannot be.
    """
    return _session(config).values


def session_sources(config: pytest.Config) -> dict[str, str]:
    """From where each setting comes that is set for the whole run: ``--mwaa-role``, ``MWAA_ROLE`` or ``mwaa_role``."""
    return _session(config).sources


def settings_of(node: pytest.Item | pytest.Collector, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The settings of one test; ``overrides`` count before its markers.

    :raises pytest.UsageError: naming the test whose marker is wrong, or the environment variable.
    """
    wrong = _session(node.config).wrong_variables
    if wrong:
        raise pytest.UsageError("\n".join(wrong))
    result = dict(session_settings(node.config))
    for marker in reversed(list(node.iter_markers(MARKER))):
        _merge(result, marker_settings(node, marker))
    if overrides:
        try:
            _merge(result, checked_settings(overrides, known=ALL_SETTINGS))
        except SettingError as error:
            raise pytest.UsageError(str(error)) from None
    return result


def check_markers(items: Iterable[pytest.Item]) -> None:
    """Refuse wrong markers before the first test runs.

    :raises pytest.UsageError: naming all that is wrong, and where.
    """
    wrong: dict[str, None] = {}
    checked: set[int] = set()
    for item in items:
        for marker in item.iter_markers(MARKER):
            if id(marker) not in checked:
                checked.add(id(marker))
                try:
                    marker_settings(item, marker)
                except pytest.UsageError as error:
                    wrong[str(error)] = None
    if wrong:
        __tracebackhide__ = True
        raise pytest.UsageError(*wrong)


def marker_settings(node: pytest.Item | pytest.Collector, marker: pytest.Mark) -> dict[str, Any]:
    """What one marker says, checked.

    :raises pytest.UsageError: naming the test that has it.
    """
    place = f"{node.nodeid}: @pytest.mark.{MARKER}"
    if marker.args:
        shown = ", ".join(map(repr, marker.args))
        raise pytest.UsageError(f"{place} takes keywords only, such as {MARKER}(dags=['etl']); got {shown}.")
    for name in marker.kwargs:
        if name not in ALL_SETTINGS:
            raise pytest.UsageError(
                f"{place} takes no keyword {name!r}.{nearest(name, ALL_SETTINGS)} It takes: {', '.join(ALL_SETTINGS)}."
                " See docs/reference/settings.md."
            )
    values = _with_absolute_seed(marker.kwargs, node.path.parent)
    try:
        return checked_settings(values, known=ALL_SETTINGS)
    except SettingError as error:
        raise pytest.UsageError(f"{place}: {error}") from None


def _session(config: pytest.Config) -> _Session:
    if _SESSION_KEY not in config.stash:
        config.stash[_SESSION_KEY] = _read_session(config)
    return config.stash[_SESSION_KEY]


def _read_session(config: pytest.Config) -> _Session:
    session = _Session({}, {}, [])
    for setting in ALL_SETTINGS.values():
        variable = f"MWAA_{setting.name.upper()}"
        # From the weakest source to the strongest.
        for source, given in (
            (f"mwaa_{setting.name}", config.getini(f"mwaa_{setting.name}")),
            (variable, os.environ.get(variable)),
            (f"--mwaa-{setting.option}", config.getoption(f"mwaa_{setting.name}")),
        ):
            if given is None or given in ("", []):
                continue
            # An option or ini entry that may be given several times arrives as a list of texts.
            text = "\n".join(given) if isinstance(given, list) else given
            try:
                value = {setting.name: setting.from_text(text)}
                if source.startswith("mwaa_") and config.inipath is not None:
                    value = _with_absolute_seed(value, config.inipath.parent)
                _merge(session.values, checked_settings(value, known=ALL_SETTINGS))
            except SettingError as error:
                if source != variable:
                    raise pytest.UsageError(f"{source}: {error}") from None
                session.wrong_variables.append(_about_variable(source, error))
                continue
            session.sources[setting.name] = source
    return session


def _about_variable(name: str, error: SettingError) -> str:
    return (
        f"{name}: {error} pytest-mwaa takes this environment variable for a setting of its own; where it is your "
        "program's, unset it for the tests. See docs/reference/settings.md."
    )


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Lay ``values`` over ``into``: mappings key by key."""
    for name, value in values.items():
        is_mapping = ALL_SETTINGS[name].kind == "mapping"
        into[name] = {**into.get(name, {}), **value} if is_mapping else value


def _with_absolute_seed(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    seed = values.get("seed")
    if isinstance(seed, (str, Path)):
        return {**values, "seed": folder / seed}
    return dict(values)
