"""What is known of the older versions of Airflow 2: published outputs, on MWAA and elsewhere."""

from __future__ import annotations

import re

import pytest

from fake_server.airflow.dags import DAG, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.cli.command_line import CommandResult, run


def run_on(version: str, command: str) -> CommandResult:
    airflow = Airflow(version, scheduler=False)
    airflow.add_dag(DAG("etl", named_tasks(["extract"])))
    return run(airflow, command)


_COMMA = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\]"
_ISO = r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000\]"
_MODULE = re.escape(
    "{{__init__.py:38}} INFO - Loaded API auth backend: <module 'airflow.api.auth.backend.deny_all' from "
    "'/usr/local/lib/python3.7/site-packages/airflow/api/auth/backend/deny_all.py'>"
)
_NAME = re.escape("INFO - Loaded API auth backend: airflow.api.auth.backend.session")
_STATE = r"state:queued, queued_at: [\d .:+-]+\+00:00"
_EXTERNAL = "externally triggered: True"
_DATE = r"\d{4}-\d\d-\d\d%s\d\d:\d\d:\d\d\+00:00"


@pytest.mark.parametrize(
    ("version", "pattern"),
    [
        ("2.0.2", rf"{_COMMA} {_MODULE}\nCreated <DagRun etl @ {_DATE % ' '}: one, externally triggered: True>\n"),
        ("2.2.2", rf"{_COMMA} {_MODULE}\nCreated <DagRun etl @ {_DATE % 'T'}: one, externally triggered: True>\n"),
        ("2.4.3", rf"{_ISO} .*{_NAME}\nCreated <DagRun etl @ {_DATE % 'T'}: one, {_STATE}\. {_EXTERNAL}>\n"),
    ],
)
def test_what_a_trigger_prints(version: str, pattern: str) -> None:
    result = run_on(version, "dags trigger etl -r one")

    assert re.fullmatch(pattern, result.stdout)


def test_a_trigger_prints_a_table_since_2_6() -> None:
    _, *lines = run_on("2.6.3", "dags trigger etl -r one").stdout.splitlines()

    assert any(line.startswith("conf | dag_id ") for line in lines)
    assert any(" | one " in line for line in lines)


def test_a_date_that_is_given_has_no_space_in_2_0() -> None:
    assert "<DagRun etl @ 2024-05-06T00:00:00+00:00: " in run_on("2.0.2", "dags trigger etl -e 2024-05-06").stdout


@pytest.mark.parametrize("version", ["2.0.2", "2.2.2", "2.5.1"])
def test_a_trigger_has_no_formats_before_2_6(version: str) -> None:
    result = run_on(version, "dags trigger etl -o json")

    assert result.exit_code == 2
    assert result.stderr.endswith("error: unrecognized arguments: -o json, see help above.\n")


@pytest.mark.parametrize("command", ["dags reserialize", "db clean --clean-before-timestamp 2024-01-01"])
def test_commands_that_came_later_are_no_choice(command: str) -> None:
    group, name = command.split()[:2]
    result = run_on("2.2.2", command)

    assert result.exit_code == 2
    assert f"airflow {group} command error: argument COMMAND: invalid choice: {name!r}" in result.stderr
    assert "invalid choice" not in run_on("2.4.3", command).stderr


@pytest.mark.parametrize(
    ("version", "python"), [("2.0.2", "3.7"), ("2.5.1", "3.10"), ("2.10.5", "3.11"), ("2.11.0", "3.12")]
)
def test_tracebacks_show_the_python_of_the_version(version: str, python: str) -> None:
    assert f"/lib/python{python}/site-packages/airflow/" in run_on(version, "dags trigger nope").stderr
