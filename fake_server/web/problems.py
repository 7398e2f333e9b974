"""Refusals in the format ``application/problem+json``, where no operation of an API has been reached."""

from __future__ import annotations

import json

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response


def problem_of(error: HTTPException) -> Response:
    """The refusal for an unknown path or a method that is not allowed, in the words of Werkzeug, as Airflow has it."""
    body = {"detail": error.description, "status": error.code, "title": error.name, "type": "about:blank"}
    return Response(json.dumps(body, indent=2) + "\n", error.code, content_type="application/problem+json")
