from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from fake_server.transports.certificates import CertificateAuthority
from fake_server.transports.sockets import LoopbackServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Serve = Callable[..., LoopbackServer]


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Answers with what it was asked, as a line of JSON."""
    seen: dict[str, Any] = {key: value for key, value in environ.items() if isinstance(value, (str, int, bool))}
    seen["body"] = base64.b64encode(environ["wsgi.input"].read()).decode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(seen).encode() + b"\n"]


@pytest.fixture(name="echo")
def echo_fixture() -> WSGIApplication:
    return echo


@pytest.fixture(scope="session")
def authority() -> Iterator[CertificateAuthority]:
    with CertificateAuthority() as authority:
        yield authority


@pytest.fixture(scope="session")
def trusting(authority: CertificateAuthority) -> ssl.SSLContext:
    """A client's TLS context that trusts the servers of these tests."""
    return ssl.create_default_context(cadata=authority.certificate_pem)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers, and stops them when the test is over, leaving no thread behind."""
    before = set(threading.enumerate())
    servers: list[LoopbackServer] = []

    def start(application: WSGIApplication = echo, **options: Any) -> LoopbackServer:
        servers.append(LoopbackServer(application, **options))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
    assert set(threading.enumerate()) <= before


@pytest.fixture
def talk() -> Callable[[LoopbackServer, bytes], bytes]:
    """Sends bytes to a server's port and returns all that comes back until the server closes the connection."""

    def send(server: LoopbackServer, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(data)
            received = b""
            while more := connection.recv(65536):
                received += more
        return received

    return send
