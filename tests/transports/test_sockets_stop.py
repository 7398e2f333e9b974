from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from werkzeug.wrappers import Request, Response

from fake_server.transports.certificates import CertificateAuthority
from fake_server.transports.environment_variables import EnvironmentVariables
from fake_server.transports.host_names import HostNames
from fake_server.transports.sockets import Limits, LoopbackServer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Serve = Callable[..., LoopbackServer]


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="counts the open files in /dev/fd")
def test_fifty_times_leave_nothing_behind(echo: WSGIApplication) -> None:
    def once() -> None:
        with CertificateAuthority(["env.example"]) as authority:
            with LoopbackServer(echo, tls=authority.server_context) as server:
                with EnvironmentVariables(authority.trust_environment()), HostNames(["env.example"], server.port):
                    idle = socket.create_connection(("127.0.0.1", server.port))
                    trusting = ssl.create_default_context(cadata=authority.certificate_pem)
                    kept_alive = http.client.HTTPSConnection("env.example", context=trusting)
                    for _ in range(2):
                        kept_alive.request("GET", "/")
                        assert kept_alive.getresponse().read()
            idle.close()
            kept_alive.close()

    def everything() -> tuple[object, ...]:
        patched = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex, "connect" in vars(socket.socket)
        return set(threading.enumerate()), open_files(), dict(os.environ), patched

    once()
    before = everything()
    for _ in range(50):
        once()
    assert everything() == before


def test_nothing_listens_afterwards(echo: WSGIApplication) -> None:
    with LoopbackServer(echo) as server:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=60)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_it_does_not_wait_for_clients_that_say_nothing(
    echo: WSGIApplication, authority: CertificateAuthority, trusting: ssl.SSLContext, scheme: str
) -> None:
    """The benchmark of the live server measures how long it takes."""
    tls = authority.server_context if scheme == "https" else None
    server = LoopbackServer(echo, tls=tls, limits=Limits(handshake_seconds=3600, idle_seconds=3600, stop_seconds=3600))
    server.start()
    idle = socket.create_connection(("127.0.0.1", server.port))
    kept_alive = (
        http.client.HTTPSConnection("localhost", server.port, context=trusting)
        if tls
        else http.client.HTTPConnection("localhost", server.port)
    )
    kept_alive.request("GET", "/")
    kept_alive.getresponse().read()
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    stopping.join(60)
    assert not stopping.is_alive()
    idle.close()
    kept_alive.close()


def test_a_request_that_is_being_answered_is_answered_first() -> None:
    reached, go_on = threading.Event(), threading.Event()

    @Request.application
    def application(request: Request) -> Response:
        reached.set()
        assert go_on.wait(60)
        return Response("answered")

    server = LoopbackServer(application)
    server.start()
    connection = http.client.HTTPConnection("localhost", server.port)
    connection.request("GET", "/")
    assert reached.wait(60)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    go_on.set()
    response = connection.getresponse()
    assert response.read() == b"answered"
    assert response.headers["Connection"] == "close"
    stopping.join()
    connection.close()


def test_an_application_that_does_not_end_is_reported() -> None:
    reached, go_on = threading.Event(), threading.Event()

    @Request.application
    def application(request: Request) -> Response:
        reached.set()
        assert go_on.wait(60)
        return Response("too late")

    server = LoopbackServer(application, limits=Limits(stop_seconds=0.05))
    server.start()
    connection = http.client.HTTPConnection("localhost", server.port)
    connection.request("GET", "/")
    assert reached.wait(60)
    with pytest.warns(RuntimeWarning, match=r"has not answered 0\.05 seconds after the server was stopped") as warned:
        server.stop()
    assert warned[0].filename == __file__
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()
    go_on.set()


def test_a_client_that_goes_on_asking_does_not_keep_the_server(echo: WSGIApplication) -> None:
    server = LoopbackServer(echo)
    server.start()
    done = threading.Event()

    def ask_for_ever() -> None:
        connection = http.client.HTTPConnection("localhost", server.port, timeout=60)
        with pytest.raises((OSError, http.client.HTTPException)):  # noqa: PT012  # the loop is the point
            while True:
                connection.request("GET", "/")
                connection.getresponse().read()
        connection.close()
        done.set()

    clients = [threading.Thread(target=ask_for_ever) for _ in range(4)]
    for client in clients:
        client.start()
    assert requests.get(server.url, timeout=60).ok
    server.stop()
    assert done.wait(60)
    for client in clients:
        client.join()


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), RuntimeError("can't start new thread")])
def test_a_lack_of_files_or_threads_passes(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], error: Exception
) -> None:
    server = serve()
    failed = threading.Event()

    def fail(*arguments: object) -> None:
        failed.set()
        raise error

    with monkeypatch.context() as patch:
        if isinstance(error, OSError):
            patch.setattr(server._server, "get_request", fail)
        else:
            patch.setattr(threading.Thread, "start", fail)
        client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        assert failed.wait(60)
    if isinstance(error, RuntimeError):
        assert client.recv(1) == b""
    client.close()
    assert requests.get(server.url, timeout=60).ok
    assert capfd.readouterr() == ("", "")


def test_twice_is_harmless(echo: WSGIApplication) -> None:
    server = LoopbackServer(echo)
    server.start()
    server.stop()
    server.stop()
    assert repr(server).endswith(" (stopped)>")


def test_without_a_start(echo: WSGIApplication) -> None:
    LoopbackServer(echo).stop()


def test_a_server_starts_once(serve: Serve, echo: WSGIApplication) -> None:
    server = serve()
    with pytest.raises(RuntimeError, match="is started already"):
        server.start()
    server.stop()
    with pytest.raises(RuntimeError, match="was stopped; construct another LoopbackServer"):
        server.start()
