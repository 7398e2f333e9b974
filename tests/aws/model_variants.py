"""Requests made up from botocore's model: every member given and left out, at its limits, beyond them, of a wrong type.

Nothing here knows an operation's members by name, except for what the service's documentation asks of their values.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from botocore.model import OperationModel, Shape

from fake_server.aws.operations import service_model

NAME = "conformance"
ARN = f"arn:aws:airflow:us-east-1:123456789012:environment/{NAME}"

#: What may become of a request.
ACCEPTED = "accepted"
CONSTRAINT = "a constraint of the model is named"
RULE = "fits the model, but breaks a documented rule"
MISSING = "no such environment"
TYPE = "cannot be read"
AIRFLOW = "passed on to the environment's REST API, which may have no such path"

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Variant:
    operation: str
    what: str
    members: dict[str, Any]
    expected: str

    def __str__(self) -> str:
        return f"{self.operation}-{self.what}"


#: Values that the model's patterns do not suggest: names that mean something, and what belongs together.
SAMPLES: dict[str, Any] = {
    "EnvironmentName": NAME,
    "EnvironmentArn": ARN,
    "AirflowVersion": "2.10.3",
    "EnvironmentClass": "mw1.medium",
    "ConfigKey": "core.parallelism_",
    "ConfigValue": "1",
    "RestApiPath": "/dags",
    "RestApiMethod": "GET",
    "Document": {"limit": 5},
    "NextToken": "",
}
#: What other shapes with a pattern are tried with.
CANDIDATES = (
    "a", "abc", "dags", "subnet-1", "sg-1", "MON:00:30", "arn:aws:s3:::bucket", "arn:aws:iam::123456789012:role/mwaa",
    "alias/key", "https://example.org/start", "d-0123456789", "1",
)  # fmt: skip
#: Values that mean something: any other is well-formed and yet refused.
RULED = {"AirflowVersion", "EnvironmentClass", "NextToken"}
#: The smallest numbers of web servers belong to the smallest class.
COMPANIONS = {
    ("MinWebservers", 1): {"EnvironmentClass": "mw1.micro"},
    ("MaxWebservers", 1): {"EnvironmentClass": "mw1.micro"},
}
#: Members that the model leaves optional and the documentation does not.
DOCUMENTED_AS_REQUIRED = {"SubnetIds", "SecurityGroupIds"}
#: Operations that look their environment up.
LOOKS_UP = {
    "GetEnvironment", "UpdateEnvironment", "DeleteEnvironment", "CreateCliToken", "CreateWebLoginToken",
    "InvokeRestApi", "TagResource", "UntagResource", "ListTagsForResource",
}  # fmt: skip


def all_variants() -> list[Variant]:
    """Every variant of every operation, each once."""
    unique: dict[str, Variant] = {}
    for name in service_model().operation_names:
        operation = service_model().operation_model(name)
        for variant in _variants(operation):
            key = json.dumps([variant.operation, variant.members], sort_keys=True)
            unique.setdefault(key, variant)
    return list(unique.values())


def _variants(operation: OperationModel) -> Iterator[Variant]:
    shape = cast(Shape, operation.input_shape)
    minimal = {name: sample(members_of(shape)[name]) for name in shape.metadata.get("required", [])}
    yield Variant(operation.name, "required members only", minimal, ACCEPTED)
    if operation.name != "InvokeRestApi":
        yield Variant(operation.name, "all members", sample(shape), ACCEPTED)
    for path, member in _walk(shape, ()):
        top = str(path[0])
        base = {**minimal, top: sample(members_of(shape)[top])}
        where = ".".join(map(str, path))
        yield Variant(operation.name, f"{where} given", base, ACCEPTED)
        yield from _left_out(operation, shape, path, base, where)
        for what, value, expected in _values(member):
            members = _replaced(base, path, value)
            members.update(COMPANIONS.get((top, value) if isinstance(value, int) else ("", 0), {}))
            yield Variant(operation.name, f"{where} {what}", members, _adapted(operation, member, value, expected))
        if not members_of(shape)[top].serialization.get("location"):
            for what, value in _wrong_types(member):
                yield Variant(operation.name, f"{where} {what}", _replaced(base, path, value), TYPE)


def _left_out(
    operation: OperationModel, shape: Shape, path: Path, base: dict[str, Any], where: str
) -> Iterator[Variant]:
    owner = _shape_at(shape, path[:-1])
    if owner.type_name != "structure" or members_of(shape)[str(path[0])].serialization.get("location") == "uri":
        return
    without = copy.deepcopy(base)
    del _value_at(without, path[:-1])[path[-1]]
    expected = RULE if path[-1] in DOCUMENTED_AS_REQUIRED else ACCEPTED
    if path[-1] in owner.metadata.get("required", []):
        expected = CONSTRAINT
    yield Variant(operation.name, f"{where} left out", without, expected)


def _adapted(operation: OperationModel, member: Shape, value: Any, expected: str) -> str:
    if expected == ACCEPTED and member.name in RULED and value not in {SAMPLES[member.name], ""}:
        return RULE
    if member.name in {"EnvironmentName", "EnvironmentArn"} and operation.name in LOOKS_UP and value not in (NAME, ARN):
        declared = {error.name for error in operation.error_shapes}
        return MISSING if expected == ACCEPTED or "ValidationException" not in declared else expected
    if expected == ACCEPTED and member.name in {"RestApiPath", "RestApiMethod"}:
        return AIRFLOW
    return expected


def _values(shape: Shape) -> Iterator[tuple[str, Any, str]]:
    """Values at and beyond each constraint of a shape."""
    for choice in shape.metadata.get("enum", []):
        yield f"is {choice}", choice, ACCEPTED
    if shape.metadata.get("enum"):
        yield "not of the enumeration", "NOT_ONE_OF_THEM", CONSTRAINT
    if shape.metadata.get("pattern"):
        for wrong in ("!", "é", "a\nb", "a b!"):
            if not fits(shape.metadata["pattern"], wrong):
                yield f"is {wrong!r}, against the pattern", wrong, CONSTRAINT
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    in_url = "location" in shape.serialization
    for size, expected in (
        (minimum, ACCEPTED),
        (maximum, ACCEPTED),
        (minimum - 1 if minimum else None, CONSTRAINT),
        (maximum + 1 if maximum is not None else None, CONSTRAINT),
    ):
        if size is None or (in_url and size == 0):  # an empty label makes another path, no value no parameter
            continue
        value = _of_size(shape, size)
        if value is not None:
            yield f"of size {size}", value, expected


def _wrong_types(shape: Shape) -> Iterator[tuple[str, Any]]:
    if getattr(shape, "is_document_type", False):
        return
    wrong: dict[str, tuple[Any, ...]] = {
        "string": (5, True, ["a"], {"a": "b"}),
        "integer": ("five", True, 1.5, [1]),
        "double": ("five", True, [1]),
        "boolean": ("true", 1, [True]),
        "timestamp": (True, [1]),
        "list": ("a", 5, {"a": "b"}),
        "map": ("a", 5, ["a"]),
        "structure": ("a", 5, ["a"]),
    }
    for value in wrong[shape.type_name]:
        yield f"is {json.dumps(value)}, not a {shape.type_name}", value


def sample(shape: Shape) -> Any:
    """A good value with everything that it may have."""
    if shape.name in SAMPLES:
        return copy.deepcopy(SAMPLES[shape.name])
    if getattr(shape, "is_document_type", False):
        return {"any": ["JSON", 1, None]}
    if shape.type_name == "structure":
        return {name: sample(member) for name, member in members_of(shape).items()}
    if shape.type_name in {"list", "map"}:
        return _of_size(shape, max(shape.metadata.get("min", 1), 1))
    if shape.type_name == "string":
        return _sample_text(shape)
    return {"integer": max(shape.metadata.get("min", 1), 2), "boolean": True, "timestamp": 1.5e9, "double": 1.5}[
        shape.type_name
    ]


def fits(pattern: str, value: str) -> bool:
    """Whether ``value`` fits a pattern of the model; the only letters beyond ASCII that are tried are these."""
    for category, characters in (("L", "A-Za-zéß"), ("N", "0-9"), ("Z", " ")):
        pattern = pattern.replace(f"\\p{{{category}}}", characters)
    return re.compile(pattern, re.ASCII).fullmatch(value) is not None


def _sample_text(shape: Shape) -> str:
    if shape.metadata.get("enum"):
        return str(shape.metadata["enum"][0])
    pattern = shape.metadata.get("pattern", ".*")
    for candidate in CANDIDATES:
        if fits(pattern, candidate) and len(candidate) >= shape.metadata.get("min", 0):
            return candidate
    raise AssertionError(f"add a candidate that fits the pattern of {shape.name}: {pattern}")


def _of_size(shape: Shape, size: int) -> Any:
    """A good value of that length or number; None when there can be none."""
    if shape.type_name == "integer":
        return size
    if shape.type_name == "list":
        return [_numbered(cast(Any, shape).member, number) for number in range(size)]
    if shape.type_name == "map":
        key, value = cast(Any, shape).key, cast(Any, shape).value
        return {_numbered(key, number): sample(value) for number in range(size)}
    if shape.metadata.get("enum"):
        return None
    text, pattern = str(sample(shape)), shape.metadata.get("pattern", ".*")
    fillings = [text + filling * (size - len(text)) for filling in "a1_/"] if size >= len(text) else []
    fillings += [character * size for character in "a1/M"]
    return next((filled for filled in fillings if fits(pattern, filled)), None)


def _numbered(shape: Shape, number: int) -> Any:
    value = sample(shape)
    return f"{value}{number}" if isinstance(value, str) and number and not shape.metadata.get("enum") else value


def _walk(shape: Shape, path: Path) -> Iterator[tuple[Path, Shape]]:
    if getattr(shape, "is_document_type", False):
        return
    parts: list[tuple[str | int, Shape]] = []
    if shape.type_name == "structure":
        parts = list(members_of(shape).items())
    elif shape.type_name == "list":
        parts = [(0, cast(Any, shape).member)]
    elif shape.type_name == "map":
        parts = [(_numbered(cast(Any, shape).key, 0), cast(Any, shape).value)]
    for step, part in parts:
        yield (*path, step), part
        yield from _walk(part, (*path, step))


def map_key_variants() -> list[Variant]:
    """Keys of maps beyond their constraints, which have no path of their own."""
    found = []
    for name in service_model().operation_names:
        operation = service_model().operation_model(name)
        shape = cast(Shape, operation.input_shape)
        minimal = {required: sample(members_of(shape)[required]) for required in shape.metadata.get("required", [])}
        for path, member in _walk(shape, ()):
            if member.type_name != "map":
                continue
            base = {**minimal, str(path[0]): sample(members_of(shape)[str(path[0])])}
            value = sample(cast(Any, member).value)
            for what, key, by_model in _values(cast(Any, member).key):
                where = ".".join(map(str, path))
                # An option without a section is none.
                ruled = by_model == ACCEPTED and member.name == "AirflowConfigurationOptions" and "." not in key
                expected = RULE if ruled else by_model
                found.append(Variant(name, f"{where} key {what}", _replaced(base, path, {key: value}), expected))
    return found


def members_of(shape: Shape | None) -> dict[str, Shape]:
    return cast("dict[str, Shape]", dict(cast(Any, shape).members))


def _shape_at(shape: Shape, path: Path) -> Shape:
    for step in path:
        if shape.type_name == "structure":
            shape = members_of(shape)[str(step)]
        else:
            shape = cast(Shape, cast(Any, shape).member if shape.type_name == "list" else cast(Any, shape).value)
    return shape


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _replaced(base: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    members = copy.deepcopy(base)
    _value_at(members, path[:-1])[path[-1]] = value
    return members


def readable(text: str) -> str:
    """A test id without what terminals do not like."""
    return re.sub(r"[^\x21-\x7e]+", " ", text)[:120]
