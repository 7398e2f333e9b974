"""The operations of the stable REST API, as data: path, method, permissions, query parameters, body schema, handler.

The facts stand in ``operations.json``. It is read once per process, when the first request arrives. Keywords of the
schemas keep the order that they have in Airflow's specification, since the words of a refusal depend on it.
"""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_server.web.v1.call import Answer, Call

    #: What answers an operation: a JSON value means 200, an Answer says more.
    Handler = Callable[[Call], "Answer | Any"]

#: What stands before the path of every operation.
BASE_PATH = "/api/v1"


@dataclass(frozen=True)
class QueryParameter:
    """One query parameter of an operation."""

    name: str
    #: "string", "integer", "number", "boolean" or "array" (of strings).
    type: str
    #: The schema that a value has to fit once it is converted; its text shows in refusals.
    schema: Mapping[str, Any]
    default: Any = None
    required: bool = False
    #: Whether an array may be given by repeating the parameter; otherwise the last one counts.
    explode: bool = True


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation: what it takes, who may call it, who answers it."""

    id: str
    method: str
    path: str
    #: The module of this package that answers it.
    resource: str
    #: The (action, resource) pairs that a user has to hold; None leaves the operation open to all, without credentials.
    permissions: tuple[tuple[str, str], ...] | None
    query: Mapping[str, QueryParameter]
    #: Types of those path parameters that are no plain strings.
    path_types: Mapping[str, str]
    #: Name of the schema of its body; None for operations that take none.
    body: str | None
    #: The event that calling it leaves in the event log, or None.
    audit: str | None
    #: The operation that Airflow calls to carry this one out, with its own look at who asks and its own log entry.
    through: str | None = None
    #: What a missing query parameter counts as.
    query_defaults: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @functools.cached_property
    def handler(self) -> Handler:
        """The function named like the operation, or like the one it goes through, in the module of its resource."""
        module = importlib.import_module(f"fake_server.web.v1.{self.resource}")
        handler: Handler = getattr(module, self.through or self.id)
        return handler

    @property
    def refuses_unknown_query(self) -> bool:
        """Airflow looks at the query only where an operation has parameters at all, path parameters included."""
        return bool(self.query) or "{" in self.path


@functools.lru_cache(maxsize=1)
def all_operations() -> tuple[Operation, ...]:
    """Every operation, in the order of the table."""
    return tuple(_operation(entry) for entry in _table()["operations"])


def operation_named(operation_id: str) -> Operation:
    """The operation of that id.

    :raises KeyError: when there is none.
    """
    return _operations_by_id()[operation_id]


@functools.lru_cache(maxsize=1)
def _operations_by_id() -> Mapping[str, Operation]:
    return {operation.id: operation for operation in all_operations()}


@functools.lru_cache(maxsize=1)
def body_schemas() -> Mapping[str, Mapping[str, Any]]:
    """The schemas of request bodies, by name."""
    schemas: Mapping[str, Mapping[str, Any]] = _table()["schemas"]
    return schemas


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("operations.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def _operation(entry: Mapping[str, Any]) -> Operation:
    permissions = entry["permissions"]
    query = {name: _query_parameter(name, schema) for name, schema in entry.get("query", {}).items()}
    return Operation(
        id=entry["id"],
        method=entry["method"],
        path=entry["path"],
        resource=entry["resource"],
        permissions=None if permissions is None else tuple((action, resource) for action, resource in permissions),
        query=query,
        path_types=entry.get("path_types", {}),
        body=entry.get("body"),
        audit=entry.get("audit"),
        through=entry.get("through"),
        query_defaults={name: parameter.default for name, parameter in query.items()},
    )


def _query_parameter(name: str, entry: Mapping[str, Any]) -> QueryParameter:
    schema = {key: value for key, value in entry.items() if key not in ("required", "explode")}
    return QueryParameter(
        name=name,
        type=schema["type"],
        schema=schema,
        default=schema.get("default"),
        required=entry.get("required", False),
        explode=entry.get("explode", True),
    )
