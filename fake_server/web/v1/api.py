"""The entry of the stable REST API: every request below ``/api/v1``, and how what became of it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from fake_server.web.v1.cross_origin import allow_origins
from fake_server.web.v1.operations import BASE_PATH
from fake_server.web.v1.pipeline import carry_out
from fake_server.web.v1.problems import PageError, Problem
from fake_server.web.v1.specification import openapi_document, operations_page

if TYPE_CHECKING:
    from fake_server.web.app import WebServer
    from fake_server.web.request import WebRequest


def respond(request: WebRequest, server: WebServer) -> Response:
    """The answer of the stable REST API to ``request``."""
    try:
        describe = _DESCRIPTIONS.get(request.path) if request.method in {"GET", "HEAD"} else None
        response = carry_out(request, server) if describe is None else describe(server)
    except Problem as problem:
        request.refusal = problem.detail or problem.title
        response = Response(
            problem.body(server.airflow.version.documentation_url),
            status=problem.status,
            content_type="application/problem+json",
        )
        if problem.www_authenticate is not None:
            response.headers["WWW-Authenticate"] = problem.www_authenticate
        if problem.sets_cookie:
            server.sessions.give_cookie(request, response)
            return response
    except PageError as error:
        response = error.response(server.airflow.version)
        request.refusal = f"HTML page with status {response.status_code}"
    except RequestRedirect as redirect:
        response = Response.force_type(redirect.get_response(request.environ))
        server.sessions.give_cookie(request, response)
        return response
    allow_origins(request, response, server.airflow.config)
    return response


def _document(server: WebServer) -> Response:
    return Response(openapi_document(server.airflow.version), content_type="application/json")


def _page(server: WebServer) -> Response:
    return Response(operations_page(server.airflow.version), content_type="text/html; charset=utf-8")


#: What describes the API is open to all.
_DESCRIPTIONS: dict[str, Callable[[WebServer], Response]] = {
    f"{BASE_PATH}/openapi.json": _document,
    f"{BASE_PATH}/ui/": _page,
}
