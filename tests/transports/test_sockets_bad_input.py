from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from fake_server.transports.sockets import Limits, LoopbackServer

Serve = Callable[..., LoopbackServer]
Talk = Callable[[LoopbackServer, bytes], bytes]


def status_and_text(answer: bytes) -> tuple[int, str]:
    head, _, text = answer.partition(b"\r\n\r\n")
    assert b"\r\nContent-Type: text/plain; charset=utf-8" in head
    assert b"\r\nConnection: close" in head
    return int(head.split()[1]), text.decode()


@pytest.fixture(autouse=True)
def goes_on(serve: Serve, capfd: pytest.CaptureFixture[str]) -> Any:
    """After each of these tests, its servers still answer, and they have said nothing on stderr."""
    servers: list[LoopbackServer] = []

    def remember(*arguments: Any, **options: Any) -> LoopbackServer:
        servers.append(serve(*arguments, **options))
        return servers[-1]

    yield remember
    for server in servers:
        assert requests.get(server.url, timeout=60).status_code == 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("request_line", "status", "words"),
    [
        (b"GET /", 400, "METHOD TARGET HTTP/1.1"),
        (b"nonsense", 400, "METHOD TARGET HTTP/1.1"),
        (b"GET / x HTTP/1.1", 400, "METHOD TARGET HTTP/1.1"),
        (b"GET / FTP/1.1", 400, "HTTP/1.1"),
        (b"GET / HTTP/1.1.1", 400, "HTTP/1.1"),
        (b"GET / HTTP/2.0", 505, "HTTP/1.1 and HTTP/1.0"),
        (b"G(T / HTTP/1.1", 400, "method"),
        (b"\xff\xfe / HTTP/1.1", 400, "method"),
        (b"GET  HTTP/1.1", 400, "control characters"),
        (b"GET /a\x00b HTTP/1.1", 400, "control characters"),
        (b"GET /a\tb HTTP/1.1", 400, "control characters"),
        (b"GET http://[/ HTTP/1.1", 400, "not a URL"),
    ],
)
def test_a_malformed_request_line(goes_on: Serve, talk: Talk, request_line: bytes, status: int, words: str) -> None:
    answered, text = status_and_text(talk(goes_on(), request_line + b"\r\nHost: localhost\r\n\r\n"))
    assert answered == status
    assert words in text


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"no colon", "Name: value"),
        (b": no name", "Name: value"),
        (b"Space : before the colon", "Name: value"),
        (b"X: 1\r\n folded", "Name: value"),
        (b"N\xc3\xa4me: x", "Name: value"),
        (b"X-Nul: a\x00b", "X-Nul"),
        (b"X-Return: a\rb", "X-Return"),
        (b"Content-Length: many", "Content-Length"),
        (b"Content-Length: -1", "Content-Length"),
        (b"Content-Length: \xb2", "Content-Length"),
        (b"Content-Length: 1\r\nContent-Length: 2", "Content-Length"),
        (b"Content-Length: 1\r\nTransfer-Encoding: chunked", "both a Content-Length and a Transfer-Encoding"),
    ],
)
def test_a_malformed_header(goes_on: Serve, talk: Talk, header: bytes, words: str) -> None:
    answered, text = status_and_text(talk(goes_on(), b"POST / HTTP/1.1\r\n" + header + b"\r\n\r\n"))
    assert answered == 400
    assert words in text


def test_an_unknown_transfer_encoding(goes_on: Serve, talk: Talk) -> None:
    answered, text = status_and_text(talk(goes_on(), b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"))
    assert answered == 501
    assert "'gzip, chunked'" in text


@pytest.mark.parametrize("chunk", [b"xyz\r\n", b"-1\r\n", b"\r\n", b"3\r\nlonger\r\n", b"1" * 10_000 + b"\r\n"])
def test_a_malformed_chunk(goes_on: Serve, talk: Talk, chunk: bytes) -> None:
    answered, text = status_and_text(talk(goes_on(), b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk))
    assert answered == 400
    assert "body" in text


def test_encoded_nul_bytes_reach_the_application(goes_on: Serve) -> None:
    assert requests.get(goes_on().url + "/a%00b", timeout=60).json()["PATH_INFO"] == "/a\x00b"


@pytest.mark.parametrize("path", ["/caf\u00e9", "/\u00e0", "/\u65e5\u672c"])
def test_a_path_that_is_not_ascii_reaches_the_application(goes_on: Serve, talk: Talk, path: str) -> None:
    answer = talk(goes_on(), b"GET " + path.encode() + b" HTTP/1.1\r\nConnection: close\r\n\r\n")
    seen = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert seen["PATH_INFO"].encode("latin-1").decode() == path


def test_a_header_that_is_not_ascii_reaches_the_application(goes_on: Serve, talk: Talk) -> None:
    answer = talk(goes_on(), b"GET / HTTP/1.1\r\nX-Name: caf\xe9 \xc3\xa9\r\nConnection: close\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["HTTP_X_NAME"] == "caf\xe9 \xc3\xa9"


@pytest.mark.parametrize("head", [b"X: %s" % (b"x" * 1_000_000), b"\r\n".join(b"X%d: x" % i for i in range(100_000))])
def test_headers_of_a_megabyte(goes_on: Serve, talk: Talk, head: bytes) -> None:
    answered, text = status_and_text(talk(goes_on(), b"GET / HTTP/1.1\r\n" + head + b"\r\n\r\n"))
    assert answered == 431
    assert "65536 bytes" in text


def test_a_url_of_a_megabyte(goes_on: Serve, talk: Talk) -> None:
    answered, text = status_and_text(talk(goes_on(), b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * 1_000_000)))
    assert answered == 414
    assert "65536 bytes" in text


def test_headers_below_the_limit(goes_on: Serve) -> None:
    assert len(requests.get(goes_on().url, headers={"X": "x" * 64_000}, timeout=60).json()["HTTP_X"]) == 64_000


class TestABodyTooLarge:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("chunked", [False, True])
    def test_the_client_gets_a_413(self, serve: Serve, authority: Any, scheme: str, chunked: bool) -> None:
        tls = authority.server_context if scheme == "https" else None
        server = serve(tls=tls, limits=Limits(body_bytes=1000))
        trusted = authority.trust_environment({})["REQUESTS_CA_BUNDLE"]
        body = b"x" * 3_000_000
        data: Any = iter([body[:1_000_000]] * 3) if chunked else body
        answer = requests.post(server.url, data=data, verify=trusted, timeout=60)
        assert answer.status_code == 413
        assert answer.text == "The request's body is larger than the 1000 bytes that this server accepts.\n"
        assert requests.post(server.url, data=b"x" * 1000, verify=trusted, timeout=60).status_code == 200

    def test_the_limit_is_ten_megabytes_by_default(self, goes_on: Serve, talk: Talk) -> None:
        answer = talk(goes_on(), b"POST / HTTP/1.1\r\nContent-Length: 10485761\r\n\r\n")
        assert status_and_text(answer)[0] == 413

    def test_a_body_without_end(self, goes_on: Serve) -> None:
        server = goes_on(limits=Limits(body_bytes=1_000_000))
        received = b""
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
            with pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012  # the loop is the point
                while True:
                    client.sendall(b"1000\r\n%s\r\n" % (b"x" * 4096))
                    client.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        received += client.recv(65536)
                    client.settimeout(10)
        assert received.startswith(b"HTTP/1.1 413 ")


class TestASlowClient:
    def test_that_sends_half_a_request_line(self, goes_on: Serve, talk: Talk) -> None:
        answered, text = status_and_text(talk(goes_on(limits=Limits(request_seconds=0.1)), b"GET / HT"))
        assert answered == 408
        assert text == "The request did not arrive within 0.1 seconds.\n"

    def test_that_sends_half_a_body(self, goes_on: Serve, talk: Talk) -> None:
        request = b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf"
        assert status_and_text(talk(goes_on(limits=Limits(request_seconds=0.1)), request))[0] == 408

    def test_that_drips_byte_by_byte(self, goes_on: Serve) -> None:
        server = goes_on(limits=Limits(request_seconds=0.3))
        with socket.create_connection(("127.0.0.1", server.port), timeout=0.02) as client:
            client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
            answer = b""
            start = time.monotonic()
            while not answer and time.monotonic() - start < 10:
                client.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    answer = client.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")

    def test_that_says_nothing_is_dropped(self, goes_on: Serve, talk: Talk) -> None:
        assert talk(goes_on(limits=Limits(idle_seconds=0.1)), b"") == b""


@pytest.mark.parametrize(
    "part", [b"", b"\r\n", b"GET", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"]
)
def test_a_client_that_leaves_in_the_middle(goes_on: Serve, part: bytes) -> None:
    server = goes_on()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(part)


def test_a_client_that_does_not_wait_for_the_answer(goes_on: Serve) -> None:
    server = goes_on()
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)


def test_an_empty_line_before_a_request_is_ignored(goes_on: Serve, talk: Talk) -> None:
    answer = talk(goes_on(), b"\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
