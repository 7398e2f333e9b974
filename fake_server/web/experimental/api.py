"""The entry of the experimental API: routing, authentication, and how answers are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from fake_server.airflow import errors
from fake_server.web.auth import Authentication
from fake_server.web.experimental.call import Call, Crash, DatabaseCrash, Handler, Html, Refused
from fake_server.web.experimental.routes import AIRFLOW_2, bind
from fake_server.web.pages.errors import crash_page, error_page, worker_failure
from fake_server.web.problems import problem_of
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer

_HTML = "text/html; charset=utf-8"

#: The status of each refusal of the domain; any other is 500. All of them are JSON.
_STATUS: dict[type[errors.AirflowError], int] = {
    errors.DagNotFound: 404,
    errors.TaskNotFound: 404,
    errors.PoolNotFound: 404,
    errors.DagRunAlreadyExists: 400,
    errors.PoolRefused: 400,
}


def is_served(server: WebServer) -> bool:
    """Whether this environment has the experimental API at all; if not, its paths are as unknown as any."""
    return server.airflow.config.boolean("api", "enable_experimental_api")


def respond(request: WebRequest, server: WebServer) -> Response:
    """Answer one request below ``/api/experimental``."""
    adapter = bind(AIRFLOW_2, request)
    cookie: str | None = None
    try:
        handler, values = adapter.match()
    except RequestRedirect as redirect:
        response = redirect.get_response()
    except (NotFound, MethodNotAllowed) as error:
        response = problem_of(error)
    else:
        request.operation = handler.__name__
        if request.method == "OPTIONS":
            response = Response(content_type=_HTML)
            response.allow.update(adapter.allowed_methods())
        else:
            try:
                with server.airflow.session():
                    response, cookie = _authenticated(request, server, handler, values)
            except DatabaseCrash as crash:
                request.refusal = str(crash)
                return worker_failure()
        response.headers["Deprecation"] = "true"
        response.headers["Link"] = _upgrade_link(server)
    server.sessions.give_cookie(request, response, cookie)
    return response


def _authenticated(
    request: WebRequest, server: WebServer, handler: Handler, values: Mapping[str, Any]
) -> tuple[Response, str | None]:
    """The answer, and the cookie of the session that a name and password have opened."""
    authentication = server.auth_backends[0].authenticate(request)
    if not authentication.accepted:
        return _refusal(authentication), None
    user = authentication.user
    cookie = None
    if user is not None:
        request.principal = user.username
        if server.sessions.user_of_request(request) is not user:
            cookie = server.sessions.open(user)
    return _carried_out(request, server, handler, values), cookie


def _refusal(authentication: Authentication) -> Response:
    """Only the first backend is asked, and what it may do afterwards nobody asks."""
    text = {401: "Unauthorized", 403: "Forbidden"}[authentication.status]
    response = Response(text, authentication.status, content_type=_HTML)
    if authentication.www_authenticate is not None:
        response.headers["WWW-Authenticate"] = authentication.www_authenticate
    return response


def _carried_out(request: WebRequest, server: WebServer, handler: Handler, values: Mapping[str, Any]) -> Response:
    try:
        answer = handler(Call(request, server.airflow), **values)
    except Refused as refused:
        return _error(request, refused.status, refused)
    except errors.AirflowError as error:
        return _error(request, _STATUS.get(type(error), 500), error)
    except BadRequest as error:
        request.refusal = "the body is not JSON"
        return error_page(error)
    except Crash as crash:
        request.refusal = str(crash)
        return crash_page(server.airflow.version)
    if isinstance(answer, Html):
        return Response(answer.text, content_type=_HTML)
    return Response(json.dumps(answer), content_type="application/json")


def _error(request: WebRequest, status: int, error: Exception) -> Response:
    request.refusal = str(error)
    return Response(json.dumps({"error": str(error)}), status, content_type="application/json")


def _upgrade_link(server: WebServer) -> str:
    page = "upgrading-to-2.html#migration-guide-from-experimental-api-to-stable-api-v1"
    return f'<{server.airflow.version.documentation_url}{page}>; rel="deprecation"; type="text/html"'
