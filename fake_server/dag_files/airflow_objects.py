"""What can be done with what the names of Airflow have made: calls, attributes, operators, contexts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fake_server.dag_files import airflow_names, dags_in_files, tasks_in_files
from fake_server.dag_files.dags_in_files import DagDecorator, DagFunction, GroupDecorator, GroupFunction
from fake_server.dag_files.definitions import (
    NODES,
    CannotBePutBelow,
    DagDefinition,
    DatasetCondition,
    DatasetReference,
    GroupDefinition,
    ParamDefinition,
    TaskDefinition,
    TaskResult,
    has_nodes,
    put_below,
    refuse_strangers,
)
from fake_server.dag_files.tasks_in_files import CustomTask, OperatorPartial, TaskDecorator, TaskFunction
from fake_server.dag_files.values import ClassDefinition, NativeMethod, Super, Unknown, is_plain

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

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
        return airflow_names.decorate(interpreter, called, arguments[0], node)
    if "task_id" in named:
        # Whatever this is, with a task_id it will make a task.
        source = ast.unparse(node.func) if isinstance(node, ast.Call) else "BaseOperator"
        return tasks_in_files.make_task(interpreter, source.rpartition(".")[2], named, node, is_guess=True)
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
        refuse_strangers(others)
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


def combine(interpreter: Interpreter, node: ast.BinOp, left: Any, right: Any) -> Any:
    """``>>``, ``<<`` between tasks, ``&``, ``|`` between datasets; NotImplemented for anything else."""
    kind = node.op
    if isinstance(kind, (ast.RShift, ast.LShift)):
        if has_nodes(left) or has_nodes(right):
            try:
                refuse_strangers(left)
                refuse_strangers(right)
                put_below(*((left, right) if isinstance(kind, ast.RShift) else (right, left)))
            except CannotBePutBelow as refusal:
                return interpreter.fail(node, refusal.kind, str(refusal))
            return right
        return right if not (is_plain(left) and is_plain(right)) else NotImplemented
    if isinstance(kind, (ast.BitAnd, ast.BitOr)):
        datasets = (*airflow_names.datasets_in(left), *airflow_names.datasets_in(right))
        if datasets:
            return DatasetCondition(datasets)
    return NotImplemented


# Contexts


def enter(interpreter: Interpreter, context: Any) -> Any:
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
