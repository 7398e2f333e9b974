"""What the names that a DAG file imports from Airflow do, and what can be done with what they make."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fake_server.dag_files import dags_in_files, tasks_in_files
from fake_server.dag_files.dags_in_files import DagDecorator, DagFunction, GroupDecorator, GroupFunction
from fake_server.dag_files.definitions import (
    NODES,
    DagDefinition,
    DatasetCondition,
    DatasetReference,
    EdgeLabel,
    GroupDefinition,
    ParamDefinition,
    TaskDefinition,
    TaskResult,
    TimetableDefinition,
    has_nodes,
    put_below,
)
from fake_server.dag_files.tasks_in_files import CustomTask, OperatorPartial, TaskDecorator, TaskFunction
from fake_server.dag_files.values import ClassDefinition, Function, Imported, NativeMethod, Super, Unknown, is_plain

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

_OPERATOR_SUFFIXES = ("Operator", "Sensor", "SensorAsync", "OperatorAsync")
_Maker = Callable[["Interpreter", list[Any], Mapping[str, Any], ast.AST], Any]


def is_operator_class(definition: ClassDefinition, named: Mapping[str, Any]) -> bool:
    """Whether making an object of a class of the file makes a task."""
    bases = definition.foreign_bases
    return any(base.name.endswith(_OPERATOR_SUFFIXES) for base in bases) or (bool(bases) and "task_id" in named)


make_custom_task = tasks_in_files.make_custom_task


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
        return OperatorPartial(Imported(owner).name, dict(named))
    if called.name.endswith(_OPERATOR_SUFFIXES) or "task_id" in named:
        return tasks_in_files.make_task(interpreter, called.name, named, node)
    if called.path == "functools.partial" and arguments:
        return arguments[0] if isinstance(arguments[0], Function) else Unknown(ast.unparse(node))
    return Unknown(ast.unparse(node))


def _dag(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    return dags_in_files.make_dag(interpreter, dags_in_files.named_arguments(arguments, named), node)


def _dag_decorator(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    if len(arguments) == 1 and isinstance(arguments[0], Function):
        return DagFunction(arguments[0], dict(named))
    return DagDecorator(dags_in_files.named_arguments(arguments, named))


def _group_decorator(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    if len(arguments) == 1 and isinstance(arguments[0], Function):
        return GroupFunction(arguments[0], dict(named))
    return GroupDecorator({**dict(zip(("group_id",), arguments, strict=False)), **named})


def _plain_task(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    return _task_decorator("", arguments, named)


def _task_decorator(kind: str, arguments: list[Any], named: Mapping[str, Any], role: str = "") -> Any:
    decorator = TaskDecorator(kind, dict(named), role)
    function = arguments[0] if arguments else None
    if isinstance(function, TaskFunction):
        return replace(function, role=role or function.role)
    return tasks_in_files.decorated_task(decorator, function) if isinstance(function, Function) else decorator


def _with_role(role: str) -> _Maker:
    def make(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
        return _task_decorator("", arguments, named, role)

    return make


def _group(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    given = {**dict(zip(("group_id", "prefix_group_id"), arguments, strict=False)), **named}
    return dags_in_files.make_group(interpreter, given, node)


def _label(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    return EdgeLabel()


def _dataset(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
    uri = arguments[0] if arguments else named.get("uri", named.get("name"))
    if not isinstance(uri, str):
        interpreter.warn(node, "the URI of a dataset is not known")
        uri = uri.as_name if isinstance(uri, Unknown) else "unknown"
    return DatasetReference(uri)


def _datasets(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    return DatasetCondition(tuple(datasets_in(arguments)))


def _param(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    return dags_in_files.make_param(arguments, named)


def _timetable(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    schedule = arguments[0] if arguments else named.get("cron", named.get("delta", Unknown("timetable")))
    return TimetableDefinition(schedule)


def _dataset_or_time(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    timetable = arguments[0] if arguments else named.get("timetable")
    datasets = named.get("datasets", named.get("assets"))
    schedule = timetable.schedule if isinstance(timetable, TimetableDefinition) else Unknown("timetable")
    return TimetableDefinition(schedule, tuple(datasets_in(datasets)))


def _chain(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
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


def _chain_linear(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    for above, below in itertools.pairwise(arguments):
        put_below(above, below)
    return None


def _xcom_arg(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
    source = arguments[0] if arguments else named.get("operator")
    return TaskResult((source,)) if isinstance(source, TaskDefinition) else Unknown(ast.unparse(node))


def _current_dag(interpreter: Interpreter, arguments: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:  # noqa: ARG001
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


# Calls of what has been made


def call_object(
    interpreter: Interpreter, called: Any, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
) -> Any:
    """What calling something that is neither imported nor an ordinary function gives."""
    if isinstance(called, DagFunction):
        return dags_in_files.call_dag_function(interpreter, called, arguments, named, node)
    if isinstance(called, GroupFunction):
        return dags_in_files.call_group_function(interpreter, called, arguments, named, node)
    if isinstance(called, TaskFunction):
        return tasks_in_files.call_task_function(interpreter, called, arguments, named, node)
    if isinstance(called, (TaskDecorator, DagDecorator, GroupDecorator)) and arguments:
        return decorate(interpreter, called, arguments[0], node)
    if "task_id" in named:
        # Whatever this is, with a task_id it will make a task.
        source = ast.unparse(node.func) if isinstance(node, ast.Call) else "BaseOperator"
        return tasks_in_files.make_task(interpreter, source.rpartition(".")[2], named, node)
    return Unknown(ast.unparse(node))


def call_method(
    interpreter: Interpreter,
    target: Any,
    name: str,
    arguments: list[Any],
    named: Mapping[str, Any],
    node: ast.AST,
) -> Any:
    """What calling a method of something of Airflow's gives."""
    for kind, method in _METHODS_OF_KINDS.items():
        if isinstance(target, kind):
            return method(interpreter, target, name, arguments, named, node)
    return Unknown(ast.unparse(node))


def _super_method(
    interpreter: Interpreter, target: Super, name: str, _: list[Any], named: Mapping[str, Any], __: ast.AST
) -> Any:
    if name == "__init__" and isinstance(target.target, CustomTask):
        tasks_in_files.init_custom_task(interpreter, target.target, named)


def _class_method(
    _: Interpreter, target: ClassDefinition, name: str, __: list[Any], named: Mapping[str, Any], node: ast.AST
) -> Any:
    is_partial = name == "partial" and target.foreign_bases
    return OperatorPartial(target.name, dict(named)) if is_partial else Unknown(ast.unparse(node))


def _partial_method(
    interpreter: Interpreter,
    target: OperatorPartial,
    name: str,
    arguments: list[Any],
    named: Mapping[str, Any],
    node: ast.AST,
) -> Any:
    expanded = named if name == "expand" else {"kwargs": arguments[0] if arguments else None}
    return tasks_in_files.expand_operator(interpreter, target, expanded, node)


def _node_method(
    interpreter: Interpreter, target: Any, name: str, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
) -> Any:
    if name in {"set_upstream", "set_downstream"}:
        others = arguments[0] if arguments else named.get("task_or_task_list")
        put_below(*((others, target) if name == "set_upstream" else (target, others)))
        return None
    if name in {"as_setup", "as_teardown"}:
        return _in_role(target, name, named)
    if isinstance(target, TaskResult):
        added = [source for other in arguments if isinstance(other, TaskResult) for source in other.sources]
        return TaskResult((*target.sources, *added))
    if isinstance(target, DagDefinition):
        return _dag_method(interpreter, target, name, arguments, named, node)
    return Unknown(ast.unparse(node))


def _group_function_method(
    interpreter: Interpreter,
    target: GroupFunction,
    name: str,
    arguments: list[Any],
    named: Mapping[str, Any],
    node: ast.AST,
) -> Any:
    if name == "override":
        return GroupFunction(target.function, {**target.arguments, **named})
    if name == "partial":
        return target
    interpreter.warn(node, "a mapped task group is taken for one that is not mapped")
    return dags_in_files.call_group_function(interpreter, target, arguments, named, node)


def _in_role(target: Any, name: str, named: Mapping[str, Any]) -> Any:
    for task in target.sources if isinstance(target, TaskResult) else (target,):
        if not isinstance(task, TaskDefinition):
            continue
        task.is_setup, task.is_teardown = name == "as_setup", name == "as_teardown"
        if task.is_teardown:
            task.arguments["trigger_rule"] = "all_done_setup_success"
            put_below(named.get("setups"), task)
    return target


def _dag_method(
    interpreter: Interpreter,
    dag: DagDefinition,
    name: str,
    arguments: list[Any],
    named: Mapping[str, Any],
    node: ast.AST,
) -> Any:
    if name in {"get_task", "has_task"}:
        task_id = arguments[0] if arguments else named.get("task_id")
        if name == "has_task":
            return task_id in dag.tasks if isinstance(task_id, str) else Unknown(ast.unparse(node))
        if isinstance(task_id, str) and task_id in dag.tasks:
            return dag.tasks[task_id]
        if isinstance(task_id, str):
            return interpreter.fail(node, "airflow.exceptions.TaskNotFound", f"Task {task_id} not found")
    if name in {"test", "cli", "run", "clear"}:
        return None
    return Unknown(ast.unparse(node))


_METHODS_OF_KINDS: dict[Any, Callable[[Interpreter, Any, str, list[Any], Mapping[str, Any], ast.AST], Any]] = {
    Super: _super_method,
    ClassDefinition: _class_method,
    TaskFunction: tasks_in_files.task_function_method,
    GroupFunction: _group_function_method,
    OperatorPartial: _partial_method,
    NODES: _node_method,
}


# Attributes, items, operators


def attribute(value: Any, name: str) -> Any:
    """What ``value.name`` is, for something of Airflow's."""
    found: Any = NotImplemented
    if isinstance(value, TaskDefinition):
        found = _attribute_of_task(value, name)
    elif isinstance(value, DagDefinition):
        found = _attribute_of_dag(value, name)
    elif isinstance(value, TaskResult) and name == "operator":
        found = value.sources[0]
    elif isinstance(value, GroupDefinition) and name == "group_id":
        found = value.group_id
    elif isinstance(value, DatasetReference) and name in {"uri", "name"}:
        found = value.uri
    elif isinstance(value, ParamDefinition) and name == "value":
        found = value.value
    return NativeMethod(value, name) if found is NotImplemented else found


def _attribute_of_task(task: TaskDefinition, name: str) -> Any:
    if name == "output":
        return TaskResult((task,))
    simple = {"task_id": task.task_id, "dag": task.dag, "dag_id": task.dag.dag_id, "task_group": task.group}
    return simple.get(name, task.arguments.get(name, NotImplemented))


def _attribute_of_dag(dag: DagDefinition, name: str) -> Any:
    if name == "dag_id":
        return dag.dag_id
    if name in {"tasks", "task_ids", "roots", "leaves"}:
        tasks = list(dag.tasks.values()) if name in {"tasks", "task_ids"} else getattr(dag.root, name)
        return [task.task_id for task in tasks] if name == "task_ids" else list(tasks)
    if name == "task_dict":
        return dict(dag.tasks)
    if name == "default_args":
        return dag.root.default_args
    if name in dag.arguments and name not in {"test", "cli"}:
        return dag.arguments[name]
    return Unknown(f"{dag.dag_id}.{name}") if name in {"timezone", "params", "folder", "filepath"} else NotImplemented


def set_attribute(target: Any, name: str, value: Any) -> None:
    """What ``target.name = value`` does to something of Airflow's."""
    if isinstance(target, (TaskDefinition, DagDefinition)):
        target.arguments[name] = value


def item(value: Any, node: ast.Subscript) -> Any:
    """What ``value[...]`` is, for something of Airflow's."""
    return value if isinstance(value, TaskResult) else Unknown(ast.unparse(node))


def combine(kind: ast.operator, left: Any, right: Any) -> Any:
    """``>>``, ``<<`` between tasks, ``&``, ``|`` between datasets; NotImplemented for anything else."""
    if isinstance(kind, (ast.RShift, ast.LShift)):
        if has_nodes(left) or has_nodes(right):
            put_below(*((left, right) if isinstance(kind, ast.RShift) else (right, left)))
            return right
        return right if not (is_plain(left) and is_plain(right)) else NotImplemented
    if isinstance(kind, (ast.BitAnd, ast.BitOr)):
        datasets = (*datasets_in(left), *datasets_in(right))
        if datasets:
            return DatasetCondition(datasets)
    return NotImplemented


# Contexts


def enter(interpreter: Interpreter, context: Any, node: ast.AST) -> Any:  # noqa: ARG001
    """What ``with context as value`` gives, with the DAG or group open from now on."""
    if isinstance(context, DagDefinition):
        dags_in_files.enter_dag(interpreter, context)
    elif isinstance(context, GroupDefinition):
        interpreter.group_stack.append(context)
    elif isinstance(context, list) and len(context) == 1:
        return context[0]
    return context


def leave(interpreter: Interpreter, context: Any) -> None:
    """The end of the block."""
    if isinstance(context, DagDefinition):
        dags_in_files.leave_dag(interpreter, context)
    elif isinstance(context, GroupDefinition):
        interpreter.group_stack.pop()
