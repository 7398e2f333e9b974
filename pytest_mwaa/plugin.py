"""The hooks. They are loaded in every pytest run of the virtual environment, so nothing heavy is imported here."""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest

from pytest_mwaa import fixtures, reports, settings

_MARKER_HELP = (
    "mwaa(airflow_version=..., auth_backends=[...], dags=[...], config={...}, ...): set the test's environment up. "
    f"Keywords: {', '.join(settings.ALL_SETTINGS)}."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Every setting is an option, and an ini option."""
    settings.add_options(parser)
    parser.getgroup("mwaa").addoption(
        "--mwaa-pitfalls", action="store_true", help="list the pitfalls for clients of Amazon MWAA, and exit"
    )


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """List the pitfalls, if that is asked for."""
    if not config.getoption("--mwaa-pitfalls"):
        return None
    from pytest_mwaa.pitfalls import PITFALLS

    sys.stdout.write("".join(f"{pitfall}\n\n" for pitfall in PITFALLS.values()))
    return 0


def pytest_configure(config: pytest.Config) -> None:
    """Register marker and fixtures, and refuse settings that cannot be."""
    config.addinivalue_line("markers", _MARKER_HELP)
    config.addinivalue_line("markers", "mwaa_fake: this test is about the fake, and is skipped on a real target.")
    config.addinivalue_line("markers", "mwaa_pitfalls(*names): the pitfalls that a test with mwaa_pitfall runs in.")
    config.pluginmanager.register(fixtures, "mwaa-fixtures")
    settings.session_settings(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a pitfall once in each."""
    if "mwaa_pitfall" in metafunc.fixturenames:
        from pytest_mwaa.pitfalls import pitfalls_of

        pitfalls = pitfalls_of(metafunc.definition)
        metafunc.parametrize("mwaa_pitfall", pitfalls, ids=[pitfall.name for pitfall in pitfalls], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say in the report of a test what the plugin knows about it."""
    report = yield
    reports.complete(item, report)
    return report


def pytest_sessionstart(session: pytest.Session) -> None:
    """Find out before the first test whether a real target can be used."""
    if settings.is_real(settings.session_settings(session.config).get("target", "fake")):
        from pytest_mwaa.targets import connect

        connect(session.config)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what the tests talk to, and which settings the run has from where."""
    values, sources = settings.session_settings(config), settings.session_sources(config)
    shown = {**values, "password": "..."}
    own = [f"{name}={shown[name]!r} ({source})" for name, source in sources.items() if name != "target"]
    return f"mwaa: target {values.get('target', 'fake')}{''.join(f', {text}' for text in own)}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse wrong markers before the first test runs."""
    # pytest-xdist takes a worker that refuses for one that has crashed; there, each test refuses for itself.
    if not _is_xdist_worker(config):
        settings.check_markers(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a wrong marker where nobody did before; keep tests of the fake away from what is real."""
    if item.get_closest_marker("mwaa_fake") and settings.is_real(settings.settings_of(item).get("target", "fake")):
        pytest.skip("is about the fake; this run's target is real.")
    if _is_xdist_worker(item.config):
        settings.check_markers([item])


def _is_xdist_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
