from __future__ import annotations

import pytest

from tests.web.v1.requests import get, refusal, send, v1_server


def keys(path: str, **config: str) -> list[str]:
    server = v1_server(config=config)
    for number in range(120):
        server.airflow.variables.set(f"k{number:03}", str(number))
    answer = get(server, path)
    assert answer["total_entries"] == 120
    return [variable["key"] for variable in answer["variables"]]


@pytest.mark.parametrize(
    ("query", "first", "length"),
    [
        ("", "k000", 100),
        ("?limit=0", "k000", 100),
        ("?limit=7", "k000", 7),
        ("?limit=101", "k000", 100),
        ("?limit=1&limit=2", "k000", 2),
        ("?offset=110", "k110", 10),
        ("?limit=5&offset=118", "k118", 2),
        ("?order_by=-key&limit=3", "k119", 3),
        ("?order_by=id&limit=3", "k000", 3),
        ("?limit=%2B4", "k000", 4),
    ],
)
def test_pages(query: str, first: str, length: int) -> None:
    found = keys(f"/variables{query}")
    assert (found[0], len(found)) == (first, length)


def test_beyond_the_end_there_is_nothing() -> None:
    assert keys("/variables?offset=500") == []


def test_the_configuration_sets_the_limits() -> None:
    config = {"api.maximum_page_limit": "30", "api.fallback_page_limit": "20"}
    assert len(keys("/variables", **config)) == 30
    assert len(keys("/variables?limit=0", **config)) == 20
    assert len(keys("/variables?limit=25", **config)) == 25
    assert len(keys("/variables?limit=31", **config)) == 30


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=-1", (400, "Page limit must be a positive integer", None)),
        ("limit=1.5", (400, "Bad Request", "Wrong type, expected 'integer' for query parameter 'limit'")),
        ("limit=", (400, "Bad Request", "Wrong type, expected 'integer' for query parameter 'limit'")),
        (
            "offset=-1",
            (
                400,
                "Bad Request",
                (
                    "-1 is less than the minimum of 0\n\nFailed validating 'minimum' in schema:\n"
                    "    {'type': 'integer', 'minimum': 0}\n\nOn instance:\n    -1"
                ),
            ),
        ),
        (
            "order_by=bogus",
            (400, "Bad Request", "Ordering with 'bogus' is disallowed or the attribute does not exist on the model"),
        ),
        (
            "order_by=",
            (400, "Bad Request", "Ordering with '' is disallowed or the attribute does not exist on the model"),
        ),
    ],
)
def test_refused_pages(query: str, expected: tuple[int, str, str]) -> None:
    assert refusal(send(v1_server(), "GET", f"/variables?{query}")) == expected


@pytest.mark.parametrize("path", ["/variables", "/dags", "/dags/etl/dagRuns", "/eventLogs", "/plugins"])
def test_a_negative_limit_is_refused_before_anything_else(path: str) -> None:
    query = f"?limit=-1&offset={2**63}" + ("" if path == "/plugins" else "&order_by=bogus")
    response = send(v1_server(), "GET", f"{path}{query}")
    assert refusal(response) == (400, "Page limit must be a positive integer", None)


def test_an_offset_too_large_for_the_database() -> None:
    server = v1_server()
    assert send(server, "GET", f"/variables?offset={2**63 - 1}").status_code == 200
    assert send(server, "GET", f"/variables?offset={2**63}").status_code == 500
    assert get(server, f"/plugins?offset={2**63}") == {"plugins": [], "total_entries": 0}


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/dags?offset", "text/html; charset=utf-8"),
        ("/dags/etl/dagRuns?offset", "text/html"),
        ("/eventLogs?map_index", "text/html"),
        ("/eventLogs?try_number", "text/html"),
    ],
)
def test_who_words_the_error_of_the_database(path: str, content_type: str) -> None:
    response = send(v1_server(), "GET", f"{path}={2**63}")
    assert (response.status_code, response.content_type) == (500, content_type)


def test_what_is_null_comes_first() -> None:
    server = v1_server()
    for name, host in (("a", "z"), ("b", None), ("c", "y")):
        send(server, "POST", "/connections", {"connection_id": name, "conn_type": "http", "host": host})
    listed = get(server, "/connections?order_by=host")["connections"]
    assert [connection["connection_id"] for connection in listed] == ["b", "c", "a"]
    listed = get(server, "/connections?order_by=-host")["connections"]
    assert [connection["connection_id"] for connection in listed] == ["a", "c", "b"]
