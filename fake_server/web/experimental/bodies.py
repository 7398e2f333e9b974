"""Reading the JSON of a request as leniently as Airflow does here, and failing where it fails."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request

from fake_server.web.crashes import crash


def json_body(request: Request) -> Any:
    """The body as JSON, whatever the Content-Type says.

    :raises BadRequest: when it is none.
    """
    try:
        return json.loads(request.get_data())
    except ValueError:
        raise BadRequest from None


def fields(body: Any, *names: str) -> dict[str, Any]:
    """The members of the body that it is asked about.

    Airflow only says ``name in body``, so a list or a text passes as long as it holds none of the names.
    """
    if isinstance(body, dict):
        return body
    if not isinstance(body, (list, str)):
        crash(
            f"the body is {json.dumps(body)}, not a JSON object",
            f"TypeError: argument of type '{type(body).__name__}' is not iterable",
        )
    for name in names:
        if name in body:
            kind, words = ("text", "string indices must be integers") if isinstance(body, str) else (
                "array", "list indices must be integers or slices, not str"
            )  # fmt: skip
            crash(f"the body is a JSON {kind}, not an object", f"TypeError: {words}")
    return {}
