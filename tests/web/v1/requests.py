"""Requests to the stable REST API of a web server under test."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse

from fake_server.airflow.dags import DAG, named_tasks
from fake_server.web.app import WebServer
from tests.web.servers import BACKEND, basic, client_without_jar, make_server

ERRORS = "https://airflow.apache.org/docs/apache-airflow/2.10.5/stable-rest-api-ref.html#section/Errors/"


def v1_server(**options: Any) -> WebServer:
    """A server with the DAGs ``etl`` and ``report``, and the users admin, op, user and viewer."""
    options.setdefault("auth_backends", BACKEND + "basic_auth")
    options.setdefault("scheduler", False)
    options["config"] = {"core.test_connection": "Enabled", **options.get("config", {})}
    server = make_server(**options)
    server.airflow.security.add_user("op", "op-pw", "Op")
    server.airflow.security.add_user("user", "user-pw", "User")
    server.airflow.add_dag(DAG("report", named_tasks(["collect"]), tags=("weekly",), is_paused=True))
    return server


def send(
    server: WebServer,
    method: str,
    path: str,
    body: Any = None,
    *,
    user: str | None = "admin",
    headers: dict[str, str] | None = None,
) -> TestResponse:
    """One request below /api/v1; ``body`` is sent as JSON, bytes and text as they stand."""
    sent = {**(basic(user) if user is not None else {}), **(headers or {})}
    data: bytes | None = None
    if isinstance(body, (bytes, str)):
        data = body.encode() if isinstance(body, str) else body
    elif body is not None:
        data = json.dumps(body).encode()
    if data is not None:
        sent.setdefault("Content-Type", "application/json")
    return client_without_jar(server).open(f"/api/v1{path}", method=method, data=data, headers=sent)


def get(server: WebServer, path: str, **options: Any) -> Any:
    """The JSON of a successful GET."""
    response = send(server, "GET", path, **options)
    assert response.status_code == 200, response.text
    return response.json


def refusal(response: TestResponse) -> tuple[int, str | None, str | None]:
    """Status, title and detail of a refusal, whose form is checked on the way."""
    assert response.content_type == "application/problem+json", response.text
    body = response.json
    assert body is not None
    assert set(body) == {"detail", "status", "title", "type"}
    assert body["status"] == response.status_code
    assert body["type"] == "about:blank" or body["type"].startswith(ERRORS)
    return body["status"], body["title"], body["detail"]
