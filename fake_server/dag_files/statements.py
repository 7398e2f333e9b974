"""Follows the statements of a DAG file: assignments, choices, loops, errors, definitions, contexts."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fake_server.dag_files import airflow_objects
from fake_server.dag_files.tracebacks import RaisedInFile
from fake_server.dag_files.values import ClassDefinition, Function, Imported, Scope, Unknown, is_plain

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter


class Break(Exception):
    """``break``."""


class Continue(Exception):
    """``continue``."""


class Return(Exception):
    """``return``."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Statements:
    """Follows the statements of one file."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def run(self, body: list[ast.stmt], scope: Scope) -> None:
        """Follow statements one after the other."""
        for statement in body:
            self._interpreter.step(statement)
            follow: Callable[[Any, Scope], None] | None = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if follow is None:
                self._interpreter.warn(statement, f"{type(statement).__name__} statements are not followed")
            else:
                follow(statement, scope)

    def _expr(self, node: ast.Expr, scope: Scope) -> None:
        self._interpreter.evaluate(node.value, scope)

    def _pass(self, node: ast.Pass, scope: Scope) -> None:
        """Nothing."""

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self._interpreter.evaluate(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _annassign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self._interpreter.evaluate(node.value, scope), scope)

    def _augassign(self, node: ast.AugAssign, scope: Scope) -> None:
        read: ast.expr = ast.copy_location(_as_load(node.target), node.target)
        before = self._interpreter.evaluate(read, scope)
        added = self._interpreter.evaluate(node.value, scope)
        if isinstance(before, list) and isinstance(node.op, ast.Add) and isinstance(added, (list, tuple)):
            before.extend(added)
            return
        combined = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
        self.assign(node.target, self._interpreter.calls.combine(combined, before, added), scope)

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give a name, attribute, item or several of them a value."""
        if isinstance(target, ast.Name):
            scope.assign(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value, scope)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, scope)
        elif isinstance(target, ast.Attribute):
            self._interpreter.calls.set_attribute(self._interpreter.evaluate(target.value, scope), target.attr, value)
        elif isinstance(target, ast.Subscript):
            self._assign_item(target, value, scope)

    def _assign_item(self, target: ast.Subscript, value: Any, scope: Scope) -> None:
        collection = self._interpreter.evaluate(target.value, scope)
        key = self._interpreter.evaluate(target.slice, scope)
        if not isinstance(collection, (dict, list)):
            return
        if not is_plain(key) or isinstance(target.slice, ast.Slice):
            self._interpreter.taint(collection)
            return
        try:
            collection[key] = value
        except (TypeError, IndexError) as error:
            self._interpreter.fail(target, type(error).__name__, str(error))

    def _unpack(self, target: ast.Tuple | ast.List, value: Any, scope: Scope) -> None:
        items = self._interpreter.items_of(value)
        stars = [index for index, item in enumerate(target.elts) if isinstance(item, ast.Starred)]
        count = len(target.elts)
        if items is None or (len(items) != count and not stars) or (stars and len(items) < count - 1):
            for item in target.elts:
                self.assign(item, Unknown(ast.unparse(item)), scope)
            return
        if stars:
            place, surplus = stars[0], len(items) - count + 1
            items = [*items[:place], items[place : place + surplus], *items[place + surplus :]]
        for item, part in zip(target.elts, items, strict=False):
            self.assign(item, part, scope)

    def _delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.names.pop(target.id, None)

    def _global(self, node: ast.Global, scope: Scope) -> None:
        scope.elsewhere.update(dict.fromkeys(node.names, scope.module))

    def _nonlocal(self, node: ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            owner = scope.parent.owner_of(name) if scope.parent is not None else None
            if owner is not None:
                scope.elsewhere[name] = owner

    # Choices and loops

    def _if(self, node: ast.If, scope: Scope) -> None:
        truth = self._interpreter.truth(node.test, scope)
        if truth is None:
            self._choose(node, scope)
        else:
            self.run(node.body if truth else node.orelse, scope)

    def _choose(self, node: ast.If, scope: Scope) -> None:
        """Of a choice that nobody knows the outcome of, take the first part, unless that would end in an error."""
        self._interpreter.warn(node, f"whether {ast.unparse(node.test)!r} holds is not known; it is taken to hold")
        try:
            with self._interpreter.uncertainty():
                self._refuse_certain_raise(node.body)
                self.run(node.body, scope)
        except RaisedInFile:
            self.run(node.orelse, scope)

    @staticmethod
    def _refuse_certain_raise(body: list[ast.stmt]) -> None:
        if any(isinstance(statement, ast.Raise) for statement in body):
            raise RaisedInFile("Exception", "")

    def _for(self, node: ast.For, scope: Scope) -> None:
        values = self._interpreter.evaluate(node.iter, scope)
        items = self._interpreter.items_of(values)
        if items is None:
            self._interpreter.warn(
                node, f"what {ast.unparse(node.iter)!r} holds is not known; the loop is followed once"
            )
            with self._interpreter.uncertainty():
                self._loop(node, [Unknown(ast.unparse(node.target))], scope)
        else:
            self._loop(node, items, scope)

    def _loop(self, node: ast.For, items: list[Any], scope: Scope) -> None:
        for item in items:
            self._interpreter.step(node)
            self.assign(node.target, item, scope)
            if not self._goes_on(node.body, scope):
                return
        self.run(node.orelse, scope)

    def _goes_on(self, body: list[ast.stmt], scope: Scope) -> bool:
        """Whether a loop goes on after its body, which is followed once."""
        try:
            self.run(body, scope)
        except Continue:
            return True
        except Break:
            return False
        return True

    _asyncfor = _for

    def _while(self, node: ast.While, scope: Scope) -> None:
        while (truth := self._interpreter.truth(node.test, scope)) is not False:
            self._interpreter.step(node)
            if truth is None:
                condition = ast.unparse(node.test)
                self._interpreter.warn(node, f"whether {condition!r} holds is not known; the loop is followed once")
                with self._interpreter.uncertainty():
                    self._goes_on(node.body, scope)
                return
            if not self._goes_on(node.body, scope):
                return
        self.run(node.orelse, scope)

    def _break(self, node: ast.Break, scope: Scope) -> None:
        raise Break

    def _continue(self, node: ast.Continue, scope: Scope) -> None:
        raise Continue

    def _return(self, node: ast.Return, scope: Scope) -> None:
        raise Return(self._interpreter.evaluate(node.value, scope) if node.value is not None else None)

    def _assert(self, node: ast.Assert, scope: Scope) -> None:
        if self._interpreter.truth(node.test, scope) is False:
            message = self._interpreter.evaluate(node.msg, scope) if node.msg is not None else ""
            self._interpreter.fail(node, "AssertionError", str(message) if is_plain(message) else "")

    def _match(self, node: Any, scope: Scope) -> None:
        self._interpreter.warn(node, "match statements are not followed")

    # Errors

    def _raise(self, node: ast.Raise, scope: Scope) -> None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        kind = ast.unparse(raised).rpartition(".")[2] if raised is not None else "RuntimeError"
        arguments = node.exc.args if isinstance(node.exc, ast.Call) else []
        parts = [self._interpreter.evaluate(argument, scope) for argument in arguments]
        words = [
            str(part) if is_plain(part) else f"<{ast.unparse(given)}>"
            for part, given in zip(parts, arguments, strict=True)
        ]
        value = self._interpreter.evaluate(raised, scope) if raised is not None else None
        if isinstance(value, Imported):
            kind = value.path.removeprefix("builtins.")
        if self._interpreter.is_uncertain:
            raise RaisedInFile(kind, ", ".join(words), tuple(self._interpreter.frames))
        message = repr(parts[0]) if kind == "KeyError" and len(parts) == 1 else ", ".join(words)
        self._interpreter.fail(node, kind, message)

    def _try(self, node: ast.Try, scope: Scope) -> None:
        try:
            self.run(node.body, scope)
        except RaisedInFile as error:
            handler = next((handler for handler in node.handlers if self._handles(handler, error, scope)), None)
            if handler is None:
                self.run(node.finalbody, scope)
                raise
            if handler.name is not None:
                scope.assign(handler.name, Unknown(handler.name))
            self.run(handler.body, scope)
        else:
            self.run(node.orelse, scope)
        self.run(node.finalbody, scope)

    _trystar = _try

    @staticmethod
    def _handles(handler: ast.ExceptHandler, error: RaisedInFile, scope: Scope) -> bool:
        if handler.type is None:
            return True
        names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        raised = getattr(builtins, error.kind, None)
        for name in map(ast.unparse, names):
            caught = getattr(builtins, name, None)
            if name.rpartition(".")[2] in {error.kind.rpartition(".")[2], "Exception", "BaseException"}:
                return True
            if isinstance(raised, type) and isinstance(caught, type) and issubclass(raised, caught):
                return True
        return False

    # Definitions

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        path = self._interpreter.frames[-1].path
        made: Any = Function(node.name, node, scope, path, self._interpreter.functions.defaults_of(node, scope))
        for decorator in reversed(node.decorator_list):
            made = self._interpreter.functions.decorate(decorator, made, scope)
        scope.assign(node.name, made)

    _asyncfunctiondef = _functiondef

    def _classdef(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = Scope(scope, is_class=True)
        definition = ClassDefinition(node.name, [self._interpreter.evaluate(base, scope) for base in node.bases], inner)
        self.run(node.body, inner)
        for value in inner.names.values():
            if isinstance(value, Function) and value.owner is None:
                value.owner = definition
        if any(self._interpreter.functions.is_dataclass(decorator, scope) for decorator in node.decorator_list):
            definition.fields = {
                statement.target.id: inner.names.get(statement.target.id, Unknown(statement.target.id))
                for statement in node.body
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
            }
        scope.assign(node.name, definition)

    # Contexts

    def _with(self, node: ast.With, scope: Scope) -> None:
        entered: list[Any] = []
        for item in node.items:
            context = self._interpreter.evaluate(item.context_expr, scope)
            value = airflow_objects.enter(self._interpreter, context)
            entered.append(context)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, scope)
        try:
            self.run(node.body, scope)
        finally:
            for context in reversed(entered):
                airflow_objects.leave(self._interpreter, context)

    _asyncwith = _with

    # Imports

    def _import(self, node: ast.Import, scope: Scope) -> None:
        self._interpreter.imports.modules(node, scope)

    def _importfrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        self._interpreter.imports.names(node, scope)


def _as_load(target: ast.expr) -> Any:
    copy = ast.parse(ast.unparse(target), mode="eval").body
    for inner in ast.walk(copy):
        ast.copy_location(inner, target)
    return copy
