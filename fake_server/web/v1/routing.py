"""Which operation a path and a method stand for."""

from __future__ import annotations

import functools

from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wrappers import Request

from fake_server.web.v1.operations import BASE_PATH, all_operations

_CONVERTERS = {"integer": "int", "path": "path"}


def bind(request: Request) -> MapAdapter:
    """The table of routes, ready to match ``request``; see :meth:`werkzeug.routing.MapAdapter.match`."""
    return _routes().bind(
        request.host or "localhost",
        url_scheme=request.scheme,
        default_method=request.method,
        path_info=request.path,
        query_args=request.query_string.decode("latin-1"),
    )


@functools.lru_cache(maxsize=1)
def _routes() -> Map:
    rules = []
    for operation in all_operations():
        path = operation.path
        for name, kind in operation.path_types.items():
            path = path.replace(f"{{{name}}}", f"<{_CONVERTERS[kind]}:{name}>")
        path = path.replace("{", "<").replace("}", ">")
        rules.append(Rule(BASE_PATH + path, methods=[operation.method, "OPTIONS"], endpoint=operation))
    return Map(rules)
