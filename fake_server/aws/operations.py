"""The operations as botocore's own model of the service describes them: which request is which, its input, its answer.

Nothing here knows an operation by name, so newer models bring their members along and older ones are not asked for
what they lack.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from fake_server.aws.exceptions import SerializationException

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, Shape, StructureShape


@functools.lru_cache(maxsize=1)
def service_model() -> ServiceModel:
    """The installed botocore's model of MWAA."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader(include_default_search_paths=True).load_service_model("mwaa", "service-2"), "mwaa")


def find_operation(method: str, raw_path: str) -> tuple[OperationModel, dict[str, str]] | None:
    """The operation that a request is for, with the values of its path's labels; None when there is none.

    ``raw_path`` is the path as sent. Clients percent-encode the slashes of an ARN, and some do not.
    """
    for operation, pattern in _routes():
        match = pattern.fullmatch(raw_path) if operation.http["method"] == method else None
        if match is not None:
            return operation, {label: unquote(value) for label, value in match.groupdict().items()}
    return None


@functools.lru_cache(maxsize=1)
def _routes() -> tuple[tuple[OperationModel, re.Pattern[str]], ...]:
    model = service_model()
    operations = [model.operation_model(name) for name in model.operation_names]
    return tuple((operation, _pattern(operation.http["requestUri"])) for operation in operations)


def _pattern(uri: str) -> re.Pattern[str]:
    def label(match: re.Match[str]) -> str:
        name = match[1]
        return f"(?P<{name}>.+)" if name.endswith("Arn") else f"(?P<{name}>[^/]+)"

    return re.compile(re.sub(r"\\{(\w+)\\}", label, re.escape(uri)))


def read_input(
    operation: OperationModel, labels: Mapping[str, str], query: Mapping[str, list[str]], body: bytes
) -> dict[str, Any]:
    """The members of a request's input, unchecked but for what JSON and the query string can say.

    :raises SerializationException: for a body that is no JSON object, or text where a number has to be.
    """
    content = _json_object(body)
    members: dict[str, Any] = {}
    if operation.input_shape is None:
        return members
    for name, shape in operation.input_shape.members.items():
        wire_name = str(shape.serialization.get("name", name))
        location = shape.serialization.get("location")
        value: Any
        if location == "uri":
            value = labels.get(wire_name)
        elif location == "querystring":
            value = _query_value(name, shape, query.get(wire_name))
        else:
            value = content.get(wire_name)
        if value is not None:
            members[name] = value
    return members


def _query_value(name: str, shape: Shape, values: list[str] | None) -> Any:
    if values is None or shape.type_name == "list":
        return values
    return _integer(name, values[0]) if shape.type_name == "integer" else values[0]


def _json_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        content = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise SerializationException("The request body is not valid JSON") from None
    if not isinstance(content, dict):
        raise SerializationException("The request body has to be a JSON object")
    return content


def _integer(name: str, text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise SerializationException(f"'{text}' can not be converted to an Integer (in {name})")
    return int(text)


def write_output(operation: OperationModel, result: Mapping[str, Any]) -> str:
    """The JSON of an answer: those of ``result``'s members that the model knows; moments as epoch seconds."""
    output = operation.output_shape
    return json.dumps(_serialized(output, result) if output is not None else {})


def _serialized(shape: Shape, value: Any) -> Any:
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        members = cast("StructureShape", shape).members
        return {
            name: _serialized(member, value[name]) for name, member in members.items() if value.get(name) is not None
        }
    return value.timestamp() if isinstance(value, datetime) else value
