"""A small deployment and a function that runs commands on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fake_server.airflow.dags import DAG, Param, Task, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.cli.command_line import CommandResult, run

Run = Callable[..., CommandResult]


@pytest.fixture
def airflow() -> Airflow:
    deployment = Airflow(scheduler=False)
    deployment.add_dag(DAG("etl", named_tasks(["extract", "load"]), tags=("nightly",)))
    deployment.add_dag(
        DAG(
            "report",
            named_tasks([Task("make", operator="BashOperator", bash_command="echo {{ ds }} {{ params.size }}")]),
            schedule="0 6 * * *",
            params={"size": Param(5, {"type": "integer", "maximum": 100})},
            is_paused=True,
        )
    )
    return deployment


@pytest.fixture
def command(airflow: Airflow) -> Run:
    def run_command(text: str | list[str], **options: object) -> CommandResult:
        return run(airflow, text, **options)  # type: ignore[arg-type]

    return run_command
