from __future__ import annotations

import pytest

from fake_server.versions import DEFAULT_VERSION, VERSIONS, UnknownAirflowVersion, airflow_version

BACKEND = "airflow.api.auth.backend."


def test_the_default_version_exists() -> None:
    assert DEFAULT_VERSION in VERSIONS


@pytest.mark.parametrize(
    ("number", "option", "default", "appends"),
    [
        ("1.10.12", "auth_backend", "deny_all", False),
        ("2.0.2", "auth_backend", "deny_all", False),
        ("2.2.2", "auth_backend", "deny_all", False),
        ("2.4.3", "auth_backends", "deny_all", True),
        ("2.7.2", "auth_backends", "session", True),
        ("2.10.5", "auth_backends", "session", True),
        ("2.11.2", "auth_backends", "session", True),
    ],
)
def test_auth_backends_by_version(number: str, option: str, default: str, appends: bool) -> None:
    version = airflow_version(number)
    assert version.number == number
    assert version.auth_backends_option == option
    assert version.default_auth_backends == BACKEND + default
    assert version.appends_session_backend is appends


def test_1_10_differs_from_all_others() -> None:
    old, *others = VERSIONS.values()
    assert old.number == "1.10.12"
    assert (old.web_dialect, old.cli_dialect, old.run_creation.first_state) == ("1.10", "1.10", "running")
    assert old.always_has_experimental_api
    assert not old.has_stable_rest_api
    for version in others:
        first_state = "running" if version.number == "2.0.2" else "queued"
        assert (version.web_dialect, version.cli_dialect, version.run_creation.first_state) == ("2", "2", first_state)
        assert version.has_stable_rest_api
        assert not version.always_has_experimental_api


def test_documentation_links_are_the_versions_own() -> None:
    assert airflow_version("2.8.1").documentation_url == "https://airflow.apache.org/docs/apache-airflow/2.8.1/"


@pytest.mark.parametrize("number", ["2.10.6", "9", "", "2.10", None, ["2.10.5"], 2.1])
def test_unknown_versions_are_refused_with_those_that_exist(number: object) -> None:
    with pytest.raises(UnknownAirflowVersion, match=r"Supported: 1\.10\.12, 2\.0\.2, 2\.2\.2"):
        airflow_version(number)  # type: ignore[arg-type]


def test_a_near_miss_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownAirflowVersion, match=r"Did you mean '2\.10\.5'"):
        airflow_version("2.10.6")


def test_versions_are_facts_that_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        airflow_version("2.10.5").number = "3"  # type: ignore[misc]


def test_a_line_of_versions_hints_at_its_own() -> None:
    with pytest.raises(UnknownAirflowVersion, match=r"Did you mean '2\.10\.1' or '2\.10\.3' or '2\.10\.5'\?"):
        airflow_version("2.10")
    with pytest.raises(UnknownAirflowVersion, match=r"Did you mean '1\.10\.12'\?"):
        airflow_version("1.10")
