"""A WSGI application under any host names, for ``requests`` in this process, through the library ``responses``."""

from __future__ import annotations

import errno
import io
import itertools
import re
import sys
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import responses
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ReadTimeout
from urllib3.exceptions import ProtocolError

from fake_server.transports.retries import caused_in_process
from fake_server.transports.wsgi import (
    MAXIMUM_BODY_BYTES,
    MAXIMUM_HEAD_BYTES,
    Answer,
    OnError,
    answer_to,
    body_too_large,
    call_application,
    head_too_large,
    plain_text,
)

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from requests import PreparedRequest
    from typing_extensions import Self

METHODS = (
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY", "PROPFIND", "PROPPATCH",
    "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "LINK", "UNLINK", "PURGE",
)  # fmt: skip
"""The methods that reach the application. ``responses``, and moto's way of using it, finds answers by method, so the
list has to be finite; these are the ones that HTTP libraries, web frameworks and WebDAV know."""

_DEFAULT_PORTS = {"https": "443", "http": "80"}
_serial_numbers = itertools.count(1)


class InProcessBinding:
    """Binds host names to ``application`` on ``requests_mock``, for ``https://`` and ``http://`` and any port.

    ``host_names``: exact names, or compiled patterns that match a whole name. ``requests_mock`` has to be started by
    whoever owns it; when its owner resets it, the binding is gone and can be bound anew.

    The application sees each request as it would on a socket. Its answer is collected whole. ``on_error`` is told of an
    exception that it raises, and the client gets an answer 500; without ``on_error`` the exception reaches the caller.
    A body larger than ``body_bytes`` is answered 413. ``may_be_idle`` is for a mock that insists on everything that was
    added to it being used.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        requests_mock: responses.RequestsMock,
        host_names: Iterable[str | re.Pattern[str]],
        on_error: OnError | None = None,
        body_bytes: int = MAXIMUM_BODY_BYTES,
        may_be_idle: bool = False,
    ) -> None:
        self._application = application
        self._requests_mock = requests_mock
        self._host_names = tuple(host_names)
        # Compiled once, for bindings that are bound again and again.
        self._patterns = tuple(map(_url_pattern, self._host_names))
        self._on_error = on_error
        self._body_bytes = body_bytes
        # moto prefers those of exactly this kind to its own.
        self._kind = _Idle if may_be_idle else responses.CallbackResponse
        self._bound: list[responses.BaseResponse] = []

    def bind(self) -> None:
        """From now on, requests to the host names reach the application. Binding twice is the same as once."""
        self.unbind()
        for pattern in self._patterns:
            for method in METHODS:
                # content_type: without None there would be a text/plain besides the application's own.
                response = self._kind(method, pattern, self._answer, content_type=None)
                self._bound.append(self._requests_mock.add(response))

    def unbind(self) -> None:
        """Undoes ``bind()``; harmless if there is nothing to undo."""
        for response in self._bound:
            self._requests_mock.remove(response)
        self._bound.clear()

    def __enter__(self) -> Self:
        self.bind()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.unbind()

    def __repr__(self) -> str:
        names = (name if isinstance(name, str) else name.pattern for name in self._host_names)
        return f"<InProcessBinding {' '.join(names)}{'' if self._bound else ' (not bound)'}>"

    def _answer(self, request: PreparedRequest) -> tuple[int, list[tuple[str, str]], bytes]:
        try:
            answer = self._answer_whole(request)
        except ConnectionResetError as error:
            # What requests makes of a connection that breaks off before the answer.
            reason = ProtocolError("Connection aborted.", ConnectionResetError(errno.ECONNRESET, str(error)))
            raise caused_in_process(RequestsConnectionError(reason, request=request), reason) from error
        except TimeoutError as error:
            message = f"The application did not answer in time: {error}"
            raise caused_in_process(ReadTimeout(message, request=request), message) from error
        return answer.status, answer.headers, answer.body

    def _answer_whole(self, request: PreparedRequest) -> Answer:
        body = _read_body(request.body)
        if len(body) > self._body_bytes:
            return plain_text(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, body_too_large(self._body_bytes))
        environ = build_environ(request, body)
        if len(environ["REQUEST_URI"]) + sum(map(len, request.headers.values())) > MAXIMUM_HEAD_BYTES:
            return plain_text(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, head_too_large(MAXIMUM_HEAD_BYTES))
        if self._on_error is None:
            return call_application(self._application, environ)
        return answer_to(self._application, environ, self._on_error)


class _Idle(responses.CallbackResponse):
    """One that passes for having been used."""

    @property
    def call_count(self) -> int:
        return max(super().call_count, 1)


def build_environ(request: PreparedRequest, body: bytes) -> WSGIEnvironment:
    """The WSGI environment that Werkzeug's server would make of ``request``, had it come over the network."""
    url = urlsplit(str(request.url))
    target, path = request.path_url, url.path or "/"
    if path.startswith("//"):
        # Werkzeug's server takes the first segment for a host, notices, and puts it back behind one slash.
        path = "/" + path.lstrip("/")
    host = url.netloc.rpartition("@")[2]
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        name, port = host, ""
    default_port = _DEFAULT_PORTS[url.scheme]
    timeout = getattr(request, "req_kwargs", {}).get("timeout")
    environ: WSGIEnvironment = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path).encode().decode("latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": 0,
        "SERVER_NAME": name,
        "SERVER_PORT": port or default_port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": name if port in ("", default_port) else host,
    }
    if (seconds := _read_timeout(timeout)) is not None:
        # An application that answers late on purpose does not keep a client waiting that would not wait.
        environ["client.timeout"] = seconds
    for header, value in request.headers.items():
        _add_header(environ, header, value)
    # Added by http.client if nobody else does.
    environ.setdefault("HTTP_ACCEPT_ENCODING", "identity")
    return environ


def _read_timeout(timeout: object) -> float | None:
    """The seconds that ``requests`` would wait for an answer, of any ``timeout`` that it takes; None for always."""
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    return float(timeout) if isinstance(timeout, (int, float)) else None


def _add_header(environ: WSGIEnvironment, header: str | bytes, value: str | bytes) -> None:
    name = header.decode("latin-1") if isinstance(header, bytes) else header
    if "_" in name:
        # Werkzeug's server drops these: they could pass for a header with hyphens.
        return
    key = name.upper().replace("-", "_")
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    # As on the network, where nothing but Latin-1 can be sent.
    raw = value if isinstance(value, bytes) else value.encode("latin-1")
    environ[key] = raw.strip(b" \t").decode("latin-1")


def _read_body(body: object) -> bytes:
    """The bytes that ``requests`` would send: of text, files and generators too."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    if hasattr(body, "read"):
        return _read_body(body.read())
    if isinstance(body, Iterable):
        return b"".join(map(_read_body, body))
    raise TypeError(f"A request's body is bytes, text, a file or an iterable of bytes, not {type(body).__name__}.")


def _url_pattern(host_name: str | re.Pattern[str]) -> re.Pattern[str]:
    name, flags = (re.escape(host_name), 0) if isinstance(host_name, str) else (host_name.pattern, host_name.flags)
    # responses removes whatever has an equal pattern. The comment makes each binding's pattern its own.
    comment = f"(?#{next(_serial_numbers)})"
    return re.compile(rf"https?://(?:[^/?\#@]*@)?(?:{name})(?::[0-9]+)?(?:[/?\#]|$){comment}", flags | re.IGNORECASE)
