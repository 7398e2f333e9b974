"""What the expressions of a DAG file are worth."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fake_server.dag_files import library
from fake_server.dag_files.values import Imported, LoadedModule, Scope, Unknown, is_plain

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: lambda number: ~int(number),
}
_CONVERSIONS: dict[int, Callable[[Any], str]] = {ord("r"): repr, ord("s"): str, ord("a"): ascii}


class Expressions:
    """Evaluates the expressions of one file."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression, Unknown where it cannot be told."""
        self._interpreter.step(node)
        evaluate: Callable[[Any, Scope], Any] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        return evaluate(node, scope) if evaluate is not None else self._unknown(node)

    @staticmethod
    def _unknown(node: ast.AST) -> Unknown:
        return Unknown(ast.unparse(node))

    # Names and literals

    @staticmethod
    def _constant(node: ast.Constant, scope: Scope) -> Any:
        return node.value

    def _name(self, node: ast.Name, scope: Scope) -> Any:
        owner = scope.owner_of(node.id)
        if owner is not None:
            return owner.names[node.id]
        if node.id in scope.elsewhere and node.id in scope.elsewhere[node.id].names:
            return scope.elsewhere[node.id].names[node.id]
        if hasattr(builtins, node.id):
            return Imported(f"builtins.{node.id}")
        if self._interpreter.is_tainted(scope.module.names) or node.id.startswith("__"):
            return Unknown(node.id)
        return self._interpreter.fail(node, "NameError", f"name {node.id!r} is not defined")

    def _joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Any:
        parts = [self.evaluate(part, scope) for part in node.values]
        if all(isinstance(part, str) for part in parts):
            text = "".join(parts)
            return text if is_plain(text) else self._unknown(node)
        return Unknown("".join(part if isinstance(part, str) else _name_of(part) for part in parts))

    def _formattedvalue(self, node: ast.FormattedValue, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope)
        form = self.evaluate(node.format_spec, scope) if node.format_spec is not None else ""
        if not is_plain(value) or not isinstance(form, str):
            return Unknown(_name_of(value) if isinstance(value, Unknown) else ast.unparse(node.value))
        conversion = _CONVERSIONS.get(node.conversion)
        if library.is_wide(form):
            return self._unknown(node.value)
        return self._computed(node.value, lambda: format(conversion(value) if conversion else value, form))

    def _list(self, node: ast.List, scope: Scope) -> Any:
        return self._items(node.elts, scope)

    def _tuple(self, node: ast.Tuple, scope: Scope) -> Any:
        return tuple(self._items(node.elts, scope))

    def _set(self, node: ast.Set, scope: Scope) -> Any:
        items = self._items(node.elts, scope)
        return set(items) if is_plain(items) else items

    def _items(self, nodes: list[ast.expr], scope: Scope) -> list[Any]:
        result: list[Any] = []
        for node in nodes:
            value = self.evaluate(node, scope)
            if not isinstance(node, ast.Starred):
                result.append(value)
                continue
            items = self._interpreter.items_of(value)
            if items is None:
                self._interpreter.taint(result)
            else:
                result.extend(items)
        return result

    def _starred(self, node: ast.Starred, scope: Scope) -> Any:
        return self.evaluate(node.value, scope)

    def _dict(self, node: ast.Dict, scope: Scope) -> Any:
        result: dict[Any, Any] = {}
        for key_node, value_node in zip(node.keys, node.values, strict=False):
            value = self.evaluate(value_node, scope)
            if key_node is None:
                if isinstance(value, dict):
                    result.update(value)
                if not isinstance(value, dict) or self._interpreter.is_tainted(value):
                    self._interpreter.taint(result)
                continue
            key = self.evaluate(key_node, scope)
            if is_plain(key) and not isinstance(key, (list, dict, set)):
                result[key] = value
            else:
                self._interpreter.taint(result)
        return result

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Any:
        return self._interpreter.functions.of_lambda(node, scope)

    # Operators

    def _binop(self, node: ast.BinOp, scope: Scope) -> Any:
        left = self.evaluate(node.left, scope)
        right = self.evaluate(node.right, scope)
        return self._interpreter.calls.combine(node, left, right)

    def _unaryop(self, node: ast.UnaryOp, scope: Scope) -> Any:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            truth = self._interpreter.truth_of(value)
            return self._unknown(node) if truth is None else not truth
        if isinstance(value, (int, float)):
            return _SIGNS[type(node.op)](value)
        if isinstance(value, timedelta) and isinstance(node.op, ast.USub):
            return -value
        return self._unknown(node)

    def _boolop(self, node: ast.BoolOp, scope: Scope) -> Any:
        decides = isinstance(node.op, ast.Or)
        value: Any = None
        for operand in node.values:
            value = self.evaluate(operand, scope)
            truth = self._interpreter.truth_of(value)
            if truth is None and (not decides or operand is node.values[-1]):
                return self._unknown(node)
            # `unknown or "default"`: the default stands there for when nobody says otherwise.
            if truth is decides:
                return value
        return value

    def _compare(self, node: ast.Compare, scope: Scope) -> Any:
        left = self.evaluate(node.left, scope)
        for relation, right_node in zip(node.ops, node.comparators, strict=False):
            right = self.evaluate(right_node, scope)
            outcome = self._compared(node, relation, left, right)
            if not isinstance(outcome, bool) or not outcome:
                return outcome
            left = right
        return True

    def _compared(self, node: ast.Compare, relation: ast.cmpop, left: Any, right: Any) -> Any:
        if isinstance(relation, (ast.Is, ast.IsNot)):
            if isinstance(left, (Unknown, Imported)) or isinstance(right, (Unknown, Imported)):
                return self._unknown(node)
            return (left is right) == isinstance(relation, ast.Is)
        if isinstance(relation, (ast.In, ast.NotIn)) and isinstance(right, (dict, list, set)):
            if self._interpreter.is_tainted(right) or not is_plain(left):
                return self._unknown(node)
            right = list(right)
            if not is_plain(right):
                return self._unknown(node)
        if not is_plain(left) or not is_plain(right):
            return self._unknown(node)
        return self._computed(node, lambda: _COMPARISONS[type(relation)](left, right))

    def _ifexp(self, node: ast.IfExp, scope: Scope) -> Any:
        truth = self._interpreter.truth(node.test, scope)
        if truth is None:
            self._interpreter.warn(node, f"whether {ast.unparse(node.test)!r} holds is not known; it is taken to hold")
        return self.evaluate(node.orelse if truth is False else node.body, scope)

    def _namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope)
        self._interpreter.statements.assign(node.target, value, scope)
        return value

    # Attributes and items

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        return self._interpreter.calls.attribute(self.evaluate(node.value, scope), node.attr, node)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope)
        key = self.evaluate(node.slice, scope)
        return self._interpreter.calls.item(value, key, node)

    def _slice(self, node: ast.Slice, scope: Scope) -> Any:
        bounds = [None if part is None else self.evaluate(part, scope) for part in (node.lower, node.upper, node.step)]
        return slice(*bounds) if is_plain(bounds) else self._unknown(node)

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        return self._interpreter.calls.call_node(node, scope)

    # Comprehensions

    def _listcomp(self, node: ast.ListComp, scope: Scope) -> Any:
        result: list[Any] = []
        if not self._comprehend(node.generators, scope, lambda inner: result.append(self.evaluate(node.elt, inner))):
            self._interpreter.taint(result)
        return result

    def _setcomp(self, node: ast.SetComp, scope: Scope) -> Any:
        items = self._listcomp(ast.ListComp(node.elt, node.generators), scope)
        return set(items) if is_plain(items) and not self._interpreter.is_tainted(items) else items

    def _generatorexp(self, node: ast.GeneratorExp, scope: Scope) -> Any:
        return self._listcomp(ast.ListComp(node.elt, node.generators), scope)

    def _dictcomp(self, node: ast.DictComp, scope: Scope) -> Any:
        result: dict[Any, Any] = {}

        def add(inner: Scope) -> None:
            key, value = self.evaluate(node.key, inner), self.evaluate(node.value, inner)
            if is_plain(key) and not isinstance(key, (list, dict, set)):
                result[key] = value
            else:
                self._interpreter.taint(result)

        if not self._comprehend(node.generators, scope, add):
            self._interpreter.taint(result)
        return result

    def _comprehend(self, generators: list[ast.comprehension], scope: Scope, add: Callable[[Scope], None]) -> bool:
        """Call ``add`` in a scope for each round; False when not all rounds are known."""
        if not generators:
            add(scope)
            return True
        generator, rest = generators[0], generators[1:]
        items = self._interpreter.items_of(self.evaluate(generator.iter, scope))
        if items is None:
            source = ast.unparse(generator.iter)
            self._interpreter.warn(generator.iter, f"what {source!r} holds is not known; it is followed once")
            items = [Unknown(ast.unparse(generator.target))]
            known = False
        else:
            known = True
        for item in items:
            inner = Scope(scope)
            self._interpreter.statements.assign(generator.target, item, inner)
            truths = [self._interpreter.truth(condition, inner) for condition in generator.ifs]
            if all(truth is not False for truth in truths):
                known = self._comprehend(rest, inner, add) and known
            known = known and None not in truths
        return known

    # Others

    def _yield(self, node: ast.Yield, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope) if node.value is not None else None
        if self._interpreter.yielded:
            self._interpreter.yielded[-1].append(value)
        return None

    def _await(self, node: ast.Await, scope: Scope) -> Any:
        return self.evaluate(node.value, scope)

    def _computed(self, node: ast.AST, compute: Callable[[], Any]) -> Any:
        return self._interpreter.calls.computed(node, compute)


def _name_of(value: Any) -> str:
    if isinstance(value, Unknown):
        return value.as_name
    return value.name if isinstance(value, (Imported, LoadedModule)) else "value"
