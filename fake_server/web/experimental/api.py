"""The entry of the experimental API: routing, authentication, and how answers are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from fake_server.airflow import errors
from fake_server.web.auth import Authentication
from fake_server.web.crashes import Crash
from fake_server.web.experimental.call import Call, DatabaseCrash, Handler, Html, Refused
from fake_server.web.experimental.dialect import Dialect, dialect_of
from fake_server.web.experimental.routes import bind, routes_of
from fake_server.web.pages.errors import worker_failure
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
    airflow = server.airflow
    return airflow.version.always_has_experimental_api or airflow.config.boolean("api", "enable_experimental_api")


def respond(request: WebRequest, server: WebServer) -> Response:
    """Answer one request below ``/api/experimental``."""
    version = server.airflow.version
    dialect = dialect_of(version)
    adapter = bind(routes_of(version), request)
    cookie: str | None = None
    try:
        handler, values = adapter.match()
    except RequestRedirect as redirect:
        response = redirect.get_response()
        server.dialect.word_redirect(response)
    except (NotFound, MethodNotAllowed) as error:
        response = dialect.word_http_error(error)
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
        if dialect.is_deprecated:
            response.headers["Deprecation"] = "true"
            response.headers["Link"] = _upgrade_link(server)
    server.sessions.give_cookie(request, response, cookie)
    return response


def _authenticated(
    request: WebRequest, server: WebServer, handler: Handler, values: Mapping[str, Any]
) -> tuple[Response, str | None]:
    """The answer, and the cookie of the session that a name and password have opened."""
    try:
        authentication = server.auth_backends[0].authenticate(request)
    except Crash as crash:
        return _crashed(request, server, crash), None
    if not authentication.accepted and _takes_stranger(request, server, authentication):
        return _carried_out(request, server, handler, values), None
    if not authentication.accepted:
        return _refusal(authentication), None
    user = authentication.user
    cookie = None
    if user is not None:
        request.principal = user.username
        if authentication.opens_session and server.sessions.user_of_request(request) is not user:
            cookie = server.sessions.open(user)
    response = _carried_out(request, server, handler, values)
    if authentication.www_authenticate is not None:
        response.headers["WWW-Authenticate"] = authentication.www_authenticate
    return response, cookie


def _takes_stranger(request: WebRequest, server: WebServer, refusal: Authentication) -> bool:
    asks_for_password = refusal.www_authenticate == "Basic"
    takes = server.airflow.version.experimental_takes_strangers
    return takes and asks_for_password and "Authorization" not in request.headers


def _refusal(authentication: Authentication) -> Response:
    """Only the first backend is asked, and what it may do afterwards nobody asks."""
    text = {401: "Unauthorized", 403: "Forbidden"}[authentication.status]
    response = Response(text, authentication.status, content_type=_HTML)
    if authentication.www_authenticate is not None:
        response.headers["WWW-Authenticate"] = authentication.www_authenticate
    return response


def _carried_out(request: WebRequest, server: WebServer, handler: Handler, values: Mapping[str, Any]) -> Response:
    dialect = dialect_of(server.airflow.version)
    try:
        answer = handler(Call(request, server.airflow, dialect), **values)
    except Refused as refused:
        return _error(request, dialect, refused.status, refused)
    except errors.AirflowError as error:
        if not error.exception_name.startswith("airflow."):
            return _crashed(request, server, Crash(str(error), f"{error.exception_name}: {error}"))
        return _error(request, dialect, _STATUS.get(type(error), 500), error)
    except BadRequest as error:
        request.refusal = "the body is not JSON"
        return server.dialect.error_page(error)
    except Crash as crash:
        return _crashed(request, server, crash)
    except DatabaseCrash as crash:
        if dialect.database_errors_escape:
            raise
        return _crashed(request, server, Crash(str(crash), crash.exception))
    if isinstance(answer, Html):
        return Response(answer.text, content_type=_HTML)
    return Response(dialect.dumps(answer), content_type="application/json")


def _crashed(request: WebRequest, server: WebServer, crash: Crash) -> Response:
    request.refusal = str(crash)
    return server.dialect.crash_page(server.airflow.version, crash)


def _error(request: WebRequest, dialect: Dialect, status: int, error: Exception) -> Response:
    request.refusal = str(error)
    return Response(dialect.dumps({"error": str(error)}), status, content_type="application/json")


def _upgrade_link(server: WebServer) -> str:
    page = "upgrading-to-2.html#migration-guide-from-experimental-api-to-stable-api-v1"
    return f'<{server.airflow.version.documentation_url}{page}>; rel="deprecation"; type="text/html"'
