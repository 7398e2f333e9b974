"""A WSGI application bound in process beside a plain ``responses`` callback that answers the same constant.

Each number is a median of several rounds, in which both take turns. What counts is the ratio.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import requests
import responses
from moto import mock_aws
from moto.core.models import responses_mock
from tabulate import tabulate

from fake_server.transports.in_process import InProcessBinding

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROUNDS, COUNT = 15, 100
ANSWER = b'{"stderr": "", "stdout": "Mi4xMC41Cg=="}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]
PLAIN, BOUND = "https://plain.example/aws_mwaa/cli", "https://bound.example/aws_mwaa/cli"


def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """The answer to a CLI command, as small as they are."""
    environ["wsgi.input"].read()
    start_response("200 OK", HEADERS)
    return [ANSWER]


def plain_callback(_request: Any) -> tuple[int, dict[str, str], bytes]:
    """The same without WSGI."""
    return 200, dict(HEADERS), ANSWER


def microseconds(session: requests.Session, url: str) -> float:
    """How long one POST takes, on average."""
    start = time.perf_counter()
    for _ in range(COUNT):
        assert session.post(url, b"version", headers={"Authorization": "Bearer token"}).content == ANSWER
    return (time.perf_counter() - start) / COUNT * 1e6


def compare(mock: responses.RequestsMock) -> tuple[float, float]:
    """The medians of the plain callback and of the bound application."""
    mock.add(responses.CallbackResponse(responses.POST, PLAIN, plain_callback, content_type=None))
    with (
        InProcessBinding(application, requests_mock=mock, host_names=["bound.example"]),
        requests.Session() as session,
    ):
        rounds = []
        for _ in range(ROUNDS):
            rounds.append((microseconds(session, PLAIN), microseconds(session, BOUND)))
            mock.calls.reset()
    plain, bound = zip(*rounds, strict=True)
    return statistics.median(plain), statistics.median(bound)


def main() -> None:
    """Prints the table."""
    rows: list[tuple[str, float, float]] = []
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        rows.append(("responses.RequestsMock", *compare(mock)))
    with mock_aws():
        rows.append(("moto's mock", *compare(responses_mock)))
    table = [[name, f"{plain:.0f}", f"{bound:.0f}", f"{bound / plain:.2f}"] for name, plain, bound in rows]
    columns = ["POST on", "plain callback, µs", "bound application, µs", "ratio (target: 1.5)"]
    print(tabulate(table, columns, disable_numparse=True))


if __name__ == "__main__":
    main()
