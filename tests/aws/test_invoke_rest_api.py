from __future__ import annotations

from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError

from fake_server.airflow.dags import DAG
from fake_server.aws.environment import Environment
from fake_server.aws.models import MWAABackend
from fake_server.options import EnvironmentOptions


@pytest.fixture
def environment(backend: MWAABackend) -> Environment:
    environment = backend.create_environment("etl")
    environment.airflow.add_dag(DAG("load"))
    return environment


def invoke(client: Any, method: str, path: str, **members: Any) -> tuple[int, Any]:
    answer = client.invoke_rest_api(Name="etl", Path=path, Method=method, **members)
    return answer["RestApiStatusCode"], answer["RestApiResponse"]


def test_every_method(client: Any, environment: Environment) -> None:
    status, run = invoke(client, "POST", "/dags/load/dagRuns", Body={"dag_run_id": "one", "conf": {"k": "v"}})
    assert (status, run["dag_run_id"], run["conf"]) == (200, "one", {"k": "v"})
    status, runs = invoke(client, "GET", "/dags/load/dagRuns", QueryParameters={"limit": 1, "order_by": "id"})
    assert (status, [listed["dag_run_id"] for listed in runs["dag_runs"]]) == (200, ["one"])
    status, dag = invoke(
        client, "PATCH", "/dags/load", Body={"is_paused": True}, QueryParameters={"update_mask": ["is_paused"]}
    )
    assert (status, dag["is_paused"]) == (200, True)
    assert invoke(client, "DELETE", "/dags/load/dagRuns/one") == (204, {})


def test_path_without_leading_slash_and_with_query(client: Any, environment: Environment) -> None:
    environment.airflow.add_dag(DAG("store"))
    status, dags = invoke(client, "GET", "dags?limit=1", QueryParameters={"offset": 1, "only_active": True})
    assert (status, [dag["dag_id"] for dag in dags["dags"]]) == (200, ["store"])


def test_body_of_a_get_is_not_sent(client: Any, environment: Environment) -> None:
    assert invoke(client, "GET", "/dags", Body={})[0] == 200


def test_asks_as_the_caller(client: Any, environment: Environment) -> None:
    invoke(client, "POST", "/variables", Body={"key": "a", "value": "b"})
    user = environment.airflow.security.find_user("user/moto")
    assert user is not None
    assert [role.name for role in user.roles] == ["Admin"]
    entries = environment.journal
    assert [(entry.path, entry.principal) for entry in entries] == [
        ("/api/v1/variables", "user/moto"),
        ("/restapi/etl", "user/moto"),
    ]


def test_role_of_the_options_without_iam(client: Any, backend: MWAABackend) -> None:
    backend.create_environment("etl", options=EnvironmentOptions(role="Viewer"))
    with pytest.raises(client.exceptions.RestApiClientException) as refusal:
        invoke(client, "POST", "/variables", Body={"key": "a", "value": "b"})
    assert refusal.value.response["RestApiStatusCode"] == 403


def test_client_error(client: Any, environment: Environment) -> None:
    with pytest.raises(client.exceptions.RestApiClientException) as refusal:
        invoke(client, "GET", "/dags/nope")
    response = refusal.value.response
    assert response["Error"] == {"Message": "", "Code": "RestApiClientException"}
    assert response["RestApiStatusCode"] == 404
    assert response["RestApiResponse"]["title"] == "DAG not found"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert environment.journal[-1].refusal == "RestApiClientException"


def test_server_error(client: Any, environment: Environment) -> None:
    environment.faults.add(path="/api/v1/dags", status=502, body="Bad Gateway")
    with pytest.raises(client.exceptions.RestApiServerException) as refusal:
        invoke(client, "GET", "/dags")
    response = refusal.value.response
    assert (response["RestApiStatusCode"], response["RestApiResponse"]) == (502, "Bad Gateway")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_connection_broken_off(client: Any, environment: Environment) -> None:
    environment.faults.add(path="/api/v1/dags", reset=True)
    with pytest.raises(client.exceptions.RestApiServerException) as refusal:
        invoke(client, "GET", "/dags")
    assert refusal.value.response["RestApiStatusCode"] == 502


def test_too_late(client: Any, environment: Environment) -> None:
    environment.faults.sleep = environment.clock.advance
    environment.faults.add(path="/api/v1/dags", delay=10.5)
    with pytest.raises(client.exceptions.RestApiServerException) as refusal:
        invoke(client, "GET", "/dags")
    assert refusal.value.response["RestApiStatusCode"] == 504
    environment.faults.add(path="/api/v1/dags", delay=5)
    assert invoke(client, "GET", "/dags")[0] == 200


def test_too_large(client: Any, environment: Environment) -> None:
    environment.assumptions["rest_api_answer_bytes"] = 100
    with pytest.raises(client.exceptions.RestApiServerException) as refusal:
        invoke(client, "GET", "/dags")
    assert refusal.value.response["RestApiStatusCode"] == 413


def test_too_many_in_a_second(client: Any, environment: Environment) -> None:
    environment.assumptions["rest_api_calls_per_second"] = 2
    with time_machine.travel("2026-01-01", tick=False) as traveller:
        for _ in range(2):
            invoke(client, "GET", "/version")
        with pytest.raises(ClientError, match="ThrottlingException"):
            invoke(client, "GET", "/version")
        traveller.shift(1)
        assert invoke(client, "GET", "/version")[0] == 200


@pytest.mark.parametrize(("version", "works"), [("2.2.2", False), ("2.4.3", True)])
def test_since_airflow_2_4_3(client: Any, backend: MWAABackend, version: str, works: bool) -> None:
    backend.create_environment("etl", {"AirflowVersion": version})
    if works:
        assert invoke(client, "GET", "/version")[0] == 200
        return
    with pytest.raises(client.exceptions.ValidationException, match="Update your environment to use InvokeRestApi"):
        invoke(client, "GET", "/version")


def test_query_parameters_that_are_no_object(client: Any, environment: Environment) -> None:
    with pytest.raises(client.exceptions.ValidationException, match="QueryParameters has to be an object"):
        invoke(client, "GET", "/dags", QueryParameters=["limit"])


def test_a_long_path(client: Any, environment: Environment) -> None:
    path = "/dags/load/dagRuns/manual__2024-05-01T00:00:00.000000+00:00/taskInstances/task"
    with pytest.raises(client.exceptions.RestApiClientException):
        invoke(client, "GET", path)
    environment.assumptions["rest_api_path_characters"] = 64
    with pytest.raises(client.exceptions.ValidationException, match=r"'path' .* less than or equal to 64"):
        invoke(client, "GET", path)
