"""Puts an answer into the compact form of the recordings, and neutralises what differs from run to run."""

from __future__ import annotations

import base64
import json
import re
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

#: Pages longer than this were recorded as title and headings only.
_LONGEST_PAGE = 700
_KEPT_HEADERS = {
    "www-authenticate": "www_authenticate",
    "location": "location",
    "deprecation": "deprecation",
    "link": "link",
    "allow": "allow",
    "content-disposition": "content_disposition",
}
_LAYOUTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("indent2", {"indent": 2}, "\n"),
    ("spaced", {}, ""),
    ("spaced+nl", {}, "\n"),
    ("compact", {"separators": (",", ":")}, ""),
    ("compact+nl", {"separators": (",", ":")}, "\n"),
    ("indent4", {"indent": 4}, ""),
)


def compact(
    status: int, headers: list[tuple[str, str]], body: bytes, *, full_text: bool, condensed: bool = False
) -> dict[str, Any]:
    """The recorded form of an answer: status, media type, the headers that matter, body and its layout.

    ``full_text`` keeps a long page whole, and ``condensed`` no page, for recordings that hold it so.
    """
    lowered = [(name.lower(), value) for name, value in headers]
    date = dict(lowered).get("date")
    answer: dict[str, Any] = {"status": status, "type": dict(lowered).get("content-type")}
    for name, value in lowered:
        if name in _KEPT_HEADERS:
            listed = ", ".join(sorted(value.replace(" ", "").split(","))) if name == "allow" else value
            answer[_KEPT_HEADERS[name]] = listed
    cookies = [_cookie(value, date) for name, value in lowered if name == "set-cookie"]
    if cookies:
        answer["set_cookie"] = cookies
    text = body.decode("utf-8", "replace")
    try:
        parsed = json.loads(text)
    except ValueError:
        is_page = text and (answer["type"] or "").startswith("text/html")
        if is_page and (condensed or (len(text) > _LONGEST_PAGE and not full_text)):
            answer["html"] = _page(text)
        elif text:
            answer["text"] = text
    else:
        answer["json"] = parsed
        answer["format"] = _layout(parsed, text)
    return answer


def neutral(value: Any) -> Any:
    """``value`` with times of the day of recording, tokens, paths and generated ids masked.

    The order of a DAG's tags and of a role's permissions is not fixed in Airflow: both are sorted.
    """
    text = json.dumps(_sorted_where_unordered(value), ensure_ascii=False)
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return json.loads(text)


def _keep_old(match: re.Match[str]) -> str:
    return match[0] if match[0][:4] < "2026" or match[0][:4] == "2099" else "<TIME>"


def _log_token(match: re.Match[str]) -> str:
    """What a page token of a task log says: its signature goes, and so does the length of a log with live numbers."""
    content = json.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
    if content.get("log_pos"):
        content["log_pos"] = "<LENGTH>"
    return json.dumps(content).replace('"', "'")


_MASKS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"localhost(?::\d+)?"), "<NETLOC>"),
    (re.compile(r"ip-[\d-]+\.ec2\.internal"), "<HOST>"),
    # What a task's log says of the machine and the process; the first two lines come in either order.
    (re.compile(r"\[[^\]]+\] \{standard_task_runner\.py:72\} INFO - Started process \d+ to run task\\+n"), ""),
    (re.compile(r"(--job-id\\*', \\*'|Job )\d+"), r"\1<JOB>"),
    (re.compile(r"/tmp/tmp\w+|(?<=location: )/tmp"), "<TMP>"),  # noqa: S108  # a text to be masked
    (re.compile(r"/(?:usr/)?bin/bash\b"), "<BASH>"),
    (re.compile(r"\b20261\d{3}T\d{6}\b"), "<TIME>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T +]+\d\d(?::|%3A)\d\d(?::|%3A)\d\d(?:\.\d+)?"), _keep_old),
    (re.compile(r"(?:<DAGS>|/usr/local/airflow/dags)(?=/|\"|\\n)"), "<DAGS>"),
    (re.compile(r"(?:<HOME>|<ORACLE>|/usr/local/airflow)/(logs|airflow\.db|plugins)"), r"<HOME>/\1"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=look for ID )\w{8}"), "<UUID>"),
    (re.compile(r'"file_token": "[^"]+"'), '"file_token": "<TOKEN>"'),
    (re.compile(r'"job_id": "\d+"'), '"job_id": "<NUMBER>"'),
    (re.compile(r"('webserver', '-p', ')\d+"), r"\1<PORT>"),
    (re.compile(r"\b(ey[\w-]{15,})\.[\w-]{20,}"), _log_token),
    (re.compile(r"(<TIME>[^\s\"]*?)_[A-Za-z0-9]{8}\b"), r"\1_<RANDOM>"),
    (
        re.compile(
            r'"(git_version|timestamp|when|pid|hostname|unixname|duration|password|event_log_id)": '
            r'("[^"]*"|-?[\d.]+|null)'
        ),
        r'"\1": "<ANY>"',
    ),
)


def _sorted_where_unordered(value: Any) -> Any:
    if isinstance(value, dict):
        result = {key: _sorted_where_unordered(inner) for key, inner in value.items()}
        for key in ("tags", "actions"):
            if isinstance(result.get(key), list):
                result[key] = sorted(result[key], key=lambda entry: json.dumps(entry, sort_keys=True))
        return result
    if isinstance(value, list):
        return [_sorted_where_unordered(inner) for inner in value]
    return value


def _cookie(value: str, date: str | None) -> dict[str, Any]:
    first, *attributes = [part.strip() for part in value.split(";")]
    name, _, content = first.partition("=")
    found: dict[str, Any] = {}
    for attribute in attributes:
        key, _, text = attribute.partition("=")
        if key.lower() == "expires" and date:
            days = (parsedate_to_datetime(text) - parsedate_to_datetime(date)).total_seconds() / 86400
            text = "past" if days < 0 else f"+{days:.0f}d"
        found[key] = text or True
    return {"name": name, "value": "set" if content not in ("", '""') else "empty", "attrs": found}


def _page(text: str) -> dict[str, Any]:
    def clean(fragment: str) -> str:
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", fragment))).strip()

    title = re.search(r"<title>(.*?)</title>", text, re.DOTALL | re.IGNORECASE)
    headings = re.findall(r"<h[12][^>]*>(.*?)</h[12]>", text, re.DOTALL | re.IGNORECASE)
    page: dict[str, Any] = {"title": clean(title[1]) if title else None, "headings": [clean(h) for h in headings][:4]}
    traceback = re.search(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL | re.IGNORECASE)
    if traceback is not None and "Traceback" in traceback[1]:
        lines = unescape(re.sub(r"<[^>]+>", "", traceback[1])).strip().split("\n")
        page["exception"] = ([line for line in lines if re.match(r"[A-Za-z_][\w.]*: ", line)] or lines)[-1]
    return page


def _layout(value: Any, text: str) -> str | None:
    for name, arguments, end in _LAYOUTS:
        for ascii_only in (True, False):
            if json.dumps(value, ensure_ascii=ascii_only, **arguments) + end == text:
                plain = ascii_only or json.dumps(value) == json.dumps(value, ensure_ascii=False)
                return name if plain else f"{name}+utf8"
    return None
