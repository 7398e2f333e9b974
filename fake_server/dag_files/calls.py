"""Calls, attributes and items: what the parts of an expression do to each other."""

from __future__ import annotations

import ast
import copy
import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any

from fake_server.dag_files import airflow_names, airflow_objects, library, tasks_in_files
from fake_server.dag_files.collections_of_values import BUILTINS
from fake_server.dag_files.definitions import CannotBePutBelow
from fake_server.dag_files.values import (
    BoundMethod,
    ClassDefinition,
    Function,
    Imported,
    Instance,
    LoadedModule,
    NativeMethod,
    Scope,
    Super,
    Unknown,
    is_plain,
    words,
)

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_, ast.BitXor: operator.xor, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip
#: Methods of lists, dictionaries and sets that go through what they are given.
_OF_ITEMS = words(
    "difference difference_update extend intersection intersection_update isdisjoint issubset issuperset "
    "symmetric_difference symmetric_difference_update union update"
)


class Calls:
    """What is called, read and combined in one file."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def computed(self, node: ast.AST, compute: Callable[[], Any]) -> Any:
        """The outcome of something that is wholly known; what it raises, the file would raise."""
        try:
            result = compute()
        except (RecursionError, MemoryError):
            return Unknown(ast.unparse(node))
        except Exception as error:  # noqa: BLE001 - whatever Python says of the file's own values
            return self._interpreter.fail(node, type(error).__name__, str(error))
        return result if not isinstance(result, (str, bytes, int)) or is_plain(result) else Unknown(ast.unparse(node))

    # Calls

    def call_node(self, node: ast.Call, scope: Scope) -> Any:
        """The value of a call."""
        if isinstance(node.func, ast.Name) and node.func.id in {"super", "globals", "locals", "vars"}:
            special = self._of_scope(node, scope)
            if special is not None:
                return special
        called = self._interpreter.evaluate(node.func, scope)
        arguments: list[Any] = []
        named: dict[str, Any] = {}
        for argument in node.args:
            value = self._interpreter.evaluate(argument, scope)
            if isinstance(argument, ast.Starred):
                arguments.extend(self._items_of_spread(value, named))
            else:
                arguments.append(value)
        for keyword in node.keywords:
            value = self._interpreter.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            else:
                spread = self._items_of_spread(value, named)
                named.update({key: value[key] for key in spread if isinstance(key, str)})
        self._interpreter.step(node)
        try:
            return self.call(called, arguments, named, node)
        except CannotBePutBelow as refusal:
            return self._interpreter.fail(node, refusal.kind, str(refusal))

    def _items_of_spread(self, value: Any, named: dict[str, Any]) -> list[Any]:
        """What ``*value`` or ``**value`` gives; when that is not all known, ``named`` may have more than it holds."""
        if self._interpreter.items_of(value) is None:
            self._interpreter.taint(named)
        return list(value) if isinstance(value, (list, tuple, dict)) else self._interpreter.items_of(value) or []

    def _of_scope(self, node: ast.Call, scope: Scope) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if scope.owner_of(name) is not None:
            return None
        if name == "globals":
            return scope.module.names
        if name in {"locals", "vars"}:
            return scope.names if not node.args else None
        target = scope.owner_of("self")
        owner = scope.owner_of("__class__")
        if target is None or owner is None:
            return Unknown("super()")
        return Super(owner.names["__class__"], target.names["self"])

    def call(self, called: Any, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        """What calling ``called`` gives."""
        if isinstance(called, Function):
            return self._interpreter.functions.call(called, arguments, named, node)
        if isinstance(called, BoundMethod):
            return self._interpreter.functions.call(called.function, [called.target, *arguments], named, node)
        if isinstance(called, ClassDefinition):
            if airflow_names.is_operator_class(called, named):
                return tasks_in_files.make_custom_task(self._interpreter, called, arguments, named, node)
            return self._interpreter.functions.instance_of(called, arguments, named, node)
        if isinstance(called, NativeMethod):
            return self._native_method(called, arguments, named, node)
        if isinstance(called, Imported):
            return self._imported(called, arguments, named, node)
        if isinstance(called, Instance):
            method, found = called.definition.find("__call__")
            if found and isinstance(method, Function):
                return self._interpreter.functions.call(method, [called, *arguments], named, node)
        return airflow_objects.call_object(self._interpreter, called, arguments, named, node)

    def _imported(self, called: Imported, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        path = called.path
        if path in BUILTINS:
            return BUILTINS[path](self._interpreter, arguments, named, node)
        if path in {"copy.deepcopy", "copy.copy"} and arguments:
            return self._copied(arguments[0])
        if path == "builtins.print":
            return None
        if path == "builtins.getattr" and len(arguments) > 1 and isinstance(arguments[1], str):
            return self.attribute(arguments[0], arguments[1], node)
        if path in {"os.environ.get", "os.getenv"}:
            return self._environment_variable(arguments, named, node)
        if path in library.CLOCK_FUNCTIONS and is_plain([*arguments, *named.values()]):
            now = self._interpreter.surroundings.now
            return self.computed(node, lambda: library.CLOCK_FUNCTIONS[path](now, *arguments, **named))
        if path in library.FUNCTIONS:
            return self._library_function(path, arguments, named, node)
        return airflow_names.call_imported(self._interpreter, called, arguments, named, node)

    def _library_function(self, path: str, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        if path in {"builtins.len", "builtins.any", "builtins.all"} and len(arguments) == 1:
            return self._about_items(path, arguments[0], node)
        if not is_plain([*arguments, *named.values()]) or any(map(self._interpreter.is_tainted, arguments)):
            return Unknown(ast.unparse(node))
        if path == "builtins.sum" and not all(isinstance(item, (int, float)) for item in arguments[0]):
            return Unknown(ast.unparse(node))
        return self.computed(node, lambda: library.FUNCTIONS[path](*arguments, **named))

    def _about_items(self, path: str, value: Any, node: ast.AST) -> Any:
        items = self._interpreter.items_of(value)
        if items is None:
            return Unknown(ast.unparse(node))
        if path == "builtins.len":
            return len(value)
        truths = [self._interpreter.truth_of(item) for item in items]
        if path == "builtins.any":
            return True if True in truths else Unknown(ast.unparse(node)) if None in truths else False
        return False if False in truths else Unknown(ast.unparse(node)) if None in truths else True

    def _environment_variable(self, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        if len(arguments) < 2 and "default" not in named:
            return Unknown(str(arguments[0]) if arguments else ast.unparse(node))
        return arguments[1] if len(arguments) > 1 else named["default"]

    def _copied(self, value: Any) -> Any:
        if is_plain(value):
            return copy.deepcopy(value)
        copied: Any = list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value
        if self._interpreter.is_tainted(value):
            self._interpreter.taint(copied)
        return copied

    def _native_method(
        self, called: NativeMethod, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
    ) -> Any:
        target, name = called.target, called.name
        if isinstance(target, (datetime, date)) and name in {"add", "subtract"}:
            sign = 1 if name == "add" else -1
            return self._if_plain(node, arguments, named, lambda: library.shifted(target, sign, **named))
        if isinstance(target, (datetime, date)) and name in library.PENDULUM_METHODS:
            return self._if_plain(node, arguments, named, lambda: library.PENDULUM_METHODS[name](target, *arguments))
        if isinstance(target, (list, dict, set)):
            return self._collection_method(target, name, arguments, named, node)
        if isinstance(target, PurePath) and name in {"resolve", "absolute"}:
            return target
        if name in library.kind_of(target, library.METHODS):
            if not library.method_is_safe(target, name, arguments):
                return Unknown(ast.unparse(node))
            if isinstance(target, str) and not is_plain([*arguments, *named.values()]):
                return self._filled_in(target, name, arguments, named, node)
            return self._if_plain(node, arguments, named, lambda: getattr(target, name)(*arguments, **named))
        return airflow_objects.call_method(self._interpreter, target, name, arguments, named, node)

    def _filled_in(self, text: str, name: str, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        """A text in which something unknown is put."""

        def readable(value: Any) -> Any:
            return value.as_name if isinstance(value, Unknown) else value

        if name != "format":
            return Unknown(ast.unparse(node))
        try:
            return Unknown(
                text.format(*map(readable, arguments), **{key: readable(item) for key, item in named.items()})
            )
        except (ValueError, LookupError, AttributeError, TypeError):
            return Unknown(ast.unparse(node))

    def _if_plain(
        self, node: ast.AST, arguments: list[Any], named: Mapping[str, Any], compute: Callable[[], Any]
    ) -> Any:
        return self.computed(node, compute) if is_plain([*arguments, *named.values()]) else Unknown(ast.unparse(node))

    def _collection_method(
        self, target: Any, name: str, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
    ) -> Any:
        if name not in library.kind_of(target, library.METHODS):
            return self._interpreter.fail(
                node, "AttributeError", f"{type(target).__name__!r} object has no attribute {name!r}"
            )
        if name in {"get", "pop", "setdefault"} and isinstance(target, dict):
            if not arguments or not is_plain(arguments[0]):
                return Unknown(ast.unparse(node))
            if self._interpreter.is_tainted(target) and arguments[0] not in target:
                return arguments[1] if len(arguments) > 1 else Unknown(ast.unparse(node))
        if name in _OF_ITEMS and any(self._interpreter.items_of(argument) is None for argument in arguments):
            return self._with_unknown_items(target, name, node)
        if name in {"keys", "values", "items", "copy"}:
            return self._view(target, name)
        if name == "sort":
            target[:] = BUILTINS["builtins.sorted"](self._interpreter, [target], named, node)
            return None
        if name in {"index", "count", "remove"} and not is_plain([target, *arguments]):
            return Unknown(ast.unparse(node))
        return self.computed(node, lambda: getattr(target, name)(*arguments, **named))

    def _with_unknown_items(self, target: Any, name: str, node: ast.AST) -> Unknown | None:
        if not name.endswith(("extend", "update")):
            return Unknown(ast.unparse(node))
        self._interpreter.taint(target)
        return None

    def _view(self, target: Any, name: str) -> Any:
        result: Any = copy.copy(target) if name == "copy" else list(getattr(target, name)())
        if self._interpreter.is_tainted(target):
            self._interpreter.taint(result)
        return result

    # Attributes and items

    def attribute(self, value: Any, name: str, node: ast.AST) -> Any:
        """What ``value.name`` is."""
        if isinstance(value, Imported):
            path = f"{value.path}.{name}"
            return (
                library.CONSTANTS[path] if path in library.CONSTANTS else airflow_names.imported_attribute(value, name)
            )
        if isinstance(value, LoadedModule):
            found = self._interpreter.imports.attribute(value, name)
            return found if found is not None or name in value.scope.names else Unknown(ast.unparse(node))
        if isinstance(value, (Instance, ClassDefinition, Super)):
            return self._attribute_of_object(value, name, node)
        if isinstance(value, Unknown):
            return Unknown(ast.unparse(node))
        if is_plain(value) or isinstance(value, (list, dict, set, tuple)):
            return self._attribute_of_plain(value, name, node)
        return airflow_objects.attribute(value, name)

    def _attribute_of_plain(self, value: Any, name: str, node: ast.AST) -> Any:
        if name in library.kind_of(value, library.ATTRIBUTES):
            return getattr(value, name)
        if name in library.kind_of(value, library.METHODS) or isinstance(value, (list, dict, set, datetime, date)):
            return NativeMethod(value, name)
        return Unknown(ast.unparse(node))

    def _attribute_of_object(self, value: Any, name: str, node: ast.AST) -> Any:
        if isinstance(value, Instance) and name in value.attributes:
            return value.attributes[name]
        definition = value if isinstance(value, ClassDefinition) else value.definition
        found, there = definition.find(name, above=isinstance(value, Super))
        if not there:
            if isinstance(value, (Super, ClassDefinition)):
                return NativeMethod(value, name)
            return Unknown(ast.unparse(node))
        if isinstance(found, Function):
            target = value.target if isinstance(value, Super) else value
            if found.kind == "staticmethod" or (isinstance(value, ClassDefinition) and not found.kind):
                return found
            if found.kind == "property":
                return self._interpreter.functions.call(found, [target], {}, node)
            return BoundMethod(found, definition if found.kind == "classmethod" else target)
        if isinstance(value, ClassDefinition) and any(base.name.endswith("Enum") for base in value.foreign_bases):
            return Instance(value, {"name": name, "value": found})
        return found

    def members_of(self, definition: ClassDefinition) -> list[Any] | None:
        """The members of an enumeration; None for another class."""
        if not any(base.name.endswith("Enum") for base in definition.foreign_bases):
            return None
        return [
            Instance(definition, {"name": name, "value": value})
            for name, value in definition.scope.names.items()
            if is_plain(value) and not name.startswith("_")
        ]

    def set_attribute(self, target: Any, name: str, value: Any) -> None:
        """What ``target.name = value`` does."""
        if isinstance(target, Instance):
            target.attributes[name] = value
        elif isinstance(target, ClassDefinition):
            target.scope.names[name] = value
        else:
            airflow_objects.set_attribute(target, name, value)

    def item(self, value: Any, key: Any, node: ast.Subscript) -> Any:
        """What ``value[key]`` is."""
        if isinstance(value, (dict, list, tuple, str)):
            if not isinstance(key, slice) and not is_plain(key):
                return Unknown(ast.unparse(node))
            if isinstance(value, dict) and isinstance(key, (list, dict, set)):
                return Unknown(ast.unparse(node))
            if self._interpreter.is_tainted(value) and (isinstance(value, list) or key not in value):
                return Unknown(ast.unparse(node))
            return self._looked_up(value, key, node)
        if isinstance(value, Imported) and value.path == "os.environ" and isinstance(key, str):
            return Unknown(key)
        if isinstance(value, ClassDefinition) and isinstance(key, str):
            return self.attribute(value, key, node)
        return airflow_objects.item(value, node)

    def _looked_up(self, value: Any, key: Any, node: ast.Subscript) -> Any:
        try:
            return value[key]
        except (LookupError, TypeError) as error:
            return self._interpreter.fail(node, type(error).__name__, str(error))

    def combine(self, node: ast.BinOp, left: Any, right: Any) -> Any:
        """What a binary operator gives."""
        edge = airflow_objects.combine(self._interpreter, node, left, right)
        if edge is not NotImplemented:
            return edge
        joined = self._joined(node, left, right)
        if joined is not NotImplemented:
            return joined
        if isinstance(left, PurePosixPath) and isinstance(node.op, ast.Div) and is_plain(right):
            return left / str(right)
        if not is_plain(left) or not is_plain(right):
            return self._unknown_text(node, left, right)
        if not library.operation_is_small(node.op, left, right):
            return Unknown(ast.unparse(node))
        return self.computed(node, lambda: _OPERATORS[type(node.op)](left, right))

    def _joined(self, node: ast.BinOp, left: Any, right: Any) -> Any:
        """Collections put together, whose items need not be known; NotImplemented for anything else."""
        is_tainted = self._interpreter.is_tainted(left) or self._interpreter.is_tainted(right)
        if isinstance(left, (list, tuple)) and type(left) is type(right) and isinstance(node.op, ast.Add):
            joined: Any = [*left, *right] if isinstance(left, list) else (*left, *right)
            if is_tainted:
                self._interpreter.taint(joined)
            return joined
        if is_tainted:
            return Unknown(ast.unparse(node))
        if isinstance(left, list) and isinstance(right, int) and isinstance(node.op, ast.Mult):
            return left * right if len(left) * right < 10_000 else Unknown(ast.unparse(node))
        if isinstance(left, dict) and isinstance(right, dict) and isinstance(node.op, ast.BitOr):
            return {**left, **right}
        return NotImplemented

    def _unknown_text(self, node: ast.BinOp, left: Any, right: Any) -> Unknown:
        def readable(value: Any) -> Any:
            return value.as_name if isinstance(value, Unknown) else value

        if isinstance(node.op, ast.Add) and (isinstance(left, str) or isinstance(right, str)):
            return Unknown(f"{readable(left)}{readable(right)}")
        if isinstance(node.op, ast.Mod) and isinstance(left, str) and not library.is_wide(left):
            parts = right if isinstance(right, tuple) else (right,)
            try:
                return Unknown(left.replace("%d", "%s") % tuple(map(readable, parts)))
            except (TypeError, ValueError):
                pass
        return Unknown(ast.unparse(node))
