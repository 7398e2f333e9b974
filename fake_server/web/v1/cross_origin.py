"""Cross-origin requests: the three ``api.access_control_allow_*`` options and the headers they set."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from fake_server.airflow.config import Configuration


def allow_origins(request: Request, response: Response, config: Configuration) -> None:
    """Set the headers by which browsers let other origins in, as far as the configuration says so.

    Airflow sets them on every answer of an operation, the answer to OPTIONS included; with several allowed origins the
    request's own is named, and without an ``Origin`` header the first of them.
    """
    headers = config.get("api", "access_control_allow_headers")
    if headers:
        response.headers["Access-Control-Allow-Headers"] = headers
    methods = config.get("api", "access_control_allow_methods")
    if methods:
        response.headers["Access-Control-Allow-Methods"] = methods
    origins = config.get("api", "access_control_allow_origins")
    if origins == "*":
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif origins:
        allowed = origins.split(" ")
        origin = request.headers.get("Origin", allowed[0])
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
