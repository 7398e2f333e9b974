# ruff: noqa: ARG001 - what a name makes is asked for through one table, so all makers take the same arguments
"""What the names do that a DAG file imports from Airflow: DAGs, groups, decorators, datasets, parameters, chains."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fake_server.dag_files import dags_in_files, tasks_in_files
from fake_server.dag_files.dags_in_files import DagDecorator, DagFunction, GroupDecorator, GroupFunction
from fake_server.dag_files.definitions import (
    DatasetCondition,
    DatasetReference,
    EdgeLabel,
    TaskDefinition,
    TaskResult,
    TimetableDefinition,
    put_below,
)
from fake_server.dag_files.operator_signatures import Signature, signature_of
from fake_server.dag_files.tasks_in_files import OperatorPartial, TaskDecorator, TaskFunction
from fake_server.dag_files.values import ClassDefinition, Function, Imported, Unknown

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

_OPERATOR_SUFFIXES = ("Operator", "Sensor", "SensorAsync", "OperatorAsync")
_Maker = Callable[["Interpreter", list[Any], Mapping[str, Any], ast.AST], Any]


def is_operator_class(definition: ClassDefinition, named: Mapping[str, Any]) -> bool:
    """Whether making an object of a class of the file makes a task."""
    bases = definition.foreign_bases
    return any(base.name.endswith(_OPERATOR_SUFFIXES) for base in bases) or (bool(bases) and "task_id" in named)


# Names from Airflow


def imported_attribute(value: Imported, name: str) -> Any:
    """What ``value.name`` is: constants of Airflow are texts in DAGs."""
    if value.name in {"TriggerRule", "WeightRule"}:
        return name.lower()
    return Imported(f"{value.path}.{name}")


def call_imported(
    interpreter: Interpreter, called: Imported, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
) -> Any:
    """What calling something imported gives."""
    owner = called.path.rpartition(".")[0]
    if called.root == "airflow":
        if owner.endswith(".task"):
            return _task_decorator(called.name, arguments, named)
        if owner.endswith(("XComArg", "Variable")) and called.name == "get":
            return _variable(interpreter, arguments, named, node)
        if called.name in _MAKERS:
            return _MAKERS[called.name](interpreter, arguments, named, node)
    if called.name == "partial" and owner.endswith(_OPERATOR_SUFFIXES):
        signature = _signature(interpreter, Imported(owner))
        return OperatorPartial(Imported(owner).name, dict(named), signature)
    if called.name.endswith(_OPERATOR_SUFFIXES) or "task_id" in named:
        signature = _signature(interpreter, called)
        if signature is not None and arguments:
            words = "Use keyword arguments when initializing operators"
            interpreter.fail(node, "airflow.exceptions.AirflowException", words)
        is_guess = not called.name.endswith(_OPERATOR_SUFFIXES)
        return tasks_in_files.make_task(interpreter, called.name, named, node, signature=signature, is_guess=is_guess)
    if called.path == "functools.partial" and arguments:
        return arguments[0] if isinstance(arguments[0], Function) else Unknown(ast.unparse(node))
    return Unknown(ast.unparse(node))


def _signature(interpreter: Interpreter, operator: Imported) -> Signature | None:
    """The operator's signature in Airflow 2; there is none for other versions."""
    return signature_of(operator) if interpreter.surroundings.version[0] == 2 else None


def _dag(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    given = dags_in_files.named_arguments(arguments, named)
    if interpreter.is_tainted(named):
        interpreter.taint(given)
    return dags_in_files.make_dag(interpreter, given, node)


def _dag_decorator(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    if len(arguments) == 1 and isinstance(arguments[0], Function):
        return DagFunction(arguments[0], dict(named))
    return DagDecorator(dags_in_files.named_arguments(arguments, named))


def _group_decorator(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    if len(arguments) == 1 and isinstance(arguments[0], Function):
        return GroupFunction(arguments[0], dict(named))
    return GroupDecorator({**dict(zip(("group_id",), arguments, strict=False)), **named})


def _plain_task(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    return _task_decorator("", arguments, named)


def _task_decorator(kind: str, arguments: list[Any], named: Mapping[str, Any], role: str = "") -> Any:
    decorator = TaskDecorator(kind, dict(named), role)
    function = arguments[0] if arguments else None
    if isinstance(function, TaskFunction):
        return replace(function, role=role or function.role)
    return tasks_in_files.decorated_task(decorator, function) if isinstance(function, Function) else decorator


def _with_role(role: str) -> _Maker:
    def make(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        return _task_decorator("", arguments, named, role)

    return make


def _group(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    given = {**dict(zip(("group_id", "prefix_group_id"), arguments, strict=False)), **named}
    return dags_in_files.make_group(interpreter, given, node)


def _label(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    return EdgeLabel()


def _dataset(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    uri = arguments[0] if arguments else named.get("uri", named.get("name"))
    if not isinstance(uri, str):
        interpreter.warn(node, "the URI of a dataset is not known")
        uri = uri.as_name if isinstance(uri, Unknown) else "unknown"
    return DatasetReference(uri)


def _datasets(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    return DatasetCondition(tuple(datasets_in(arguments)))


def _param(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    return dags_in_files.make_param(arguments, named)


def _timetable(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    schedule = arguments[0] if arguments else named.get("cron", named.get("delta", Unknown("timetable")))
    return TimetableDefinition(schedule)


def _dataset_or_time(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    timetable = arguments[0] if arguments else named.get("timetable")
    datasets = named.get("datasets", named.get("assets"))
    schedule = timetable.schedule if isinstance(timetable, TimetableDefinition) else Unknown("timetable")
    return TimetableDefinition(schedule, tuple(datasets_in(datasets)))


def _chain(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    for above, below in itertools.pairwise(arguments):
        if isinstance(above, (list, tuple)) and isinstance(below, (list, tuple)):
            if len(above) != len(below):
                words = f"Chain not supported for different length Iterable. Got {len(above)} and {len(below)}."
                interpreter.fail(node, "airflow.exceptions.AirflowException", words)
            for upper, lower in zip(above, below, strict=False):
                put_below(upper, lower)
        else:
            put_below(above, below)
    return None


def _chain_linear(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    for above, below in itertools.pairwise(arguments):
        put_below(above, below)
    return None


def _xcom_arg(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    source = arguments[0] if arguments else named.get("operator")
    return TaskResult((source,)) if isinstance(source, TaskDefinition) else Unknown(ast.unparse(node))


def _current_dag(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    return interpreter.dag_stack[-1] if interpreter.dag_stack else None


_MAKERS: dict[str, _Maker] = {
    "DAG": _dag, "dag": _dag_decorator, "task": _plain_task, "setup": _with_role("setup"),
    "teardown": _with_role("teardown"), "task_group": _group_decorator, "TaskGroup": _group, "Label": _label,
    "Dataset": _dataset, "Asset": _dataset, "DatasetAll": _datasets, "DatasetAny": _datasets, "AssetAll": _datasets,
    "AssetAny": _datasets, "Param": _param, "CronTriggerTimetable": _timetable,
    "CronDataIntervalTimetable": _timetable, "DeltaDataIntervalTimetable": _timetable,
    "DeltaTriggerTimetable": _timetable, "DatasetOrTimeSchedule": _dataset_or_time,
    "AssetOrTimeSchedule": _dataset_or_time, "chain": _chain, "chain_linear": _chain_linear,
    "cross_downstream": _chain_linear, "XComArg": _xcom_arg, "get_current_dag": _current_dag,
}  # fmt: skip
#: Those that can also stand above a function without being called.
_DECORATORS = frozenset({"dag", "task", "setup", "teardown", "task_group"})


def _variable(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    """``Variable.get``: what Airflow holds now, or else the default that stands there."""
    given = {**dict(zip(("key", "default_var", "deserialize_json"), arguments, strict=False)), **named}
    key = given.get("key")
    default = given.get("default_var", given.get("default", Unknown(key if isinstance(key, str) else "variable")))
    if not isinstance(key, str):
        return default
    text = interpreter.surroundings.variables.get(key)
    if text is None:
        if isinstance(default, Unknown):
            interpreter.warn(node, f"there is no variable {key!r}, and no default for it")
        return default
    if interpreter.truth_of(given.get("deserialize_json", False)):
        return interpreter.calls.call(Imported("json.loads"), [text], {}, node)
    return text


def datasets_in(value: Any) -> list[DatasetReference]:
    """The datasets in a list, a condition, or alone."""
    if isinstance(value, DatasetReference):
        return [value]
    if isinstance(value, (DatasetCondition, TimetableDefinition)):
        return list(value.datasets)
    if isinstance(value, (list, tuple, set)):
        return [dataset for item in value for dataset in datasets_in(item)]
    return []


# Decorators


def decorate(interpreter: Interpreter, value: Any, function: Any, node: ast.AST) -> Any:
    """What a decorator from elsewhere makes of a function of the file."""
    if isinstance(value, DagDecorator):
        return DagFunction(function, value.arguments)
    if isinstance(value, GroupDecorator):
        return GroupFunction(function, value.arguments)
    if isinstance(value, TaskDecorator):
        if isinstance(function, TaskFunction):
            return replace(function, role=value.role or function.role)
        return tasks_in_files.decorated_task(value, function)
    if isinstance(value, Imported) and value.root == "airflow":
        if value.path.rpartition(".")[0].endswith(".task"):
            return _task_decorator(value.name, [function], {})
        if value.name in _DECORATORS:
            return _MAKERS[value.name](interpreter, [function], {}, node)
    return function
