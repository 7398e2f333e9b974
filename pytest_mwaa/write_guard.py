"""Keeps tests from writing to a real target that they were not allowed to write to.

Every request that ``requests`` sends to the target's host, and every call that botocore makes of MWAA, passes here; a
test that is about to write is skipped before anything is sent. Programs in other processes, and code that uses another
HTTP library, do not pass here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests.adapters
from botocore.client import BaseClient

#: The commands that change nothing, by their first words, for Airflow 2 and 1.10.
READING_COMMANDS = frozenset(
    {
        "cheat-sheet", "config get-value", "config list", "connections get", "connections list", "dag_state",
        "dags details", "dags list", "dags list-import-errors", "dags list-jobs", "dags list-runs",
        "dags next-execution", "dags report", "dags show", "dags state", "list_dag_runs", "list_dags", "list_tasks",
        "next_execution", "pools get", "pools list", "providers behaviours", "providers get", "providers hooks",
        "providers links", "providers list", "providers widgets", "roles list", "show_dag", "task_failed_deps",
        "task_state", "tasks failed-deps", "tasks list", "tasks state", "tasks states-for-dag-run", "users list",
        "variables get", "variables list", "version",
    }
)  # fmt: skip
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: POST requests that only ask: lists with long filters, and both logins.
_READING_POSTS = ("/list", "/aws_mwaa/login", "/login/")
_READING_OPERATIONS = ("Get", "List", "CreateCliToken", "CreateWebLoginToken")


@contextmanager
def reading_only(url: str) -> Iterator[None]:
    """Skip the test that is about to write to the web server at ``url``, or to MWAA's control plane."""
    host = urlsplit(url).netloc
    with pytest.MonkeyPatch.context() as patch:
        send = requests.adapters.HTTPAdapter.send
        call = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001

        def guarded_send(self: Any, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            if urlsplit(str(request.url)).netloc == host:
                _check_request(request)
            return send(self, request, *args, **kwargs)

        def guarded_call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if self.meta.service_model.service_name == "mwaa":
                _check_call(operation, parameters)
            return call(self, operation, parameters)

        patch.setattr(requests.adapters.HTTPAdapter, "send", guarded_send)
        patch.setattr(BaseClient, "_make_api_call", guarded_call)
        yield


def is_reading_command(line: str) -> bool:
    """Whether a command line, without the word ``airflow``, changes nothing; False where that is not certain."""
    try:
        words = shlex.split(line)
    except ValueError:
        return False
    if words[:1] == ["variables"] and words[1:2] in (["-g"], ["--get"]):
        return True
    return " ".join(words[:1]) in READING_COMMANDS or " ".join(words[:2]) in READING_COMMANDS


def _check_request(request: requests.PreparedRequest) -> None:
    method, path = str(request.method), urlsplit(str(request.url)).path
    if path.rstrip("/").endswith("/aws_mwaa/cli"):
        body = request.body or b""
        line = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
        if not is_reading_command(line):
            _skip(f"the command {line!r}")
    elif method not in _READING_METHODS and not path.endswith(_READING_POSTS):
        _skip(f"{method} {path}")


def _check_call(operation: str, parameters: dict[str, Any]) -> None:
    if operation.startswith(_READING_OPERATIONS):
        return
    if operation == "InvokeRestApi" and parameters.get("Method") == "GET":
        return
    _skip(operation)


def _skip(what: str) -> None:
    pytest.skip(f"{what} may write to a real target; --mwaa-allow-writes=on permits it.")
