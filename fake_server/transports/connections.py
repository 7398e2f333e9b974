"""One client's TCP connection: read it before a deadline, start TLS on it, close it so that the last answer arrives."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import struct
import time

_TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection: the content type of a handshake record (RFC 8446, section 5.1)."""

_LINGER_SECONDS = 2.0
_LINGER_BYTES = 64 * 1024


class DeadlineReader(io.RawIOBase):
    """Reads a connection, but not after a deadline, however slowly the bytes drip in.

    A plain socket timeout starts anew with each byte.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._deadline = 0.0

    def allow(self, seconds: float) -> None:
        """From now on, reading may take ``seconds`` seconds altogether; after that it raises TimeoutError."""
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer is newer than Python 3.10
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the client took too long to send its request")
        self._connection.settimeout(remaining)
        return self._connection.recv_into(buffer)


def speaks_tls(connection: socket.socket, timeout: float) -> bool | None:
    """Whether the client opens with a TLS handshake; None when it closes the connection without a word.

    Nothing is consumed. Raises TimeoutError when the client says nothing for ``timeout`` seconds.
    """
    connection.settimeout(timeout)
    first = connection.recv(1, socket.MSG_PEEK)
    return first == _TLS_HANDSHAKE if first else None


def stop_reading(connection: socket.socket) -> None:
    """Lets a thread that waits for this connection's client see its end; what it still writes is sent."""
    _shutdown(connection, socket.SHUT_RD)


def abort(connection: socket.socket) -> None:
    """Ends reading and writing in whatever thread uses this connection."""
    _shutdown(connection, socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """Breaks the connection off: the client sees a reset in place of an answer."""
    with contextlib.suppress(OSError):
        # Lingering for no time at all makes the kernel send RST when the connection is closed.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket.close(connection)


def discard_input(connection: socket.socket) -> None:
    """Announces the end, then reads what the client still sends, for two seconds at most.

    Closing with unread input would reset the connection, and the client would never see the answer that refuses its
    request.
    """
    _say_farewell(connection)
    deadline = time.monotonic() + _LINGER_SECONDS
    with contextlib.suppress(OSError):
        while (remaining := deadline - time.monotonic()) > 0:
            connection.settimeout(remaining)
            # Below TLS, if there is any: nobody reads this, so it need not be decrypted.
            if not socket.socket.recv(connection, _LINGER_BYTES):
                return


def close(connection: socket.socket) -> None:
    """Closes the connection without waiting for the client to do so too."""
    _say_farewell(connection)
    connection.close()


def _say_farewell(connection: socket.socket) -> None:
    """Tells the client that nothing more follows; TLS has a message of its own for that."""
    if isinstance(connection, ssl.SSLSocket):
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(0)
            connection.unwrap()
    _shutdown(connection, socket.SHUT_WR)


def _shutdown(connection: socket.socket, how: int) -> None:
    # Not SSLSocket.shutdown: that would take the TLS state away from under another thread that uses the connection.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, how)
