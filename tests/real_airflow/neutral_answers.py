"""Answers without what no two installations of Airflow share: paths, times, hosts, and what is left to chance."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from tests.oracle.answers import compact, neutral
from tests.real_airflow.server import Reply
from tests.real_airflow.steps import Command, Request, Step

Mask = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


class Side(Protocol):
    """A real Airflow or the fake."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """One request, with the path as it is."""

    def cookie(self, username: str) -> str:
        """The Cookie header of a user who is logged in."""

    def command(self, argv: list[str], stdin: str | None = None) -> tuple[int, str, str]:
        """Run ``airflow`` with these arguments; exit code, stdout and stderr."""


class NeutralAnswers:
    """Asks an Airflow whose AIRFLOW_HOME is ``home``; ``dags_folder`` and ``site_packages`` are where its files are."""

    def __init__(self, *, dags_folder: Path, home: Path, site_packages: Path) -> None:
        self._masks: list[Mask] = [
            (re.compile(re.escape(str(dags_folder))), "<DAGS>"),
            (re.compile(re.escape(str(home))), "/usr/local/airflow"),
            (re.compile(re.escape(str(site_packages))), "<SITE>"),
            (re.compile(r"/usr/local/airflow/\.local/lib/python3\.\d+/site-packages"), "<SITE>"),
            (re.compile(r"\[\\?['\"][^'\"]*/airflow\\?['\"], "), "['airflow', "),
            (re.compile(r'(host_name\\": \\")[^"\\]*'), r"\1<HOST>"),
            # A set.
            (re.compile(r"(?<=upstream_task_ids=)\{[^}]*\}"), _in_any_order),
            # Of a DAG's rows, those that others have taken along are not counted; which table goes first is chance.
            (re.compile(r"Removed \d+ record"), "Removed <COUNT> record"),
            (re.compile(r'"count": \d+(?=, "message": "Removed)'), '"count": "<COUNT>"'),
        ]

    def ask(self, side: Side, step: Step) -> dict[str, Any]:
        """What ``side`` answers: status, media type, headers and body; or exit code, stdout and stderr."""
        return self._printed(side, step) if isinstance(step, Command) else self._answer(side, step)

    def _answer(self, side: Side, request: Request) -> dict[str, Any]:
        headers: dict[str, str] = {}
        if request.principal.startswith("basic:"):
            headers["Authorization"] = f"Basic {base64.b64encode(request.principal[6:].encode()).decode()}"
        elif request.principal:
            headers["Cookie"] = side.cookie(request.principal)
        body: bytes | None = None
        if request.body is not None:
            text = request.body if isinstance(request.body, str) else json.dumps(request.body)
            body = text.encode()
            if request.content_type is not None:
                headers["Content-Type"] = request.content_type
        answer = compact(*side.send(request.method, request.path, headers, body), full_text=False)
        masked: dict[str, Any] = neutral(json.loads(self._mask(json.dumps(answer, ensure_ascii=False))))
        _forget_order(request, masked.get("json"))
        _forget_objects(request, masked.get("json"))
        return masked

    def _printed(self, side: Side, command: Command) -> dict[str, Any]:
        code, stdout, stderr = side.command(list(command.argv), command.stdin)
        return {"exit": code, "stdout": self._comparable(stdout), "stderr": self._comparable(stderr)}

    def _comparable(self, text: str) -> str:
        text = _without_frames(self._mask(text))
        for pattern, replacement in _MASKS_OF_COMMANDS:
            text = pattern.sub(replacement, text)
        for pattern in (_TAGS, _ROLES, _DELETED_PERMISSIONS):
            text = pattern.sub(_in_any_order, text)
        return text

    def _mask(self, text: str) -> str:
        for pattern, replacement in self._masks:
            text = pattern.sub(replacement, text)
        return text


#: What of a command's output differs from run to run: the moment that it ran, folded by a table or not.
_MASKS_OF_COMMANDS = [
    (re.compile(r"(?<!\d)20(?:2[6-9]|[3-9]\d)-\d\d-\d\d"), "<DAY>"),
    (re.compile(r"(?<=<DAY>)([T ])\d\d(:?\d\d){0,2}([.,]\d+)?"), r"\1<TIME>"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d{6}"), "<TIME>"),
    (re.compile(r"(?<![\d<>]):\d\d:\d\d\.\d{6}"), "<TIME>"),
    (re.compile(r"\b0:00:00\.\d{6}"), "<DURATION>"),
    (re.compile(r"pbkdf2:sha256:\d+\$[^']*"), "<HASH>"),
    # A file token is signed with the web server's key.
    (re.compile(r"(?<![\w.])[.I][\w-]{8,}\.[\w-]{20,}"), "<FILE TOKEN>"),
    # Help is Airflow's own prose.
    (re.compile(r"(\A[Uu]sage: [^\n]*(?:\n {3,}[^\n]*)*)\n\n.*", re.DOTALL), r"\1"),
]

#: A DAG's tags as Python, JSON or YAML show them. Airflow stores them in a set's order, another one in each process.
_TAGS = re.compile(r"""(?:\{(['"])name\1: (['"])\w+\2\}(?:, ?)?)+|(?:^ *- name: \w+\n)+""", re.MULTILINE)
#: Several roles of a user, in the order in which the database comes across them.
_ROLE = r"(?:Admin|Op|Public|User|Viewer|role\d)"
_ROLES = re.compile(rf"""{_ROLE}(?:(?:['"]?, ?['"]?|\n +- ){_ROLE})+""")
#: Permissions that are taken from a role all at once, in a set's order.
_DELETED_PERMISSIONS = re.compile(r"(?:^Deleted .* from role \w+\n){2,}", re.MULTILINE)


def _in_any_order(found: re.Match[str]) -> str:
    """The words of what was found, sorted."""
    return " ".join(sorted(re.findall(r"[\w.]+", found.group())))


def _forget_objects(request: Request, answer: Any) -> None:
    """The experimental API shows a task as Python's ``str`` does: with addresses, and sets in any order."""
    if not isinstance(answer, dict) or not re.match(r"/api/experimental/dags/[^/]+/tasks/", request.path):
        return
    for name, text in answer.items():
        if name in {"email", "email_on_failure"}:
            # From the DAG file's default arguments, of which the seed holds nothing.
            answer[name] = "<DEFAULT>"
        elif isinstance(text, str):
            answer[name] = re.sub(r"(?<= at 0x)[0-9a-f]+", "…", text)
            if re.fullmatch(r"\{'.*'\}", text):
                answer[name] = ", ".join(sorted(text.strip("{}").split(", ")))


def _forget_order(request: Request, answer: Any) -> None:
    """What real Airflow leaves in no particular order is sorted."""
    if not isinstance(answer, dict) or not request.path.startswith("/api/v1/"):
        return
    # Sets.
    for task in [answer, *answer.get("tasks", ())]:
        if "downstream_task_ids" in task:
            task["downstream_task_ids"].sort()
    if request.path.startswith("/api/v1/dagStats"):
        answer.get("dags", []).sort(key=lambda row: str(row["dag_id"]))
    for user in [answer, *answer.get("users", ())]:
        if "username" in user:
            user["roles"].sort(key=lambda role: role["name"])
    # Rows in the order in which the database comes across them, of which a page may show any.
    instances = answer.get("task_instances")
    if instances is not None and "/listMapped" not in request.path:
        instances.sort(
            key=lambda row: [str(row.get(name)) for name in ("dag_id", "dag_run_id", "task_id", "map_index")]
        )
        if len(instances) < answer.get("total_entries", 0):
            answer["task_instances"] = len(instances)
    _forget_order_of_equals(request, answer)
    _forget_order_of_dependencies(answer.get("dependencies"))


def _forget_order_of_equals(request: Request, answer: dict[str, Any]) -> None:
    """Of runs and events that are equal in what they are ordered by, any may come first."""
    name = _ordered_by(request)
    if name in {None, "id", "event_log_id", "when"}:
        return
    for kind in ("dag_runs", "event_logs"):
        rows = answer.get(kind)
        if rows:
            equals = itertools.groupby(rows, key=lambda row: row.get(name))
            rows[:] = [
                row for _, group in equals for row in sorted(group, key=lambda row: json.dumps(row, sort_keys=True))
            ]
            if len(rows) < answer.get("total_entries", 0):
                answer[kind] = len(rows)


def _forget_order_of_dependencies(dependencies: list[dict[str, str]] | None) -> None:
    """They are looked at in a set's order, and one of them changes the state that another one tells."""
    if dependencies and any(each["name"] == "Mapped dependencies have succeeded" for each in dependencies):
        dependencies[:] = [each for each in dependencies if each["name"] != "Task Instance State"]


def _ordered_by(request: Request) -> str | None:
    if isinstance(request.body, dict):
        name = request.body.get("order_by")
    else:
        given = parse_qs(urlsplit(request.path).query).get("order_by")
        name = given[-1] if given else None
    return name.lstrip("-") if isinstance(name, str) else None


def _without_frames(text: str) -> str:
    """Tracebacks without files, lines and source: only where they begin and the exceptions."""
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        if "Traceback (most recent call last):" in line:
            inside = True
        elif inside and (line.startswith("  ") or not line):
            continue
        else:
            inside = False
        kept.append(line)
    return "\n".join(kept)
