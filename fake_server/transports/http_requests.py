"""Reading one HTTP/1.1 request from a stream, strictly and within limits.

``http.server`` reads requests too, but leniently: it answers HTTP/0.9, splits the request line at non-breaking spaces,
drops the headers after a malformed one (and with them a Content-Length, so that the body would be read as the next
request), and accepts several megabytes of headers.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import BinaryIO, NamedTuple
from urllib.parse import quote, urlsplit

from fake_server.transports.wsgi import body_too_large, head_too_large

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSION = re.compile(rb"HTTP/(\d)\.(\d)")
_FORBIDDEN_IN_TARGET = re.compile(rb"[\x00-\x20\x7f]")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00\r\n]*)")
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?")

_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
_MAXIMUM_TRAILER_BYTES = 8 * 1024  # for a chunk's first line, and for all lines after the last chunk together


class RefusedRequest(Exception):
    """A request that is answered with ``status`` and ``text`` before any application sees it."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


class HeaderFields(list[tuple[str, str]]):
    """Names and values in the order in which they came."""

    def items(self) -> list[tuple[str, str]]:
        """The same, as of the mappings that Werkzeug expects."""
        return self

    def values_of(self, name: str) -> list[str]:
        """The values of a header, whose name is given in lower case."""
        return [value for key, value in self if key.lower() == name]


class RequestHead(NamedTuple):
    """The request line and the headers, as they came."""

    method: str
    target: str
    version: str
    headers: HeaderFields

    @property
    def keep_alive(self) -> bool:
        """Whether the client may use the connection again. HTTP/1.0 clients open a new one each time."""
        options = ",".join(self.headers.values_of("connection")).lower().split(",")
        return self.version != "HTTP/1.0" and "close" not in map(str.strip, options)

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for ``100 Continue`` before it sends the body."""
        expectations = [value.lower() for value in self.headers.values_of("expect")]
        return self.version != "HTTP/1.0" and "100-continue" in expectations

    @property
    def body_length(self) -> int | None:
        """The length of the body in bytes, 0 without a body, None for a body in chunks.

        Raises RefusedRequest when the headers leave it open: then nobody knows where the next request starts.
        """
        lengths, codings = set(self.headers.values_of("content-length")), self.headers.values_of("transfer-encoding")
        if codings:
            if lengths:
                raise _bad_request("It has both a Content-Length and a Transfer-Encoding.")
            if [coding.strip().lower() for coding in codings] != ["chunked"]:
                text = f"Transfer-Encoding {', '.join(codings)!r} is not known here; expected 'chunked'.\n"
                raise RefusedRequest(HTTPStatus.NOT_IMPLEMENTED, text)
            return None
        if not lengths:
            return 0
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdigit() and len(length) < 20):
            raise _bad_request("Its Content-Length is not one whole number.")
        return int(length)


def read_head(stream: BinaryIO, limit: int) -> RequestHead | None:
    """The next request's line and headers; None when the client closed the connection instead.

    Raises RefusedRequest for what is malformed or, line and headers together, larger than ``limit`` bytes.
    """
    text = head_too_large(limit)
    too_long, too_large = RefusedRequest(HTTPStatus.REQUEST_URI_TOO_LONG, text), RefusedRequest(_TOO_LARGE, text)
    line = _read_line(stream, limit, too_long)
    if line == b"":
        # An empty line before a request is to be ignored (RFC 9112, section 2.2).
        line = _read_line(stream, limit, too_long)
    if line is None:
        return None
    method, target, version = _parse_request_line(line)
    headers = HeaderFields()
    remaining = limit - len(line)
    while header := _read_line(stream, remaining, too_large):
        remaining -= len(header)
        headers.append(_parse_header(header))
    if header is None:
        return None
    return RequestHead(method, target, version, headers)


def read_body(stream: BinaryIO, head: RequestHead, limit: int) -> bytes:
    """The request's whole body, so that the next request starts where this one ends.

    Raises RefusedRequest for a body larger than ``limit`` bytes, and ConnectionResetError when the client left inside
    it.
    """
    length = head.body_length
    if length is None:
        return _read_chunks(stream, limit)
    if length > limit:
        raise RefusedRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, body_too_large(limit))
    return _read_exactly(stream, length)


def _read_line(stream: BinaryIO, limit: int, too_long: RefusedRequest) -> bytes | None:
    """The next line without its end; None when the client left before the line was whole."""
    line = stream.readline(max(limit, 0) + 1)
    if len(line) > limit:
        raise too_long
    if not line.endswith(b"\n"):
        return None
    return line[:-2] if line.endswith(b"\r\n") else line[:-1]


def _parse_request_line(line: bytes) -> tuple[str, str, str]:
    parts = line.split(b" ")
    if len(parts) != 3:
        raise _bad_request("Its first line is not 'METHOD TARGET HTTP/1.1'.")
    method, target, version = parts
    if not _TOKEN.fullmatch(method):
        raise _bad_request("Its method has characters that no HTTP method has.")
    match = _VERSION.fullmatch(version)
    if not match:
        raise _bad_request("Its first line does not end with 'HTTP/1.1'.")
    if match[1] != b"1":
        raise RefusedRequest(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 and HTTP/1.0 are spoken here.\n")
    if not target or _FORBIDDEN_IN_TARGET.search(target):
        raise _bad_request("Its target has control characters; they are to be percent-encoded.")
    # A path is to be percent-encoded. Where it is not, the bytes are kept by encoding them here.
    text = _NOT_ASCII.sub(lambda raw: quote(raw[0]).encode(), target).decode("ascii")
    try:
        urlsplit(text)
    except ValueError as error:
        raise _bad_request(f"Its target is not a URL: {error}.") from None
    return method.decode("ascii"), text, version.decode("ascii")


def _parse_header(line: bytes) -> tuple[str, str]:
    match = _HEADER.match(line)
    if not match:
        raise _bad_request("It has a header line that is not 'Name: value'.")
    name, value = match[1].decode("ascii"), match[2].strip(b" \t").decode("latin-1")
    if match.end() < len(line):
        raise _bad_request(f"The value of its header {name!r} has control characters.")
    return name, value


def _read_chunks(stream: BinaryIO, limit: int) -> bytes:
    body = bytearray()
    while True:
        match = _CHUNK_SIZE.fullmatch(_read_chunk_line(stream))
        if not match:
            raise _bad_request("The size of a chunk of its body is not a hexadecimal number.")
        size = int(match[1], 16)
        if size == 0:
            break
        if len(body) + size > limit:
            raise RefusedRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, body_too_large(limit))
        body += _read_exactly(stream, size)
        if _read_chunk_line(stream) != b"":
            raise _bad_request("A chunk of its body is longer than the size before it.")
    remaining = _MAXIMUM_TRAILER_BYTES
    while trailer := _read_chunk_line(stream, remaining):
        remaining -= len(trailer)
    return bytes(body)


def _read_chunk_line(stream: BinaryIO, limit: int = _MAXIMUM_TRAILER_BYTES) -> bytes:
    line = _read_line(stream, limit, _bad_request("A line between the chunks of its body is too long."))
    if line is None:
        raise ConnectionResetError("the client closed the connection inside a request's body")
    return line


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise ConnectionResetError("the client closed the connection inside a request's body")
    return data


def _bad_request(reason: str) -> RefusedRequest:
    return RefusedRequest(HTTPStatus.BAD_REQUEST, f"This request cannot be read. {reason}\n")
