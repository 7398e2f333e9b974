from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from fake_server.transports.sockets import Limits, LoopbackServer

if TYPE_CHECKING:
    from fake_server.transports.certificates import CertificateAuthority

Serve = Callable[..., LoopbackServer]
Talk = Callable[[LoopbackServer, bytes], bytes]


@pytest.fixture
def server(serve: Serve, authority: CertificateAuthority) -> LoopbackServer:
    return serve(tls=authority.server_context)


def get(server: LoopbackServer, trusting: ssl.SSLContext) -> int:
    connection = http.client.HTTPSConnection("localhost", server.port, context=trusting, timeout=60)
    connection.request("GET", "/")
    with connection.getresponse() as response:
        response.read()
    connection.close()
    return response.status


def test_the_url_is_https(server: LoopbackServer) -> None:
    assert server.url == f"https://localhost:{server.port}"


def test_idle_connections_delay_nobody(serve: Serve, authority: CertificateAuthority, trusting: ssl.SSLContext) -> None:
    server = serve(tls=authority.server_context, limits=Limits(handshake_seconds=3600))
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    half_a_handshake = socket.create_connection(("127.0.0.1", server.port))
    half_a_handshake.sendall(b"\x16\x03\x01")
    assert get(server, trusting) == 200
    for connection in [*idle, half_a_handshake]:
        connection.close()


def test_idle_connections_are_dropped_in_time(serve: Serve, authority: CertificateAuthority, talk: Talk) -> None:
    server = serve(tls=authority.server_context, limits=Limits(handshake_seconds=0.1))
    assert talk(server, b"") == b""
    assert talk(server, b"\x16\x03\x01") in (b"", b"\x15\x03\x01\x00\x02\x02\x50")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_plain_http_is_told_that_https_is_spoken(server: LoopbackServer, method: str, trusting: ssl.SSLContext) -> None:
    answer = requests.request(method, server.url.replace("https", "http"), data=b"x" * 100_000, timeout=60)
    assert answer.status_code == 400
    assert answer.text == "This port speaks HTTPS, and the request came as plain HTTP. Use https:// in the URL.\n"
    assert get(server, trusting) == 200


@pytest.mark.parametrize("data", [b"\x16garbage", b"\x16\x03\x01\x00\x05hello", b"\x80\x2e\x01", b"\x00" * 100])
def test_garbage_harms_nobody(
    server: LoopbackServer, talk: Talk, trusting: ssl.SSLContext, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    talk(server, data)
    assert get(server, trusting) == 200
    assert capfd.readouterr() == ("", "")


def test_a_client_that_does_not_trust_the_server(
    server: LoopbackServer, trusting: ssl.SSLContext, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        get(server, ssl.create_default_context())
    assert get(server, trusting) == 200
    assert capfd.readouterr() == ("", "")


def test_the_end_of_a_connection_is_announced(server: LoopbackServer, trusting: ssl.SSLContext) -> None:
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    # An end that TLS does not announce could be an attacker's: this client takes it for an error.
    with trusting.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as client:
        client.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        received = b""
        while more := client.recv(65536):
            received += more
    assert received.startswith(b"HTTP/1.1 200 OK")


def test_http_1_1_is_agreed_on(server: LoopbackServer, authority: CertificateAuthority) -> None:
    context = ssl.create_default_context(cadata=authority.certificate_pem)
    context.set_alpn_protocols(["h2", "http/1.1"])
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    with context.wrap_socket(raw, server_hostname="localhost") as client:
        assert client.selected_alpn_protocol() == "http/1.1"


def test_a_session_over_https(server: LoopbackServer, authority: CertificateAuthority) -> None:
    with requests.Session() as session:
        session.trust_env = False  # a REQUESTS_CA_BUNDLE would count more than the session's verify
        session.verify = authority.trust_environment({})["REQUESTS_CA_BUNDLE"]
        answers: list[Any] = [session.post(server.url, data=b"x" * size, timeout=60).json() for size in (0, 1, 100_000)]
    assert len({answer["REMOTE_PORT"] for answer in answers}) == 1
    assert {answer["wsgi.url_scheme"] for answer in answers} == {"https"}
