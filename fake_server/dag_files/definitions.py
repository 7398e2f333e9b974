"""DAGs, tasks and task groups while their file is being read, and how they are put below each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fake_server.dag_files.values import Function


@dataclass(eq=False)
class GroupDefinition:
    """A task group; that of a whole DAG has no id."""

    group_id: str | None
    dag: DagDefinition
    parent: GroupDefinition | None = None
    prefix: bool = True
    default_args: dict[str, Any] = field(default_factory=dict)
    children: list[TaskDefinition | GroupDefinition] = field(default_factory=list)
    #: What a group behind a function returned.
    returned: Any = None

    def name_of_child(self, name: str) -> str:
        """The full id of something called ``name`` in this group."""
        if self.group_id is not None and self.prefix:
            return f"{self.group_id}.{name}"
        return self.parent.name_of_child(name) if self.parent is not None and self.group_id is not None else name

    @property
    def tasks(self) -> list[TaskDefinition]:
        """All tasks in it, those of inner groups included."""
        found: list[TaskDefinition] = []
        for child in self.children:
            found.extend([child] if isinstance(child, TaskDefinition) else child.tasks)
        return found

    @property
    def inherited_default_args(self) -> dict[str, Any]:
        """The default arguments of this group and those around it."""
        around = self.parent.inherited_default_args if self.parent is not None else {}
        return {**around, **self.default_args}

    @property
    def roots(self) -> list[TaskDefinition]:
        """The tasks with nothing of the group above them."""
        inside = {task.task_id for task in self.tasks}
        return [task for task in self.tasks if not inside.intersection(task.upstream)]

    @property
    def leaves(self) -> list[TaskDefinition]:
        """The tasks with nothing of the group below them; teardowns do not count."""
        tasks = self.tasks
        above = {task_id for task in tasks if not task.is_teardown for task_id in task.upstream}
        return [task for task in tasks if task.task_id not in above and not task.is_teardown]


@dataclass(eq=False)
class DagDefinition:
    """A DAG: the arguments it was made with, and what has been put into it."""

    dag_id: str
    arguments: dict[str, Any]
    line: int
    path: str
    root: GroupDefinition = field(init=False)
    tasks: dict[str, TaskDefinition] = field(default_factory=dict)
    group_ids: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    #: The docstring of the function behind ``@dag``.
    docstring: str | None = None

    def __post_init__(self) -> None:
        self.root = GroupDefinition(None, self)

    def unique_id(self, wanted: str) -> str:
        """``wanted``, or with the next free number behind it, as functions called several times are named."""
        taken = self.tasks.keys() | self.group_ids
        if wanted not in taken:
            return wanted
        stem = re.sub(r"__\d+$", "", wanted)
        numbers = [int(match[1]) for name in taken if (match := re.fullmatch(re.escape(stem) + r"__(\d+)", name))]
        return f"{stem}__{max(numbers, default=0) + 1}"


@dataclass(eq=False)
class TaskDefinition:
    """A task: its operator's name and arguments, and the ids of the tasks right above it."""

    task_id: str
    operator: str
    operator_name: str
    arguments: dict[str, Any]
    dag: DagDefinition
    group: GroupDefinition
    line: int
    upstream: dict[str, None] = field(default_factory=dict)
    #: Argument names to what they are mapped over.
    expanded: dict[str, Any] = field(default_factory=dict)
    #: What the task runs, when it is a function of the file.
    function: Function | None = None
    is_setup: bool = False
    is_teardown: bool = False
    #: Whether what made it is taken for an operator only because it was given a task_id.
    is_guess: bool = False


@dataclass(frozen=True, eq=False)
class TaskResult:
    """What a task returns: Airflow's XComArg. ``sources`` are several when results were zipped or concatenated."""

    sources: tuple[TaskDefinition, ...]


@dataclass(eq=False)
class EdgeLabel:
    """``Label("...")``, which may stand between tasks."""

    above: list[TaskDefinition] = field(default_factory=list)
    below: list[TaskDefinition] = field(default_factory=list)


@dataclass(frozen=True)
class DatasetReference:
    """A dataset (since Airflow 3: asset) by its URI."""

    uri: str


@dataclass(frozen=True)
class DatasetCondition:
    """Datasets combined with ``&`` and ``|``."""

    datasets: tuple[DatasetReference, ...]


@dataclass(frozen=True)
class ParamDefinition:
    """``Param(...)``."""

    value: Any
    schema: dict[str, Any]
    description: str | None


@dataclass(frozen=True)
class TimetableDefinition:
    """A timetable of Airflow's own, as far as a schedule can tell it."""

    schedule: Any
    datasets: tuple[DatasetReference, ...] = ()


Node: TypeAlias = "TaskDefinition | TaskResult | GroupDefinition | DagDefinition | EdgeLabel"
NODES = (TaskDefinition, TaskResult, GroupDefinition, DagDefinition, EdgeLabel)


class CannotBePutBelow(Exception):
    """Airflow refuses to put one thing below another; what it raises is ``kind``, and the text its words."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


def put_below(above: Any, below: Any) -> None:
    """Make what is in ``below`` depend on what is in ``above``, as ``above >> below`` does.

    :raises CannotBePutBelow: when they are tasks of two DAGs.
    """
    for upper in _nodes(above):
        for lower in _nodes(below):
            _connect(upper, lower)


def _connect(upper: Node, lower: Node) -> None:
    if isinstance(upper, EdgeLabel):
        upper.below.extend(_roots(lower))
        _join(upper.above, _roots(lower))
    elif isinstance(lower, EdgeLabel):
        lower.above.extend(_leaves(upper))
        _join(_leaves(upper), lower.below)
    else:
        _join(_leaves(upper), _roots(lower))


def _join(uppers: Iterable[TaskDefinition], lowers: Iterable[TaskDefinition]) -> None:
    uppers = list(uppers)
    for lower in lowers:
        for upper in uppers:
            if lower.dag is not upper.dag:
                dags = f"{{<DAG: {upper.dag.dag_id}>, <DAG: {lower.dag.dag_id}>}}"
                words = f"Tried to set relationships between tasks in more than one DAG: {dags}"
                raise CannotBePutBelow("airflow.exceptions.AirflowException", words)
            lower.upstream[upper.task_id] = None


def _roots(node: Node) -> list[TaskDefinition]:
    if isinstance(node, GroupDefinition):
        return node.roots
    return _tasks(node)


def _leaves(node: Node) -> list[TaskDefinition]:
    if isinstance(node, GroupDefinition):
        return node.leaves
    return _tasks(node)


def _tasks(node: Node) -> list[TaskDefinition]:
    if isinstance(node, TaskDefinition):
        return [node]
    return list(node.sources) if isinstance(node, TaskResult) else []


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, NODES):
        yield value
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, dict):
        # What a function with several outputs, or a group, gives back.
        for item in value.values():
            yield from _nodes(item)


def refuse_strangers(value: Any) -> None:
    """Refuse what certainly is no task, in a place where only tasks can stand: texts and numbers.

    None may be the result of a function whose decorator, not known here, makes a task of it.

    :raises CannotBePutBelow: with Python's words for it.
    """
    for item in value if isinstance(value, (list, tuple, set)) else (value,):
        if isinstance(item, (str, bytes, int, float)):
            words = f"{type(item).__name__!r} object has no attribute 'update_relative'"
            raise CannotBePutBelow("AttributeError", words)


def has_nodes(value: Any) -> bool:
    """Whether there is anything in ``value`` that can be put above or below something else."""
    return next(_nodes(value), None) is not None


def results_in(value: Any) -> Iterator[TaskDefinition]:
    """The tasks whose results stand somewhere in ``value``, an argument of another task."""
    if isinstance(value, TaskResult):
        yield from value.sources
    elif isinstance(value, dict):
        for item in value.values():
            yield from results_in(item)
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from results_in(item)
