"""Accepts connections and serves each in a thread of its own, TLS handshake included, until it is stopped."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer

from fake_server.transports.connections import abort, close, discard_input, speaks_tls, stop_reading
from fake_server.transports.http_answers import encode_answer
from fake_server.transports.request_handler import RequestHandler
from fake_server.transports.wsgi import MAXIMUM_BODY_BYTES, MAXIMUM_HEAD_BYTES, OnError, plain_text

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_HTTPS_IS_SPOKEN_HERE = "This port speaks HTTPS, and the request came as plain HTTP. Use https:// in the URL.\n"


@dataclass(frozen=True)
class Limits:
    """What one client may ask of the server: sizes in bytes, times in seconds."""

    body_bytes: int = MAXIMUM_BODY_BYTES
    head_bytes: int = MAXIMUM_HEAD_BYTES
    handshake_seconds: float = 10.0
    request_seconds: float = 30.0
    idle_seconds: float = 75.0
    stop_seconds: float = 5.0


class ThreadedServer(ThreadedWSGIServer):
    """Werkzeug's threaded server, for HTTPS too.

    Werkzeug's own does the TLS handshake in the thread that accepts connections, where one client that connects and
    says nothing keeps everybody else out; and it notices only within half a second that it is to stop.
    """

    def __init__(
        self,
        listener: socket.socket,
        application: WSGIApplication,
        tls: ssl.SSLContext | None,
        on_error: OnError,
        limits: Limits,
    ) -> None:
        # The address is bound already: Werkzeug would end the process if it could not bind it.
        host, port = listener.getsockname()
        super().__init__(host, port, application, RequestHandler, fd=listener.fileno())
        self.socket.setblocking(False)
        self.ssl_context = tls
        self.on_error = on_error
        self.limits = limits
        self._stopping = threading.Event()
        self._waker, self._wake_up = socket.socketpair()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._workers: list[threading.Thread] = []

    @property
    def stopping(self) -> bool:
        """Whether connections are to end after the request that they are at."""
        return self._stopping.is_set()

    def accept_connections(self) -> None:
        """Serves until ``stop`` is called from another thread."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._waker, selectors.EVENT_READ)
            while selector.select() and not self.stopping:
                try:
                    self.process_request(*self.get_request())
                except (OSError, RuntimeError):
                    # The client has given up in the meantime, or there are too many files or threads: some will end.
                    self._stopping.wait(0.01)

    def process_request(self, request: Any, client_address: Any) -> None:
        name = f"{threading.current_thread().name} client {client_address[1]}"
        arguments = (request, client_address)
        worker = threading.Thread(target=self.process_request_thread, args=arguments, name=name, daemon=True)
        with self._lock:
            self._workers = [thread for thread in self._workers if thread.is_alive()]
            self._workers.append(worker)
            self._connections.add(request)
        try:
            worker.start()
        except RuntimeError:
            self._workers.remove(worker)
            self._close(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        connection: socket.socket = request
        try:
            # The client may leave at any time, in the midst of a handshake too; that concerns nobody else.
            with contextlib.suppress(OSError):
                if self.ssl_context is not None:
                    if not self._opens_with_tls(connection):
                        return
                    connection = secured = self._add_tls(connection, self.ssl_context)
                    secured.do_handshake()
                RequestHandler(connection, client_address, self)
        finally:
            self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)
        close(connection)

    def _opens_with_tls(self, connection: socket.socket) -> bool:
        opens_with_tls = speaks_tls(connection, self.limits.handshake_seconds)
        if opens_with_tls is False:
            answer = plain_text(HTTPStatus.BAD_REQUEST, _HTTPS_IS_SPOKEN_HERE)
            connection.sendall(encode_answer(answer, stays_open=False))
            discard_input(connection)
        return bool(opens_with_tls)

    def _add_tls(self, connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        with self._lock:
            self._connections.discard(connection)
            secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self._connections.add(secured)
        return secured

    def stop(self) -> None:
        """Ends all connections and waits for their threads: idle ones at once, busy ones when they have answered.

        To be called when ``accept_connections`` has returned. Warns of an application that is still busy after
        ``limits.stop_seconds`` seconds; its thread is a daemon and has no connection any more.
        """
        self._end_connections(stop_reading)
        self._join_workers(self.limits.stop_seconds)
        self._end_connections(abort)
        self._join_workers(0.5)
        for worker in self._workers:
            if worker.is_alive():
                warnings.warn(
                    f"{worker.name}: the application has not answered {self.limits.stop_seconds:g} seconds after the"
                    " server was stopped. Its thread goes on until it does.",
                    RuntimeWarning,
                    stacklevel=3,
                )
        self._waker.close()
        self._wake_up.close()
        self.server_close()

    def stop_accepting(self) -> None:
        """Makes ``accept_connections`` return soon; safe to call from any thread."""
        self._stopping.set()
        self._wake_up.send(b"\0")

    def _end_connections(self, end: Callable[[socket.socket], None]) -> None:
        with self._lock:
            for connection in self._connections:
                end(connection)

    def _join_workers(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
