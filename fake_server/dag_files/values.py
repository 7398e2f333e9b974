"""What an expression in a DAG file can be, besides plain Python values: unknown, imported, or defined in the file."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from pathlib import PurePath
from typing import Any

#: How many items, characters of texts included, a value may have before it counts as unknown.
LARGEST_VALUE = 200_000


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set of names."""
    return frozenset(text.split())


class Unknown:
    """A value that the text alone does not tell. ``text`` is the source of it, from which names can be made."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"<unknown {self.text}>"

    @property
    def as_name(self) -> str:
        """The source as a part of an id."""
        return re.sub(r"\W+", "_", self.text).strip("_")[:50] or "unknown"


@dataclass(frozen=True)
class Imported:
    """Something that a module outside the DAG folder defines, by its full name."""

    path: str

    @property
    def name(self) -> str:
        """The last part of the full name."""
        return self.path.rpartition(".")[2]

    @property
    def root(self) -> str:
        """The top-level package."""
        return self.path.partition(".")[0]


def guessed_name(value: Any, fallback: str) -> str:
    """What to call something whose name is ``value``, which is not known."""
    if isinstance(value, Unknown):
        return value.as_name
    return value.name if isinstance(value, Imported) else fallback


class Scope:
    """The names of a module, class or function."""

    def __init__(self, parent: Scope | None = None, *, is_class: bool = False) -> None:
        self.names: dict[str, Any] = {}
        self.parent = parent
        self.is_class = is_class
        #: Names that ``global`` and ``nonlocal`` lead elsewhere.
        self.elsewhere: dict[str, Scope] = {}

    @property
    def module(self) -> Scope:
        """The scope of the module that this one is in."""
        return self if self.parent is None else self.parent.module

    def owner_of(self, name: str) -> Scope | None:
        """The scope that has ``name``, as seen from here."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope
            scope = scope.parent
        return None

    def assign(self, name: str, value: Any) -> None:
        """Give ``name`` a value."""
        self.elsewhere.get(name, self).names[name] = value


@dataclass(eq=False)
class LoadedModule:
    """A module of the DAG folder."""

    name: str
    path: str
    scope: Scope


@dataclass(eq=False)
class Function:
    """A function or lambda of the file, not called yet."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    path: str
    defaults: dict[str, Any]
    #: The class that it is a method of.
    owner: ClassDefinition | None = None
    #: ``staticmethod``, ``classmethod`` or ``property``.
    kind: str = ""

    @property
    def docstring(self) -> str | None:
        """Its docstring, as the source has it."""
        return None if isinstance(self.node, ast.Lambda) else ast.get_docstring(self.node, clean=False)


@dataclass(eq=False)
class ClassDefinition:
    """A class of the file."""

    name: str
    bases: list[Any]
    scope: Scope
    #: The fields of a dataclass in their order, with their defaults.
    fields: dict[str, Any] | None = None

    @property
    def foreign_bases(self) -> list[Imported]:
        """What it descends from outside the DAG folder."""
        found: list[Imported] = []
        for base in self.bases:
            if isinstance(base, Imported):
                found.append(base)
            elif isinstance(base, ClassDefinition):
                found.extend(base.foreign_bases)
        return found

    def find(self, name: str, *, above: bool = False) -> tuple[Any, bool]:
        """The attribute of that name and whether there is one; ``above`` looks in the bases only."""
        if not above and name in self.scope.names:
            return self.scope.names[name], True
        for base in self.bases:
            if isinstance(base, ClassDefinition):
                value, found = base.find(name)
                if found:
                    return value, True
        return None, False


@dataclass(eq=False)
class Instance:
    """An object of a class of the file."""

    definition: ClassDefinition
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class BoundMethod:
    """A function together with the object that it is called on."""

    function: Function
    target: Any


@dataclass(frozen=True, eq=False)
class NativeMethod:
    """A method of a value that the reader itself knows: texts, lists, dates, tasks, DAGs."""

    target: Any
    name: str


@dataclass(frozen=True, eq=False)
class Super:
    """``super()``: the bases of ``definition``, for ``target``."""

    definition: ClassDefinition
    target: Any


_ATOMS = (str, bytes, int, float, bool, type(None), datetime, date, timedelta, tzinfo, PurePath)
_COLLECTIONS = (list, tuple, set, frozenset, dict)


def is_plain(value: Any) -> bool:
    """Whether ``value`` is wholly known, a plain Python value, and of a size that is safe to work with."""
    weight = 0
    waiting = [value]
    while waiting:
        current = waiting.pop()
        weight += len(current) if isinstance(current, (str, bytes)) else 1
        if isinstance(current, dict):
            waiting.extend(current.keys())
            waiting.extend(current.values())
        elif isinstance(current, _COLLECTIONS):
            waiting.extend(current)
        elif not isinstance(current, _ATOMS) and type(current) is not range:
            return False
        if weight > LARGEST_VALUE or len(waiting) > LARGEST_VALUE:
            return False
    return True
