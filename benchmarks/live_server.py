"""The HTTPS server of ``fake_server.transports`` beside pytest-httpserver and cheroot, with the same client and answer.

Each number is a median of several rounds, in which the servers take turns, so that whatever else the machine does meets
all of them. What counts are the ratios. Needs cheroot and pytest-httpserver.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import socket
import ssl
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import requests
import trustme
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server as CherootServer
from pytest_httpserver import HTTPServer
from tabulate import tabulate

from fake_server.transports.certificates import CertificateAuthority
from fake_server.transports.sockets import LoopbackServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROUNDS = 15
ANSWER = b'{"stderr": "", "stdout": "Mi4xMC41Cg=="}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]


def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """The answer to a CLI command, as small as they are."""
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", HEADERS)
    return [ANSWER]


@contextlib.contextmanager
def ours(context: ssl.SSLContext) -> Iterator[int]:
    """Our server's port."""
    with LoopbackServer(application, tls=context) as server:
        yield server.port


@contextlib.contextmanager
def cheroot(context: ssl.SSLContext) -> Iterator[int]:
    """The port of a cheroot server."""
    server = CherootServer(("127.0.0.1", 0), application)
    # Its constructor wants a certificate in a file. This one is never shown: all servers have the same context.
    with trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.tempfile() as path:
        adapter = BuiltinSSLAdapter(path, path)
    adapter.context = context
    server.ssl_adapter = adapter
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server.bind_addr[1]
    finally:
        server.stop()
        thread.join()


@contextlib.contextmanager
def pytest_httpserver(context: ssl.SSLContext) -> Iterator[int]:
    """The port of a pytest-httpserver."""
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        server.expect_request("/aws_mwaa/cli").respond_with_data(ANSWER, content_type="application/json")
        yield server.port


def with_http_client(port: int, trusting: ssl.SSLContext, _bundle: str, count: int) -> float:
    """Requests per second of a client that costs as little as possible; it reconnects when the server has closed."""
    connection = http.client.HTTPSConnection("localhost", port, context=trusting)
    start = time.perf_counter()
    for _ in range(count):
        connection.request("POST", "/aws_mwaa/cli", b"version", {"Content-Type": "text/plain"})
        assert connection.getresponse().read() == ANSWER
    seconds = time.perf_counter() - start
    connection.close()
    return count / seconds


def with_requests(port: int, _trusting: ssl.SSLContext, bundle: str, count: int) -> float:
    """Requests per second of a ``requests.Session``."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = bundle
        start = time.perf_counter()
        for _ in range(count):
            assert session.post(f"https://localhost:{port}/aws_mwaa/cli", b"version").content == ANSWER
        return count / (time.perf_counter() - start)


CLIENTS = {"http.client": (with_http_client, 150, 10), "requests.Session": (with_requests, 100, 5)}
SERVERS = {"LoopbackServer": ours, "cheroot": cheroot, "pytest-httpserver": pytest_httpserver}


def throughput(authority: CertificateAuthority, trusting: ssl.SSLContext, bundle: str) -> list[list[str]]:
    """A row for each client and server; the ratios are medians of the rounds' ratios."""
    rates: dict[tuple[str, str], list[float]] = {}
    with contextlib.ExitStack() as stack:
        ports = {name: stack.enter_context(server(authority.server_context)) for name, server in SERVERS.items()}
        for _ in range(ROUNDS):
            for client, (measure, many, few) in CLIENTS.items():
                for server, port in ports.items():
                    count = few if server == "pytest-httpserver" else many
                    rates.setdefault((client, server), []).append(measure(port, trusting, bundle, count))

    def ratio(client: str, server: str, other: str) -> str:
        pairs = zip(rates[client, server], rates[client, other], strict=True)
        return f"{statistics.median(mine / theirs for mine, theirs in pairs):.2f}"

    return [
        [
            *(client, server, f"{statistics.median(values):.0f}", f"{max(values):.0f}"),
            *(ratio(client, server, "pytest-httpserver"), ratio(client, server, "cheroot")),
        ]
        for (client, server), values in rates.items()
    ]


def milliseconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def starts_and_stops(context: ssl.SSLContext, trusting: ssl.SSLContext, bundle: str) -> list[list[str]]:
    """How long it takes to start, and to stop with one connection kept alive and one that has never said anything."""
    starts, stops = [], []
    for _ in range(21):
        server = LoopbackServer(application, tls=context)
        starts.append(milliseconds(server.start))
        idle = socket.create_connection(("127.0.0.1", server.port))
        kept_alive = http.client.HTTPSConnection("localhost", server.port, context=trusting)
        kept_alive.request("POST", "/", b"x")
        kept_alive.getresponse().read()
        stops.append(milliseconds(server.stop))
        idle.close()
        kept_alive.close()
    with ours(context) as port:
        alone = statistics.median(with_http_client(port, trusting, bundle, 1) for _ in range(21))
        with contextlib.ExitStack() as stack:
            for _ in range(10):
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            accompanied = statistics.median(with_http_client(port, trusting, bundle, 1) for _ in range(21))
    return [
        ["start", f"{statistics.median(starts):.2f}", f"{max(starts):.2f}", ""],
        ["stop", f"{statistics.median(stops):.2f}", f"{max(stops):.2f}", "median below 30"],
        ["new connection and request", f"{1000 / alone:.2f}", "", ""],
        ["the same beside 10 idle TCP connections", f"{1000 / accompanied:.2f}", "", "as without them"],
    ]


def main() -> None:
    """Prints the tables."""
    logging.disable()  # Werkzeug, under pytest-httpserver, would log each request
    with CertificateAuthority() as authority:
        trusting = ssl.create_default_context(cadata=authority.certificate_pem)
        bundle = authority.trust_environment({})["REQUESTS_CA_BUNDLE"]
        rows = throughput(authority, trusting, bundle)
        columns = [
            "client",
            "server",
            "requests/s",
            "best",
            "x pytest-httpserver (target: 30)",
            "x cheroot (target: 1)",
        ]
        print(tabulate(rows, columns, disable_numparse=True), end="\n\n")
        rows = starts_and_stops(authority.server_context, trusting, bundle)
        print(tabulate(rows, ["LoopbackServer, HTTPS", "median ms", "worst ms", "target"], disable_numparse=True))


if __name__ == "__main__":
    main()
