"""Follows a DAG file statement by statement, as Python would, but only on values that it knows itself.

Nothing of the file is executed: no module is imported, no function of any library is called but the few pure ones of
:mod:`fake_server.dag_files.library`, nothing is read or written. Whatever cannot be known that way is
:class:`~fake_server.dag_files.values.Unknown`, and where that matters for a DAG, a warning says so. The number of
steps, the depth of calls and the size of values are limited, so that no file can take long or much memory.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fake_server.dag_files.calls import Calls
from fake_server.dag_files.definitions import DagDefinition, GroupDefinition
from fake_server.dag_files.expressions import Expressions
from fake_server.dag_files.functions import Functions
from fake_server.dag_files.imports import Imports
from fake_server.dag_files.modules import Modules
from fake_server.dag_files.statements import Statements
from fake_server.dag_files.surroundings import Surroundings
from fake_server.dag_files.tracebacks import Frame, RaisedInFile, compiled
from fake_server.dag_files.values import (
    ClassDefinition,
    Imported,
    LoadedModule,
    Scope,
    Unknown,
    is_plain,
)

#: Statements and expressions that are followed in one file and what it imports from the DAG folder.
MAXIMUM_STEPS = 100_000


class TooManySteps(Exception):
    """The file takes more steps than are followed."""


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
        self.functions = Functions(self)
        self.imports = Imports(self)
        self.statements = Statements(self)

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
        else:
            # Any name may be there.
            self.taint(module.scope.names)
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
                self.statements.run(tree.body, scope)
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

    @property
    def is_uncertain(self) -> bool:
        """Whether what is being followed may not happen at all."""
        return self._uncertain > 0

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
            return Unknown(ast.unparse(node))
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
        if self.is_tainted(value) and all(isinstance(item, Unknown) for item in value):
            # What is there only stands for what may be there.
            return None
        return bool(value) if isinstance(value, (list, dict, set, tuple)) or is_plain(value) else True

    def items_of(self, value: Any) -> list[Any] | None:
        """What iterating over a value gives; None when that is not known."""
        if isinstance(value, range):
            return list(value[: MAXIMUM_STEPS + 1])
        if self.is_tainted(value):
            return None
        if isinstance(value, (list, tuple, str, dict)):
            return list(value)
        if isinstance(value, (set, frozenset)):
            return sorted(value, key=repr) if is_plain(value) else list(value)
        if isinstance(value, ClassDefinition):
            return self.calls.members_of(value)
        return None
