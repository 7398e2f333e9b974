from __future__ import annotations

import inspect
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from fake_server import FakeMWAA
from fake_server.control import FAULT_KEYWORDS, Control
from fake_server.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse


@pytest.fixture
def mwaa() -> Iterator[FakeMWAA]:
    with FakeMWAA("reports", dags=["etl"]) as mwaa:
        yield mwaa


@pytest.fixture
def control(mwaa: FakeMWAA) -> Client:
    return Client(Control(mwaa.environment, mwaa.reset))


def post(control: Client, name: str, body: Any = None, **keywords: Any) -> TestResponse:
    return control.post(f"/_fake/{name}", json=body, environ_base={"REMOTE_ADDR": "127.0.0.1"}, **keywords)


def get(control: Client, name: str, **keywords: Any) -> TestResponse:
    return control.get(f"/_fake/{name}", **{"environ_base": {"REMOTE_ADDR": "::1"}, **keywords})


def test_health(mwaa: FakeMWAA, control: Client) -> None:
    health = get(control, "health").json

    assert health is not None
    assert health["status"] == "healthy"
    assert health["environment"] == "reports"
    assert health["webserver_hostname"] == mwaa.hostname


def test_journal(mwaa: FakeMWAA, control: Client) -> None:
    token = mwaa.client().create_cli_token(Name="reports")["CliToken"]

    answer = get(control, "journal")

    assert answer.json is not None
    assert [entry["operation"] for entry in answer.json] == ["CreateCliToken"]
    assert token not in answer.text


def test_reset(mwaa: FakeMWAA, control: Client) -> None:
    mwaa.variables["key"] = "value"

    assert post(control, "reset").status_code == 200
    assert mwaa.variables == {}


def test_seed(mwaa: FakeMWAA, control: Client) -> None:
    assert post(control, "seed", {"variables": {"key": "value"}}).status_code == 200
    assert mwaa.variables == {"key": "value"}


def test_clock(mwaa: FakeMWAA, control: Client) -> None:
    before = mwaa.clock.now()

    post(control, "clock", {"advance": 3600})

    assert (mwaa.clock.now() - before).total_seconds() >= 3600


def test_a_frozen_clock(mwaa: FakeMWAA, control: Client) -> None:
    frozen = post(control, "clock", {"frozen": True}).get_json()
    assert frozen == post(control, "clock", {"frozen": True}).get_json() == {"now": frozen["now"], "frozen": True}

    advanced = post(control, "clock", {"advance": 59}).get_json()
    assert advanced["now"] == (datetime.fromisoformat(frozen["now"]) + timedelta(seconds=59)).isoformat()

    assert post(control, "clock", {"frozen": False}).get_json()["frozen"] is False


def test_faults(mwaa: FakeMWAA, control: Client) -> None:
    post(control, "faults", {"path": "/health", "status": 502})
    post(control, "faults", {"throttle": "CreateCliToken", "times": 2})

    fault = mwaa.faults.take("GET", "/health")
    assert fault is not None
    assert fault.status == 502
    throttled = mwaa.faults.take_operation("CreateCliToken")
    assert throttled is not None
    assert throttled.status == 429


def test_the_keywords_of_faults_are_all_there() -> None:
    assert set(FAULT_KEYWORDS) == set(inspect.signature(Faults.add).parameters) - {"self"}


def test_session(mwaa: FakeMWAA, control: Client) -> None:
    user = mwaa.add_user("ann", "secret")

    answer = post(control, "session", {"username": "ann"}).json

    assert answer is not None
    assert mwaa.environment.web_server.sessions.user_of(answer["session"]) is user


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("reset", {"all": True}, "reset: takes no body"),
        ("seed", [], "seed: expected a seed"),
        ("seed", {"dags": [{}]}, "'dag_id' is a required property"),
        ("clock", None, "expected a JSON object"),
        ("clock", {}, "expected a JSON object with advance, a number of seconds, or frozen, true or false"),
        ("clock", {"frozen": 1}, "'frozen' is true or false; got 1"),
        ("clock", {"advance": "1"}, "'advance' is a whole number or a fraction; got \"1\""),
        ("clock", {"advance": True}, "got true"),
        ("clock", {"advance": None}, "got null"),
        ("clock", {"advance": -1}, "zero or more"),
        ("clock", {"advanced": 1}, "Did you mean 'advance'"),
        ("faults", {"stat": 502}, "Did you mean 'status'"),
        ("faults", {"path": "/x"}, "does nothing"),
        ("faults", {"path": "/x", "status": "502"}, "faults: 'status' is a whole number; got \"502\""),
        ("faults", {"path": "/x", "delay": None}, "'delay' is a whole number or a fraction; got null"),
        ("faults", {"path": "/x", "reset": 1}, "'reset' is true or false; got 1"),
        ("faults", {"throttle": 3}, "'throttle' is text; got 3"),
        ("faults", {"throttle": "CreateCliToken", "times": "two"}, "'times' is a whole number; got \"two\""),
        ("session", {"username": "bob"}, "There are: ann"),
        ("session", {"username": 1}, "There are: ann"),
    ],
)
def test_a_mistake_is_named(mwaa: FakeMWAA, control: Client, name: str, body: Any, words: str) -> None:
    mwaa.add_user("ann")

    answer = post(control, name, body)

    assert answer.status_code == 400
    assert answer.json is not None
    assert words in answer.json["error"]


def test_what_is_no_json(control: Client) -> None:
    text: dict[str, Any] = {"data": "{", "environ_base": {"REMOTE_ADDR": "127.0.0.1"}}

    assert control.post("/_fake/clock", content_type="application/json", **text).status_code == 400
    assert control.post("/_fake/clock", content_type="text/plain", **text).status_code == 415


def test_unknown_endpoints_and_methods(control: Client) -> None:
    unknown, wrong = get(control, "journl"), get(control, "reset")

    assert unknown.status_code == 404
    assert "Did you mean 'journal'" in unknown.text
    assert wrong.status_code == 405
    assert wrong.headers["Allow"] == "POST"


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.7", "", "somewhere"])
def test_foreign_peers_are_refused(control: Client, address: str) -> None:
    answer = get(control, "health", environ_base={"REMOTE_ADDR": address})

    assert answer.status_code == 403
    assert json.loads(answer.text)["error"].startswith("the control endpoints answer only")


def test_pages_in_a_browser_are_refused(control: Client) -> None:
    assert get(control, "health", headers={"Origin": "https://example.org"}).status_code == 403
