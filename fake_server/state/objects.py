"""Objects of a deployment as bytes, and back.

The bytes are a pickle that may name nothing but the classes listed here, whoever wrote it: a state file from elsewhere
can hold wrong data, but not run code. What belongs to another row stands in it as a reference to that row.
"""

from __future__ import annotations

import collections
import copyreg
import dataclasses
import datetime as dt
import dis
import functools
import hashlib
import io
import itertools
import pickle
import re
import types
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any

from fake_server.airflow.active_runs import ActiveRuns
from fake_server.airflow.audit import AuditLog, AuditRow
from fake_server.airflow.connections import Connection, Connections
from fake_server.airflow.dags import DAG, Param, Task
from fake_server.airflow.datasets import Dataset, DatasetEvent, DatasetReference, Datasets, QueuedEvent
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.import_errors import ImportErrors, ParseImportError
from fake_server.airflow.password_auth_users import PasswordAuthUsers
from fake_server.airflow.pools import Pool, Pools
from fake_server.airflow.run_store import DagRuns
from fake_server.airflow.runs import DagRun
from fake_server.airflow.scheduler import Scheduler, nothing
from fake_server.airflow.security import Role, Security, User
from fake_server.airflow.slots import SlotQueue, Slots
from fake_server.airflow.task_instances import TaskInstance, TaskTry
from fake_server.airflow.timetables import DataInterval, timetable_for
from fake_server.airflow.variables import Variable, Variables
from fake_server.airflow.xcoms import XCom, XComs
from fake_server.clock import Clock

#: Where an object stands that has a row of its own: the kind of the row, and what of it.
Reference = tuple[Any, ...]

_PROTOCOL = 5

#: What a deployment consists of.
KEPT_CLASSES: tuple[type, ...] = (
    ActiveRuns, AuditLog, AuditRow, Clock, Connection, Connections, DAG, DagRun, DagRuns, DataInterval, Dataset,
    DatasetEvent, DatasetReference, Datasets, ImportErrors, Param, ParseImportError, PasswordAuthUsers, Pool, Pools,
    QueuedEvent, Role, Scheduler, Security, SlotQueue, Slots, Task, TaskInstance, TaskTry, User, Variable,
    Variables, XCom, XComs,
)  # fmt: skip
_LIBRARY_CLASSES: tuple[type, ...] = (
    collections.Counter, collections.OrderedDict, collections.deque, dt.date, dt.datetime, dt.time, dt.timedelta,
    dt.timezone, zoneinfo.ZoneInfo,
)  # fmt: skip

#: Attributes that other rows hold, or that can be worked out.
_LEFT_OUT: dict[type, frozenset[str]] = {
    AuditLog: frozenset({"_rows"}),
    DAG: frozenset({"timetable", "_weights"}),
    DagRun: frozenset({"table"}),
    DagRuns: frozenset({"_by_run_id", "_tables", "_all"}),
}


class NotKept(TypeError):
    """An object of a class that no state file can hold."""


# How some objects are made again. These names stand in state files.


def _dag(state: dict[str, Any]) -> DAG:
    dag = DAG.__new__(DAG)
    vars(dag).update(state, timetable=timetable_for(state["schedule"], state["dataset_triggers"]), _weights={})
    return dag


def _filled(kind: type, state: dict[str, Any]) -> Any:
    """One of those objects whose entries have rows of their own, without its entries."""
    made = AuditLog(state["_clock"]) if kind is AuditLog else DagRuns()
    vars(made).update(state)
    return made


def _counter(following: int) -> itertools.count[int]:
    return itertools.count(following)


def _method(owner: object, name: str) -> Callable[..., Any]:
    """A method of a scheduler or a deployment: nothing else is ever planned or asked."""
    if not isinstance(owner, (Scheduler, Airflow)) or not isinstance(vars(type(owner)).get(name), types.FunctionType):
        raise pickle.UnpicklingError(f"{name!r} is no method of {type(owner).__name__}")
    method: Callable[..., Any] = getattr(owner, name)
    return method


def _planned(owner: object, name: str, arguments: tuple[Any, ...]) -> functools.partial[Any]:
    return functools.partial(_method(owner, name), *arguments)


_FUNCTIONS: tuple[Callable[..., Any], ...] = (_counter, _dag, _filled, _method, _planned, nothing)


def _name_of(thing: Any) -> tuple[str, str]:
    return thing.__module__, thing.__qualname__


_ALLOWED: dict[tuple[str, str], Any] = {
    _name_of(thing): thing for thing in (*KEPT_CLASSES, *_LIBRARY_CLASSES, *_FUNCTIONS)
}


def form_of_objects() -> str:
    """A name for the form of the bytes that changes whenever a class gets other attributes."""
    shapes = [f"{kept.__qualname__}: {', '.join(_attributes(kept))}" for kept in KEPT_CLASSES]
    return hashlib.sha256("\n".join(shapes).encode()).hexdigest()[:12]


def _attributes(kept: type) -> Iterable[str]:
    if dataclasses.is_dataclass(kept):
        return [f"{field.name} {field.type}" for field in dataclasses.fields(kept)]
    return list(getattr(kept, "__slots__", ())) or list(_names_set_by(kept))


def _names_set_by(kept: type) -> Iterable[str]:
    """The attributes that ``__init__`` sets."""
    instructions = dis.get_instructions(kept.__init__)  # type: ignore[misc]
    return sorted({str(instruction.argval) for instruction in instructions if instruction.opname == "STORE_ATTR"})


def _referred(*reference: Any) -> Any:
    """Stands in the bytes for whatever is in another row; reading them puts a finder in its place."""
    raise pickle.UnpicklingError(f"{reference!r} is not looked for here")


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, reference_to: Callable[[Any], Reference | None]) -> None:
        super().__init__(file, _PROTOCOL)
        self._reference_to = reference_to

    def reducer_override(self, thing: Any) -> Any:
        kind = type(thing)
        if kind in _PLAIN:
            return NotImplemented
        reference = self._reference_to(thing)
        if reference is not None:
            return _referred, reference
        if kind in _LEFT_OUT:
            return _reduced(thing)
        if kind in _KEPT:
            return NotImplemented
        return _reduced_of_library(thing)


#: Classes of which no object has a row of its own.
_PLAIN = frozenset({dt.datetime, dt.timedelta, dt.timezone, DataInterval, XCom, AuditRow})
_KEPT = frozenset({*KEPT_CLASSES, *_LIBRARY_CLASSES} - {zoneinfo.ZoneInfo})


def _reduced_of_library(thing: Any) -> Any:
    kind = type(thing)
    if kind is itertools.count:
        # Python has no other way to look at it without taking a number.
        return _counter, (int(re.findall(r"-?\d+", repr(thing))[0]),)
    if kind is types.MethodType:
        return _method, (thing.__self__, thing.__name__)
    if kind is functools.partial and isinstance(thing.func, types.MethodType) and not thing.keywords:
        return _planned, (thing.func.__self__, thing.func.__name__, thing.args)
    if kind is zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo, (thing.key,)
    if isinstance(thing, (type, types.FunctionType)) and (thing is _referred or _ALLOWED.get(_name_of(thing)) is thing):
        return NotImplemented
    raise NotKept(f"a state file cannot hold {thing!r}, of the type {kind.__module__}.{kind.__qualname__}.")


def _reduced(thing: Any) -> Any:
    kind, left_out = type(thing), _LEFT_OUT[type(thing)]
    if kind is DagRun:
        # Made empty and then filled, since its task instances name it.
        state = {name: getattr(thing, name) for name in DagRun.__slots__ if name not in left_out}
        return copyreg.__newobj__, (DagRun,), (None, {**state, "table": None})  # type: ignore[attr-defined]
    state = {name: value for name, value in vars(thing).items() if name not in left_out}
    return (_dag, (state,)) if kind is DAG else (_filled, (kind, state))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, referred: Callable[[Reference], Any]) -> None:
        super().__init__(file)
        self._referred = referred

    def _find(self, *reference: Any) -> Any:
        return self._referred(reference)

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == _name_of(_referred):
            return self._find
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no state file does") from None


def as_bytes(thing: Any, reference_to: Callable[[Any], Reference | None]) -> bytes:
    """``thing`` as bytes, with a reference in place of each object for which ``reference_to`` has one.

    :raises NotKept: for an object of another class than those of a deployment.
    """
    file = io.BytesIO()
    _Pickler(file, reference_to).dump(thing)
    return file.getvalue()


def from_bytes(content: bytes, referred: Callable[[Reference], Any]) -> Any:
    """What :func:`as_bytes` made these bytes of; ``referred`` finds what a reference stands for.

    :raises pickle.UnpicklingError: when they are anything else.
    """
    return _Unpickler(io.BytesIO(content), referred).load()
