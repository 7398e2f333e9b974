"""``/health``: the components' health, for load balancers, without authentication."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from fake_server.web.health import health_of
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer


def respond(request: WebRequest, server: WebServer) -> Response:
    """The facts of ``/api/v1/health`` in another layout, as far as the version knows them."""
    request.operation = "health"
    with server.airflow.session() as airflow:
        health = health_of(airflow)
    body = json.dumps(health, indent=server.dialect.health_indent)
    response = Response(body, content_type="application/json")
    if server.dialect.health_has_cookie:
        server.sessions.give_cookie(request, response)
    return response
