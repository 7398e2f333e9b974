"""The page of the Python API, from docstrings: to be read in the repository and in the built documentation."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import fake_server
from docs.generators.markdown import code, from_docstring, page, table
from fake_server.assumptions import Assumptions
from fake_server.clock import Clock
from fake_server.faults import Faults
from fake_server.handles import ConfigurationMapping, ConnectionsMapping, DagHandle, PoolsMapping, VariablesMapping
from fake_server.journal import Journal, JournalEntry
from pytest_mwaa.clients import APIClient, CommandAnswer, CommandLine, WebSession

_INTRODUCTION = """\
The names that `fake_server` and the fixtures give to a test. Everything else is internal. Which errors each can raise
stands in its docstring: `help(fake_server.FakeMWAA)`."""

_SECTIONS: dict[str, tuple[Any, ...]] = {
    "Environments": (fake_server.FakeMWAA, fake_server.mock_mwaa),
    "DAGs and tasks": (fake_server.DAG, fake_server.Task, DagHandle),
    "Variables, pools, connections, configuration": (
        VariablesMapping, PoolsMapping, ConnectionsMapping, ConfigurationMapping,
    ),
    "Clock, journal, faults, assumptions": (Clock, Journal, JournalEntry, Faults, Assumptions),
    "Clients": (CommandLine, CommandAnswer, WebSession, APIClient),
}  # fmt: skip
_DEFINITIONS = {fake_server.DAG, fake_server.Task}
#: What is called by other rooms only.
_INTERNAL = {"populate", "dag_files_read", "record", "take", "take_operation", "request", "environment"}


def python_api_page() -> str:
    """Every public object with its docstring, its fields and its members."""
    blocks = []
    for title, objects in _SECTIONS.items():
        blocks += [f"## {title}", *(block for each in objects for block in _described(each))]
    return page("Python API", _INTRODUCTION, *blocks)


def _described(each: Any) -> Iterator[str]:
    yield f"### `{each.__name__}`"
    if not dataclasses.is_dataclass(each):
        # Without a language: these are to be read, not run.
        yield f"```\n{_call(each.__name__, each, is_long=True)}\n```"
    yield _prose(each)
    if not inspect.isclass(each):
        return
    if dataclasses.is_dataclass(each):
        fields = [
            (code(field.name), _default(field), _comment(each, field.name))
            for field in dataclasses.fields(each)
            if field.init and not field.name.startswith("_")
        ]
        if fields:
            yield table(("field", "default", "what"), fields)
    # What else a definition has is for the rooms that read it.
    members = [] if each in _DEFINITIONS else list(_members(each))
    if members:
        yield table(("member", "what"), members)


def _members(owner: type) -> Iterator[tuple[str, str]]:
    """The public methods and properties that this project defines, in the order of the source."""
    seen: set[str] = set()
    for base in owner.__mro__:
        if not base.__module__.startswith(("fake_server", "pytest_mwaa")):
            continue
        for name, member in vars(base).items():
            is_public = not name.startswith("_") or (name == "__call__" and inspect.getdoc(member))
            if name in seen | _INTERNAL or not is_public or not (callable(member) or isinstance(member, property)):
                continue
            seen.add(name)
            shown = name if isinstance(member, property) else _call(name, member)
            yield code(shown), _prose(member).partition("\n\n")[0].replace("\n", " ")


def _call(name: str, function: Callable[..., Any], *, is_long: bool = False) -> str:
    """How it is called: names and defaults; the types stand in the source."""
    signature = inspect.signature(function)
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name not in {"self", "cls"}
    ]
    shown = str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    if is_long and len(name + shown) > 100:
        shown = "(\n    " + ",\n    ".join(str(parameter) for parameter in _with_marks(parameters)) + ",\n)"
    return f"{name}{shown}".replace("__call__", "")


def _with_marks(parameters: list[inspect.Parameter]) -> Iterator[str]:
    is_marked = False
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not is_marked:
            is_marked = True
            yield "*"
        yield str(parameter)


def _prose(each: Any) -> str:
    """The docstring without its list of errors."""
    text = inspect.getdoc(each) or ""
    prose = from_docstring(re.split(r"\n\s*:raises ", text)[0])
    return re.sub(r"(?:^(?:>>>|\.\.\.) .*\n?)+", _example, prose, flags=re.MULTILINE).rstrip()


def _example(found: re.Match[str]) -> str:
    lines = re.sub(r"^(?:>>>|\.\.\.) ", "", found[0], flags=re.MULTILINE).rstrip()
    return f"```\n{lines}\n```\n"


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return code(repr(field.default))
    if field.default_factory is not dataclasses.MISSING:
        return code(repr(field.default_factory()))
    return "required"


def _comment(owner: type, name: str) -> str:
    """The lines of comment above a field that begin with ``#:``."""
    found = re.search(rf"((?:^ +#: .*\n)+) +{name}:", inspect.getsource(owner), re.MULTILINE)
    return from_docstring(" ".join(re.findall(r"#: (.*)", found[1]))) if found else ""
