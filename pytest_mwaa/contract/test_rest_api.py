"""The stable REST API: what all of it has in common."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mwaa.clients import APIClient

_PROBLEM = {"detail", "status", "title", "type"}


def test_version_is_open_and_right(mwaa: Any, airflow_api: APIClient) -> None:
    with airflow_api(auth=None) as nobody:
        assert nobody.get("/version").json()["version"] == mwaa.airflow_version


def test_health_is_open(airflow_api: APIClient) -> None:
    with airflow_api(auth=None) as nobody:
        assert {"metadatabase", "scheduler"} <= nobody.get("/health").json().keys()


def test_a_list_counts_all_and_shows_some(airflow_api: APIClient) -> None:
    all_of_them = airflow_api.get("/dags", params={"limit": "100"}).json()
    first = airflow_api.get("/dags", params={"limit": "1"}).json()
    assert first["total_entries"] == all_of_them["total_entries"]
    assert first["dags"] == all_of_them["dags"][:1]


def test_a_list_can_be_ordered(airflow_api: APIClient) -> None:
    def ids(order: str) -> list[str]:
        answer = airflow_api.get("/dags", params={"limit": "100", "order_by": order})
        return [dag["dag_id"] for dag in answer.json()["dags"]]

    assert ids("dag_id") == ids("-dag_id")[::-1]


@pytest.mark.parametrize(
    "path", ["/dags/there_is_no_such_dag", "/variables/there_is_no_such_variable", "/pools/there_is_no_such_pool"]
)
def test_what_is_not_there(airflow_api: APIClient, path: str) -> None:
    answer = airflow_api.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json().keys() == _PROBLEM
    assert answer.json()["status"] == 404


def test_no_such_path(airflow_api: APIClient) -> None:
    assert airflow_api.get("/there/is/no/such/path").status_code == 404


def test_a_wrong_parameter(airflow_api: APIClient) -> None:
    answer = airflow_api.get("/dags", params={"limit": "many"})
    assert answer.status_code == 400
    assert "'limit'" in answer.json()["detail"]


def test_the_pool_of_all(airflow_api: APIClient) -> None:
    pools = airflow_api.get("/pools").json()["pools"]
    assert "default_pool" in {pool["name"] for pool in pools}
