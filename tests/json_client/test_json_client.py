from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from fake_server import FakeMWAA
from tests.json_client.conftest import Run

Call = Callable[..., list[Any]]
PASSWORD_AUTH = "airflow.contrib.auth.backends.password_auth"


def test_it_triggers(call: Call, mwaa: FakeMWAA) -> None:
    date = "2021-05-05T00:00:00"
    first, second, third, unknown = call(
        ("trigger_dag", {"dag_id": "etl", "run_id": "first", "conf": {"a": 1}}),
        ("trigger_dag", {"dag_id": "etl", "run_id": "second", "conf": '{"b": 2}', "execution_date": date}),
        ("trigger_dag", {"dag_id": "etl", "run_id": "first"}),
        ("trigger_dag", {"dag_id": "nope"}),
    )
    assert re.fullmatch(
        r"Created <DagRun etl @ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00: first, externally triggered: True>",
        first["returned"],
    )
    assert second == {
        "returned": "Created <DagRun etl @ 2021-05-05T00:00:00+00:00: second, externally triggered: True>"
    }
    assert third == {"raised": "Run id first already exists for dag id etl"}
    assert unknown == {"raised": "Dag id nope not found in DagModel"}
    assert [(run.run_id, run.conf) for run in mwaa.dag("etl").runs] == [("first", {"a": 1}), ("second", {"b": 2})]


def test_it_manages_pools(call: Call, mwaa: FakeMWAA) -> None:
    assert call(
        ("create_pool", {"name": "new", "slots": 3, "description": "d"}),
        ("create_pool", {"name": "new", "slots": 4, "description": "e"}),
        ("get_pool", {"name": "new"}),
        ("get_pools", {}),
        ("delete_pool", {"name": "new"}),
        ("get_pool", {"name": "new"}),
        ("delete_pool", {"name": "default_pool"}),
        ("create_pool", {"name": " ", "slots": 3, "description": "d"}),
        ("create_pool", {"name": "bad", "slots": "many", "description": "d"}),
    ) == [
        {"returned": ["new", 3, "d"]},
        {"returned": ["new", 4, "e"]},
        {"returned": ["new", 4, "e"]},
        {"returned": [["default_pool", 128, "Default pool"], ["new", 4, "e"]]},
        {"returned": ["new", 4, "e"]},
        {"raised": "Pool 'new' doesn't exist"},
        {"raised": "default_pool cannot be deleted"},
        {"raised": "Pool name shouldn't be empty"},
        {"raised": "Bad value for `slots`: many"},
    ]
    assert list(mwaa.pools) == ["default_pool"]


def test_it_deletes_no_dag(call: Call) -> None:
    """Its path for that is none that this web server has."""
    assert call(("delete_dag", {"dag_id": "etl"})) == [{"raised": "Server error"}]


@pytest.mark.parametrize("mwaa", [PASSWORD_AUTH], indirect=True)
def test_it_authenticates(call: Call, mwaa: FakeMWAA) -> None:
    mwaa.add_password_auth_user("somebody", "secret")
    order = ("get_pool", {"name": "default_pool"})
    assert call(order, auth=("somebody", "secret")) == [{"returned": ["default_pool", 128, "Default pool"]}]
    assert call(order, auth=("somebody", "wrong")) == [{"raised": "Server error"}]
    assert call(order) == [{"raised": "Server error"}]
    assert [entry.status for entry in mwaa.journal] == [200, 403, 401]


@pytest.mark.parametrize("mwaa", ["airflow.api.auth.backend.deny_all"], indirect=True)
def test_it_is_refused_by_default(call: Call, mwaa: FakeMWAA) -> None:
    assert call(("get_pools", {})) == [{"raised": "Server error"}]
    assert mwaa.journal[-1].status == 403


class TestCommandLine:
    """The real command line, with ``[cli] api_client`` set to this client."""

    @pytest.fixture
    def airflow(self, run: Run, mwaa: FakeMWAA) -> Callable[..., str]:
        variables = {
            "AIRFLOW__CLI__API_CLIENT": "airflow.api.client.json_client",
            "AIRFLOW__CLI__ENDPOINT_URL": mwaa.url,
            "AIRFLOW__API__AUTH_BACKEND": "airflow.api.auth.backend.default",
        }
        assert run("airflow", "initdb", **variables).returncode == 0

        def airflow(*arguments: str) -> str:
            done = run("airflow", *arguments, **variables)
            assert done.returncode == 0, done.stderr
            return done.stdout

        return airflow

    def test_trigger_dag_and_pool(self, airflow: Callable[..., str], mwaa: FakeMWAA) -> None:
        printed = airflow("trigger_dag", "etl", "-r", "by_command", "-c", '{"a": 1}')
        assert "by_command, externally triggered: True>" in printed
        assert mwaa.dag("etl").run("by_command").conf == {"a": 1}
        assert "from_afar" in airflow("pool", "-s", "from_afar", "5", "made by command")
        assert mwaa.pools["from_afar"].slots == 5
        assert "from_afar" in airflow("pool", "-g", "from_afar")
        airflow("pool", "-x", "from_afar")
        assert "from_afar" not in mwaa.pools
