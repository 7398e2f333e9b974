"""Calling a WSGI application: one request in, one whole answer out, the same for every transport."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAXIMUM_HEAD_BYTES = 64 * 1024
"""Request line and headers together, the limit of an AWS Application Load Balancer."""

MAXIMUM_BODY_BYTES = 10 * 1024 * 1024
"""The default limit of a request's body."""

OnError = Callable[[BaseException, "WSGIEnvironment"], None]
"""Is told of an exception that a WSGI application raised, and of the request that it failed on."""


class Answer(NamedTuple):
    """A whole HTTP answer. ``headers`` is a list, so that a repeated ``Set-Cookie`` survives."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


def call_application(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Calls ``application`` and collects its answer, with ``Content-Length`` and ``Date`` if it left them out.

    The answer to HEAD and the statuses 1xx, 204 and 304 have no body. Whatever the application raises, and an answer
    that no HTTP client could read, is raised here.
    """
    chunks, status_line, given_headers = run_wsgi_app(application, environ, buffered=True)
    code, _, reason = status_line.partition(" ")
    status, body = int(code), b"".join(chunks)
    # The whole body is at hand, so it is never sent in chunks.
    headers = [(name, value) for name, value in given_headers if name.lower() != "transfer-encoding"]
    names = {name.lower() for name, _ in headers}
    is_head = environ["REQUEST_METHOD"] == "HEAD"
    if status < 200 or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        body = b""
    elif "content-length" not in names and (body or not is_head):
        headers.append(("Content-Length", str(len(body))))
    if "date" not in names:
        headers.append(("Date", formatdate(time.time(), usegmt=True)))
    # Only lines of Latin-1 can be sent; told here, where it is still the application's error.
    if b"\n" in "".join([reason, *chain.from_iterable(headers)]).encode("latin-1"):
        raise ValueError("the status or a header of the answer contains a newline")
    return Answer(status, reason, headers, b"" if is_head else body)


def answer_to(application: WSGIApplication, environ: WSGIEnvironment, on_error: OnError) -> Answer:
    """The same, but an exception becomes a short answer 500 after ``on_error`` was told of it.

    ``SystemExit`` counts too: an application may well contain a command line.

    :raises ConnectionResetError: as the application raised it, which asks the transport to break the connection off.
    """
    try:
        return call_application(application, environ)
    except ConnectionResetError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever it is, the client is to get an answer
        on_error(error, environ)
        text = f"The application failed on this request: {type(error).__name__}\n"
        return plain_text(HTTPStatus.INTERNAL_SERVER_ERROR, text)


def plain_text(status: HTTPStatus, text: str, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """An answer of the transport's own."""
    body = text.encode()
    own = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Date", formatdate(time.time(), usegmt=True)),
    ]
    return Answer(status.value, status.phrase, [*own, *headers], body)


def body_too_large(limit: int) -> str:
    """The words of a 413, for every transport."""
    return f"The request's body is larger than the {limit} bytes that this server accepts.\n"


def head_too_large(limit: int) -> str:
    """The words of a 431, for every transport."""
    return f"The request's line and headers are larger than the {limit} bytes that this server accepts.\n"
