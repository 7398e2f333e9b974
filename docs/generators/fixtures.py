"""The page of fixtures, from their own docstrings. They are read, not imported, so any version of pytest will do."""

from __future__ import annotations

import ast
import inspect

import pytest_mwaa.fixtures
from docs.generators.markdown import code, from_docstring, page
from pytest_mwaa.settings import ALL_SETTINGS

_INTRODUCTION = """\
All fixtures have function scope: what they give is fresh for each test, and gone after it. Nothing has to be imported;
the plugin is there as soon as the package is installed, and costs nothing until a test asks for one of its fixtures."""

_MARKER = """\
`@pytest.mark.mwaa(...)` sets up the environment of the fixture `mwaa`, and of all fixtures that use it. It takes
keywords only, and may stand on a function, a class, or a module (`pytestmark = pytest.mark.mwaa(...)`); the nearest
counts. Keywords: {keywords}. What they mean stands among the [settings](settings.md)."""

_OBJECTS = """\
What the fixtures give is described in the [Python API](python-api.md)."""


def fixtures_page() -> str:
    """Every fixture with its type and what its docstring says."""
    keywords = ", ".join(map(code, ALL_SETTINGS))
    return page(
        "Fixtures and marker",
        _INTRODUCTION,
        _OBJECTS,
        *(_section(function) for function in fixture_functions()),
        "## The marker",
        _MARKER.format(keywords=keywords),
    )


def fixture_functions() -> list[ast.FunctionDef]:
    """The functions that are fixtures, in the order of the source."""
    tree = ast.parse(inspect.getsource(pytest_mwaa.fixtures))
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator).startswith("pytest.fixture") for decorator in node.decorator_list)
    ]


def _section(function: ast.FunctionDef) -> str:
    assert function.returns is not None
    given = ast.unparse(function.returns).removeprefix("Iterator[").removesuffix("]")
    if given.startswith("Callable["):
        # The second bracket was the callable's own.
        given += "]" * (given.count("[") - given.count("]"))
    others = [argument.arg for argument in function.args.args if argument.arg != "request"]
    uses = f", of the environment `{others[0]}`" if others else ""
    kind = "a boto3 client" if given == "Any" else code(given)
    docstring = from_docstring(ast.get_docstring(function) or "")
    return f"## `{function.name}`\n\nGives {kind}{uses}.\n\n{docstring}"
