"""What ``fake-mwaa serve`` tells while it runs: a line for each request, and for each change in the DAG folder.

Lines are for people, with colours on a terminal; or for machines, each a JSON object. Neither has a token in it.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from fake_server.aws.environments import all_environments
from fake_server.aws_endpoint import scope_of
from fake_server.journal import JournalEntry, without_tokens

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from fake_server.aws.environment import Environment

#: Parameters of a query string whose values are nobody's business.
_SECRET = re.compile(
    r"((?:^|[?&])[^=&]*(?:token|signature|credential|password|secret|accesskey)[^=&]*=)[^&]*", re.IGNORECASE
)

Styled = list[tuple[str, str]]


class RequestLog:
    """Writes to ``stream``. ``as_json`` is for machines; ``quiet`` writes nothing."""

    def __init__(self, stream: IO[str], *, as_json: bool = False, quiet: bool = False) -> None:
        self._stream = stream
        self._as_json = as_json
        self._quiet = quiet
        self._lock = threading.Lock()
        self._listening: set[Environment] = set()
        #: What the journals of environments had to say about the request of this thread.
        self._entries = threading.local()
        self._stack = contextlib.ExitStack()
        self._print: Callable[[Styled], None] = _printer(stream)

    def around(self, application: WSGIApplication) -> WSGIApplication:
        """``application``, with a line for each request."""
        if self._quiet:
            return application

        def logged(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            self._listen()
            self._entries.found = []
            begin = time.perf_counter()
            statuses: list[str] = []

            def started(status: str, *rest: Any) -> Any:
                statuses.append(status)
                return start_response(status, *rest)

            try:
                return application(environ, started)
            finally:
                # Without a status the connection is broken off, or the fake itself is.
                status = int(statuses[-1][:3]) if statuses else 0
                self._tell_request(environ, status, time.perf_counter() - begin)

        return logged

    def close(self) -> None:
        """Listen to no environment any more."""
        self._stack.close()

    # Requests

    def _listen(self) -> None:
        with self._lock:
            for environment in all_environments():
                if environment not in self._listening:
                    self._listening.add(environment)
                    self._stack.enter_context(environment.journal.listening(self._listener(environment.name)))

    def _listener(self, name: str) -> Callable[[JournalEntry], None]:
        def listen(entry: JournalEntry) -> None:
            found = getattr(self._entries, "found", None)
            if found is not None and not entry.is_inner:
                found.append((name, entry))

        return listen

    def _tell_request(self, environ: WSGIEnvironment, status: int, seconds: float) -> None:
        name, entry = self._entries.found[-1] if self._entries.found else (None, None)
        _, service = scope_of(environ)
        details = {
            "environment": name,
            "service": service or None,
            "operation": entry.operation if entry is not None else _target(environ),
            "command": entry.command if entry is not None else None,
            "principal": entry.principal if entry is not None else None,
            "refusal": entry.refusal if entry is not None else None,
        }
        request = {"method": environ["REQUEST_METHOD"], "path": _path(environ), "status": status}
        took = {"milliseconds": round(seconds * 1000, 1)}
        self._tell("request", {**request, **took, **details}, _line(request | took, details))

    # Everything else

    def tell_dag_file(self, path: str, change: str, *, dags: Iterable[str] = (), error: str | None = None) -> None:
        """A file of the DAG folder is ``new``, ``changed`` or ``removed``; it has these DAGs now, or cannot be read."""
        dags = list(dags)
        styled: Styled = [("DAG file", "bold"), (path, ""), (change, "cyan")]
        if error is not None:
            styled.append((f"broken: {_last_line(error)}", "red"))
        elif dags:
            styled.append((f"DAGs: {', '.join(dags)}", ""))
        elif change != "removed":
            styled.append(("no DAGs", "yellow"))
        self._tell("dag_file", {"path": path, "change": change, "dags": dags, "error": error}, styled)

    def tell_problem(self, text: str) -> None:
        """Something is wrong, though nobody asked just now."""
        self._tell("problem", {"text": text}, [("problem", "red"), (text, "")])

    def _tell(self, event: str, members: Mapping[str, Any], styled: Styled) -> None:
        if self._quiet:
            return
        now = datetime.now().astimezone()
        with self._lock, contextlib.suppress(OSError, ValueError):
            # Whoever read along may have left.
            if self._as_json:
                line = {"time": now.isoformat(timespec="milliseconds"), "event": event, **members}
                print(json.dumps(line), file=self._stream, flush=True)
            else:
                self._print([(now.strftime("%H:%M:%S"), "dim"), *((_printable(text), style) for text, style in styled)])


def _line(request: Mapping[str, Any], details: Mapping[str, Any]) -> Styled:
    status = request["status"]
    colour = "red" if status >= 500 or status == 0 else "yellow" if status >= 400 else "green"
    styled: Styled = [
        (details["environment"] or details["service"] or "-", "bold"),
        (request["method"], ""),
        (request["path"], ""),
        (str(status) if status else "broken off", colour),
        (f"{request['milliseconds']:.0f} ms", "dim"),
    ]
    if details["command"] is not None:
        styled.append((f"airflow {details['command']}", "cyan"))
    elif details["operation"] is not None:
        styled.append((details["operation"], "cyan"))
    if details["principal"] is not None:
        styled.append((f"as {details['principal']}", "dim"))
    if details["refusal"] is not None:
        styled.append((f"({details['refusal']})", "yellow"))
    return styled


def _path(environ: WSGIEnvironment) -> str:
    """Path and query as sent, without secrets."""
    sent = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    return without_tokens(_SECRET.sub(r"\1<hidden>", sent))


def _target(environ: WSGIEnvironment) -> str | None:
    """The operation of those of AWS's services that name it in a header."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    return target.rpartition(".")[2] if target else None


def _last_line(error: str) -> str:
    return error.strip().rpartition("\n")[2]


def _printable(text: str) -> str:
    """``text`` without what would steer a terminal or begin a line."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _printer(stream: IO[str]) -> Callable[[Styled], None]:
    if not stream.isatty():
        return lambda styled: print(*(text for text, _ in styled), file=stream, flush=True)
    # Imported for a terminal only, since it takes a while.
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    return lambda styled: console.print(Text(" ").join(Text(*part) for part in styled), soft_wrap=True)
