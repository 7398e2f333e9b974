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
    """The same facts as ``/api/v1/health`` in another layout."""
    request.operation = "health"
    with server.airflow.session() as airflow:
        body = json.dumps(health_of(airflow))
    return Response(body, content_type="application/json")
