"""What a request's body has to be: JSON by its content type, JSON by its syntax, and in agreement with a schema."""

from __future__ import annotations

import calendar
import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fake_server.versions import AirflowVersion
from fake_server.web.v1.history import body_schema
from fake_server.web.v1.operations import Operation
from fake_server.web.v1.problems import BadRequest, Oops, UnreadableJSON, UnsupportedMediaType

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

_RFC3339 = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
)


def read_body(request: Request, operation: Operation, version: AirflowVersion) -> Any:
    """The body of a request to an operation that takes one.

    :raises Problem: when it is empty, no JSON by content type or syntax, or not what the operation's schema says.
    """
    # What a multipart body holds is known only once it is taken apart, and then the rest of it is gone.
    multipart = request.mimetype == "multipart/form-data"
    has_parts = multipart and bool(request.form or request.files)
    raw = request.get_data()
    is_empty = not has_parts and (multipart or not raw)
    answers = version.rest_answers
    if is_empty and answers.refuses_empty_bodies:
        raise BadRequest("Request body must not be empty")
    if not is_empty and not is_json(request):
        raise UnsupportedMediaType(request.headers.get("Content-Type", ""))
    body = _loads(raw)
    if body is None and not is_empty:
        raise BadRequest("Request body is not valid JSON")
    assert operation.body is not None
    error = next(_validator(operation.body, version).iter_errors(body), None)
    if error is not None:
        place = ".".join(map(str, error.path))
        message = error.message
        if answers.calls_empty_short:
            message = message.replace("should be non-empty", "is too short")
        raise BadRequest(f"{message} - '{place}'" if place else message)
    return body


def logged_body(request: Request) -> Any:
    """The body that calls itself JSON, which the event log keeps even of operations that take none; or else None.

    :raises UnreadableJSON: when it is no JSON.
    """
    if not is_json(request):
        return None
    try:
        return json.loads(request.get_data())
    except ValueError:
        raise UnreadableJSON from None


def is_json(request: Request) -> bool:
    """Whether the content type says JSON."""
    # Of several types, separated by commas as in Accept, the first counts.
    mimetype = request.mimetype.partition(",")[0].rstrip()
    return mimetype == "application/json" or (mimetype.startswith("application/") and mimetype.endswith("+json"))


def is_date_time(value: object) -> bool:
    """Whether a text is a date and time of RFC 3339, zone included; what is no text passes."""
    if not isinstance(value, str):
        return True
    match = _RFC3339.fullmatch(value.upper())
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    return year > 0 and 1 <= day <= calendar.monthrange(year, month)[1]


def _loads(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
    except RecursionError:
        raise Oops from None


@functools.lru_cache(maxsize=1)
def format_checker() -> Any:
    """Checks the formats that Airflow checks: ``date-time`` alone."""
    import jsonschema

    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date-time")(is_date_time)
    return checker


@functools.lru_cache(maxsize=256)
def _validator(name: str, version: AirflowVersion) -> Any:
    checker = format_checker() if version.rest_answers.restricts_dates else None
    return _validator_class()(body_schema(version, name), format_checker=checker)


@functools.lru_cache(maxsize=1)
def _validator_class() -> Any:
    """JSON schema as OpenAPI 3.0 bends it: values may be nullable, properties may be read-only."""
    from jsonschema import Draft4Validator, ValidationError, validators

    def with_null(keyword: str) -> Any:
        check = Draft4Validator.VALIDATORS[keyword]

        def checked(validator: Any, wanted: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
            if instance is not None or not schema.get("nullable"):
                yield from check(validator, wanted, instance, schema)

        return checked

    def read_only(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
        if value:
            yield ValidationError("Property is read-only")

    extend: Any = validators.extend  # It has no annotations.
    return extend(Draft4Validator, {"type": with_null("type"), "enum": with_null("enum"), "readOnly": read_only})
