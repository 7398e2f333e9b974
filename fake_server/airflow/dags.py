"""What a DAG is: its definition, as a DAG file would give it, and what the database keeps beside it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from fake_server import given_values
from fake_server.airflow.errors import TaskNotFound
from fake_server.airflow.fields import (
    Field,
    Names,
    OptionalMoment,
    OptionalSeconds,
    OptionalText,
    Seconds,
    Text,
    WholeNumber,
)
from fake_server.airflow.timetables import DataInterval, Timetable, timetable_for
from fake_server.airflow.trigger_rules import TRIGGER_RULES

if TYPE_CHECKING:
    from fake_server.airflow.runs import DagRun

OUTCOMES = ("success", "failed", "skipped")
WEIGHT_RULES = ("downstream", "upstream", "absolute")
#: Where a DAG without a start date of its own begins.
DEFAULT_START_DATE = datetime(2024, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Task:
    """One task of a DAG, and the script of what happens when it runs.

    Times are seconds of the environment's clock, or timedeltas. ``outcome`` is "success", "failed" or "skipped", or one
    of these per attempt; an attempt beyond the last repeats it. ``branch`` names the direct downstream tasks that a
    branching task chooses, or computes them from the run; all others directly below are skipped.

    :raises ValueError: for a value that cannot be one, naming the field.
    """

    task_id: str = ""
    operator: Text = Text("PythonOperator")
    upstream: Names = Names()
    duration: Seconds = Seconds(1.0)
    outcome: str | Sequence[str] = "success"
    retries: WholeNumber = WholeNumber(0, least=0)
    retry_delay: Seconds = Seconds(300.0)
    trigger_rule: str = "all_success"
    xcom: Mapping[str, Any] = field(default_factory=dict)
    log: Text = Text("")
    branch: str | Sequence[str] | Callable[[DagRun], str | Sequence[str]] | None = None
    owner: Text = Text("airflow")
    #: Whom Airflow would write to about it.
    email: Names = Names()
    pool: Text = Text("default_pool")
    pool_slots: WholeNumber = WholeNumber(1, least=1)
    priority_weight: WholeNumber = WholeNumber(1)
    queue: Text = Text("default")
    execution_timeout: OptionalSeconds = OptionalSeconds()
    bash_command: OptionalText = OptionalText()
    env: Mapping[str, str] | None = None
    task_group: OptionalText = OptionalText()
    operator_name: OptionalText = OptionalText()
    outlets: Names = Names()
    #: The tasks whose results it is mapped over: their ids, or argument names to ids; empty for an ordinary task.
    mapped_over: str | Sequence[str] | Mapping[str, str] = ()
    #: Values that stand in the DAG's file and that it is mapped over: argument names to items.
    mapped_values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    weight_rule: str = "downstream"

    def __post_init__(self) -> None:
        if not self.outcomes:
            raise ValueError("a task's outcome is missing: the list of outcomes is empty")
        for outcome in self.outcomes:
            _check_choice("outcome", outcome, OUTCOMES)
        _check_choice("trigger_rule", self.trigger_rule, TRIGGER_RULES)
        _check_choice("weight_rule", self.weight_rule, WEIGHT_RULES)
        for name in ("xcom", "mapped_values"):
            given_values.mapping(getattr(self, name), f"a task's {name}")
        # What it is mapped over has to be there before it.
        above = self.mapped_arguments.values()
        object.__setattr__(self, "upstream", tuple(dict.fromkeys([*self.upstream, *above])))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcome of each attempt."""
        return (self.outcome,) if isinstance(self.outcome, str) else tuple(self.outcome)

    def outcome_of(self, attempt: int) -> str:
        """The outcome of attempt number ``attempt`` (from 1)."""
        outcomes = self.outcomes
        return outcomes[min(attempt, len(outcomes)) - 1]

    @property
    def runs_nothing(self) -> bool:
        """Whether the scheduler finishes it itself: an EmptyOperator without outlets never reaches a worker."""
        return self.operator == "EmptyOperator" and not self.outlets and self.outcome == "success"

    @property
    def times_out(self) -> bool:
        """Whether it would take longer than its ``execution_timeout``."""
        return self.execution_timeout is not None and self.duration > self.execution_timeout

    @property
    def time_taken(self) -> float:
        """Seconds that an attempt takes."""
        return self.duration if self.execution_timeout is None else min(self.duration, self.execution_timeout)

    @property
    def is_mapped(self) -> bool:
        """Whether it becomes one instance for each item of what ``mapped_over`` and ``mapped_values`` tell."""
        return bool(self.mapped_over or self.mapped_values)

    @property
    def mapped_arguments(self) -> Mapping[str, str]:
        """The arguments it is mapped over that come from other tasks, with those tasks."""
        if isinstance(self.mapped_over, Mapping):
            return self.mapped_over
        return {task_id: task_id for task_id in given_values.names(self.mapped_over, "a task's mapped_over")}

    @property
    def exit_code(self) -> int:
        """What its shell command returns when it fails: the number behind a final ``exit``, or else 1."""
        found = re.search(r"\bexit ([1-9]\d*)\s*$", self.bash_command or "")
        return int(found.group(1)) if found is not None else 1

    def chosen_branches(self, run: DagRun) -> tuple[str, ...] | None:
        """The downstream tasks that this branching task chooses in ``run``; None when it does not branch."""
        if self.branch is None:
            return None
        chosen: Any = self.branch(run) if callable(self.branch) else self.branch
        if chosen is not None and not isinstance(chosen, Iterable):
            # No task is called so, and therefore the branching task fails, as in Airflow.
            return (str(chosen),)
        return tuple(filter(None, (chosen,) if isinstance(chosen, str) else chosen or ()))


def _check_choice(name: str, value: object, choices: Collection[str]) -> None:
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"a task's {name} is one of {', '.join(choices)}; got {value!r}{hint}")


@dataclass(frozen=True)
class Param:
    """One of a DAG's params: a default and a JSON schema for what a run's conf may put in its place."""

    value: Any = None
    schema: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None


class _Params(Field[Mapping[str, Any], dict[str, Param]]):
    """The params of a DAG; a plain value is as good as a Param with that default."""

    def __init__(self) -> None:
        super().__init__({}, self._params)

    def default(self) -> dict[str, Param]:
        return {}

    @staticmethod
    def _params(given: object, what: str) -> dict[str, Param]:
        values = given_values.mapping(given, what)
        return {name: param if isinstance(param, Param) else Param(param) for name, param in values.items()}


class _Tasks(Field[str | Mapping[str, Task] | Iterable[Task | str], dict[str, Task]]):
    """The tasks of a DAG, in any form that :func:`named_tasks` takes."""

    def __init__(self) -> None:
        super().__init__({}, lambda given, _: named_tasks(given))

    def default(self) -> dict[str, Task]:
        return {}


@dataclass(eq=False)
class DAG:
    """A DAG as the deployment knows it.

    The first group of fields is the definition; the second is the row that the database keeps of it. ``tasks`` may be
    given in any form that :func:`named_tasks` takes.

    :raises ValueError: for a value that cannot be one, naming the field.
    """

    dag_id: str
    tasks: _Tasks = _Tasks()  # noqa: RUF009 - a descriptor, of which a dataclass asks for the default
    schedule: str | timedelta | None = None
    start_date: OptionalMoment = OptionalMoment(DEFAULT_START_DATE)
    end_date: OptionalMoment = OptionalMoment()
    catchup: bool = False
    description: OptionalText = OptionalText()
    tags: Names = Names()
    owners: Names = Names("airflow")
    owner_links: Mapping[str, str] = field(default_factory=dict)
    params: _Params = _Params()  # noqa: RUF009 - the same
    doc_md: OptionalText = OptionalText()
    fileloc: Text = Text("")
    source: Text = Text("")
    max_active_runs: WholeNumber = WholeNumber(16)
    max_active_tasks: WholeNumber = WholeNumber(16)
    max_consecutive_failed_dag_runs: WholeNumber = WholeNumber(0)
    dagrun_timeout: OptionalSeconds = OptionalSeconds()
    default_view: Text = Text("grid")
    dataset_triggers: Names = Names()
    display_name: OptionalText = OptionalText()
    #: What the file itself says about being paused at first; None leaves it to the configuration.
    is_paused_upon_creation: bool | None = None

    is_paused: bool | None = False
    is_active: bool = True
    has_import_errors: bool = False
    #: What could not be read in its file, in sentences.
    parse_warnings: Names = Names()
    last_parsed_time: datetime | None = None
    #: The interval of the next automatic run; None when there is none to come.
    next_interval: DataInterval | None = None
    #: The interval of the last automatic run.
    last_interval: DataInterval | None = None
    #: Whether as many runs are under way as may be, so that no automatic run is made.
    is_at_max_active_runs: bool = False

    timetable: Timetable = field(init=False, repr=False)

    def __post_init__(self) -> None:
        given_values.key(self.dag_id, "a DAG's dag_id")
        given_values.mapping(self.owner_links, "a DAG's owner_links")
        self.timetable = timetable_for(self.schedule, self.dataset_triggers)
        for task in self.tasks.values():
            for parent in task.upstream:
                if parent not in self.tasks:
                    raise ValueError(
                        f"task {task.task_id!r} of DAG {self.dag_id!r} is below {parent!r}, which the DAG does not have"
                    )
        self._refuse_cycles()
        self.downstream: dict[str, tuple[str, ...]] = {
            task_id: tuple(other.task_id for other in self.tasks.values() if task_id in other.upstream)
            for task_id in self.tasks
        }
        self._weights: dict[str, int] = {}

    def task(self, task_id: str) -> Task:
        """The task of that id.

        :raises TaskNotFound: when there is none.
        """
        try:
            return self.tasks[task_id]
        except KeyError:
            raise TaskNotFound(task_id) from None

    def covers(self, logical_date: datetime) -> bool:
        """Whether tasks are made for a run of that date: it lies between the DAG's start and end dates."""
        return (self.start_date is None or self.start_date <= logical_date) and (
            self.end_date is None or logical_date <= self.end_date
        )

    def relatives(self, task_id: str, *, upstream: bool = False) -> set[str]:
        """The tasks somewhere below ``task_id``, or above it."""
        found: set[str] = set()
        waiting = [task_id]
        while waiting:
            current = waiting.pop()
            near = self.tasks[current].upstream if upstream else self.downstream[current]
            waiting.extend(other for other in near if other not in found)
            found.update(near)
        return found

    def total_weight(self, task_id: str) -> int:
        """The priority of a task when slots are scarce, by its ``weight_rule``."""
        if task_id not in self._weights:
            task = self.tasks[task_id]
            others: set[str] = set()
            if task.weight_rule != "absolute":
                others = self.relatives(task_id, upstream=task.weight_rule == "upstream")
            self._weights[task_id] = task.priority_weight + sum(self.tasks[other].priority_weight for other in others)
        return self._weights[task_id]

    @property
    def leaves(self) -> list[str]:
        """The tasks with nothing below them, which decide how a run ends."""
        return [task_id for task_id, below in self.downstream.items() if not below]

    @property
    def next_dagrun_create_after(self) -> datetime | None:
        """When the next automatic run is made; None when there is none to come, or others have to end first."""
        if self.next_interval is None or self.is_at_max_active_runs:
            return None
        return self.next_interval.end

    def interval_after(self, last: DataInterval | None, now: datetime) -> DataInterval | None:
        """The interval of the automatic run that follows the one for ``last``, or of the first; None when over."""
        if last is None:
            interval = self.timetable.first_interval(self.start_date, now, self.catchup)
        else:
            interval = self.timetable.next_interval(last, now, self.catchup)
        over = interval is not None and self.end_date is not None and interval.start > self.end_date
        return None if over else interval

    def _refuse_cycles(self) -> None:
        settled: set[str] = set()

        def visit(task_id: str, path: tuple[str, ...]) -> None:
            if task_id in path:
                circle = " >> ".join((*path[path.index(task_id) :], task_id)[::-1])
                raise ValueError(f"the tasks of DAG {self.dag_id!r} form a cycle: {circle}")
            if task_id not in settled:
                for parent in self.tasks[task_id].upstream:
                    visit(parent, (*path, task_id))
                settled.add(task_id)

        for task_id in self.tasks:
            visit(task_id, ())


def named_tasks(tasks: str | Mapping[str, Task] | Iterable[Task | str]) -> dict[str, Task]:
    """Tasks keyed by their ids.

    A mapping gives each task its key as id; plain names become tasks that succeed after a second, one below the other.

    :raises ValueError: for something else than tasks and their names, an id that cannot be one, or two that are equal.
    """
    if isinstance(tasks, Mapping):
        return {task_id: _with_id(task, task_id) for task_id, task in tasks.items()}
    given: Any = (tasks,) if isinstance(tasks, str) else tasks
    if not isinstance(given, Iterable):
        raise given_values.refusal("a DAG's tasks", "a list of names and Task objects, or a mapping of them", tasks)
    result: dict[str, Task] = {}
    previous: tuple[str, ...] = ()
    for task in given:
        named = Task(task_id=task, upstream=previous) if isinstance(task, str) else task
        if isinstance(named, Task) and not named.task_id:
            raise ValueError("a task in a list needs its task_id; or give a mapping of task_id to Task")
        named = _with_id(named, getattr(named, "task_id", ""))
        if named.task_id in result:
            raise ValueError(f"there are two tasks with the id {named.task_id!r}")
        result[named.task_id] = named
        previous = (named.task_id,)
    return result


def _with_id(task: Task, task_id: str) -> Task:
    if not isinstance(task, Task):
        raise given_values.refusal("a task", "a Task object, or in a list its name", task)
    given_values.key(task_id, "a task's task_id")
    return task if task.task_id == task_id else replace(task, task_id=task_id)
