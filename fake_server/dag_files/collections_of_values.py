# ruff: noqa: ARG001 - what is built in is called through one table, so all take the same arguments
"""Python's built-in functions for collections, which may hold values that the reader does not know."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fake_server.dag_files.values import ClassDefinition, Imported, Instance, Unknown, is_plain

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

Builtin = Callable[["Interpreter", list[Any], Mapping[str, Any], ast.AST], Any]


def _listed(interpreter: Interpreter, value: Any) -> list[Any]:
    items = interpreter.items_of(value)
    if items is not None:
        return items
    result = list(value) if isinstance(value, (list, tuple, dict)) else []
    interpreter.taint(result)
    return result


def _list(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    return _listed(interpreter, arguments[0]) if arguments else []


def _tuple(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    items = _list(interpreter, arguments, named, node)
    return items if interpreter.is_tainted(items) else tuple(items)


def _set(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    items = _list(interpreter, arguments, named, node)
    if not is_plain(items):
        return items
    result = interpreter.calls.computed(node, lambda: set(items))
    if interpreter.is_tainted(items):
        interpreter.taint(result)
    return result


def _dict(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    result: dict[Any, Any] = {}
    for argument in arguments[:1]:
        if isinstance(argument, dict):
            result.update(argument)
        elif (pairs := interpreter.items_of(argument)) is not None and all(_is_pair(pair) for pair in pairs):
            result.update(pairs)
        else:
            interpreter.taint(result)
        if interpreter.is_tainted(argument):
            interpreter.taint(result)
    result.update(named)
    return result


def _is_pair(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2 and isinstance(value[0], (str, int))


def _sorted(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    items = _listed(interpreter, arguments[0]) if arguments else []
    if interpreter.is_tainted(items):
        return items
    key = named.get("key")
    keys = items if key is None else [interpreter.calls.call(key, [item], {}, node) for item in items]
    if not is_plain(keys):
        return items
    reverse = interpreter.truth_of(named.get("reverse", False)) is True
    try:
        order = sorted(range(len(items)), key=keys.__getitem__, reverse=reverse)
    except TypeError as error:
        return interpreter.fail(node, "TypeError", str(error))
    return [items[place] for place in order]


def _reversed(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    items = _list(interpreter, arguments, named, node)
    return items if interpreter.is_tainted(items) else items[::-1]


def _enumerate(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    items = interpreter.items_of(arguments[0]) if arguments else None
    start = arguments[1] if len(arguments) > 1 else named.get("start", 0)
    if items is None or not isinstance(start, int):
        return Unknown(ast.unparse(node))
    return list(enumerate(items, start))


def _zip(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    lists = [interpreter.items_of(argument) for argument in arguments]
    known = [items for items in lists if items is not None]
    return list(zip(*known, strict=False)) if len(known) == len(lists) else Unknown(ast.unparse(node))


def _map(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    rounds = _zip(interpreter, arguments[1:], {}, node)
    if isinstance(rounds, Unknown) or not arguments:
        return Unknown(ast.unparse(node))
    return [interpreter.calls.call(arguments[0], list(items), {}, node) for items in rounds]


def _filter(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    items = interpreter.items_of(arguments[1]) if len(arguments) > 1 else None
    if items is None:
        return Unknown(ast.unparse(node))
    test = arguments[0]
    chosen = [item if test is None else interpreter.calls.call(test, [item], {}, node) for item in items]
    return [item for item, truth in zip(items, map(interpreter.truth_of, chosen), strict=False) if truth is not False]


def _next(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    items = interpreter.items_of(arguments[0]) if arguments else None
    if items:
        return items[0]
    return arguments[1] if items is not None and len(arguments) > 1 else Unknown(ast.unparse(node))


def _chained(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    lists = [interpreter.items_of(argument) for argument in arguments]
    if any(items is None for items in lists):
        return Unknown(ast.unparse(node))
    return [item for items in lists for item in items or ()]


def _product(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    result: list[tuple[Any, ...]] = [()]
    for argument in arguments * int(named.get("repeat", 1)):
        items = interpreter.items_of(argument)
        if items is None or len(result) * len(items) > 10_000:
            return Unknown(ast.unparse(node))
        result = [(*before, item) for before in result for item in items]
    return result


_KINDS: dict[str, type | tuple[type, ...]] = {
    "str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict, "tuple": tuple, "set": set,
}  # fmt: skip


def _isinstance(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    if len(arguments) != 2 or isinstance(arguments[0], (Unknown, Imported)):
        return Unknown(ast.unparse(node))
    value, kinds = arguments
    outcome: list[bool] = []
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        if isinstance(kind, Imported) and kind.root == "builtins" and kind.name in _KINDS:
            outcome.append(isinstance(value, _KINDS[kind.name]))
        elif isinstance(kind, ClassDefinition) and isinstance(value, Instance):
            outcome.append(value.definition is kind or kind in value.definition.bases)
        else:
            return Unknown(ast.unparse(node))
    return any(outcome)


#: By full name.
BUILTINS: dict[str, Builtin] = {
    "builtins.list": _list, "builtins.tuple": _tuple, "builtins.set": _set, "builtins.frozenset": _set,
    "builtins.dict": _dict, "collections.OrderedDict": _dict, "builtins.sorted": _sorted,
    "builtins.reversed": _reversed, "builtins.enumerate": _enumerate, "builtins.zip": _zip, "builtins.map": _map,
    "builtins.filter": _filter, "builtins.next": _next, "builtins.iter": _list, "itertools.chain": _chained,
    "itertools.product": _product, "builtins.isinstance": _isinstance,
}  # fmt: skip
