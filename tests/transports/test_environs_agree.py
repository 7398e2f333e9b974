"""The same request looks the same to an application in process and on a socket, where Werkzeug makes the environ."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses
from packaging.version import Version

from fake_server.transports.host_names import HostNames
from fake_server.transports.in_process import InProcessBinding
from fake_server.transports.sockets import LoopbackServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Serve = Callable[..., LoopbackServer]

HOST = "env.example"

# The socket's own name and address, and what only a server on a socket has.
_COUNTS_CHARACTERS = Version(requests.__version__) < Version("2.32")

DIFFERENT = {
    "SERVER_NAME",
    "SERVER_PORT",
    "REMOTE_PORT",
    "SERVER_SOFTWARE",
    "werkzeug.socket",
    "wsgi.errors",
    "wsgi.input",
    # In process the application is told how long the client would wait; over a network nobody knows.
    "client.timeout",
}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PROPFIND"])
@pytest.mark.parametrize(
    "target",
    [
        *(
            "",
            "/",
            "/a%2Fb%20c/",
            "//double//slashes//",
            "///",
            "//a?b",
            "/./a/../b",
            "/caf\u00e9?caf\u00e9=\u20ac",
            "/%E9%00%zz",
        ),
        *(
            "/?",
            "/?a=b%2Fc+d&a=&&",
            "/a;b=c?d#e",
            "/a?b?c",
            "/[]|<>\"'",
            "/~user",
            "/%7Euser",
            "/http://x.example/",
            "/a:80",
        ),
    ],
)
def test_for_every_target(serve: Serve, method: str, target: str) -> None:
    assert_agreement(serve, method, target)


def files() -> Any:
    return {"f": io.BytesIO(b"content")}


@pytest.mark.parametrize(
    "options",
    [
        {"data": b"\x00\xff"},
        pytest.param(
            {"data": "caf\u00e9"},
            marks=pytest.mark.skipif(_COUNTS_CHARACTERS, reason="requests before 2.32 counts characters, not bytes"),
        ),
        {"data": {"a": "1", "b": ["2", "\u20ac"]}},
        {"json": {}},
        {
            "headers": {
                "Content-Type": "x/y; charset=z",
                "X-Under_Score": "1",
                "X_": "2",
                "x-lower": "inner  and outer spaces ",
            }
        },
        {"headers": {"Host": "other.example:81", "Accept": "", "X-Latin": "caf\xe9", "X-Bytes": b"\xff"}},
        {"headers": {"Connection": "close", "Expect": "", "Accept-Encoding": None}},
        {"cookies": {"a": "1", "b": "2"}, "auth": ("user", "caf\u00e9")},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_for_every_body_and_header(serve: Serve, method: str, options: dict[str, Any]) -> None:
    assert_agreement(serve, method, "/path", **options)


def test_for_a_body_in_chunks(serve: Serve) -> None:
    assert_agreement(serve, "POST", "/path", data=OneGeneratorEachTime())


class OneGeneratorEachTime:
    def __iter__(self) -> Any:
        return iter([b"some ", b"chunks"])


def assert_agreement(serve: Serve, method: str, target: str, **options: Any) -> None:
    seen: list[dict[str, Any]] = []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        comparable = {key: value for key, value in environ.items() if key not in DIFFERENT}
        seen.append({**comparable, "the body": environ["wsgi.input"].read()})
        start_response("200 OK", [])
        return []

    url = f"http://{HOST}{target}"
    with HostNames([HOST], serve(application).port):
        requests.request(method, url, timeout=60, **options)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        with InProcessBinding(application, requests_mock=mock, host_names=[HOST]):
            requests.request(method, url, timeout=60, **options)
    on_a_socket, in_process = seen
    assert in_process == on_a_socket
