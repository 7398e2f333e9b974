"""Since which version Airflow's stable REST API has what: operations, query parameters, fields of bodies and answers.

The facts stand in ``history.json``, each with the first version that has it among those that MWAA offers; what is not
named there has been there from the beginning. They were read off the specifications and schemas of the released
packages, and checked against answers of several of them. Airflow has hardly ever taken anything back from this API.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from types import MappingProxyType
from typing import Any, TypeVar

from fake_server.versions import AirflowVersion
from fake_server.web.v1.operations import Operation, QueryParameter, all_operations, body_schemas

Value = TypeVar("Value")


@functools.lru_cache(maxsize=32)
def operations_of(version: AirflowVersion) -> tuple[Operation, ...]:
    """The operations that the API of ``version`` has, each with the query parameters that it takes there."""
    since: Mapping[str, str] = _history()["operations"]
    return tuple(
        operation_as_of(version, operation)
        for operation in all_operations()
        if operation.id not in since or version.is_at_least(since[operation.id])
    )


def known_fields(version: AirflowVersion, kind: str, fields: Mapping[str, Value]) -> Mapping[str, Value]:
    """Those of ``fields`` that objects of this kind have in ``version``.

    ``kind`` is the name of a schema in Airflow's specification, such as ``TaskInstance``.
    """
    later = _later_fields(version, kind)
    return {name: value for name, value in fields.items() if name not in later} if later else fields


@functools.lru_cache(maxsize=256)
def operation_as_of(version: AirflowVersion, operation: Operation) -> Operation:
    """The operation as ``version`` has it: without later query parameters, which count as not given."""
    changes: dict[str, Any] = {}
    later = _later(version, _history()["query"].get(operation.id, {}))
    if later:
        changes["query"] = {name: known for name, known in operation.query.items() if name not in later}
    if version.sorts_schemas:
        changes["query"] = {name: _sorted(known) for name, known in changes.get("query", operation.query).items()}
    event = _event(version, operation)
    if event != operation.audit:
        changes["audit"] = event
    return replace(operation, **changes) if changes else operation


@functools.lru_cache(maxsize=256)
def body_schema(version: AirflowVersion, name: str) -> Mapping[str, Any]:
    """The schema of that name as ``version`` has it, for bodies of requests."""
    schema = body_schemas()[name]
    for form in _history()["schemas"].get(name, ()):
        if not version.is_at_least(form["before"]):
            return {**schema, "properties": {**schema["properties"], **form["properties"]}}
    return schema


def _sorted(parameter: QueryParameter) -> QueryParameter:
    return replace(parameter, schema=dict(sorted(parameter.schema.items())))


def _event(version: AirflowVersion, operation: Operation) -> str | None:
    """What the operation's row in the event log is called; None where it leaves none."""
    history = _history()["events"]
    if version.is_at_least(history["all"]):
        return operation.audit
    earlier = history["earlier"].get(operation.id)
    return earlier["event"] if earlier is not None and version.is_at_least(earlier["since"]) else None


@functools.lru_cache(maxsize=256)
def _later_fields(version: AirflowVersion, kind: str) -> frozenset[str]:
    return _later(version, _history()["fields"].get(kind, {}))


def _later(version: AirflowVersion, since: Mapping[str, str]) -> frozenset[str]:
    """The names of those that came after ``version``."""
    return frozenset(name for name, first in since.items() if not version.is_at_least(first))


@functools.lru_cache(maxsize=1)
def _history() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files(__package__).joinpath("history.json").read_text("utf-8")
    return MappingProxyType(json.loads(text))
