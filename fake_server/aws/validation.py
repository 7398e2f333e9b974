"""The constraints that botocore's model puts on input, in the words that AWS services answer with.

A botocore client checks required members, types and minimum lengths itself. Patterns, enumerations and maximums it
sends unchecked: those are refused here, all of one request at once.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fake_server.aws.exceptions import SerializationException, ValidationException

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape, StructureShape

#: Strings whose maximum is not checked here, since it is not certain that AWS does: see the assumptions.
_ASSUMED_MAXIMUMS = frozenset({"RestApiPath"})

#: Values are quoted in the refusal up to this many characters.
_QUOTED_LENGTH = 256

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, str),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}


def check_input(operation: OperationModel, members: Mapping[str, Any]) -> None:
    """Check the members of an operation's input against its model.

    :raises SerializationException: for a value of another type than the model's.
    :raises ValidationException: naming every member that breaks a constraint, and the constraint.
    """
    if operation.input_shape is None:
        return
    violations = list(_violations(operation.input_shape, members, ""))
    if violations:
        count = f"{len(violations)} validation error{'s' if len(violations) > 1 else ''} detected: "
        raise ValidationException(count + "; ".join(violations))


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    _check_type(shape, value, path)
    for constraint in _broken_constraints(shape, value):
        # What the model calls sensitive is not repeated, as every AWS service does.
        quoted = "" if shape.metadata.get("sensitive") else f"'{_quoted(value)}' "
        yield f"Value {quoted}at '{path}' failed to satisfy constraint: {constraint}"
    if shape.type_name == "structure":
        yield from _structure_violations(shape, value, path)
    elif shape.type_name == "list":
        for number, item in enumerate(value, 1):
            yield from _violations(_part(shape, "member"), item, f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            for part, content in (("key", key), ("value", item)):
                yield from _part_violations(shape, part, content, path)


def _structure_violations(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    required = shape.metadata.get("required", [])
    members = cast("StructureShape", shape).members
    for name, member in members.items():
        member_path = f"{path}.{_lower_camel(name)}" if path else _lower_camel(name)
        if value.get(name) is not None:
            yield from _violations(member, value[name], member_path)
        elif name in required:
            yield f"Value null at '{member_path}' failed to satisfy constraint: Member must not be null"


def _part_violations(shape: Shape, part: str, content: Any, path: str) -> Iterator[str]:
    """Keys and values of a map: AWS names the map, and tells which of the two it means."""
    part_shape = _part(shape, part)
    if part_shape.type_name == "structure":
        yield from _violations(part_shape, content, path)
        return
    _check_type(part_shape, content, path)
    broken = list(_broken_constraints(part_shape, content))
    if broken:
        sensitive = shape.metadata.get("sensitive") or part_shape.metadata.get("sensitive")
        quoted = "" if sensitive else f"'{_quoted(content)}' "
        what = "Map keys" if part == "key" else "Map value"
        yield f"Value {quoted}at '{path}' failed to satisfy constraint: {what} must satisfy constraint: " + str(
            [_Bare(constraint) for constraint in broken]
        )


class _Bare(str):
    """Text that stands in a printed list without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _part(shape: Shape, part: str) -> Shape:
    return cast("Shape", getattr(shape, part))


def _check_type(shape: Shape, value: Any, path: str) -> None:
    expected = _PYTHON_TYPES.get(shape.type_name)
    if expected is None:
        return
    if not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean"):
        raise SerializationException(
            f"{type(value).__name__} can not be converted to a {shape.type_name} (at '{path}')"
        )


def _broken_constraints(shape: Shape, value: Any) -> Iterator[str]:
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield f"Member must satisfy enum value set: [{', '.join(enum)}]"
    pattern = shape.metadata.get("pattern")
    if pattern and not _satisfies(pattern, value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    if shape.type_name == "structure":
        return
    noun, size = ("value", value) if isinstance(value, (int, float)) else ("length", _length(value))
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and size < minimum:
        yield f"Member must have {noun} greater than or equal to {minimum}"
    if maximum is not None and size > maximum and shape.name not in _ASSUMED_MAXIMUMS:
        yield f"Member must have {noun} less than or equal to {maximum}"


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, list, dict)) else 0


def _satisfies(pattern: str, value: str) -> bool:
    """Whether the whole of ``value`` fits a model's pattern, which is a Java regular expression."""
    return _compiled(_without_categories(pattern, value)).fullmatch(value) is not None


def _without_categories(pattern: str, value: str) -> str:
    r"""``pattern`` with each ``\p{L}`` replaced by those letters that ``value`` has.

    Python's expressions have no Unicode categories, and the whole category would be thousands of ranges long.
    """

    def characters(match: re.Match[str]) -> str:
        found = {character for character in value if unicodedata.category(character).startswith(match[1])}
        # A character that no text has stands for "none", since the place may not become empty.
        return "".join(map(re.escape, sorted(found))) or "\uffff"

    return re.sub(r"\\p\{(\w+)\}", characters, pattern)


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _quoted(value: Any) -> str:
    text = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
    return text if len(text) <= _QUOTED_LENGTH else text[:_QUOTED_LENGTH] + "..."
