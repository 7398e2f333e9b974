from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.servers import BACKEND, client_without_jar
from tests.web.v1.requests import get, refusal, send, v1_server

UNKNOWN_PATH = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)

#: Requests with one mistake each, in the order in which the mistakes are noticed: (method, path, headers, body).
MISTAKES: list[tuple[int, str, str, dict[str, str], Any]] = [
    (404, "POST", "/nothing?zz=1", {"Content-Type": "text/plain"}, "{"),
    (405, "PUT", "/dags?zz=1", {"Content-Type": "text/plain"}, "{"),
    (415, "PATCH", "/dags/etl?zz=1", {"Content-Type": "text/plain"}, "{"),
    (400, "PATCH", "/dags/etl?zz=1", {}, "{"),
    (400, "PATCH", "/dags/etl?zz=1", {}, {"is_paused": 5}),
    (400, "PATCH", "/dags?zz=1&limit=x", {}, {"is_paused": True}),
    (400, "PATCH", "/dags?limit=x", {}, {"is_paused": True}),
]


@pytest.mark.parametrize(("status", "method", "path", "headers", "body"), MISTAKES)
def test_all_of_these_come_before_the_credentials(
    status: int, method: str, path: str, headers: dict[str, str], body: Any
) -> None:
    server = v1_server()
    nobody = send(server, method, path, body, user=None, headers=headers)
    somebody = send(server, method, path, body, headers=headers)
    assert nobody.status_code == somebody.status_code == status
    assert nobody.data == somebody.data
    assert server.journal[-1].principal is None


def test_the_order_of_the_checks() -> None:
    server = v1_server()
    details = [
        refusal(send(server, method, path, body, headers=headers))[2] for _, method, path, headers, body in MISTAKES
    ]
    assert details == [
        UNKNOWN_PATH,
        "The method is not allowed for the requested URL.",
        "Invalid Content-type (text/plain), expected JSON data",
        "Request body is not valid JSON",
        "5 is not of type 'boolean' - 'is_paused'",
        "Extra query parameter(s) zz not in spec",
        "Wrong type, expected 'integer' for query parameter 'limit'",
    ]


@pytest.mark.parametrize("path", ["tries", "0/tries"])
def test_attempts_take_a_negative_limit(path: str) -> None:
    answer = get(v1_server(), f"/dags/etl/dagRuns/r/taskInstances/extract/{path}?limit=-1")
    assert answer == {"task_instances": [], "total_entries": 0}


def test_pages_are_looked_at_before_filters() -> None:
    path = "/dags/etl/dagRuns/r/taskInstances?updated_at_lte=x&duration_gte=x&offset=x"
    assert refusal(send(v1_server(), "GET", path))[2] == "Wrong type, expected 'integer' for query parameter 'offset'"


def test_what_the_operations_refuse_themselves_comes_after_the_credentials() -> None:
    server = v1_server()
    for path in ("/variables?limit=-1", "/variables?order_by=bogus", "/variables/nothing"):
        assert send(server, "GET", path, user=None).status_code == 401
        assert send(server, "GET", path, user="viewer").status_code == 403
        assert send(server, "GET", path).status_code in {400, 404}


def test_401_names_the_challenge_of_the_last_backend() -> None:
    alone = v1_server(auth_backends=BACKEND + "basic_auth")
    assert "WWW-Authenticate" not in send(alone, "GET", "/dags", user=None).headers
    last = v1_server(auth_backends=f"{BACKEND}session,{BACKEND}basic_auth")
    response = send(last, "GET", "/dags", user=None)
    assert response.headers["WWW-Authenticate"] == "Basic"
    assert refusal(response) == (401, "Unauthorized", None)


def test_the_journal_says_what_was_refused_and_why() -> None:
    server = v1_server()
    send(server, "GET", "/dags/nothing")
    entry = server.journal[-1]
    assert (entry.operation, entry.principal, entry.status) == ("get_dag", "admin", 404)
    assert entry.refusal == "The DAG with dag_id: nothing was not found"


def test_only_what_comes_before_operations_leaves_a_cookie() -> None:
    server = v1_server()
    for method, path in (("GET", "/nothing"), ("PUT", "/dags"), ("GET", "/dags//etl")):
        assert "session=" in send(server, method, path).headers["Set-Cookie"]
    for path in ("/dags", "/dags/nothing", "/variables?limit=x"):
        assert "Set-Cookie" not in send(server, "GET", path).headers


def test_a_doubled_slash_is_redirected_and_a_last_one_unknown() -> None:
    server = v1_server()
    doubled = send(server, "GET", "/dags//etl")
    assert (doubled.status_code, doubled.headers["Location"]) == (308, "http://localhost/api/v1/dags/etl")
    assert refusal(send(server, "GET", "/dags/"))[0] == 404


def test_options_names_the_methods_without_asking_for_credentials() -> None:
    response = send(v1_server(), "OPTIONS", "/dags", user=None)
    assert (response.status_code, response.data) == (200, b"")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PATCH"}


def test_head_is_get_without_the_body() -> None:
    response = send(v1_server(), "HEAD", "/dags")
    assert (response.status_code, response.data, response.content_type) == (200, b"", "application/json")


@pytest.mark.parametrize("method", ["TRACE", "FOO"])
def test_other_methods_are_not_allowed(method: str) -> None:
    response = send(v1_server(), method, "/dags")
    assert refusal(response) == (405, "Method Not Allowed", "The method is not allowed for the requested URL.")
    assert "Allow" not in response.headers


def test_bodies_are_written_with_sorted_keys_and_two_spaces() -> None:
    server = v1_server()
    for path in ("/dags", "/dags/etl/details", "/dags/etl/tasks", "/health", "/roles/Op", "/dags/nothing"):
        text = send(server, "GET", path).text
        assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def test_operations_without_parameters_take_any_query() -> None:
    server = v1_server()
    assert get(server, "/version?zz=1")["version"] == "2.10.5"
    assert refusal(send(server, "GET", "/plugins?zz=1"))[2] == "Extra query parameter(s) zz not in spec"


def test_json_that_only_the_event_log_would_read_is_read_all_the_same() -> None:
    server = v1_server()
    headers = {"Content-Type": "application/json"}
    response = send(server, "DELETE", "/dags/nothing", headers=headers)
    assert (response.status_code, response.content_type) == (400, "text/html; charset=utf-8")
    assert "<h1>Bad Request</h1>" in response.text
    assert send(server, "GET", "/dags/nothing", headers=headers).status_code == 404
    assert send(server, "DELETE", "/users/nothing", headers=headers).status_code == 404


def test_a_session_cookie_does_too() -> None:
    server = v1_server(auth_backends=BACKEND + "session")
    user = server.airflow.security.find_user("viewer")
    assert user is not None
    cookie = {"Cookie": f"session={server.mint_session_cookie(user)}"}
    client = client_without_jar(server)
    assert client.get("/api/v1/dags", headers=cookie).status_code == 200
    assert client.get("/api/v1/variables", headers=cookie).status_code == 403


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [(None, "https://a.example"), ("https://b.example", "https://b.example"), ("https://evil.example", None)],
)
def test_cross_origin_headers(origin: str | None, allowed: str | None) -> None:
    config = {
        "api.access_control_allow_headers": "X-A, Authorization",
        "api.access_control_allow_methods": "GET, POST",
        "api.access_control_allow_origins": "https://a.example https://b.example",
    }
    server = v1_server(config=config)
    headers = {"Origin": origin} if origin else {}
    for method, path in (("GET", "/dags"), ("OPTIONS", "/dags"), ("GET", "/dags/nothing"), ("GET", "/openapi.json")):
        response = send(server, method, path, headers=headers)
        assert response.headers["Access-Control-Allow-Headers"] == "X-A, Authorization"
        assert response.headers["Access-Control-Allow-Methods"] == "GET, POST"
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
    for method, path in (("GET", "/nothing"), ("PUT", "/dags")):
        assert "Access-Control-Allow-Methods" not in send(server, method, path, headers=headers).headers


def test_any_origin_and_none() -> None:
    everyone = v1_server(config={"api.access_control_allow_origins": "*"})
    assert send(everyone, "GET", "/dags").headers["Access-Control-Allow-Origin"] == "*"
    assert not [name for name, _ in send(v1_server(), "GET", "/dags").headers if name.startswith("Access-Control")]
