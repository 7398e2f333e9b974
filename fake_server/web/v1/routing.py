"""Which operation a path and a method stand for."""

from __future__ import annotations

import functools

from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wrappers import Request

from fake_server.versions import AirflowVersion
from fake_server.web.v1.history import operations_of
from fake_server.web.v1.operations import BASE_PATH

_CONVERTERS = {"integer": "int", "path": "path"}


def bind(request: Request, version: AirflowVersion) -> MapAdapter:
    """The routes of that version, ready to match ``request``; see :meth:`werkzeug.routing.MapAdapter.match`."""
    return _routes(version).bind(
        request.host or "localhost",
        url_scheme=request.scheme,
        default_method=request.method,
        path_info=request.path,
        query_args=request.query_string.decode("latin-1"),
    )


@functools.lru_cache(maxsize=32)
def _routes(version: AirflowVersion) -> Map:
    rules = []
    for operation in operations_of(version):
        path = operation.path
        for name, kind in operation.path_types.items():
            path = path.replace(f"{{{name}}}", f"<{_CONVERTERS[kind]}:{name}>")
        path = path.replace("{", "<").replace("}", ">")
        rules.append(Rule(BASE_PATH + path, methods=[operation.method, "OPTIONS"], endpoint=operation))
    return Map(rules)
