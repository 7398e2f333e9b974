"""A WSGI application on a loopback port, over HTTP or HTTPS."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
from typing import TYPE_CHECKING

from fake_server.transports.threaded_server import Limits, ThreadedServer
from fake_server.transports.wsgi import OnError

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from typing_extensions import Self

LOOPBACK = "127.0.0.1"

__all__ = ["LOOPBACK", "Limits", "LoopbackServer"]


def ignore_error(error: BaseException, environ: WSGIEnvironment) -> None:
    """The default ``on_error``: the client's answer 500 is all that is seen of it."""


class LoopbackServer:
    """Serves ``application`` on 127.0.0.1, each connection in a thread of its own, keeping connections open.

    The port is bound and listening when the constructor returns, so that clients may connect; they are answered from
    ``start()`` on. ``stop()`` leaves no thread and no socket. As a context manager it starts and stops.

    ``port``: 0 lets the system choose a free one. ``tls``: the context to speak HTTPS with, for example a
    :class:`~fake_server.transports.certificates.CertificateAuthority`'s ``server_context``; None for HTTP.
    ``on_error``: is told of exceptions that the application raises; the client gets a short answer 500, and nothing is
    logged. ``limits``: sizes and times, see :class:`Limits`.

    Raises OSError if the port cannot be bound.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        on_error: OnError = ignore_error,
        limits: Limits | None = None,
    ) -> None:
        # The server has its own duplicate of this socket.
        with _listen(port) as listener:
            self._server = ThreadedServer(listener, application, tls, on_error, limits or Limits())
        self._scheme = "http" if tls is None else "https"
        self._thread: threading.Thread | None = None
        self._stopped = False

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """``https://localhost:PORT``, or ``http://`` without TLS."""
        return f"{self._scheme}://localhost:{self.port}"

    def start(self) -> None:
        """Answers clients from now on. Raises RuntimeError if the server is started already, or was stopped."""
        if self._thread or self._stopped:
            state = "was stopped" if self._stopped else "is started already"
            raise RuntimeError(f"The server at {self.url} {state}; construct another LoopbackServer.")
        name = f"LoopbackServer {self.port}"
        self._thread = threading.Thread(target=self._server.accept_connections, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends all connections, threads and sockets; requests that are being answered are answered first.

        Stopping twice is harmless. Warns (RuntimeWarning) of an application that does not come to an end.
        """
        if self._stopped:
            return
        self._stopped = True
        self._server.stop_accepting()
        if self._thread:
            self._thread.join()
            self._thread = None
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<LoopbackServer {self.url}{' (stopped)' if self._stopped else ''}>"


def _listen(port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ValueError(f"A port is a number from 0 (any free port) to 65535, not {port}.")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # A port whose last connections have just been closed can be taken at once; one that is listened on cannot.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, _explain(error, port)) from error
    return listener


def _explain(error: OSError, port: int) -> str:
    address = f"{LOOPBACK}:{port}"
    if error.errno == errno.EADDRINUSE:
        return f"{address} is in use by another program. Stop that program, or pass another port (0: any free port)."
    if error.errno == errno.EACCES:
        return f"{address} needs privileges that this process lacks. Pass a port from 1024 on (0: any free port)."
    return f"{address} cannot be listened on: {os.strerror(error.errno or 0)}. Pass another port (0: any free port)."
