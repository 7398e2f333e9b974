"""The functions and classes that a DAG file defines: their parameters, decorators, calls and objects."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fake_server.dag_files import airflow_names
from fake_server.dag_files.statements import Return
from fake_server.dag_files.values import ClassDefinition, Function, Imported, Instance, Scope, Unknown

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

#: Calls within calls that are followed.
MAXIMUM_DEPTH = 20


class Functions:
    """Makes and calls the functions and classes of one file."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def call(self, function: Function, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        """What a function of the file returns."""
        if len(self._interpreter.frames) > MAXIMUM_DEPTH:
            return Unknown(ast.unparse(node))
        scope = Scope(function.scope)
        self._bind(function, arguments, named, scope)
        if isinstance(function.node, ast.Lambda):
            return self._interpreter.evaluate(function.node.body, scope)
        self._interpreter.yielded.append([])
        try:
            with self._interpreter.frame(function.path, function.name, function.node):
                self._interpreter.statements.run(function.node.body, scope)
            result: Any = None
        except Return as returned:
            result = returned.value
        finally:
            yielded = self._interpreter.yielded.pop()
        return yielded or result

    def instance_of(
        self, definition: ClassDefinition, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
    ) -> Any:
        """A new object of a class of the file."""
        instance = Instance(definition)
        constructor, found = definition.find("__init__")
        if found and isinstance(constructor, Function):
            self.call(constructor, [instance, *arguments], named, node)
        elif definition.fields is not None:
            instance.attributes.update(definition.fields)
            instance.attributes.update(dict(zip(definition.fields, arguments, strict=False)))
            instance.attributes.update(named)
        return instance

    def defaults_of(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope) -> dict[str, Any]:
        """The defaults of a function's parameters, worked out where it is defined."""
        positional = [*node.args.posonlyargs, *node.args.args]
        pairs = [*zip(positional[len(positional) - len(node.args.defaults) :], node.args.defaults, strict=False)]
        pairs += [
            (name, value)
            for name, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if value is not None
        ]
        return {name.arg: self._interpreter.evaluate(value, scope) for name, value in pairs}

    def of_lambda(self, node: ast.Lambda, scope: Scope) -> Function:
        """A lambda as a function."""
        path = self._interpreter.frames[-1].path
        return Function("<lambda>", node, scope, path, self.defaults_of(node, scope))

    def _bind(self, function: Function, arguments: list[Any], named: Mapping[str, Any], scope: Scope) -> None:
        """Give a function's parameters their values."""
        parameters = function.node.args
        positional = [parameter.arg for parameter in (*parameters.posonlyargs, *parameters.args)]
        keywords = [parameter.arg for parameter in parameters.kwonlyargs]
        values: dict[str, Any] = {name: function.defaults.get(name, Unknown(name)) for name in (*positional, *keywords)}
        values.update(zip(positional, arguments, strict=False))
        values.update({name: value for name, value in named.items() if name in values})
        if parameters.vararg is not None:
            values[parameters.vararg.arg] = tuple(arguments[len(positional) :])
        if parameters.kwarg is not None:
            values[parameters.kwarg.arg] = {name: value for name, value in named.items() if name not in values}
        scope.names.update(values)
        if function.owner is not None:
            scope.names["__class__"] = function.owner

    def decorate(self, decorator: ast.expr, function: Any, scope: Scope) -> Any:
        """What a decorator makes of a function of the file."""
        if isinstance(decorator, ast.Name) and decorator.id in {"staticmethod", "classmethod", "property"}:
            function.kind = decorator.id
            return function
        value = self._interpreter.evaluate(decorator, scope)
        if isinstance(value, Function):
            decorated = self._interpreter.calls.call(value, [function], {}, decorator)
            return function if isinstance(decorated, Unknown) or decorated is None else decorated
        return airflow_names.decorate(self._interpreter, value, function, decorator)

    def is_dataclass(self, decorator: ast.expr, scope: Scope) -> bool:
        """Whether a decorator of a class makes it a dataclass."""
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        value = self._interpreter.evaluate(called, scope)
        return isinstance(value, Imported) and value.path == "dataclasses.dataclass"
