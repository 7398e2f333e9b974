"""Query parameters: which there may be, and their types."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import timezone
from typing import TYPE_CHECKING, Any

from fake_server.versions import AirflowVersion
from fake_server.web.v1.bodies import format_checker, is_date_time
from fake_server.web.v1.operations import Operation, QueryParameter
from fake_server.web.v1.problems import BadRequest, Oops

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict


def read_query(arguments: MultiDict[str, str], operation: Operation, version: AirflowVersion) -> Mapping[str, Any]:
    """The values of an operation's query parameters by name, converted, with defaults for those not given.

    :raises BadRequest: for a parameter that the operation does not have, or a value of the wrong type.
    """
    if not arguments and not any(parameter.required for parameter in operation.query.values()):
        return operation.query_defaults
    if operation.refuses_unknown_query:
        unknown = [name for name in arguments if name not in operation.query]
        if unknown:
            raise BadRequest(f"Extra query parameter(s) {', '.join(unknown)} not in spec", title=None)
    values = dict(operation.query_defaults)
    for parameter in operation.query.values():
        if parameter.name in arguments:
            texts = arguments.getlist(parameter.name)
            if parameter.schema.get("format") == "date-time" and not version.rest_answers.restricts_dates:
                texts = [_any_date(texts[-1])]
            values[parameter.name] = _converted(parameter, texts)
        elif parameter.required:
            raise BadRequest(f"Missing query parameter '{parameter.name}'")
    return values


def _converted(parameter: QueryParameter, texts: list[str]) -> Any:
    if parameter.type == "array":
        return [part for text in (texts if parameter.explode else texts[-1:]) for part in text.split(",")]
    text = texts[-1]
    try:
        value = _CONVERSIONS[parameter.type](text)
    except ValueError:
        raise BadRequest(f"Wrong type, expected '{parameter.type}' for query parameter '{parameter.name}'") from None
    if "minimum" in parameter.schema or (parameter.schema.get("format") == "date-time" and not is_date_time(value)):
        error = next(_validator(parameter).iter_errors(value), None)
        if error is not None:
            raise BadRequest(str(error))
    return value


def _any_date(text: str) -> str:
    """A date in any form, which Airflow up to 2.5 takes, in the one that later versions ask for."""
    from dateutil.parser import ParserError, parse

    if not text:
        raise Oops
    try:
        moment = parse(text)
    except (ParserError, OverflowError):
        raise BadRequest(f"Invalid date string: {text}", title="Incorrect datetime argument") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)).isoformat()


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_CONVERSIONS: Mapping[str, Any] = {"string": str, "integer": int, "number": float, "boolean": _boolean}


def _validator(parameter: QueryParameter) -> Any:
    return _validator_of(tuple(parameter.schema.items()))


@functools.lru_cache(maxsize=64)
def _validator_of(schema: tuple[tuple[str, Any], ...]) -> Any:
    from jsonschema import Draft4Validator

    return Draft4Validator(dict(schema), format_checker=format_checker())
