"""Each version of Airflow answers with the operations, query parameters and fields that it has."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from fake_server.versions import VERSIONS, AirflowVersion, airflow_version
from fake_server.web.v1 import history
from fake_server.web.v1.history import known_fields, operations_of
from fake_server.web.v1.operations import all_operations
from tests.web.servers import BACKEND, basic, client_of, make_server

STABLE = [version for version in VERSIONS.values() if version.has_stable_rest_api]


def ask(version: str, path: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    server = make_server(version=version, auth_backends=BACKEND + "basic_auth")
    answer = client_of(server).open(f"/api/v1{path}", method=method, json=body, headers=basic())
    return answer.status_code, answer.json


def test_the_newest_version_has_everything() -> None:
    assert operations_of(STABLE[-1]) == all_operations()


def test_versions_only_ever_gain_operations() -> None:
    names = [{operation.id for operation in operations_of(version)} for version in STABLE]
    assert all(earlier <= later for earlier, later in itertools.pairwise(names))
    assert len(names[0]) < len(names[-1])


def test_every_fact_is_about_something_that_there_is() -> None:
    table = history._history()
    operations = {operation.id: operation for operation in all_operations()}
    assert set(table["operations"]) <= set(operations)
    for operation_id, parameters in table["query"].items():
        assert set(parameters) <= set(operations[operation_id].query)
    sinces = [*table["operations"].values(), *(since for of in table["query"].values() for since in of.values())]
    sinces += [since for of in table["fields"].values() for since in of.values()]
    assert set(sinces) <= set(VERSIONS)
    # What has been there from the beginning needs no entry.
    assert "2.0.2" not in sinces


def test_fields_that_nothing_is_known_of_have_always_been_there() -> None:
    assert known_fields(airflow_version("2.4.3"), "DAGRun", {"run_type": 1, "note": 2}) == {"run_type": 1}
    assert known_fields(airflow_version("2.4.3"), "Bogus", {"a": 1}) == {"a": 1}


def test_an_operation_that_came_later_is_not_found() -> None:
    assert ask("2.9.2", "/dagStats?dag_ids=etl")[0] == 404
    assert ask("2.10.1", "/dagStats?dag_ids=etl")[0] == 200


def test_a_method_that_came_later_is_not_allowed() -> None:
    status, answer = ask("2.8.1", "/datasets/events", "POST", {"dataset_uri": "s3://a"})
    assert (status, answer["title"]) == (405, "Method Not Allowed")


def test_a_query_parameter_that_came_later_is_refused() -> None:
    status, answer = ask("2.5.1", "/dags?paused=true")
    assert (status, answer["detail"]) == (400, "Extra query parameter(s) paused not in spec")
    assert ask("2.6.3", "/dags?paused=true")[0] == 200


def test_lists_work_without_parameters_that_came_later() -> None:
    for path in ("/dags", "/dags/etl", "/dags/etl/dagRuns", "/eventLogs", "/pools", "/variables", "/connections"):
        assert ask("2.0.2", path)[0] == 200


def test_fields_of_answers_and_bodies_are_those_of_the_version() -> None:
    assert "note" not in ask("2.4.3", "/dags/etl/dagRuns", "POST", {})[1]
    assert "note" in ask("2.5.1", "/dags/etl/dagRuns", "POST", {})[1]
    status, answer = ask("2.5.1", "/dags/etl/dagRuns", "POST", {"note": "by hand"})
    assert (status, answer["detail"]) == (400, "{'note': ['Unknown field.']}")
    assert ask("2.6.3", "/dags/etl/dagRuns", "POST", {"note": "by hand"})[1]["note"] == "by hand"


def test_health_tells_of_the_parts_that_the_version_knows() -> None:
    parts = {version: set(ask(version, "/health")[1]) for version in ("2.5.1", "2.6.3", "2.7.2")}
    assert parts["2.6.3"] - parts["2.5.1"] == {"triggerer"}
    assert parts["2.7.2"] - parts["2.6.3"] == {"dag_processor"}


@pytest.mark.parametrize("version", STABLE, ids=lambda version: version.number)
def test_the_openapi_document_is_that_of_the_version(version: AirflowVersion) -> None:
    _, document = ask(version.number, "/openapi.json")
    described = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(described) == len(operations_of(version))
