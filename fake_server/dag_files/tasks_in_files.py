"""What operators, ``@task`` functions and their mapped forms in a DAG file make."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fake_server.airflow.trigger_rules import TRIGGER_RULES
from fake_server.dag_files.argument_checks import KEYS, refusal_of_retries, refusal_of_task
from fake_server.dag_files.dags_in_files import refuse
from fake_server.dag_files.definitions import DagDefinition, GroupDefinition, TaskDefinition, TaskResult, results_in
from fake_server.dag_files.operator_signatures import OF_FUNCTIONS, Signature
from fake_server.dag_files.values import ClassDefinition, Function, Instance, Unknown, guessed_name, is_plain

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

#: The operator behind each kind of ``@task``, as the REST API names it.
_DECORATED = {
    "": "_PythonDecoratedOperator",
    "bash": "_BashDecoratedOperator",
    "branch": "_BranchPythonDecoratedOperator",
    "branch_external_python": "_BranchExternalPythonDecoratedOperator",
    "branch_virtualenv": "_BranchPythonVirtualenvDecoratedOperator",
    "docker": "_DockerDecoratedOperator",
    "external_python": "_PythonExternalDecoratedOperator",
    "kubernetes": "_KubernetesDecoratedOperator",
    "pyspark": "_PySparkDecoratedOperator",
    "sensor": "DecoratedSensorOperator",
    "short_circuit": "_ShortCircuitDecoratedOperator",
    "virtualenv": "_PythonVirtualenvDecoratedOperator",
}
#: Older names, and the rule of teardowns.
_TRIGGER_RULES = frozenset({*TRIGGER_RULES, "all_done_setup_success", "dummy", "none_failed_or_skipped"})
#: Arguments in which no result of another task can stand.
_NOT_TEMPLATED = frozenset({"dag", "task_group", "default_args"})


@dataclass(frozen=True, eq=False)
class TaskDecorator:
    """``task``, ``task.branch(...)`` and so on, before it stands above a function."""

    kind: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    role: str = ""


@dataclass(frozen=True, eq=False)
class TaskFunction:
    """A function under ``@task``: calling it makes a task."""

    function: Function
    kind: str
    arguments: Mapping[str, Any]
    #: ``setup``, ``teardown`` or neither.
    role: str = ""
    #: What ``partial`` has given already.
    partial: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class OperatorPartial:
    """``SomeOperator.partial(...)``."""

    operator: str
    arguments: Mapping[str, Any]
    signature: Signature | None = None


@dataclass(eq=False)
class CustomTask(Instance):
    """An object of an operator class of the file, while its ``__init__`` is followed."""

    node: ast.AST = field(default_factory=ast.Pass)
    task: TaskDefinition | Unknown | None = None


def make_task(
    interpreter: Interpreter,
    operator: str,
    given: Mapping[str, Any],
    node: ast.AST,
    *,
    operator_name: str | None = None,
    expanded: Mapping[str, Any] | None = None,
    unique: bool = False,
    signature: Signature | None = None,
    is_guess: bool = False,
) -> TaskDefinition | Unknown:
    """A task of these arguments, in the DAG and group that are named or open; checked where there is a signature."""
    group = _group_of(interpreter, given)
    if signature is not None and not expanded:
        if not interpreter.is_tainted(given):
            default_args = group.inherited_default_args if group is not None else {}
            refuse(interpreter, node, signature.refusal_of_missing(given, default_args))
        refuse(interpreter, node, signature.refusal(given))
    if group is None:
        interpreter.warn(node, f"a task of {operator} stands in no DAG and is left out")
        return Unknown("task")
    dag = group.dag
    name = given.get("task_id")
    if not isinstance(name, str):
        refuse(interpreter, node, KEYS.refusal(name) if signature is not None and "task_id" in given else None)
        guessed = guessed_name(name, operator)
        dag.warnings.append(f"line {_line(node)}: the task_id of a {operator} is not known; it is called {guessed!r}")
        name, unique = guessed, True
    task_id = group.name_of_child(name)
    if unique:
        task_id = dag.unique_id(task_id)
    refuse(interpreter, node, KEYS.refusal(task_id))
    if is_guess and task_id in dag.tasks:
        return Unknown("task")
    task_id = _free_id(interpreter, dag, task_id, node)
    arguments = {**group.inherited_default_args, **given}
    task = TaskDefinition(
        task_id, operator, operator_name or operator, arguments, dag, group, _line(node), is_guess=is_guess
    )
    task.expanded.update(expanded or {})
    if isinstance(given.get("python_callable"), Function):
        task.function = given["python_callable"]
    _check_arguments(interpreter, task, node, signature)
    for argument, value in [*given.items(), *task.expanded.items()]:
        if argument not in _NOT_TEMPLATED:
            task.upstream.update((source.task_id, None) for source in results_in(value) if source.dag is dag)
    dag.tasks[task_id] = task
    group.children.append(task)
    return task


def _free_id(interpreter: Interpreter, dag: DagDefinition, task_id: str, node: ast.AST) -> str:
    """``task_id``, which no other task may have but one that is only a guess, and gives way."""
    there = dag.tasks.get(task_id)
    if there is None:
        return task_id
    if there.is_guess:
        del dag.tasks[task_id]
        there.group.children.remove(there)
        return task_id
    words = f"Task id '{task_id}' has already been added to the DAG"
    interpreter.fail(node, "airflow.exceptions.DuplicateTaskIdFound", words)
    return dag.unique_id(task_id)


def _group_of(interpreter: Interpreter, given: Mapping[str, Any]) -> GroupDefinition | None:
    group, dag = given.get("task_group"), given.get("dag")
    if isinstance(group, GroupDefinition):
        return group
    open_group = interpreter.group_stack[-1] if interpreter.group_stack else None
    if isinstance(dag, DagDefinition) and (open_group is None or open_group.dag is not dag):
        return dag.root
    return open_group


def _check_arguments(
    interpreter: Interpreter, task: TaskDefinition, node: ast.AST, signature: Signature | None
) -> None:
    _check_trigger_rule(interpreter, task, node)
    if signature is None:
        return
    if task.expanded:
        refuse(interpreter, node, refusal_of_retries(task.arguments))
        return
    refuse(interpreter, node, refusal_of_task(task.task_id, task.dag.dag_id, task.arguments))
    if signature.required == "python_callable" and is_plain(task.arguments.get("python_callable")):
        interpreter.fail(node, "airflow.exceptions.AirflowException", "`python_callable` param must be callable")


def _check_trigger_rule(interpreter: Interpreter, task: TaskDefinition, node: ast.AST) -> None:
    rule = task.arguments.get("trigger_rule")
    if isinstance(rule, str) and rule not in _TRIGGER_RULES:
        words = (
            f"The trigger_rule must be one of {', '.join(sorted(_TRIGGER_RULES))},'{task.dag.dag_id}.{task.task_id}'; "
            f"received '{rule}'."
        )
        interpreter.fail(node, "airflow.exceptions.AirflowException", words)


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 1))


# Classic operators


def make_custom_task(
    interpreter: Interpreter,
    definition: ClassDefinition,
    arguments: list[Any],
    named: Mapping[str, Any],
    node: ast.AST,
) -> Any:
    """The task of an operator class that the file itself defines."""
    constructor, found = definition.find("__init__")
    if not found or not isinstance(constructor, Function):
        return make_task(interpreter, definition.name, named, node)
    instance = CustomTask(definition, node=node)
    interpreter.functions.call(constructor, [instance, *arguments], named, node)
    if isinstance(instance.task, TaskDefinition):
        return instance.task
    return make_task(interpreter, definition.name, named, node)


def init_custom_task(interpreter: Interpreter, instance: CustomTask, named: Mapping[str, Any]) -> None:
    """``super().__init__(...)`` of such a class."""
    if instance.task is None:
        instance.task = make_task(interpreter, instance.definition.name, named, instance.node)


# Functions


def decorated_task(decorator: TaskDecorator, function: Function) -> TaskFunction:
    """A function under ``@task``."""
    return TaskFunction(function, decorator.kind, dict(decorator.arguments), decorator.role)


def call_task_function(
    interpreter: Interpreter, called: TaskFunction, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
) -> Any:
    """Make the task of a function; what stands for its result."""
    given = {**called.arguments, "op_args": list(arguments), "op_kwargs": {**called.partial, **named}}
    return _task_of_function(interpreter, called, given, node, {})


def expand_task_function(
    interpreter: Interpreter, called: TaskFunction, expanded: Mapping[str, Any], node: ast.AST
) -> Any:
    """Make the mapped task of a function."""
    given = {**called.arguments, "op_kwargs": dict(called.partial)}
    return _task_of_function(interpreter, called, given, node, expanded)


def _task_of_function(
    interpreter: Interpreter, called: TaskFunction, given: dict[str, Any], node: ast.AST, expanded: Mapping[str, Any]
) -> Any:
    kind = "" if called.kind == "python" else called.kind
    operator = _DECORATED.get(kind, f"_{kind.title().replace('_', '')}DecoratedOperator")
    given.setdefault("task_id", called.function.name)
    if called.role == "teardown":
        given.setdefault("trigger_rule", "all_done_setup_success")
    task = make_task(
        interpreter, operator, given, node,
        operator_name=f"@task.{kind}" if kind else "@task", expanded=expanded, unique=True,
        signature=None if kind else OF_FUNCTIONS,
    )  # fmt: skip
    if isinstance(task, Unknown):
        return task
    task.function = called.function
    task.is_setup, task.is_teardown = called.role == "setup", called.role == "teardown"
    return TaskResult((task,))


def task_function_method(
    interpreter: Interpreter,
    called: TaskFunction,
    name: str,
    arguments: list[Any],
    named: Mapping[str, Any],
    node: ast.AST,
) -> Any:
    """``override``, ``partial``, ``expand`` and ``expand_kwargs`` of a function under ``@task``."""
    if name == "override":
        return replace(called, arguments={**called.arguments, **named})
    if name == "partial":
        return replace(called, partial={**called.partial, **named})
    if name == "expand":
        return expand_task_function(interpreter, called, named, node)
    if name == "expand_kwargs":
        return expand_task_function(interpreter, called, {"kwargs": arguments[0] if arguments else None}, node)
    return Unknown(ast.unparse(node))


def expand_operator(
    interpreter: Interpreter, partial: OperatorPartial, expanded: Mapping[str, Any], node: ast.AST
) -> Any:
    """Make the mapped task of a classic operator."""
    signature = partial.signature
    if signature is not None:
        names = () if "kwargs" in expanded else expanded
        refuse(interpreter, node, signature.refusal_of_mapping("partial", partial.arguments))
        refuse(interpreter, node, signature.refusal_of_mapping("expand", names))
    return make_task(interpreter, partial.operator, partial.arguments, node, expanded=expanded, signature=signature)
