"""Follows a DAG file statement by statement, as Python would, but only on values that it knows itself.

Nothing of the file is executed: no module is imported, no function of any library is called but the few pure ones of
:mod:`fake_server.dag_files.library`, nothing is read or written. Whatever cannot be known that way is
:class:`~fake_server.dag_files.values.Unknown`, and where that matters for a DAG, a warning says so. The number of
steps, the depth of calls and the size of values are limited, so that no file can take long or much memory.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fake_server.dag_files import airflow_objects
from fake_server.dag_files.calls import Calls
from fake_server.dag_files.definitions import DagDefinition, GroupDefinition
from fake_server.dag_files.expressions import Expressions
from fake_server.dag_files.modules import Modules
from fake_server.dag_files.surroundings import Surroundings
from fake_server.dag_files.tracebacks import Frame, RaisedInFile, compiled
from fake_server.dag_files.values import (
    ClassDefinition,
    Function,
    Imported,
    Instance,
    LoadedModule,
    Scope,
    Unknown,
    is_plain,
)

#: Statements and expressions that are followed in one file and what it imports from the DAG folder.
MAXIMUM_STEPS = 100_000
#: Calls within calls that are followed.
MAXIMUM_DEPTH = 20


class TooManySteps(Exception):
    """The file takes more steps than are followed."""


class Break(Exception):
    """``break``."""


class Continue(Exception):
    """``continue``."""


class Return(Exception):
    """``return``."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Interpreter:
    """Follows one DAG file. After :meth:`run` it has the DAGs that Airflow would find, and warnings."""

    def __init__(self, modules: Modules, surroundings: Surroundings) -> None:
        self.modules = modules
        self.surroundings = surroundings
        self.dags: list[DagDefinition] = []
        self.warnings: list[str] = []
        self.dag_stack: list[DagDefinition] = []
        self.group_stack: list[GroupDefinition] = []
        self.frames: list[Frame] = []
        #: What ``yield`` gave, for each function being followed.
        self.yielded: list[list[Any]] = []
        #: The file's own text, line by line.
        self.lines: tuple[str, ...] = ()
        self._loaded: dict[str, LoadedModule] = {}
        self._steps = 0
        self._uncertain = 0
        self._tainted: dict[int, Any] = {}
        self.evaluate = Expressions(self).evaluate
        self.calls = Calls(self)

    # The file

    def run(self, tree: ast.Module, path: str, source: str) -> None:
        """Follow the file.

        :raises RaisedInFile: when executing it would certainly raise.
        :raises TooManySteps: when it takes too long.
        """
        scope = self._module_scope("unusual_prefix_dag_file", path)
        self._follow(tree, scope, path, source)
        for value in scope.names.values():
            if isinstance(value, DagDefinition):
                self.register(value)

    def load(self, name: str) -> LoadedModule | None:
        """The module ``name`` of the DAG folder, followed when first asked for; None when there is none."""
        if name in self._loaded:
            return self._loaded[name]
        found = self.modules.find(name)
        if found is None:
            return None
        path, source = found
        module = self._loaded[name] = LoadedModule(name, path, self._module_scope(name, path))
        module.scope.names["__package__"] = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
        if len(self._loaded) <= self.modules.limit:
            self._follow(compiled(source, path), module.scope, path, source.decode("utf-8", "replace"))
        return module

    def register(self, dag: DagDefinition) -> None:
        """Count ``dag`` among those that Airflow finds in the file."""
        if not any(known is dag for known in self.dags):
            self.dags.append(dag)

    def _follow(self, tree: ast.Module, scope: Scope, path: str, source: str) -> None:
        lines_before, self.lines = self.lines, tuple(source.splitlines())
        scope.names["__doc__"] = ast.get_docstring(tree, clean=False)
        try:
            with self.frame(path, "<module>", tree):
                self.run_body(tree.body, scope)
        finally:
            self.lines = lines_before

    @staticmethod
    def _module_scope(name: str, path: str) -> Scope:
        scope = Scope()
        scope.names.update({"__name__": name, "__file__": path})
        return scope

    # What expressions and calls need

    @contextmanager
    def frame(self, path: str, function: str, node: ast.AST) -> Iterator[None]:
        """Inside a function or module."""
        self.frames.append(Frame(path, function, node, self.lines))
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def uncertainty(self) -> Iterator[None]:
        """Inside something that may or may not happen: what it raises proves nothing."""
        self._uncertain += 1
        try:
            yield
        finally:
            self._uncertain -= 1

    def step(self, node: ast.AST) -> None:
        """Count a step, and note where it is."""
        self._steps += 1
        if self._steps > MAXIMUM_STEPS:
            raise TooManySteps
        self.frames[-1].node = node

    def fail(self, node: ast.AST, kind: str, message: str) -> Unknown:
        """The file would raise here; in what may not happen at all, the value is unknown instead.

        :raises RaisedInFile: when it is certain.
        """
        if self._uncertain:
            return Unknown(source_of(node))
        self.frames[-1].node = node
        raise RaisedInFile(kind, message, tuple(self.frames))

    def warn(self, node: ast.AST, text: str) -> None:
        """Note that something is not known."""
        warning = f"line {getattr(node, 'lineno', 0)}: {text}"
        if warning not in self.warnings:
            self.warnings.append(warning)

    def taint(self, collection: Any) -> None:
        """Something unknown was put into a collection, so what is missing from it may be there after all."""
        self._tainted[id(collection)] = collection

    def is_tainted(self, collection: Any) -> bool:
        """Whether :meth:`taint` has been called for it."""
        return id(collection) in self._tainted

    def truth(self, node: ast.expr, scope: Scope) -> bool | None:
        """Whether a condition holds; None when that is not known."""
        return self.truth_of(self.evaluate(node, scope))

    def truth_of(self, value: Any) -> bool | None:
        """Whether a value counts as true; None when that is not known."""
        if isinstance(value, (Unknown, Imported)):
            return None
        if isinstance(value, (list, dict, set)) and not value and self.is_tainted(value):
            return None
        return bool(value) if isinstance(value, (list, dict, set, tuple)) or is_plain(value) else True

    # Statements

    def run_body(self, body: list[ast.stmt], scope: Scope) -> None:
        """Follow statements one after the other."""
        for statement in body:
            self.step(statement)
            follow: Callable[[Any, Scope], None] | None = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if follow is None:
                self.warn(statement, f"{type(statement).__name__} statements are not followed")
            else:
                follow(statement, scope)

    def _expr(self, node: ast.Expr, scope: Scope) -> None:
        self.evaluate(node.value, scope)

    def _pass(self, node: ast.Pass, scope: Scope) -> None:
        """Nothing."""

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _annassign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, scope), scope)

    def _augassign(self, node: ast.AugAssign, scope: Scope) -> None:
        read: ast.expr = ast.copy_location(_as_load(node.target), node.target)
        before = self.evaluate(read, scope)
        added = self.evaluate(node.value, scope)
        if isinstance(before, list) and isinstance(node.op, ast.Add) and isinstance(added, (list, tuple)):
            before.extend(added)
            return
        combined = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
        self.assign(node.target, self.calls.combine(combined, before, added), scope)

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give a name, attribute, item or several of them a value."""
        if isinstance(target, ast.Name):
            scope.assign(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value, scope)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, scope)
        elif isinstance(target, ast.Attribute):
            self.calls.set_attribute(self.evaluate(target.value, scope), target.attr, value)
        elif isinstance(target, ast.Subscript):
            self._assign_item(target, value, scope)

    def _assign_item(self, target: ast.Subscript, value: Any, scope: Scope) -> None:
        collection = self.evaluate(target.value, scope)
        key = self.evaluate(target.slice, scope)
        if not isinstance(collection, (dict, list)):
            return
        if not is_plain(key) or isinstance(target.slice, ast.Slice):
            self.taint(collection)
            return
        try:
            collection[key] = value
        except (TypeError, IndexError) as error:
            self.fail(target, type(error).__name__, str(error))

    def _unpack(self, target: ast.Tuple | ast.List, value: Any, scope: Scope) -> None:
        items = self.items_of(value)
        stars = [index for index, item in enumerate(target.elts) if isinstance(item, ast.Starred)]
        count = len(target.elts)
        if items is None or (len(items) != count and not stars) or (stars and len(items) < count - 1):
            for item in target.elts:
                self.assign(item, Unknown(source_of(item)), scope)
            return
        if stars:
            place, surplus = stars[0], len(items) - count + 1
            items = [*items[:place], items[place : place + surplus], *items[place + surplus :]]
        for item, part in zip(target.elts, items, strict=False):
            self.assign(item, part, scope)

    def items_of(self, value: Any) -> list[Any] | None:
        """What iterating over a value gives; None when that is not known."""
        if isinstance(value, range):
            return list(value[: MAXIMUM_STEPS + 1])
        if isinstance(value, (list, tuple, str, dict)):
            return None if self.is_tainted(value) else list(value)
        if isinstance(value, (set, frozenset)):
            return sorted(value, key=repr) if is_plain(value) else list(value)
        if isinstance(value, ClassDefinition):
            return self.calls.members_of(value)
        return None

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
        truth = self.truth(node.test, scope)
        if truth is None:
            self._choose(node, scope)
        else:
            self.run_body(node.body if truth else node.orelse, scope)

    def _choose(self, node: ast.If, scope: Scope) -> None:
        """Of a choice that nobody knows the outcome of, take the first part, unless that would end in an error."""
        self.warn(node, f"whether {source_of(node.test)!r} holds is not known; it is taken to hold")
        try:
            with self.uncertainty():
                self._refuse_certain_raise(node.body)
                self.run_body(node.body, scope)
        except RaisedInFile:
            self.run_body(node.orelse, scope)

    @staticmethod
    def _refuse_certain_raise(body: list[ast.stmt]) -> None:
        if any(isinstance(statement, ast.Raise) for statement in body):
            raise RaisedInFile("Exception", "")

    def _for(self, node: ast.For, scope: Scope) -> None:
        values = self.evaluate(node.iter, scope)
        items = self.items_of(values)
        if items is None:
            self.warn(node, f"what {source_of(node.iter)!r} holds is not known; the loop is followed once")
            with self.uncertainty():
                self._loop(node, [Unknown(source_of(node.target))], scope)
        else:
            self._loop(node, items, scope)

    def _loop(self, node: ast.For, items: list[Any], scope: Scope) -> None:
        for item in items:
            self.step(node)
            self.assign(node.target, item, scope)
            try:
                self.run_body(node.body, scope)
            except Continue:
                continue
            except Break:
                return
        self.run_body(node.orelse, scope)

    _asyncfor = _for

    def _while(self, node: ast.While, scope: Scope) -> None:
        while (truth := self.truth(node.test, scope)) is not False:
            self.step(node)
            try:
                if truth is None:
                    self.warn(node, f"whether {source_of(node.test)!r} holds is not known; the loop is followed once")
                    with self.uncertainty():
                        self.run_body(node.body, scope)
                    return
                self.run_body(node.body, scope)
            except Continue:
                continue
            except Break:
                return
        self.run_body(node.orelse, scope)

    def _break(self, node: ast.Break, scope: Scope) -> None:
        raise Break

    def _continue(self, node: ast.Continue, scope: Scope) -> None:
        raise Continue

    def _return(self, node: ast.Return, scope: Scope) -> None:
        raise Return(self.evaluate(node.value, scope) if node.value is not None else None)

    def _assert(self, node: ast.Assert, scope: Scope) -> None:
        if self.truth(node.test, scope) is False:
            message = self.evaluate(node.msg, scope) if node.msg is not None else ""
            self.fail(node, "AssertionError", str(message) if is_plain(message) else "")

    def _match(self, node: Any, scope: Scope) -> None:
        self.warn(node, "match statements are not followed")

    # Errors

    def _raise(self, node: ast.Raise, scope: Scope) -> None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        kind = source_of(raised).rpartition(".")[2] if raised is not None else "RuntimeError"
        arguments = node.exc.args if isinstance(node.exc, ast.Call) else []
        parts = [self.evaluate(argument, scope) for argument in arguments]
        words = [
            str(part) if is_plain(part) else f"<{source_of(given)}>"
            for part, given in zip(parts, arguments, strict=True)
        ]
        value = self.evaluate(raised, scope) if raised is not None else None
        if isinstance(value, Imported):
            kind = value.path.removeprefix("builtins.")
        if self._uncertain:
            raise RaisedInFile(kind, ", ".join(words), tuple(self.frames))
        self.fail(node, kind, repr(parts[0]) if kind == "KeyError" and len(parts) == 1 else ", ".join(words))

    def _try(self, node: ast.Try, scope: Scope) -> None:
        try:
            self.run_body(node.body, scope)
        except RaisedInFile as error:
            handler = next((handler for handler in node.handlers if self._handles(handler, error, scope)), None)
            if handler is None:
                self.run_body(node.finalbody, scope)
                raise
            if handler.name is not None:
                scope.assign(handler.name, Unknown(handler.name))
            self.run_body(handler.body, scope)
        else:
            self.run_body(node.orelse, scope)
        self.run_body(node.finalbody, scope)

    _trystar = _try

    @staticmethod
    def _handles(handler: ast.ExceptHandler, error: RaisedInFile, scope: Scope) -> bool:
        if handler.type is None:
            return True
        names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        raised = getattr(builtins, error.kind, None)
        for name in map(source_of, names):
            caught = getattr(builtins, name, None)
            if name.rpartition(".")[2] in {error.kind.rpartition(".")[2], "Exception", "BaseException"}:
                return True
            if isinstance(raised, type) and isinstance(caught, type) and issubclass(raised, caught):
                return True
        return False

    # Definitions

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        made: Any = Function(node.name, node, scope, self.frames[-1].path, self.calls.defaults_of(node, scope))
        for decorator in reversed(node.decorator_list):
            made = self.calls.decorate(decorator, made, scope)
        scope.assign(node.name, made)

    _asyncfunctiondef = _functiondef

    def _classdef(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = Scope(scope, is_class=True)
        definition = ClassDefinition(node.name, [self.evaluate(base, scope) for base in node.bases], inner)
        self.run_body(node.body, inner)
        for value in inner.names.values():
            if isinstance(value, Function) and value.owner is None:
                value.owner = definition
        if any(self.calls.is_dataclass(decorator, scope) for decorator in node.decorator_list):
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
            context = self.evaluate(item.context_expr, scope)
            value = airflow_objects.enter(self, context, node)
            entered.append(context)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, scope)
        try:
            self.run_body(node.body, scope)
        finally:
            for context in reversed(entered):
                airflow_objects.leave(self, context)

    _asyncwith = _with

    # Imports

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            module = self._imported_module(node, alias.name)
            if alias.asname is not None:
                scope.assign(alias.asname, module)
            else:
                root = alias.name.partition(".")[0]
                scope.assign(root, self.load(root) or Imported(root))

    def _importfrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        name = self._absolute_name(node, scope)
        module = self._imported_module(node, name)
        for alias in node.names:
            if alias.name == "*":
                self._import_everything(node, module, scope)
                continue
            value: Any = Imported(f"{name}.{alias.name}")
            if isinstance(module, LoadedModule):
                value = self.attribute_of_module(module, alias.name)
                if value is None and alias.name not in module.scope.names:
                    value = self.fail(
                        node, "ImportError", f"cannot import name {alias.name!r} from {name!r} ({module.path})"
                    )
            scope.assign(alias.asname or alias.name, value)

    def _import_everything(self, node: ast.ImportFrom, module: Any, scope: Scope) -> None:
        if not isinstance(module, LoadedModule):
            # From now on any name may be there.
            self.taint(scope.module.names)
            self.warn(node, f"what {source_of(node)!r} imports is not known")
            return
        for key, value in module.scope.names.items():
            if not key.startswith("_"):
                scope.assign(key, value)

    def attribute_of_module(self, module: LoadedModule, name: str) -> Any:
        """A name of a module of the DAG folder, or a module inside it; None when there is neither."""
        if name in module.scope.names:
            return module.scope.names[name]
        if self.is_tainted(module.scope.names):
            return Unknown(name)
        return self.load(f"{module.name}.{name}")

    def _absolute_name(self, node: ast.ImportFrom, scope: Scope) -> str:
        if not node.level:
            return node.module or ""
        package = scope.module.names.get("__package__")
        if not package:
            self.fail(node, "ImportError", "attempted relative import with no known parent package")
        base = str(package).rsplit(".", node.level - 1)[0] if node.level > 1 else str(package)
        return f"{base}.{node.module}" if node.module else base

    def _imported_module(self, node: ast.stmt, name: str) -> LoadedModule | Imported:
        module = self.load(name)
        if module is not None:
            return module
        root = name.partition(".")[0]
        if self.load(root) is None and not self.surroundings.is_importable(root):
            self.fail(node, "ModuleNotFoundError", f"No module named {root!r}")
        return Imported(name)

    # Calls of the file's own functions

    def call_function(self, function: Function, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        """What a function of the file returns."""
        if len(self.frames) > MAXIMUM_DEPTH:
            return Unknown(source_of(node))
        scope = Scope(function.scope)
        self.calls.bind(function, arguments, named, scope)
        if isinstance(function.node, ast.Lambda):
            return self.evaluate(function.node.body, scope)
        self.yielded.append([])
        try:
            with self.frame(function.path, function.name, function.node):
                self.run_body(function.node.body, scope)
            result: Any = None
        except Return as returned:
            result = returned.value
        finally:
            yielded = self.yielded.pop()
        return yielded or result

    def instance_of(
        self, definition: ClassDefinition, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
    ) -> Any:
        """A new object of a class of the file."""
        instance = Instance(definition)
        constructor, found = definition.find("__init__")
        if found and isinstance(constructor, Function):
            self.call_function(constructor, [instance, *arguments], named, node)
        elif definition.fields is not None:
            instance.attributes.update(definition.fields)
            instance.attributes.update(dict(zip(definition.fields, arguments, strict=False)))
            instance.attributes.update(named)
        return instance


def source_of(node: ast.AST) -> str:
    """The source of an expression, on one line."""
    return ast.unparse(node)


def _as_load(target: ast.expr) -> Any:
    copy = ast.parse(ast.unparse(target), mode="eval").body
    for inner in ast.walk(copy):
        ast.copy_location(inner, target)
    return copy
