"""Replays the recorded authentication matrix: settings x credentials x endpoints."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

from tests.oracle.answers import compact, neutral
from tests.oracle.http_replay import HttpReplay, basic
from tests.oracle.recorded_cases import RECORDINGS

#: The versions that the matrix was recorded of.
VERSIONS = ("2.10.5", "1.10.12")
Row = dict[str, Any]


@functools.cache
def legend(version: str) -> dict[str, Any]:
    """The settings, credentials and request bodies of the matrix."""
    content: dict[str, Any] = json.loads((_folder(version) / "legend.json").read_text("utf-8"))
    return content


@functools.cache
def rows(version: str) -> list[Row]:
    """The rows in the order of recording."""
    return [json.loads(line) for line in (_folder(version) / "matrix.jsonl").read_text("utf-8").splitlines()]


@functools.cache
def responses(version: str) -> dict[str, Row]:
    """The distinct answers, by id."""
    entries = [json.loads(line) for line in (_folder(version) / "responses.jsonl").read_text("utf-8").splitlines()]
    return {entry.pop("id"): entry for entry in entries}


def options_of(version: str, setting: str) -> dict[str, str]:
    """The options of a setting."""
    content = legend(version)["settings"][setting]
    return {f"api.{name}": content[name] for name in ("auth_backend", "auth_backends") if name in content}


def _folder(version: str) -> Path:
    return RECORDINGS / version / "auth_matrix"


@functools.cache
def differences(version: str, setting: str) -> dict[tuple[str, str, str], str]:
    """What is answered otherwise under a setting: (kind, credential, request) to a description."""
    replay = HttpReplay(options_of(version, setting), version=version)
    # The recording got its cookies by the login form, which counts as a login.
    for username in ("admin", "viewer", "op"):
        replay.airflow.security.authenticate(username, f"{username}-pw")
    found: dict[tuple[str, str, str], str] = {}
    for row in rows(version):
        if row["setting"] != setting:
            continue
        for request, response_id in row["answers"].items():
            expected = responses(version)[response_id]
            actual = _ask(replay, row["credential"], request, expected)
            if "note" not in expected and actual != (wanted := _comparable(expected)):
                found[(row["kind"], row["credential"], request)] = f"recorded {wanted}\nanswered {actual}"
    return found


def _ask(replay: HttpReplay, credential: str, request: str, expected: Row) -> Row:
    method, path = request.split()[:2]
    bodies = legend(replay.version)["request_bodies"]
    content_of_request = bodies.get(request, bodies.get(method))
    headers = _headers(replay, credential)
    content: bytes | None = None
    if content_of_request is not None:
        text = content_of_request if isinstance(content_of_request, str) else json.dumps(content_of_request)
        content = text.replace("<CRED>", credential).encode()
        headers["Content-Type"] = "application/json"
    if path.startswith("/api/experimental") and method == "POST":
        replay.clock.advance(1.1)
    status, answered, page = replay.send({"method": method, "path": path, "headers": headers, "body": content})
    answer = compact(status, answered, page, full_text="text" in expected, condensed="html" in expected)
    if "format" not in expected:
        answer.pop("format", None)
    if "<list>" in str(expected.get("json")):
        # A list that grows from row to row was recorded by its keys alone.
        if isinstance(answer.get("json"), dict) and set(answer["json"]) == set(expected["json"]):
            answer["json"] = expected["json"]
    elif expected.get("trimmed"):
        for key in ("json", "text", "html", "format"):
            answer.pop(key, None)
    return _comparable(answer, credential)


def _comparable(answer: Row, credential: str | None = None) -> Row:
    kept = {key: value for key, value in answer.items() if key not in ("bytes", "trimmed")}
    text = json.dumps(neutral(kept), ensure_ascii=False)
    text = re.sub(r"(?:<TIME>|<NOW>)(?:\+00:00)?|<DATE>", "<NOW>", text)
    text = re.sub(r"\d{4}-\d\d-\d\d(?=[\"+])", "<NOW>", text)
    text = re.sub(r'"id": (?:\d+|"<ID>")', '"id": "<ID>"', text)
    if credential is not None:
        text = re.sub(rf"\b(k|p|c|xp)_{re.escape(credential)}\b", r"\1_<CRED>", text)
    result: Row = json.loads(text)
    return result


def _headers(replay: HttpReplay, credential: str) -> dict[str, str]:
    entry = legend(replay.version)["credentials"][credential]
    headers: dict[str, str] = dict(entry.get("headers", {}))
    principal = entry["principal"]
    if principal.startswith("basic:"):
        headers["Authorization"] = basic(principal[6:])
    cookie = entry.get("cookie", "admin")
    if "<value>" in headers.get("Cookie", ""):
        headers["Cookie"] = _cookie(replay, credential, cookie.partition(",")[0])
    return headers


def _cookie(replay: HttpReplay, credential: str, username: str) -> str:
    cookie = replay.session_cookie(username)
    if credential == "session_cookie_bad_signature":
        return cookie[:-3] + ("AAA" if not cookie.endswith("AAA") else "BBB")
    if credential == "session_cookie_expired_in_db":
        return _expired_cookie(replay, username)
    return cookie


def _expired_cookie(replay: HttpReplay, username: str) -> str:
    """A cookie of a session that ended long ago: minted by a clock that is two months behind."""
    recent = replay.clock._seconds
    replay.clock._seconds = recent - 60 * 86400
    try:
        return replay.session_cookie(username)
    finally:
        replay.clock._seconds = recent
