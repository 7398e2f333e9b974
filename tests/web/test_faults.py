from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import create_loader

from fake_server.faults import OPERATIONS, Faults


def test_a_fault_meets_one_request_by_default() -> None:
    faults = Faults()
    fault = faults.add(path="/aws_mwaa/cli", status=502)
    assert faults.take("POST", "/aws_mwaa/cli") is fault
    assert faults.take("POST", "/aws_mwaa/cli") is None


def test_path_method_and_wildcards_select_requests() -> None:
    faults = Faults()
    faults.add(path="/api/v1/*", method="post", status=503, times=None)
    assert faults.take("GET", "/api/v1/pools") is None
    assert faults.take("POST", "/aws_mwaa/cli") is None
    assert faults.take("POST", "/api/v1/pools") is not None
    assert faults.take("POST", "/api/v1/variables") is not None


def test_the_first_requests_pass() -> None:
    faults = Faults()
    faults.add(status=500, after=2, times=2)
    assert [faults.take("GET", "/") is not None for _ in range(6)] == [False, False, True, True, False, False]


def test_faults_are_tried_in_their_order() -> None:
    faults = Faults()
    faults.add(status=500)
    faults.add(status=502)
    taken = [faults.take("GET", "/") for _ in range(2)]
    assert [fault.status for fault in taken if fault] == [500, 502]


@pytest.mark.parametrize(
    ("body", "content", "content_type"),
    [
        ("late", b"late", "text/plain; charset=utf-8"),
        ({"a": 1}, b'{"a": 1}', "application/json"),
        ([1], b"[1]", "application/json"),
        (b"\xff", b"\xff", "application/octet-stream"),
    ],
)
def test_a_body_brings_its_type_and_status_200(body: Any, content: bytes, content_type: str) -> None:
    fault = Faults().add(body=body)
    assert (fault.status, fault.body, fault.headers["Content-Type"]) == (200, content, content_type)


def test_a_given_type_and_headers_win() -> None:
    fault = Faults().add(status=429, body="<p>", content_type="text/html", headers={"Retry-After": "1"})
    assert fault.headers == {"Content-Type": "text/html", "Retry-After": "1"}


def test_unused_faults_are_named_until_they_are_met() -> None:
    faults = Faults()
    fault = faults.add(path="/home", status=500, times=3)
    assert faults.unused == [fault]
    faults.take("GET", "/home")
    assert faults.unused == []


def test_throttling_is_for_one_operation_of_the_control_plane() -> None:
    faults = Faults()
    faults.throttle("CreateCliToken", times=2)
    assert faults.take("POST", "/clitoken/x") is None
    assert faults.take_operation("CreateWebLoginToken") is None
    fault = faults.take_operation("CreateCliToken")
    assert fault is not None
    assert fault.status == 429
    assert fault.headers["x-amzn-ErrorType"] == "ThrottlingException"
    assert faults.take_operation("CreateCliToken") is not None
    assert faults.take_operation("CreateCliToken") is None


def test_clear_forgets_everything() -> None:
    faults = Faults()
    faults.add(status=500, times=None)
    faults.clear()
    assert faults.take("GET", "/") is None
    assert faults.unused == []


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({}, "does nothing"),
        ({"path": "/home"}, "does nothing"),
        ({"status": 99}, "from 200 to 599; got 99"),
        ({"status": 600}, "from 200 to 599; got 600"),
        ({"delay": -1}, "zero or more; got -1"),
        ({"delay": float("inf")}, "zero or more; got inf"),
        ({"delay": float("nan")}, "zero or more; got nan"),
        ({"status": 500, "times": 0}, "from 1, or None for always; got 0"),
        ({"status": 500, "after": -1}, "a whole number from 0; got -1"),
        ({"status": "502"}, "a fault's status is a whole number; got '502'"),
        ({"status": 500, "times": "2"}, "a fault's times is a whole number; got '2'"),
        ({"delay": "1"}, "a fault's delay is a number of seconds or a timedelta"),
        ({"path": 5, "status": 500}, "a fault's path is a text or None; got 5"),
        ({"path": "aws_mwaa/cli", "status": 500}, "a fault's path is the path of a URL"),
        ({"path": "https://example.com/home", "status": 500}, "without host and query string"),
        ({"path": "/api/v1/dags?limit=1", "status": 500}, "without host and query string"),
        ({"body": {1}}, "a fault's body has to be something that JSON knows"),
        ({"status": 500, "reset": True}, "either resets the connection or answers"),
        ({"status": 500, "operation": "CreateCliToken", "path": "/x"}, "not for both"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(order: dict[str, Any], words: str) -> None:
    faults = Faults()
    with pytest.raises(ValueError, match=words):
        faults.add(**order)
    assert faults.unused == []


def test_a_fault_says_what_it_does() -> None:
    faults = Faults()
    faults.add(path="/home", method="GET", status=502, delay=1.5)
    faults.add(operation="CreateCliToken", reset=True)
    assert "GET /home: 1.5 s late, answered 502" in repr(faults)
    assert "CreateCliToken: connection reset" in repr(faults)


@pytest.mark.parametrize("name", ["CreateCLIToken", "create_cli_token", "CreateCliTokens"])
def test_an_operation_that_there_is_not_is_refused_and_the_nearest_named(name: str) -> None:
    for order in (Faults().throttle, lambda operation: Faults().add(operation=operation, reset=True)):
        with pytest.raises(ValueError, match=f"has no operation '{name}'. Did you mean 'CreateCliToken'"):
            order(name)
    with pytest.raises(ValueError, match=r"has no operation 'Sing'\. There are: CreateCliToken, "):
        Faults().throttle("Sing")


def test_the_operations_are_those_of_the_model() -> None:
    model = create_loader().load_service_model("mwaa", "service-2")
    assert set(OPERATIONS) <= model["operations"].keys()
