"""What is checked before an operation is carried out, in the order that a client can observe.

Path, method, body (content type, syntax, schema), query (names, then types), and only then who asks (401) and whether
they may (403), and a negative limit. What is left, such as an unknown DAG, the operations refuse themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.exceptions import MethodNotAllowed as RoutedMethodNotAllowed
from werkzeug.exceptions import NotFound as RoutedNotFound
from werkzeug.wrappers import Response

from fake_server.web.v1.audit import record
from fake_server.web.v1.bodies import logged_body, read_body
from fake_server.web.v1.call import Answer, Call
from fake_server.web.v1.history import operation_as_of
from fake_server.web.v1.json_layout import render
from fake_server.web.v1.operations import Operation, operation_named
from fake_server.web.v1.paging import LARGEST_INTEGER, refuse_negative_limit
from fake_server.web.v1.problems import BrokenStream, MethodNotAllowed, PermissionDenied, Unauthenticated, UnknownPath
from fake_server.web.v1.queries import read_query
from fake_server.web.v1.routing import bind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from fake_server.web.app import WebServer
    from fake_server.web.request import WebRequest


def carry_out(request: WebRequest, server: WebServer) -> Response:
    """Check ``request`` and carry out the operation that it asks for.

    :raises Problem: the refusal, when a check fails or the operation refuses.
    :raises PageError: when real Airflow fails.
    :raises werkzeug.routing.RequestRedirect: for a path with a doubled slash.
    """
    operation, path = _route(request, server)
    request.operation = operation.id
    if request.method == "OPTIONS":
        return _options(request, server)
    body = read_body(request, operation, server.airflow.version) if operation.body is not None else None
    query = read_query(request.args, operation, server.airflow.version)
    with server.airflow.session():
        call = _admit(Call(operation, server, request, None, path, query, body))
        if operation.through is not None:
            carrying = operation_as_of(server.airflow.version, operation_named(operation.through))
            call = _admit(replace(call, operation=carrying))
        _refuse_huge_numbers(path)
        answer = operation.handler(call)
        if not isinstance(answer, Answer):
            answer = Answer(render(answer))
    return Response(answer.body, status=answer.status, content_type=answer.content_type)


def _route(request: WebRequest, server: WebServer) -> tuple[Operation, Mapping[str, Any]]:
    try:
        return bind(request, server.airflow.version).match()
    except RoutedNotFound:
        raise UnknownPath from None
    except RoutedMethodNotAllowed:
        raise MethodNotAllowed from None


def _options(request: WebRequest, server: WebServer) -> Response:
    response = Response(content_type="text/html; charset=utf-8")
    response.allow.update(bind(request, server.airflow.version).allowed_methods())
    return response


def _refuse_huge_numbers(path: Mapping[str, Any]) -> None:
    """Ids and map indexes go to the database as they are; it fails over those that it cannot hold."""
    if any(path.get(name, 0) > LARGEST_INTEGER for name in ("map_index", "event_log_id", "import_error_id")):
        raise BrokenStream


def _admit(call: Call) -> Call:
    """The call with the user who makes it, once that is clear and permitted and has been logged."""
    operation = call.operation
    if operation.permissions is None:
        return call
    authentication = call.server.authenticate(call.request)
    if not authentication.accepted and not call.airflow.version.strangers_are_public:
        raise Unauthenticated(authentication.www_authenticate)
    user = authentication.user
    dag_id = call.path.get("dag_id")
    if user is None or not user.may(operation.permissions, None if dag_id == "~" else dag_id):
        raise PermissionDenied
    admitted = replace(call, user=user)
    refuse_negative_limit(admitted)
    if operation.audit is not None:
        record(admitted, logged_body(call.request) if operation.body is None else call.body)
    return admitted
