"""Writing one HTTP/1.1 answer."""

from __future__ import annotations

from http import HTTPStatus

from fake_server.transports.wsgi import Answer


def encode_answer(answer: Answer, *, stays_open: bool) -> bytes:
    """The whole answer, to be sent by one write: two writes would wait for each other's acknowledgement."""
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
    if stays_open:
        lines += [f"{name}: {value}" for name, value in answer.headers]
    else:
        lines += [f"{name}: {value}" for name, value in answer.headers if name.lower() != "connection"]
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body


def allows_another(answer: Answer, method: str) -> bool:
    """Whether the connection can be used again: the client knows where the answer ends, and is not told to leave."""
    has_body = method != "HEAD" and answer.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
    for name, value in answer.headers:
        if name.lower() == "connection" and value.lower() == "close":
            return False
        if name.lower() == "content-length" and has_body and value != str(len(answer.body)):
            return False
    return True
