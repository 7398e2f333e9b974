from __future__ import annotations

import pytest

from fake_server.airflow.config import Configuration
from fake_server.airflow.errors import ConfigurationError
from fake_server.versions import airflow_version

BACKEND = "airflow.api.auth.backend."


def configuration(version: str = "2.10.5", **options: str) -> Configuration:
    return Configuration(airflow_version(version), {key.replace("__", "."): value for key, value in options.items()})


def test_airflows_defaults_then_mwaas_then_the_environments() -> None:
    config = configuration(api__maximum_page_limit="50")
    assert config.get("scheduler", "scheduler_idle_sleep_time") == "1"
    assert config.get("core", "executor") == "CeleryExecutor"
    assert config.get("api", "maximum_page_limit") == "50"
    assert config.sections()["api"]["maximum_page_limit"] == "50"
    assert config.sections()["core"]["dags_folder"] == "/usr/local/airflow/dags"
    assert config.options == {"api.maximum_page_limit": "50"}


def test_own_sections_are_kept() -> None:
    config = configuration(custom__option="x")
    assert config.get("custom", "option") == "x"
    assert config.sections()["custom"] == {"option": "x"}
    with pytest.raises(KeyError):
        config.get("custom", "nope")


@pytest.mark.parametrize("key", ["api", "", ".x", "api."])
def test_a_key_is_a_section_and_an_option(key: str) -> None:
    with pytest.raises(ConfigurationError, match=r"has to be 'section\.option'"):
        Configuration(airflow_version("2.10.5"), {key: "x"})


@pytest.mark.parametrize(
    ("text", "value"), [("True", True), ("t", True), ("1", True), ("FALSE", False), (" f ", False)]
)
def test_booleans(text: str, value: bool) -> None:
    assert configuration(core__load_examples=text).boolean("core", "load_examples") is value


def test_values_of_the_wrong_type_are_named() -> None:
    config = configuration(core__parallelism="many", core__load_examples="perhaps", scheduler__x="soon")
    with pytest.raises(ConfigurationError, match=r"core\.parallelism takes a whole number; got 'many'"):
        config.integer("core", "parallelism")
    with pytest.raises(ConfigurationError, match=r"core\.load_examples takes True or False; got 'perhaps'"):
        config.boolean("core", "load_examples")
    with pytest.raises(ConfigurationError, match=r"scheduler\.x takes a number; got 'soon'"):
        config.number("scheduler", "x")


@pytest.mark.parametrize(
    ("version", "configured", "effective"),
    [
        ("2.10.5", None, ("session",)),
        ("2.10.5", "", ("session",)),
        ("2.10.5", "deny_all", ("session",)),
        ("2.10.5", "default", ("default",)),
        ("2.10.5", "basic_auth", ("basic_auth", "session")),
        ("2.10.5", "basic_auth,session", ("basic_auth", "session")),
        ("2.10.5", "session, basic_auth", ("session", "basic_auth")),
        ("2.10.5", "default,basic_auth", ("default", "basic_auth", "session")),
        ("2.10.5", "deny_all,basic_auth", ("deny_all", "basic_auth", "session")),
        ("2.4.3", None, ("session",)),
        ("2.2.2", None, ("deny_all",)),
        ("2.2.2", "basic_auth", ("basic_auth",)),
    ],
)
def test_effective_auth_backends(version: str, configured: str | None, effective: tuple[str, ...]) -> None:
    facts = airflow_version(version)
    options = {}
    if configured is not None:
        names = [BACKEND + name.strip() for name in configured.split(",") if name]
        options[f"api.{facts.auth_backends_option}"] = ",".join(names)
    assert Configuration(facts, options).auth_backends() == tuple(BACKEND + name for name in effective)


def test_typing_errors_are_found_when_asked_for() -> None:
    Configuration.check_known({"api.auth_backends": "x", "pipeline.option": "y"})
    with pytest.raises(ConfigurationError, match=r"no configuration option 'api\.auth_backendz'\. Did you mean"):
        Configuration.check_known({"api.auth_backendz": "x"})
    with pytest.raises(ConfigurationError, match=r"no configuration section 'apii' .*Did you mean 'api'"):
        Configuration.check_known({"apii.auth_backends": "x"})


def test_updating_replaces_the_options() -> None:
    config = configuration(api__maximum_page_limit="50")
    config.update({"core.parallelism": "3"})
    assert config.get("api", "maximum_page_limit") == "100"
    assert config.integer("core", "parallelism") == 3
