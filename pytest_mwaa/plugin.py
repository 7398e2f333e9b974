"""The hooks. They are loaded in every pytest run of the virtual environment, so nothing heavy is imported here."""

from __future__ import annotations

import pytest

from pytest_mwaa import fixtures, settings

_MARKER_HELP = (
    "mwaa(airflow_version=..., auth_backends=[...], dags=[...], config={...}, ...): set the test's MWAA environment up. "
    f"Keywords: {', '.join(settings.ALL_SETTINGS)}."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Every setting is an option, and an ini option."""
    settings.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register marker and fixtures, and refuse settings that cannot be."""
    config.addinivalue_line("markers", _MARKER_HELP)
    config.pluginmanager.register(fixtures, "mwaa-fixtures")
    settings.session_settings(config)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what the tests talk to, and which settings the run has from where."""
    values, sources = settings.session_settings(config), settings.session_sources(config)
    own = [f"{name}={values[name]!r} ({source})" for name, source in sources.items() if name != "target"]
    return f"mwaa: target {values.get('target', 'fake')}{''.join(f', {text}' for text in own)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse wrong markers before the first test runs."""
    settings.check_markers(items)
