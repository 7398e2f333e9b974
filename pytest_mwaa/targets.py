"""What a test talks to: the fake, in process or live on loopback sockets; a real Airflow; a real MWAA environment."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from fake_server.airflow.errors import SeedError
from fake_server.complaints import complaints_of
from fake_server.fake_mwaa import FakeMWAA
from fake_server.settings import DEFAULT_ENVIRONMENT, SETTINGS, SettingError
from pytest_mwaa import reports
from pytest_mwaa.settings import MARKER, marker_settings, session_settings

if TYPE_CHECKING:
    from pytest_mwaa.real_environments import RealEnvironment

#: Settings that a real target has for itself already, or that mean nothing there.
_OF_NO_MATTER = frozenset({"environment", "region", "target", "strict", "allow_writes", "real_time", "log_lines"})

_REAL_KEY: pytest.StashKey[RealEnvironment] = pytest.StashKey()


@contextmanager
def environment_for(settings: Mapping[str, Any], test: pytest.Item, *, live: bool) -> Iterator[FakeMWAA]:
    """A fake environment with these settings, for as long as the context lasts.

    What went wrong in it in a way that concerns the test fails the test when the context ends: the use of a command
    that MWAA does not support under ``cli_unsupported="fail"``, a request that nobody can answer under ``strict``, and
    a fault that was ordered and met by no request. A test that was skipped has nothing to answer for.

    :raises pytest.UsageError: when the settings do not fit together.
    """
    try:
        environment = FakeMWAA(**{name: value for name, value in settings.items() if name in SETTINGS}, live=live)
        environment.start()
    except (SettingError, SeedError) as error:
        raise pytest.UsageError(str(error)) from None
    try:
        yield environment
    finally:
        environment.stop()
    complaints = complaints_of(environment)
    if settings.get("strict"):
        complaints += [
            f"Nobody can answer this request (strict): {entry}" for entry in environment.journal.unanswerable
        ]
    if complaints and not test.stash.get(reports.WAS_SKIPPED, False):
        pytest.fail("\n".join(complaints), pytrace=False)


def unused_name(given: str | None, made: Sequence[FakeMWAA], request: pytest.FixtureRequest) -> str:
    """The name that the settings give, or one like it that this test's environments do not have yet."""
    name = given or DEFAULT_ENVIRONMENT
    taken = {environment.name for environment in made}
    if "mwaa" in request.fixturenames:
        taken.add(request.getfixturevalue("mwaa").name)
    candidates = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)


def connect(config: pytest.Config) -> RealEnvironment:
    """The real environment that the run is about; it is asked for once.

    :raises pytest.UsageError: when it cannot be used, saying why.
    """
    if _REAL_KEY not in config.stash:
        from pytest_mwaa.real_environments import RealAirflow, RealMWAA, TargetError

        settings = session_settings(config)
        kind, _, rest = settings["target"].partition(":")
        try:
            config.stash[_REAL_KEY] = RealMWAA(rest, settings) if kind == "aws" else RealAirflow(rest, settings)
        except TargetError as error:
            raise pytest.UsageError(f"--mwaa-target: {error}") from None
    return config.stash[_REAL_KEY]


@contextmanager
def real_environment_for(node: pytest.Item) -> Iterator[RealEnvironment]:
    """The real environment, for one test; a test that wants it set up in another way is skipped, with the reason."""
    from pytest_mwaa.write_guard import reading_only

    environment = connect(node.config)
    for marker in node.iter_markers(MARKER):
        for name, value in marker_settings(node, marker).items():
            _skip_unless(environment, name, value)
    allowed = environment.settings.get("allow_writes", False)
    with nullcontext() if allowed else reading_only(environment.url):
        yield environment


def _skip_unless(environment: RealEnvironment, name: str, value: Any) -> None:
    """Skip the test unless ``environment`` happens to be as this setting wants it."""
    if name in _OF_NO_MATTER:
        return
    if name == "airflow_version":
        if value != environment.airflow_version:
            pytest.skip(f"needs Airflow {value}; {environment!r} has {environment.airflow_version}.")
    elif name == "dags":
        from pytest_mwaa.clients import APIClient

        with APIClient(f"{environment.url}/api/v1") as client:
            environment.log_in(client)
            for dag in value:
                if not isinstance(dag, str) or client.get(f"/dags/{dag}").status_code != 200:
                    pytest.skip(f"needs the DAG {dag!r}, which {environment!r} does not have.")
    elif value != environment.settings.get(name):
        pytest.skip(f"needs {name}={value!r}, which can be set up on the fake only; this target is {environment!r}.")
