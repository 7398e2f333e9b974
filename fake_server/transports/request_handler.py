"""Serves the requests of one connection, one after the other, from a WSGI application."""

from __future__ import annotations

import contextlib
import io
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from werkzeug.serving import WSGIRequestHandler

from fake_server.transports.connections import DeadlineReader, discard_input, reset
from fake_server.transports.http_answers import allows_another, encode_answer
from fake_server.transports.http_requests import RefusedRequest, RequestHead, read_body, read_head
from fake_server.transports.wsgi import Answer, answer_to, plain_text

if TYPE_CHECKING:
    from fake_server.transports.threaded_server import ThreadedServer

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class RequestHandler(WSGIRequestHandler):
    """Werkzeug's handler, with connections that stay open.

    Werkzeug closes the connection after each answer, because it does not know whether the application has read the
    whole body. Here the body is read before the application is called.
    """

    server: ThreadedServer

    def setup(self) -> None:
        self.connection = cast(socket.socket, self.request)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = DeadlineReader(self.connection)
        self._stream = io.BufferedReader(self._reader, 64 * 1024)

    def finish(self) -> None:
        self._stream.close()

    def handle(self) -> None:
        # The client may leave at any time; that concerns nobody else.
        with contextlib.suppress(OSError):
            while self._await_request() and self._serve_request():
                pass

    def _await_request(self) -> bool:
        self._reader.allow(self.server.limits.idle_seconds)
        return not self.server.stopping and bool(self._stream.peek(1))

    def _serve_request(self) -> bool:
        """Serves one request; says whether another may follow."""
        limits = self.server.limits
        self._reader.allow(limits.request_seconds)
        try:
            head = read_head(self._stream, limits.head_bytes)
            if head is None:
                return False
            if head.expects_continue and _is_welcome(head.body_length, limits.body_bytes):
                self.connection.sendall(_CONTINUE)
            body = read_body(self._stream, head, limits.body_bytes)
        except RefusedRequest as refusal:
            return self._refuse(refusal.status, refusal.text)
        except TimeoutError:
            text = f"The request did not arrive within {limits.request_seconds:g} seconds.\n"
            return self._refuse(HTTPStatus.REQUEST_TIMEOUT, text)
        try:
            answer = self._answer(head, body)
        except ConnectionResetError:
            reset(self.connection)
            return False
        stays_open = head.keep_alive and not self.server.stopping and allows_another(answer, head.method)
        self._send(answer, stays_open)
        return stays_open

    def _answer(self, head: RequestHead, body: bytes) -> Answer:
        self.command, self.path, self.request_version = head.method, head.target, head.version
        self.headers = head.headers  # type: ignore[assignment]  # as good as a Message for make_environ
        self.rfile = io.BytesIO(body)
        environ = self.make_environ()
        environ["wsgi.input"] = self.rfile
        environ["wsgi.input_terminated"] = True
        return answer_to(self.server.app, environ, self.server.on_error)

    def _refuse(self, status: HTTPStatus, text: str) -> bool:
        self._send(plain_text(status, text), stays_open=False)
        discard_input(self.connection)
        return False

    def _send(self, answer: Answer, stays_open: bool) -> None:
        self.connection.settimeout(self.server.limits.request_seconds)
        self.connection.sendall(encode_answer(answer, stays_open=stays_open))


def _is_welcome(body_length: int | None, limit: int) -> bool:
    """Whether a body of this length, None if it is not known yet, should be sent at all."""
    return body_length is None or 0 < body_length <= limit
