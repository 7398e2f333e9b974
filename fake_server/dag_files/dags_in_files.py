"""What ``DAG(...)``, ``@dag``, ``TaskGroup(...)`` and ``@task_group`` in a DAG file make."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fake_server.dag_files.argument_checks import GROUP_KEYS, KEYS, Refusal, refusal_of_dag
from fake_server.dag_files.definitions import DagDefinition, GroupDefinition, ParamDefinition
from fake_server.dag_files.values import Function, Unknown, guessed_name, is_plain, words

if TYPE_CHECKING:
    from fake_server.dag_files.interpreter import Interpreter

#: The parameters of ``DAG`` in Airflow 2.10, the first of them in the order in which they may go without a name.
_POSITIONAL = ("dag_id", "description", "schedule")
_PARAMETERS = words(
    "access_control auto_register catchup concurrency dag_display_name dag_id dagrun_timeout default_args "
    "default_view description doc_md end_date fail_stop full_filepath is_paused_upon_creation "
    "jinja_environment_kwargs max_active_runs max_active_tasks max_consecutive_failed_dag_runs "
    "on_failure_callback on_success_callback orientation owner_links params render_template_as_native_obj "
    "schedule schedule_interval sla_miss_callback start_date tags template_searchpath template_undefined "
    "timetable user_defined_filters user_defined_macros"
)
_PARAMS_DO_NOT_FIT = (
    "DAG is not allowed to define a Schedule, if there are any required params without default values or default "
    "values are not valid."
)


@dataclass(frozen=True, eq=False)
class DagDecorator:
    """``dag(...)``, before it stands above a function."""

    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class DagFunction:
    """A function under ``@dag``: calling it makes the DAG."""

    function: Function
    arguments: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class GroupDecorator:
    """``task_group(...)``, before it stands above a function."""

    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class GroupFunction:
    """A function under ``@task_group``: calling it makes the group."""

    function: Function
    arguments: Mapping[str, Any]


def named_arguments(arguments: list[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a DAG, all by name."""
    return {**dict(zip(_POSITIONAL, arguments, strict=False)), **named}


def make_dag(interpreter: Interpreter, given: Mapping[str, Any], node: ast.AST) -> DagDefinition:
    """The DAG of these arguments."""
    frame = interpreter.frames[-1]
    _check_arguments(interpreter, given, node)
    dag_id = given.get("dag_id")
    dag = DagDefinition(str(dag_id), dict(given), getattr(node, "lineno", 1), frame.path)
    if not isinstance(dag_id, str):
        dag.dag_id = guessed_name(dag_id, "unknown")
        dag.warnings.append(f"line {dag.line}: the dag_id is not known; the DAG is called {dag.dag_id!r}")
    refuse(interpreter, node, KEYS.refusal(dag.dag_id))
    if isinstance(given.get("default_args"), dict):
        dag.root.default_args = dict(given["default_args"])
    if interpreter.surroundings.version < (3,) and _lacks_start_date(given):
        interpreter.fail(node, "ValueError", "DAG is missing the start_date parameter")
    return dag


def _check_arguments(interpreter: Interpreter, given: Mapping[str, Any], node: ast.AST) -> None:
    if interpreter.surroundings.version[0] != 2:
        return
    stranger = next((name for name in given if name not in _PARAMETERS), None)
    if stranger is not None:
        interpreter.fail(node, "TypeError", f"DAG.__init__() got an unexpected keyword argument {stranger!r}")
    if "dag_id" in given:
        refuse(interpreter, node, KEYS.refusal(given["dag_id"]))
    elif not interpreter.is_tainted(given):
        interpreter.fail(node, "TypeError", "DAG.__init__() missing 1 required positional argument: 'dag_id'")
    refuse(interpreter, node, refusal_of_dag(str(given.get("dag_id")), given))
    if _has_schedule(given) and not interpreter.is_tainted(given) and not _params_fit(given.get("params")):
        interpreter.fail(node, "airflow.exceptions.AirflowException", _PARAMS_DO_NOT_FIT)


def refuse(interpreter: Interpreter, node: ast.AST, refusal: Refusal | None) -> None:
    """Let the file raise there what Airflow would raise, if it would."""
    if refusal is not None:
        interpreter.fail(node, refusal.kind, refusal.words)


def _has_schedule(given: Mapping[str, Any]) -> bool:
    """Whether it has one for sure; a DAG of Airflow 2 that says nothing runs every day."""
    names = [name for name in ("schedule", "schedule_interval", "timetable") if name in given]
    return not names or not (given[names[0]] is None or isinstance(given[names[0]], Unknown))


def _params_fit(params: Any) -> bool:
    """Whether the params have values that fit their schemas, as far as both are known."""
    if not isinstance(params, dict):
        return True
    checked = [
        param
        for param in params.values()
        if isinstance(param, ParamDefinition) and param.schema and is_plain([param.value, param.schema])
    ]
    if not checked:
        return True
    import jsonschema

    try:
        for param in checked:
            jsonschema.validate(param.value, param.schema)
    except jsonschema.ValidationError:
        return False
    except jsonschema.SchemaError:
        pass
    return True


def _lacks_start_date(given: Mapping[str, Any]) -> bool:
    schedule = given.get("schedule", given.get("schedule_interval", given.get("timetable")))
    default_args = given.get("default_args") or {}
    if given.get("start_date") is not None or not isinstance(default_args, dict):
        return False
    return isinstance(schedule, str) and default_args.get("start_date") is None


def call_dag_function(
    interpreter: Interpreter, called: DagFunction, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
) -> DagDefinition:
    """Make the DAG of a function under ``@dag``, with the function's parameters as its params."""
    function = called.function
    given = {"dag_id": function.name, **called.arguments}
    dag = make_dag(interpreter, given, node)
    dag.docstring = function.docstring
    parameters = [parameter.arg for parameter in (*function.node.args.args, *function.node.args.kwonlyargs)]
    values = {**function.defaults, **dict(zip(parameters, arguments, strict=False)), **named}
    params = given.get("params")
    dag.arguments["params"] = {**(params if isinstance(params, dict) else {}), **values}
    # In the body a parameter stands for what a run gives it, which nobody knows before.
    placeholders = {name: Unknown(name) for name in parameters}
    enter_dag(interpreter, dag)
    try:
        interpreter.functions.call(function, [], placeholders, node)
    finally:
        leave_dag(interpreter, dag)
    return dag


def enter_dag(interpreter: Interpreter, dag: DagDefinition) -> None:
    """From here on tasks belong to ``dag``."""
    interpreter.dag_stack.append(dag)
    interpreter.group_stack.append(dag.root)


def leave_dag(interpreter: Interpreter, dag: DagDefinition) -> None:
    """The end of ``with dag:``, which is when Airflow takes note of it."""
    interpreter.dag_stack.pop()
    interpreter.group_stack.pop()
    if interpreter.truth_of(dag.arguments.get("auto_register", True)) is not False:
        interpreter.register(dag)


def make_group(
    interpreter: Interpreter, given: Mapping[str, Any], node: ast.AST, *, unique: bool = False
) -> GroupDefinition | Unknown:
    """The task group of these arguments, in the DAG and group that are open."""
    parent = given.get("parent_group")
    dag = given.get("dag")
    if not isinstance(parent, GroupDefinition):
        parent = interpreter.group_stack[-1] if interpreter.group_stack else None
        if isinstance(dag, DagDefinition) and (parent is None or parent.dag is not dag):
            parent = dag.root
    if parent is None:
        interpreter.warn(node, "a task group stands in no DAG and is left out")
        return Unknown("group")
    name = given.get("group_id")
    refuse(interpreter, node, GROUP_KEYS.refusal(name))
    if not isinstance(name, str):
        guessed = guessed_name(name, "group")
        interpreter.warn(node, f"the id of a task group is not known; it is called {guessed!r}")
        name, unique = guessed, True
    full_id = parent.name_of_child(name)
    if unique or interpreter.truth_of(given.get("add_suffix_on_collision", False)):
        full_id = parent.dag.unique_id(full_id)
    elif full_id in parent.dag.group_ids | parent.dag.tasks.keys():
        words = f"Task group id '{full_id}' has already been added to the DAG"
        interpreter.fail(node, "airflow.exceptions.DuplicateTaskIdFound", words)
    prefix = interpreter.truth_of(given.get("prefix_group_id", True)) is not False
    group = GroupDefinition(full_id, parent.dag, parent, prefix)
    if isinstance(given.get("default_args"), dict):
        group.default_args = dict(given["default_args"])
    parent.children.append(group)
    parent.dag.group_ids.add(full_id)
    return group


def call_group_function(
    interpreter: Interpreter, called: GroupFunction, arguments: list[Any], named: Mapping[str, Any], node: ast.AST
) -> Any:
    """Make the group of a function under ``@task_group``; what the function returns, or else the group."""
    given = {"group_id": called.function.name, **called.arguments}
    group = make_group(interpreter, given, node, unique=True)
    if isinstance(group, Unknown):
        return group
    interpreter.group_stack.append(group)
    try:
        returned = interpreter.functions.call(called.function, arguments, named, node)
    finally:
        interpreter.group_stack.pop()
    return group if returned is None else returned


def make_param(arguments: list[Any], named: Mapping[str, Any]) -> ParamDefinition:
    """``Param(default, description, schema-keyword=...)``."""
    given = {**dict(zip(("default", "description", "schema"), arguments, strict=False)), **named}
    schema = given.pop("schema", None)
    value, description = given.pop("default", None), given.pop("description", None)
    words = {name: item for name, item in given.items() if is_plain(item)}
    return ParamDefinition(value, {**(schema if isinstance(schema, dict) else {}), **words}, description)
