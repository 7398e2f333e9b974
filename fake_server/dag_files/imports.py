"""Follows the imports of a DAG file: modules of the DAG folder are read, all others are known by name only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from fake_server.dag_files.values import Imported, LoadedModule, Scope, Unknown

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter


class Imports:
    """What the imports of one file give."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def modules(self, node: ast.Import, scope: Scope) -> None:
        """``import module``."""
        for alias in node.names:
            module = self._imported_module(node, alias.name)
            if alias.asname is not None:
                scope.assign(alias.asname, module)
            else:
                root = alias.name.partition(".")[0]
                scope.assign(root, self._interpreter.load(root) or Imported(root))

    def names(self, node: ast.ImportFrom, scope: Scope) -> None:
        """``from module import name``."""
        name = self._absolute_name(node, scope)
        module = self._imported_module(node, name)
        for alias in node.names:
            if alias.name == "*":
                self._import_everything(node, module, scope)
                continue
            value: Any = Imported(f"{name}.{alias.name}")
            if isinstance(module, LoadedModule):
                value = self.attribute(module, alias.name)
                if value is None and alias.name not in module.scope.names:
                    value = self._interpreter.fail(
                        node, "ImportError", f"cannot import name {alias.name!r} from {name!r} ({module.path})"
                    )
            scope.assign(alias.asname or alias.name, value)

    def _import_everything(self, node: ast.ImportFrom, module: Any, scope: Scope) -> None:
        if not isinstance(module, LoadedModule):
            # From now on any name may be there.
            self._interpreter.taint(scope.module.names)
            self._interpreter.warn(node, f"what {ast.unparse(node)!r} imports is not known")
            return
        for key, value in module.scope.names.items():
            if not key.startswith("_"):
                scope.assign(key, value)

    def attribute(self, module: LoadedModule, name: str) -> Any:
        """A name of a module of the DAG folder, or a module inside it; None when there is neither."""
        if name in module.scope.names:
            return module.scope.names[name]
        if self._interpreter.is_tainted(module.scope.names):
            return Unknown(name)
        return self._interpreter.load(f"{module.name}.{name}")

    def _absolute_name(self, node: ast.ImportFrom, scope: Scope) -> str:
        if not node.level:
            return node.module or ""
        package = scope.module.names.get("__package__")
        if not package:
            self._interpreter.fail(node, "ImportError", "attempted relative import with no known parent package")
        base = str(package).rsplit(".", node.level - 1)[0] if node.level > 1 else str(package)
        return f"{base}.{node.module}" if node.module else base

    def _imported_module(self, node: ast.stmt, name: str) -> LoadedModule | Imported:
        module = self._interpreter.load(name)
        if module is not None:
            return module
        root = name.partition(".")[0]
        if self._interpreter.load(root) is None and not self._interpreter.surroundings.is_importable(root):
            self._interpreter.fail(node, "ModuleNotFoundError", f"No module named {root!r}")
        return Imported(name)
