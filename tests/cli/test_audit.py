from __future__ import annotations

import json

import pytest

from fake_server.airflow.deployment import Airflow
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("dags trigger etl", "cli_dag_trigger"),
        ("dags trigger nope", "cli_dag_trigger"),
        ("dags list", "cli_dag_list_dags"),
        ("dags list-runs -d etl", "cli_dag_list_dag_runs"),
        ("tasks list etl", "cli_task_list"),
        ("variables set k v", "cli_variables_set"),
        ("users add-role -u u -r Op", "cli_users_manage_role"),
    ],
)
def test_commands_leave_a_row_even_when_they_fail(text: str, event: str, airflow: Airflow, command: Run) -> None:
    command(text)
    (row,) = airflow.audit
    assert (row.event, row.owner) == (event, "airflow")
    assert json.loads(row.extra or "")["full_command"] == str(["/usr/local/airflow/.local/bin/airflow", *text.split()])


@pytest.mark.parametrize(
    "text", ["version", "variables get k", "variables list", "pools list", "dags trigger", "bogus"]
)
def test_reading_and_refused_words_leave_none(text: str, airflow: Airflow, command: Run) -> None:
    command(text)
    assert len(airflow.audit) == 0


def test_a_row_knows_dag_task_and_date(airflow: Airflow, command: Run) -> None:
    command("tasks state etl extract r1")
    command("dags state etl 2024-01-01T05:30:00+05:30")
    task, dag = airflow.audit
    assert (task.dag_id, task.task_id) == ("etl", "extract")
    assert dag.logical_date is not None
    assert dag.logical_date.isoformat() == "2024-01-01T00:00:00+00:00"


@pytest.mark.parametrize("option", ["-p secret", "--password secret", "--password=secret"])
def test_passwords_are_not_written_down(option: str, airflow: Airflow, command: Run) -> None:
    command(f"users create -u nu {option} -f F -l L -r User -e nu@e.com")
    (row,) = airflow.audit
    assert "secret" not in (row.extra or "")
    assert "********" in (row.extra or "")
