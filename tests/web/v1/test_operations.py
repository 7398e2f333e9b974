from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from fake_server.web.v1.operations import Operation, all_operations, body_schemas, operation_named
from tests.web.v1.requests import refusal, send, v1_server

OPERATIONS = all_operations()
ROLES = ("admin", "op", "user", "viewer")


def path_of(operation: Operation) -> str:
    """A path that the operation answers, with nothing behind it."""
    parts = []
    for part in operation.path.split("/"):
        name = part[1:-1] if part.startswith("{") else None
        parts.append(part if name is None else "1" if operation.path_types.get(name) == "integer" else "nothing")
    required = [name for name, parameter in operation.query.items() if parameter.required]
    return "/".join(parts) + ("?" + "&".join(f"{name}=x" for name in required) if required else "")


def valid_body(operation: Operation) -> Any:
    schema = body_schemas()[operation.body or ""]
    return dict.fromkeys(schema.get("required", ()), "x")


def test_there_are_89_operations_with_62_paths() -> None:
    assert len(OPERATIONS) == 89
    assert len({operation.path for operation in OPERATIONS}) == 62
    assert max(Counter((operation.method, operation.path) for operation in OPERATIONS).values()) == 1


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_is_answered(operation: Operation) -> None:
    """By its handler: with a success, a refusal in Airflow's form, or the page of an error that Airflow has there."""
    assert callable(operation.handler)
    server = v1_server()
    body = valid_body(operation) if operation.body is not None else None
    response = send(server, operation.method, path_of(operation), body)
    assert operation_named(server.journal[-1].operation or "") is operation
    assert server.journal[-1].principal == (None if operation.permissions is None else "admin")
    if response.status_code >= 400 and response.content_type.startswith("application/problem+json"):
        refusal(response)
    elif response.status_code >= 400:
        assert response.status_code in {406, 500}, response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_who_may_call_it(operation: Operation) -> None:
    """Nobody without credentials, and of the users those whose role holds all of the operation's permissions."""
    server = v1_server()
    body = valid_body(operation) if operation.body is not None else None
    anonymous = send(server, operation.method, path_of(operation), body, user=None)
    if operation.permissions is None:
        assert anonymous.status_code == 200
        return
    assert refusal(anonymous) == (401, "Unauthorized", None)
    for name in ROLES:
        user = server.airflow.security.find_user(name)
        assert user is not None
        held = {pair for role in user.roles for pair in role.permissions}
        response = send(server, operation.method, path_of(operation), body, user=name)
        assert (response.status_code == 403) == (not set(operation.permissions) <= held), response.text


@pytest.mark.parametrize(("operation_id", "audit"), [("post_dag_run", "api.post_dag_run"), ("get_dags", None)])
def test_what_leaves_a_row_in_the_event_log(operation_id: str, audit: str | None) -> None:
    assert operation_named(operation_id).audit == audit


def test_the_document_that_describes_them_can_be_had_by_all() -> None:
    server = v1_server()
    response = send(server, "GET", "/openapi.json", user=None)
    document = json.loads(response.data)
    described = {
        (method.upper(), path): operation["operationId"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert described == {(operation.method, operation.path): operation.id for operation in OPERATIONS}
    references = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for operations in document["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    }
    assert references == set(document["components"]["schemas"])
    page = send(server, "GET", "/ui/", user=None)
    assert page.status_code == 200
    assert "post_dag_run" in page.text
