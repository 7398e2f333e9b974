from __future__ import annotations

import base64
import datetime as dt
import http.client
import json
import socket
import ssl
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest
import requests
import time_machine
from werkzeug.wrappers import Request, Response

from fake_server.transports.sockets import LoopbackServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Serve = Callable[..., LoopbackServer]
Talk = Callable[[LoopbackServer, bytes], bytes]


@pytest.fixture(params=["http", "https"])
def connection(
    request: pytest.FixtureRequest, serve: Serve, authority: Any, trusting: ssl.SSLContext
) -> Iterable[http.client.HTTPConnection]:
    """A connection, with HTTP or HTTPS, to a server that echoes."""
    if request.param == "https":
        server = serve(tls=authority.server_context)
        client: http.client.HTTPConnection = http.client.HTTPSConnection("localhost", server.port, context=trusting)
    else:
        client = http.client.HTTPConnection("localhost", serve().port)
    yield client
    client.close()


def ask(connection: http.client.HTTPConnection, *arguments: Any, **keywords: Any) -> Any:
    connection.request(*arguments, **keywords)
    with connection.getresponse() as response:
        return json.loads(response.read())


def body_of(seen: dict[str, Any]) -> bytes:
    return base64.b64decode(seen["body"])


def test_it_answers_with_what_the_application_answers(connection: http.client.HTTPConnection) -> None:
    seen = ask(connection, "POST", "/a/b%20c?d=e%26f", b"\x00\xffbody", {"Content-Type": "x/y", "X-Some": "1"})
    assert (seen["REQUEST_METHOD"], seen["PATH_INFO"], seen["QUERY_STRING"]) == ("POST", "/a/b c", "d=e%26f")
    assert (seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"], seen["HTTP_X_SOME"]) == ("x/y", "6", "1")
    assert body_of(seen) == b"\x00\xffbody"
    assert seen["wsgi.url_scheme"] == ("https" if isinstance(connection, http.client.HTTPSConnection) else "http")


def test_one_connection_serves_many_requests(connection: http.client.HTTPConnection) -> None:
    ports = {ask(connection, method, "/", b"body")["REMOTE_PORT"] for method in ("GET", "POST", "PUT", "DELETE") * 5}
    assert len(ports) == 1


def test_a_body_that_the_application_leaves_unread_does_not_become_the_next_request(serve: Serve) -> None:
    @Request.application
    def ignoring(request: Request) -> Response:
        return Response(request.path)

    connection = http.client.HTTPConnection("localhost", serve(ignoring).port)
    for path in ("/1", "/2", "/3"):
        connection.request("GET", path, b"GET /smuggled HTTP/1.1\r\n\r\n" * 1000)
        assert connection.getresponse().read() == path.encode()
    connection.close()


def test_a_body_in_chunks_with_extensions_and_trailers(serve: Serve, talk: Talk) -> None:
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"4;a=b\r\nbody\r\nA \r\n of chunks\r\n0\r\nX-Trailer: 1\r\n\r\n"
    answers = talk(serve(), head + body + b"GET /next HTTP/1.1\r\nConnection: close\r\n\r\n")
    first, second = (json.loads(line) for line in answers.splitlines() if line.startswith(b"{"))
    assert body_of(first) == b"body of chunks"
    assert first["wsgi.input_terminated"] is True
    assert second["PATH_INFO"] == "/next"


def test_werkzeug_reads_a_body_in_chunks(serve: Serve) -> None:
    @Request.application
    def application(request: Request) -> Response:
        return Response(request.get_data())

    answer = requests.post(serve(application).url, data=iter([b"some ", b"chunks"]), timeout=60)
    assert answer.content == b"some chunks"


def test_requests_that_come_at_once_are_answered_in_order(serve: Serve, talk: Talk) -> None:
    request = b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % number for number in range(5))
    answers = talk(serve(), request + b"GET /5 HTTP/1.1\r\nConnection: close\r\n\r\n")
    paths = [json.loads(line)["PATH_INFO"] for line in answers.splitlines() if line.startswith(b"{")]
    assert paths == [f"/{number}" for number in range(6)]


@pytest.mark.parametrize("method", ["GET", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "NONSENSE", "x-own", "M-SEARCH"])
def test_every_method_reaches_the_application(connection: http.client.HTTPConnection, method: str) -> None:
    assert ask(connection, method, "/")["REQUEST_METHOD"] == method


def test_the_application_refuses_a_method_in_its_own_words(serve: Serve) -> None:
    @Request.application
    def application(request: Request) -> Response:
        return Response(f"no {request.method} here", 405, {"Allow": "GET"})

    answer = requests.request("NONSENSE", serve(application).url, timeout=60)
    assert (answer.status_code, answer.text, answer.headers["Allow"]) == (405, "no NONSENSE here", "GET")


def test_the_answer_to_head_has_a_length_and_no_body(connection: http.client.HTTPConnection) -> None:
    connection.request("HEAD", "/")
    response = connection.getresponse()
    assert int(response.headers["Content-Length"]) > 100
    assert response.read() == b""
    assert ask(connection, "GET", "/next")["PATH_INFO"] == "/next"


def test_head_without_a_length_from_the_application(serve: Serve, talk: Talk) -> None:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        return []

    assert b"Content-Length" not in talk(serve(application), b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("status", ["204 NO CONTENT", "304 NOT MODIFIED"])
def test_statuses_without_a_body(serve: Serve, talk: Talk, status: str) -> None:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response(status, [])
        return [b"a body that must not be sent"]

    request = b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    answers = talk(serve(application), request)
    assert answers.count(b"HTTP/1.1 " + status.encode()) == 2
    assert b"a body" not in answers
    assert b"Content-Length" not in answers


def test_a_close_is_honoured(serve: Serve, talk: Talk) -> None:
    answer = talk(serve(), b"GET / HTTP/1.1\r\nConnection: Keep-Alive, Close\r\n\r\n")
    assert b"\r\nConnection: close\r\n" in answer


def test_http_1_0_gets_one_answer(serve: Serve, talk: Talk) -> None:
    answer = talk(serve(), b"GET / HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nConnection: close\r\n" in answer


def test_the_application_closes_the_connection(serve: Serve, talk: Talk) -> None:
    @Request.application
    def application(request: Request) -> Response:
        return Response("bye", headers={"Connection": "close"})

    answer = talk(serve(application), b"GET / HTTP/1.1\r\n\r\n")
    assert answer.count(b"Connection: close") == 1
    assert answer.endswith(b"bye")


def test_an_answer_shorter_than_announced_ends_with_the_connection(serve: Serve) -> None:
    @Request.application
    def application(request: Request) -> Response:
        response = Response("half")
        response.headers["Content-Length"] = "8"
        return response

    connection = http.client.HTTPConnection("localhost", serve(application).port)
    connection.request("GET", "/")
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()


def test_a_client_that_waits_for_continue_gets_it(serve: Serve) -> None:
    with socket.create_connection(("127.0.0.1", serve().port), timeout=60) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"body")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body_of(json.loads(answer.partition(b"\r\n\r\n")[2])) == b"body"


def test_without_a_body_nobody_waits(serve: Serve, talk: Talk) -> None:
    answer = talk(serve(), b"GET / HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_waits_with_a_body_too_large_is_refused_at_once(serve: Serve, talk: Talk) -> None:
    answer = talk(serve(), b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_answer_is_one_write_without_nagle(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    real = socket.socket.sendall

    @Request.application
    def application(request: Request) -> Response:
        connection = request.environ["werkzeug.socket"]
        writes.clear()
        return Response(str(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)) + "x" * 50_000)

    def counting(self: socket.socket, data: bytes) -> None:
        writes.append(len(data))
        real(self, data)

    monkeypatch.setattr(socket.socket, "sendall", counting)
    answer = requests.get(serve(application).url, timeout=60)
    assert answer.text[0] != "0"
    assert len(writes) == 1


def test_a_repeated_header_survives(serve: Serve) -> None:
    @Request.application
    def application(request: Request) -> Response:
        response = Response("")
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response

    with requests.Session() as session:
        session.get(serve(application).url, timeout=60)
        assert session.cookies.get_dict() == {"a": "1", "b": "2"}


@pytest.mark.parametrize("host", ["abc.c2.us-east-1.airflow.amazonaws.com", "LocalHost:1", "[::1]:80", ""])
def test_the_host_is_passed_as_it_came(serve: Serve, talk: Talk, host: str) -> None:
    answer = talk(serve(), b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % host.encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["HTTP_HOST"] == host


def test_the_application_sees_the_path_as_sent(serve: Serve, talk: Talk) -> None:
    answer = talk(serve(), b"GET /a%2Fb//c%00?d=%e9 HTTP/1.1\r\nConnection: close\r\n\r\n")
    seen = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert seen["RAW_URI"] == seen["REQUEST_URI"] == "/a%2Fb//c%00?d=%e9"
    assert seen["PATH_INFO"] == "/a/b//c\x00"


def test_an_application_that_uses_write_and_close(serve: Serve) -> None:
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Any:
            return iter([b"and ", b"this"])

        def close(self) -> None:
            closed.append(True)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [("Transfer-Encoding", "chunked")])
        write(b"")
        return Body()

    answer = requests.get(serve(application).url, timeout=60)
    assert answer.text == "and this"
    assert "Transfer-Encoding" not in answer.headers
    assert closed == [True]


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_is_moved_meanwhile(connection: http.client.HTTPConnection, days: int) -> None:
    first = ask(connection, "GET", "/")
    with time_machine.travel(dt.timedelta(days=days), tick=False):
        second = ask(connection, "POST", "/", b"body")
    assert ask(connection, "GET", "/")["REMOTE_PORT"] == second["REMOTE_PORT"] == first["REMOTE_PORT"]


class TestAnApplicationThatFails:
    @pytest.mark.parametrize("error", [ValueError("secret details"), SystemExit(2), KeyError("x")])
    def test_the_client_gets_a_500_and_the_hook_the_error(
        self, serve: Serve, capfd: pytest.CaptureFixture[str], error: BaseException
    ) -> None:
        told: list[tuple[BaseException, str]] = []

        def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            raise error

        server = serve(application, on_error=lambda error, environ: told.append((error, environ["PATH_INFO"])))
        with requests.Session() as session:
            for path in ("/1", "/2"):
                answer = session.get(server.url + path, timeout=60)
                assert answer.status_code == 500
                assert answer.text == f"The application failed on this request: {type(error).__name__}\n"
        assert told == [(error, "/1"), (error, "/2")]
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        "application",
        [
            pytest.param(lambda environ, start: [b"no status"], id="never starts"),
            pytest.param(lambda environ, start: start("nonsense", []) and [], id="no status code"),
            pytest.param(lambda environ, start: start("200 OK", [("X", "\u20ac")]) and [], id="not Latin-1"),
            pytest.param(lambda environ, start: start("200 OK", [("X", "a\nb")]) and [], id="newline in a header"),
            pytest.param(lambda environ, start: start("200 O\nK", []) and [], id="newline in the status"),
            pytest.param(lambda environ, start: start("200 OK", []) and ["text"], id="text, not bytes"),
        ],
    )
    def test_an_answer_that_cannot_be_sent_is_an_error_too(
        self, serve: Serve, application: WSGIApplication, capfd: pytest.CaptureFixture[str]
    ) -> None:
        told: list[BaseException] = []
        server = serve(application, on_error=lambda error, environ: told.append(error))
        assert requests.get(server.url, timeout=60).status_code == 500
        assert len(told) == 1
        assert capfd.readouterr() == ("", "")

    def test_nothing_is_logged_by_default(
        self, serve: Serve, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            if environ["PATH_INFO"] == "/bad":
                raise ValueError
            start_response("200 OK", [])
            return [b"good"]

        server = serve(application)
        assert requests.get(server.url + "/bad", timeout=60).status_code == 500
        assert requests.get(server.url + "/good", timeout=60).text == "good"
        assert capfd.readouterr() == ("", "")
        assert caplog.records == []


class TestThePort:
    def test_it_listens_when_the_constructor_returns(self, echo: WSGIApplication) -> None:
        server = LoopbackServer(echo)
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            with server:
                assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")

    def test_it_is_free_and_on_loopback_only(self, serve: Serve) -> None:
        server = serve()
        assert server.port > 0
        assert server.url == f"http://localhost:{server.port}"
        assert repr(server) == f"<LoopbackServer {server.url}>"
        assert server._server.socket.getsockname()[0] == "127.0.0.1"

    def test_one_that_is_taken(self, serve: Serve, echo: WSGIApplication, capfd: pytest.CaptureFixture[str]) -> None:
        port = serve().port
        expected = (
            rf"127\.0\.0\.1:{port} is in use by another program\. Stop that program, or pass another port \(0: any"
        )
        with pytest.raises(OSError, match=expected):
            LoopbackServer(echo, port=port)
        assert capfd.readouterr() == ("", "")

    def test_one_that_has_just_been_left(self, echo: WSGIApplication) -> None:
        port = 0
        for _ in range(3):
            with LoopbackServer(echo, port=port) as server:
                port = server.port
                assert requests.get(server.url, timeout=60).ok

    @pytest.mark.parametrize("port", [-1, 65536])
    def test_one_that_does_not_exist(self, echo: WSGIApplication, port: int) -> None:
        with pytest.raises(ValueError, match=rf"from 0 \(any free port\) to 65535, not {port}\."):
            LoopbackServer(echo, port=port)

    def test_one_that_is_not_allowed(self, echo: WSGIApplication, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: socket.socket, address: Any) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(socket.socket, "bind", refuse)
        with pytest.raises(PermissionError, match=r"127\.0\.0\.1:80 needs privileges that this process lacks"):
            LoopbackServer(echo, port=80)


@pytest.mark.skipif(sys.platform != "linux", reason="binds to an address of Linux's loopback network")
def test_other_addresses_of_this_machine_are_not_served(serve: Serve) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", serve().port), timeout=60)
