"""The API's own description: an OpenAPI document made from the table of operations, and a page that points to it."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from typing import Any

from fake_server.versions import AirflowVersion
from fake_server.web.v1.history import operations_of
from fake_server.web.v1.json_layout import render
from fake_server.web.v1.operations import BASE_PATH, Operation, body_schemas

_PATH_TYPES: Mapping[str, Mapping[str, str]] = {
    "integer": {"type": "integer"},
    "path": {"type": "string", "format": "path"},
    "string": {"type": "string"},
}


@functools.lru_cache(maxsize=8)
def openapi_document(version: AirflowVersion) -> str:
    """The OpenAPI 3.0 document of that version as JSON. It tells what requests look like, not answers."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations_of(version):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return render(
        {
            "openapi": "3.0.3",
            "info": {"title": "Airflow API (Stable)", "version": version.number},
            "servers": [{"url": BASE_PATH}],
            "paths": paths,
            "components": {"schemas": dict(body_schemas())},
        }
    )


@functools.lru_cache(maxsize=8)
def operations_page(version: AirflowVersion) -> str:
    """A page with the operations, where Airflow has Swagger UI."""
    rows = "\n".join(
        f"<tr><td>{operation.method}</td><td>{html.escape(BASE_PATH + operation.path)}</td><td>{operation.id}</td></tr>"
        for operation in operations_of(version)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="UTF-8"><title>Swagger UI</title></head>\n<body>\n'
        f'<p>The operations of this API, as <a href="{BASE_PATH}/openapi.json">an OpenAPI document</a> too:</p>\n'
        f"<table>\n{rows}\n</table>\n</body>\n</html>\n"
    )


def _described(operation: Operation) -> dict[str, Any]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": dict(_PATH_TYPES[operation.path_types.get(name, "string")]),
        }
        for name in names
    ]
    parameters += [
        {
            "name": parameter.name,
            "in": "query",
            "required": parameter.required,
            "schema": dict(parameter.schema),
            **({} if parameter.explode else {"explode": False}),
        }
        for parameter in operation.query.values()
    ]
    described: dict[str, Any] = {
        "operationId": operation.id,
        "parameters": parameters,
        "responses": {"default": {"description": "See the documentation of Airflow's stable REST API."}},
    }
    if operation.body is not None:
        reference = {"$ref": f"#/components/schemas/{operation.body}"}
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    return described
