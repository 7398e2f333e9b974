"""The fixtures. What they need is imported when a test first asks for one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_mwaa import reports
from pytest_mwaa.settings import is_real, settings_of

if TYPE_CHECKING:
    from fake_server.fake_mwaa import FakeMWAA
    from pytest_mwaa.clients import APIClient, CommandLine, WebSession
    from pytest_mwaa.pitfalls import Pitfall


@pytest.fixture
def mwaa(request: pytest.FixtureRequest) -> Iterator[FakeMWAA]:
    """A running Amazon MWAA environment of this test's own.

    boto3 (with every service that moto has) and requests reach it under AWS's own host names. Set it up with
    @pytest.mark.mwaa(airflow_version=..., auth_backends=[...], dags=[...], config={...}).
    """
    from pytest_mwaa.targets import environment_for, real_environment_for

    settings = settings_of(request.node, _settings_of_pitfall(request.node))
    target = settings.pop("target", "fake")
    if is_real(target):
        with real_environment_for(request.node) as real:
            # It has the members of FakeMWAA that a real thing can have; to use another one skips the test.
            yield cast("FakeMWAA", real)
        return
    live = target == "live" or "mwaa_live" in request.fixturenames
    with environment_for(settings, request.node, live=live) as environment:
        yield environment


@pytest.fixture
def mwaa_pitfall(request: pytest.FixtureRequest, mwaa: FakeMWAA) -> Iterator[Pitfall]:
    """A situation that trips up clients; a test with this fixture runs once in each of them.

    @pytest.mark.mwaa_pitfalls("bad_gateway", ...) picks some, and pytest --mwaa-pitfalls lists all. When the test
    fails, the report says what the real MWAA does there, and how sure that is. A test that did not meet its situation,
    since no request came that it concerns, ends as skipped.
    """
    from fake_server.fake_mwaa import FakeMWAA

    pitfall: Pitfall | None = getattr(request, "param", None)
    if pitfall is None:
        raise pytest.UsageError(
            "mwaa_pitfall runs a test once in each pitfall, which pytest can do for functions and plain classes only, "
            "not for a unittest.TestCase or a fixture. See docs/how-to/pitfalls.md."
        )
    if not isinstance(mwaa, FakeMWAA):
        pytest.skip(f"the pitfall {pitfall.name} can be brought about on the fake only; this run's target is {mwaa!r}.")
    with pitfall.bring_about(mwaa) as was_met:
        request.node.stash[reports.WAS_MET] = was_met
        yield pitfall
    mwaa.faults.clear()


@pytest.fixture
def mwaa_live(mwaa: FakeMWAA) -> FakeMWAA:
    """The same as mwaa, on loopback sockets, with the variables set that other processes and HTTP libraries need.

    ``mwaa_live.env`` holds these variables. With this fixture, ``mwaa`` and all other fixtures are live too.
    """
    if not mwaa.is_live:
        raise pytest.UsageError(
            "mwaa_live came too late: this test's environment runs in process already. Name mwaa_live among the test's "
            "arguments or in @pytest.mark.usefixtures, rather than in request.getfixturevalue(). "
            "See docs/how-to/subprocesses.md."
        )
    return mwaa


def _settings_of_pitfall(node: pytest.Item) -> Mapping[str, Any]:
    """The settings that the test's pitfall needs, if it has one."""
    pitfall = reports.pitfall_of(node)
    return pitfall.settings if pitfall is not None else {}


@pytest.fixture
def make_mwaa(request: pytest.FixtureRequest) -> Iterator[Callable[..., FakeMWAA]]:
    """Makes environments, side by side: ``make_mwaa(environment="other", region="eu-west-1", airflow_version=...)``.

    Keywords are those of the marker; what is not given comes from the marker and the run's settings. They end with the
    test.
    """
    from pytest_mwaa.targets import environment_for, unused_name

    with ExitStack() as stack:
        made: list[FakeMWAA] = []

        def make(**settings: Any) -> FakeMWAA:
            merged = settings_of(request.node, settings)
            target = merged.pop("target", "fake")
            if is_real(target):
                pytest.skip("make_mwaa makes environments of the fake only; this run's target is real.")
            live = target == "live" or "mwaa_live" in request.fixturenames
            if "environment" not in settings:
                merged["environment"] = unused_name(merged.get("environment"), made, request)
            environment = stack.enter_context(environment_for(merged, request.node, live=live))
            made.append(environment)
            return environment

        yield make


@pytest.fixture
def mwaa_client(mwaa: FakeMWAA) -> Any:
    """``boto3.client("mwaa")``, in the environment's region."""
    return mwaa.client("mwaa")


@pytest.fixture
def mwaa_cli(mwaa: FakeMWAA) -> Iterator[CommandLine]:
    """Runs Airflow commands through /aws_mwaa/cli: ``mwaa_cli("dags trigger etl").stdout``.

    Each call mints a new token; ``token=`` uses one again.
    """
    from pytest_mwaa.clients import CommandLine

    command_line = CommandLine(mwaa)
    yield command_line
    command_line.close()


@pytest.fixture
def mwaa_web(mwaa: FakeMWAA) -> Iterator[WebSession]:
    """A requests.Session that is logged in through the SSO page; ``mwaa_web.get("/home")``."""
    from pytest_mwaa.clients import WebSession, log_in

    with WebSession(mwaa.url) as session:
        log_in(session, mwaa)
        yield session


@pytest.fixture
def airflow_api(mwaa: FakeMWAA) -> Iterator[APIClient]:
    """A client of /api/v1, logged in through the web login: ``airflow_api.get("/dags")``.

    ``airflow_api(auth=("user", "password"))`` is a client for another principal.
    """
    from pytest_mwaa.clients import APIClient, log_in

    with APIClient(f"{mwaa.url}/api/v1") as client:
        log_in(client, mwaa)
        yield client


@pytest.fixture
def airflow_experimental_api(mwaa: FakeMWAA) -> Iterator[APIClient]:
    """A client of /api/experimental, logged in through the web login: ``airflow_experimental_api.get("/test")``."""
    from pytest_mwaa.clients import APIClient, log_in

    if not _always_has_experimental_api(mwaa) and mwaa.config["api.enable_experimental_api"].lower() not in (
        "true",
        "t",
        "1",
    ):
        raise pytest.UsageError(
            "airflow_experimental_api: this environment's experimental API is switched off, as it is in Airflow 2 by "
            "default. Switch it on with @pytest.mark.mwaa(config={'api.enable_experimental_api': 'True'}). "
            "See docs/how-to/auth-backends.md."
        )
    with APIClient(f"{mwaa.url}/api/experimental") as client:
        log_in(client, mwaa)
        yield client


def _always_has_experimental_api(mwaa: FakeMWAA) -> bool:
    from fake_server.versions import VERSIONS

    version = VERSIONS.get(mwaa.airflow_version)
    return version is not None and version.always_has_experimental_api
