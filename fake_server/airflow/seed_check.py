"""Checks a seed against ``seed_schema.json``.

Nearly all seeds are right, and importing jsonschema takes longer than everything else a test does. So a few lines here
understand the keywords that the schema uses and say whether the seed is right; only when it is not does jsonschema find
the words.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

from fake_server.airflow.errors import SeedError

Schema = Mapping[str, Any]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
}


def check_seed(seed: Any, name: str) -> None:
    """Refuse a seed that does not fit the schema.

    :raises SeedError: that begins with ``name`` and says where the mistake is and what was expected there.
    """
    if is_valid(seed, seed_schema()):
        return
    import jsonschema

    errors = list(jsonschema.Draft202012Validator(seed_schema()).iter_errors(seed))
    error = jsonschema.exceptions.best_match(errors)
    if error is None:
        raise SeedError(f"{name}: the seed does not fit its schema.")
    raise SeedError(f"{name}: {_place(error.absolute_path) or 'the whole'}: {error.message}.")


def unknown_keys(value: Any, schema: Schema | None = None, place: str = "") -> Iterator[str]:
    """The places of all keys that the schema does not name."""
    schema = _resolved(seed_schema() if schema is None else schema)
    if isinstance(value, Mapping) and "properties" in schema:
        for key, inner in value.items():
            here = f"{place}.{key}".lstrip(".")
            if key in schema["properties"]:
                yield from unknown_keys(inner, schema["properties"][key], here)
            else:
                yield here
    elif isinstance(value, list) and "items" in schema:
        for index, inner in enumerate(value):
            yield from unknown_keys(inner, schema["items"], f"{place}[{index}]")


def is_valid(value: Any, schema: Schema) -> bool:
    """Whether ``value`` fits ``schema``, for the keywords that the seed's schema uses."""
    schema = _resolved(schema)
    types = schema.get("type", ())
    if types and not any(_TYPES[kind](value) for kind in ([types] if isinstance(types, str) else types)):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(is_valid(value, choice) for choice in schema["anyOf"]):
        return False
    if isinstance(value, str):
        return bool(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)))
    if _is_number(value):
        return bool(value >= schema.get("minimum", value))
    if isinstance(value, list):
        items = schema.get("items", {})
        return len(value) >= schema.get("minItems", 0) and all(is_valid(item, items) for item in value)
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        return all(key in value for key in schema.get("required", ())) and all(
            is_valid(item, known.get(key, others)) for key, item in value.items()
        )
    return True


def _resolved(schema: Schema) -> Schema:
    if "$ref" in schema:
        definition: Schema = seed_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
        return definition
    return schema


def _place(path: Iterable[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


@functools.lru_cache(maxsize=1)
def seed_schema() -> dict[str, Any]:
    """The JSON schema of seeds."""
    text = resources.files(__package__).joinpath("seed_schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
