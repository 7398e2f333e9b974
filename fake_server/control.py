"""The control endpoints of a live server, under ``/_fake/``: what the handle does, for other processes.

====================  ==========================================================================================
GET ``health``        the environment's name, version and address
GET ``journal``       every request so far
POST ``reset``        back to the state just after the start
POST ``seed``         the body is a seed: more DAGs, users, variables, pools, connections
POST ``clock``        ``{"advance": seconds}``, ``{"frozen": true or false}``
POST ``faults``       the keywords of ``Faults.add``, or ``{"throttle": "CreateCliToken", "times": 2}``
POST ``session``      ``{"username": "admin"}`` is answered with the value of that user's ``session`` cookie
====================  ==========================================================================================

Bodies and answers are JSON; a mistake is answered with 400 and ``{"error": text}``. Whoever is not on this machine is
refused, and so is a page in a browser: it cannot send JSON to another site without asking first, which nobody answers.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from fake_server.airflow.loading import load_seed
from fake_server.settings import nearest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from fake_server.aws.environment import Environment

PREFIX = "/_fake/"
#: The largest body that is read, in bytes.
MAXIMUM_BODY_BYTES = 16 * 1024 * 1024

#: What the body of ``faults`` may say: the keywords of Faults.add, and what JSON has for each.
FAULT_KEYWORDS: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "method": (str,),
    "operation": (str,),
    "status": (int,),
    "body": (str, dict, list),
    "content_type": (str,),
    "headers": (dict,),
    "delay": (int, float),
    "reset": (bool,),
    "times": (int,),
    "after": (int,),
}


class _Refused(Exception):
    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = dict(headers or {})


class Control:
    """The control endpoints of one environment, as a WSGI application."""

    def __init__(self, environment: Environment, reset: Callable[[], None]) -> None:
        self._environment = environment
        self._reset = reset
        self._reading: dict[str, Callable[[], Any]] = {"health": self._health, "journal": self._journal}
        self._changing: dict[str, Callable[[Any], Any]] = {
            "reset": self._reset_all,
            "seed": self._seed,
            "clock": self._clock,
            "faults": self._faults,
            "session": self._session,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAXIMUM_BODY_BYTES
        try:
            _check_peer(request)
            answer, status, headers = self._answer(request), 200, {}
        except _Refused as refused:
            answer, status, headers = {"error": str(refused)}, refused.status, refused.headers
        response = Response(json.dumps(answer, indent=2) + "\n", status, headers, content_type="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Any:
        name = request.path.removeprefix(PREFIX)
        if name in self._reading:
            _check_method(request, "GET")
            return self._reading[name]()
        if name in self._changing:
            _check_method(request, "POST")
            try:
                return self._changing[name](_json(request))
            except ValueError as error:
                raise _Refused(400, f"{name}: {error}") from None
        known = [*self._reading, *self._changing]
        raise _Refused(
            404,
            f"there is no control endpoint {name!r}.{nearest(name, known)} There are: {', '.join(known)}."
            " See docs/reference/control-endpoints.md.",
        )

    def _health(self) -> Any:
        environment = self._environment
        return {
            "status": "healthy",
            "environment": environment.name,
            "region": environment.region,
            "airflow_version": environment.airflow.version.number,
            "webserver_hostname": environment.hostname,
            "now": environment.clock.now().isoformat(),
        }

    def _journal(self) -> Any:
        return [{**dataclasses.asdict(entry), "time": entry.time.isoformat()} for entry in self._environment.journal]

    def _reset_all(self, body: Any) -> Any:
        if body not in (None, {}):
            raise ValueError(f"takes no body; got {body!r}.")
        self._reset()
        return {}

    def _seed(self, body: Any) -> Any:
        if not isinstance(body, dict):
            raise ValueError('expected a seed, a JSON object such as {"variables": {"key": "value"}}.')
        with self._environment.airflow.session() as airflow:
            load_seed(airflow, body)
        return {}

    def _clock(self, body: Any) -> Any:
        clock = self._environment.clock
        arguments = _members(body, "advance", "frozen", required=())
        if not arguments:
            raise ValueError("expected a JSON object with advance, a number of seconds, or frozen, true or false.")
        for name, types in (("advance", (int, float)), ("frozen", (bool,))):
            if name in arguments:
                _check_type(name, arguments[name], types)
        # First, since an amount may be refused, and then nothing has happened.
        clock.advance(arguments.get("advance", 0))
        if "frozen" in arguments:
            (clock.freeze if arguments["frozen"] else clock.unfreeze)()
        return {"now": clock.now().isoformat(), "frozen": clock.frozen}

    def _faults(self, body: Any) -> Any:
        faults = self._environment.faults
        if isinstance(body, dict) and "throttle" in body:
            arguments = _members(body, "throttle", "times", required=("throttle",))
            operation, times = arguments["throttle"], arguments.get("times", 1)
            _check_type("throttle", operation, (str,))
            if times is not None:
                _check_type("times", times, (int,))
            return {"fault": str(faults.throttle(operation, times))}
        arguments = _members(body, *FAULT_KEYWORDS, required=())
        for name, value in arguments.items():
            # Nothing but the number of times has a meaning for null: always.
            if name != "times" or value is not None:
                _check_type(name, value, FAULT_KEYWORDS[name])
        return {"fault": str(faults.add(**arguments))}

    def _session(self, body: Any) -> Any:
        username = _members(body, "username")["username"]
        with self._environment.airflow.session() as airflow:
            user = airflow.security.find_user(username) if isinstance(username, str) else None
            if user is None:
                known = [user.username for user in airflow.security.users]
                raise ValueError(
                    f"there is no user {username!r}.{nearest(username, known)} There are: {', '.join(known) or 'none'}."
                )
            return {"session": self._environment.web_server.mint_session_cookie(user)}


def _check_peer(request: Request) -> None:
    try:
        is_local = ipaddress.ip_address(request.environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise _Refused(403, "the control endpoints answer only clients on this machine.")
    if "Origin" in request.headers:
        raise _Refused(403, "the control endpoints do not answer pages in a browser.")


def _check_method(request: Request, method: str) -> None:
    if request.method != method:
        raise _Refused(405, f"{request.path} takes {method}, not {request.method}.", {"Allow": method})


def _json(request: Request) -> Any:
    if (request.content_length or 0) > MAXIMUM_BODY_BYTES:
        raise _Refused(413, f"the body may have {MAXIMUM_BODY_BYTES} bytes at most.")
    body = request.get_data()
    if not body:
        return None
    if request.mimetype != "application/json":
        raise _Refused(415, f"expected Content-Type: application/json, got {request.mimetype or 'none'!r}.")
    try:
        return json.loads(body)
    except ValueError as error:
        raise ValueError(f"the body is not JSON: {error}.") from None


def _members(body: Any, *known: str, required: Iterable[str] | None = None) -> dict[str, Any]:
    """The members of a JSON object that may have those of ``known``, and has to have ``required`` (default: all)."""
    if not isinstance(body, dict):
        raise ValueError(f"expected a JSON object with {', '.join(known)}; got {type(body).__name__}.")
    for name in body:
        if name not in known:
            raise ValueError(f"there is no {name!r}.{nearest(name, known)} There are: {', '.join(known)}.")
    for name in known if required is None else required:
        if name not in body:
            raise ValueError(f"{name!r} is missing.")
    return body


_TYPE_NAMES = {str: "text", int: "a whole number", float: "a fraction", bool: "true or false", dict: "an object"}


def _check_type(name: str, value: Any, expected: tuple[type, ...]) -> None:
    # In Python, true and false are numbers too.
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        choices = " or ".join(_TYPE_NAMES.get(kind, "a list") for kind in expected)
        raise ValueError(f"{name!r} is {choices}; got {json.dumps(value)}.")
