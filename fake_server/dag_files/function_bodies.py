"""What the body of a task's function tells without being run: a constant that it returns, an error it ends in."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

from fake_server.dag_files.values import Function

#: What :func:`constant_result` gives when the function returns something else.
NOT_CONSTANT: Any = object()

_SKIPPING = frozenset({"AirflowSkipException"})


def constant_result(function: Function) -> Any:
    """The constant that each ``return`` of the function gives, or the first of several; else ``NOT_CONSTANT``."""
    if isinstance(function.node, ast.Lambda):
        return _literal(function.node.body)
    values = [_literal(statement.value) for statement in _own(function.node) if isinstance(statement, ast.Return)]
    if any(value is NOT_CONSTANT for value in values):
        return NOT_CONSTANT
    return values[0] if values else None


def outcome(function: Function) -> str:
    """``success``, or what a function ends in whose last statement raises and that never returns."""
    if isinstance(function.node, ast.Lambda):
        return "success"
    last = function.node.body[-1]
    if not isinstance(last, ast.Raise) or any(isinstance(statement, ast.Return) for statement in _own(function.node)):
        return "success"
    raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
    return "skipped" if raised is not None and ast.unparse(raised).rpartition(".")[2] in _SKIPPING else "failed"


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function, but for the functions inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            yield child
            yield from _own(child)


def _literal(node: ast.expr | None) -> Any:
    if node is None:
        return None
    try:
        value = ast.literal_eval(node)
        json.dumps(value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return NOT_CONSTANT
    return value
