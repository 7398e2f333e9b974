"""What operations make of a body that fits its schema: which fields they take, which they want, and the refusals.

The words are those of the library that Airflow reads bodies with: a Python dictionary of field names to lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fake_server.web.v1.problems import BadRequest

UNKNOWN = "Unknown field."
MISSING = "Missing data for required field."
NULL = "Field may not be null."

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})(?:\.(\d{1,12}))?(Z|[+-]\d{2}:\d{2})?")


class Absent:
    """Stands for the default of a field that has none: it is left out."""


@dataclass(frozen=True)
class Field:
    """One field of a form."""

    required: bool = False
    default: Any = Absent
    nullable: bool = False
    maximum_length: int | None = None
    #: The form of the object that it is, or of each object of the list that it is.
    nested: Mapping[str, Field] | None = None
    #: Turns a value into what the operation works with; a ValueError's text is the refusal.
    convert: Callable[[Any], Any] | None = None


Form = Mapping[str, Field]


def load(form: Form, body: Mapping[str, Any], *, title: str = "Bad Request", partial: bool = False) -> dict[str, Any]:
    """The values of ``body`` by field; ``partial`` lets required fields be missing.

    :raises BadRequest: when a field is missing, unknown or not acceptable; ``title`` is what the refusal is called.
    """
    values, errors = _read(form, body, partial=partial)
    if errors:
        raise BadRequest(str(errors), title=title)
    return values


def _read(form: Form, body: Mapping[str, Any], *, partial: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values by field, and what is wrong by field."""
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, field in form.items():
        if name not in body:
            if field.required and not partial:
                errors[name] = [MISSING]
            elif field.default is not Absent and not partial:
                values[name] = field.default
            continue
        inner = _nested_errors(field.nested, body[name]) if field.nested is not None else None
        if inner:
            errors[name] = inner
            continue
        try:
            values[name] = _value(field, body[name])
        except ValueError as error:
            errors[name] = [str(error)]
    errors.update((name, [UNKNOWN]) for name in body if name not in form)
    return values, errors


def _nested_errors(form: Form, value: Any) -> dict[Any, Any]:
    if isinstance(value, list):
        found: dict[Any, Any] = {
            index: [NULL] if item is None else _read(form, item, partial=False)[1] for index, item in enumerate(value)
        }
        return {index: errors for index, errors in found.items() if errors}
    return _read(form, value, partial=False)[1] if isinstance(value, dict) else {}


def masked(values: Mapping[str, Any], mask: Iterable[str], *, fixed: Iterable[str] = ()) -> dict[str, Any]:
    """Those of ``values`` that ``update_mask`` names.

    :raises BadRequest: when it names one that is not there, or one of ``fixed``.
    """
    chosen: dict[str, Any] = {}
    for name in mask:
        if name not in values or name in fixed:
            raise BadRequest(f"'{name}' is unknown or cannot be updated.")
        chosen[name] = values[name]
    return chosen


def refuse(message: str) -> BadRequest:
    """The refusal of a body whose fields are acceptable one by one but not together."""
    return BadRequest(str({"_schema": [message]}))


def moment(text: str) -> datetime:
    """A date and time in a body, as an aware ``datetime`` with the offset that was given.

    :raises ValueError: with the refusal's words.
    :raises BadRequest: when the zone is missing, which is a refusal of its own.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError("Not a valid datetime.")
    head, fraction, zone = match.groups()
    if zone is None:
        raise BadRequest("Naive datetime is disallowed", title="Invalid datetime format")
    try:
        return datetime.fromisoformat(f"{head}.{(fraction or '')[:6]:0<6}{'+00:00' if zone == 'Z' else zone}")
    except ValueError:
        raise ValueError("Not a valid datetime.") from None


def at_least(smallest: int) -> Callable[[Any], Any]:
    """A conversion that refuses smaller numbers, where the schema has let them through."""

    def convert(number: Any) -> Any:
        if number < smallest:
            raise ValueError(f"Must be greater than or equal to {smallest}.")
        return number

    return convert


def _value(field: Field, value: Any) -> Any:
    if value is None:
        if not field.nullable:
            raise ValueError(NULL)
        return None
    if field.maximum_length is not None and len(value) > field.maximum_length:
        raise ValueError(f"Longer than maximum length {field.maximum_length}.")
    return value if field.convert is None else field.convert(value)
