from __future__ import annotations

import json
import sys
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_server.web.v1.bodies import is_date_time
from fake_server.web.v1.forms import moment
from tests.web.v1.requests import refusal, send, v1_server

TRIGGER = "/dags/etl/dagRuns"


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"", {"Content-Type": "application/json"}, (400, "Bad Request", "Request body must not be empty")),
        (b"", {"Content-Type": "text/plain"}, (400, "Bad Request", "Request body must not be empty")),
        (b"{", {}, (400, "Bad Request", "Request body is not valid JSON")),
        (b"null", {}, (400, "Bad Request", "Request body is not valid JSON")),
        ('{"note": "é"}'.encode("latin-1"), {}, (400, "Bad Request", "Request body is not valid JSON")),
        (b"[1]", {}, (400, "Bad Request", "[1] is not of type 'object'")),
        (b'"x"', {}, (400, "Bad Request", "'x' is not of type 'object'")),
        (
            b"{}",
            {"Content-Type": "text/plain"},
            (415, "Unsupported Media Type", "Invalid Content-type (text/plain), expected JSON data"),
        ),
        (
            b"{}",
            {"Content-Type": ""},
            (415, "Unsupported Media Type", "Invalid Content-type (), expected JSON data"),
        ),
    ],
)
def test_what_is_no_json_object(
    body: bytes, headers: dict[str, str], expected: tuple[int, str | None, str | None]
) -> None:
    assert refusal(send(v1_server(), "POST", TRIGGER, body, headers=headers)) == expected


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json", "application/problem+json"],
)
def test_every_json_content_type_will_do(content_type: str) -> None:
    assert send(v1_server(), "POST", TRIGGER, "{}", headers={"Content-Type": content_type}).status_code == 200


def test_json_that_python_reads_and_others_do_not() -> None:
    server = v1_server()
    assert send(server, "POST", TRIGGER, b"\xef\xbb\xbf{}").status_code == 200
    assert send(server, "POST", TRIGGER, '{"note": "a", "note": "b"}').json["note"] == "b"  # type: ignore[index]
    assert '"a": NaN' in send(server, "POST", TRIGGER, '{"conf": {"a": NaN}}').text
    digits = "9" * 4000
    assert digits in send(server, "POST", TRIGGER, f'{{"conf": {{"a": {digits}}}}}').text


def test_json_that_is_nested_too_deep_is_an_error_nobody_foresaw() -> None:
    if sys.version_info >= (3, 12):
        pytest.skip("the parser of later Pythons has a limit of its own")
    deep = "[" * 100_000 + "]" * 100_000
    response = send(v1_server(), "POST", TRIGGER, f'{{"conf": {{"a": {deep}}}}}')
    assert (response.status_code, response.content_type) == (500, "text/html; charset=utf-8")
    assert "<h1> Ooops! </h1>" in response.text


@pytest.mark.parametrize(
    "text",
    ["2024-01-09T00:00:00Z", "2024-02-29T23:59:59.123456+05:30", "9999-12-31T00:00:00-23:59", "2024-01-01t00:00:00z"],
)
def test_moments(text: str) -> None:
    assert is_date_time(text)


@pytest.mark.parametrize(
    "text",
    ["2024-01-09T00:00:00", "2024-01-10", "2023-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "2024-01-01T24:00:00Z",
     "2024-01-01T00:00:60Z", "2024-13-01T00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00+5", "now", ""],
)  # fmt: skip
def test_no_moments(text: str) -> None:
    assert not is_date_time(text)
    response = send(v1_server(), "POST", TRIGGER, {"logical_date": text})
    assert refusal(response) == (400, "Bad Request", f"{text!r} is not a 'date-time' - 'logical_date'")


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_every_moment_that_is_written_can_be_read(value: datetime) -> None:
    text = value.isoformat()
    assert is_date_time(text)
    assert moment(text) == value


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_moments_outside_the_calendar(text: str) -> None:
    server = v1_server()
    response = send(server, "POST", TRIGGER, {"logical_date": text})
    assert (response.status_code, "Ooops!" in response.text) == (500, True)
    listed = send(server, "GET", f"{TRIGGER}?execution_date_gte={text.replace('+', '%2B')}")
    assert (listed.status_code, listed.content_type) == (500, "text/html")
    assert len(server.airflow.runs) == 0


def test_read_only_properties_and_unknown_fields() -> None:
    server = v1_server()
    assert refusal(send(server, "POST", TRIGGER, {"state": "queued"}))[2] == "Property is read-only - 'state'"
    assert refusal(send(server, "POST", TRIGGER, {"foo": 1}))[2] == "{'foo': ['Unknown field.']}"
    nested = json.dumps({"state": ["bogus"]})
    detail = refusal(send(server, "POST", "/dags/~/dagRuns/~/taskInstances/list", nested))[2]
    assert detail is not None
    assert detail.startswith("'bogus' is not one of [None, 'success', ")
    assert detail.endswith(" - 'state.0'")
