"""Makes the deployment's DAGs of what was read in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from typing import Any, TypeVar

from fake_server.airflow.dags import DAG, WEIGHT_RULES, Param, Task
from fake_server.airflow.timetables import PRESETS
from fake_server.dag_files.airflow_names import datasets_in
from fake_server.dag_files.definitions import (
    DagDefinition,
    ParamDefinition,
    TaskDefinition,
    TaskResult,
    TimetableDefinition,
)
from fake_server.dag_files.function_bodies import NOT_CONSTANT, constant_result, outcome
from fake_server.dag_files.surroundings import Surroundings
from fake_server.dag_files.values import Unknown, is_plain

Value = TypeVar("Value")

#: What a task returns that others are mapped over, when that cannot be told: they become one instance each.
_SOMETHING = (None,)
#: Rules that the scheduler does not have, with those that come nearest.
_TRIGGER_RULES = {"all_done_setup_success": "all_done", "dummy": "always"}
_TRIGGER_RULES["none_failed_or_skipped"] = "none_failed_min_one_success"
_EXIT = re.compile(r"\s*exit\s+([1-9]\d*)\s*")
#: The exit code with which a BashOperator is skipped.
_SKIP_EXIT_CODE = 99


def nearest_trigger_rule(rule: str) -> str:
    """The trigger rule that the scheduler follows for one that Airflow knows."""
    return _TRIGGER_RULES.get(rule, rule)


class CannotBeScheduled(Exception):
    """Airflow refuses the DAG once its file has been imported; the text is its words."""


class Assembly:
    """Makes one DAG. ``warnings`` has what could not be told, in sentences."""

    def __init__(self, definition: DagDefinition, surroundings: Surroundings, warnings: list[str]) -> None:
        self._definition = definition
        self._surroundings = surroundings
        self._arguments = definition.arguments
        self.warnings = [*definition.warnings, *warnings]

    def dag(self, fileloc: str, source: str) -> DAG:
        """The DAG.

        :raises CannotBeScheduled: for a wrong schedule or a cycle.
        """
        definition, surroundings = self._definition, self._surroundings
        paused = self._known("is_paused_upon_creation", bool, None)
        try:
            tasks = self._tasks()
            self._refuse_cycles(tasks)
            schedule, datasets = self._schedule()
            return DAG(
                dag_id=definition.dag_id,
                tasks=tasks,
                schedule=schedule,
                start_date=self._start_date(),
                end_date=self._moment(self._arguments, "end_date"),
                catchup=self._known("catchup", bool, surroundings.catchup),
                description=self._known("description", str, None),
                tags=tuple(sorted(set(self._texts("tags")))),
                owners=tuple(sorted({task.owner for task in tasks.values()})) or (surroundings.owner,),
                owner_links=self._known("owner_links", dict, {}),
                params=self._params(),
                doc_md=self._doc_md(),
                fileloc=fileloc,
                source=source,
                max_active_runs=self._known("max_active_runs", int, surroundings.max_active_runs),
                max_active_tasks=self._max_active_tasks(),
                max_consecutive_failed_dag_runs=self._known("max_consecutive_failed_dag_runs", int, 0),
                dagrun_timeout=self._seconds(self._arguments, "dagrun_timeout", None),
                dataset_triggers=datasets,
                display_name=self._known("dag_display_name", str, None),
                is_paused_upon_creation=paused,
                is_paused=surroundings.paused if paused is None else paused,
                parse_warnings=tuple(self.warnings),
            )
        except ValueError as error:
            raise CannotBeScheduled(str(error)) from None

    # The DAG's own arguments

    def _known(self, name: str, kind: type[Value], default: Any) -> Any:
        value = self._arguments.get(name)
        if value is None:
            return default
        if isinstance(value, kind) and is_plain(value):
            return value
        self.warnings.append(f"the DAG's {name} is not known; it is taken to be {default!r}")
        return default

    def _texts(self, name: str) -> list[str]:
        value = self._arguments.get(name)
        if value is None:
            return []
        items = list(value) if isinstance(value, (list, tuple, set)) else [value]
        known = [item for item in items if isinstance(item, str)]
        if len(known) != len(items):
            self.warnings.append(f"some of the DAG's {name} are not known and left out")
        return known

    def _schedule(self) -> tuple[str | timedelta | None, tuple[str, ...]]:
        """The schedule, and the URIs of the datasets that trigger the DAG."""
        default = timedelta(days=1) if self._surroundings.version < (3,) else None
        given = next(
            (
                self._arguments[name]
                for name in ("schedule", "schedule_interval", "timetable")
                if name in self._arguments
            ),
            default,
        )
        datasets = datasets_in(given)
        if datasets:
            return None, tuple(sorted({dataset.uri for dataset in datasets}))
        if isinstance(given, TimetableDefinition):
            given = given.schedule
        if isinstance(given, str):
            self._check_cron(given)
            return (None if given == "@continuous" else given), ()
        if isinstance(given, timedelta) and given <= timedelta(0):
            raise CannotBeScheduled(f"AirflowTimetableInvalid: schedule interval must be positive, not {given!r}")
        if given is None or isinstance(given, timedelta):
            return given, ()
        self.warnings.append("the DAG's schedule is not known; it has none")
        return None, ()

    def _check_cron(self, expression: str) -> None:
        if expression == "@continuous":
            self.warnings.append("the schedule @continuous is not supported; the DAG has none")
            return
        if expression == "@once" or expression in PRESETS:
            return
        from croniter import croniter
        from croniter.croniter import CroniterError

        try:
            croniter(expression)
        except (CroniterError, ValueError, KeyError, AttributeError) as error:
            raise CannotBeScheduled(f"AirflowTimetableInvalid: {error}") from None
        start = self._arguments.get("start_date")
        if isinstance(start, datetime) and start.tzinfo is not None and str(start.tzinfo) not in {"UTC", "Etc/UTC"}:
            self.warnings.append(f"the cron schedule is followed in UTC, not in {start.tzinfo}")

    def _start_date(self) -> datetime | None:
        """The DAG's own, or else the first of its tasks', which is what Airflow schedules by."""
        own = self._moment(self._arguments, "start_date")
        if own is not None:
            return own
        dates = [self._moment(task.arguments, "start_date") for task in self._definition.tasks.values()]
        return min((moment for moment in dates if moment is not None), default=None)

    def _moment(self, arguments: Mapping[str, Any], name: str) -> datetime | None:
        value = arguments.get(name)
        if isinstance(value, datetime):
            aware = value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)
            return aware.astimezone(timezone.utc)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
        if isinstance(value, str):
            try:
                parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
            except ValueError:
                value = Unknown(value)
            else:
                return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=timezone.utc)
        if isinstance(value, Unknown):
            self._warn_once(f"a {name} is not known and left out")
        return None

    def _warn_once(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)

    @staticmethod
    def _seconds(arguments: Mapping[str, Any], name: str, default: float | None) -> float | None:
        value = arguments.get(name)
        if isinstance(value, timedelta):
            return value.total_seconds()
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default

    def _max_active_tasks(self) -> int:
        name = "concurrency" if "concurrency" in self._arguments else "max_active_tasks"
        return int(self._known(name, int, self._surroundings.max_active_tasks))

    def _doc_md(self) -> str | None:
        text = self._arguments.get("doc_md") or self._definition.docstring
        return text if isinstance(text, str) else None

    def _params(self) -> dict[str, Param]:
        given = self._arguments.get("params")
        if not isinstance(given, Mapping):
            if given is not None:
                self.warnings.append("the DAG's params are not known and left out")
            return {}
        result: dict[str, Param] = {}
        for name, value in given.items():
            param = value if isinstance(value, ParamDefinition) else ParamDefinition(value, {}, None)
            if not is_plain(param.value):
                self.warnings.append(f"the value of the param {name!r} is not known; it has none")
            description = param.description if isinstance(param.description, str) else None
            result[str(name)] = Param(param.value if is_plain(param.value) else None, param.schema, description)
        return result

    # Tasks

    def _tasks(self) -> dict[str, Task]:
        definitions = self._definition.tasks
        mapped_over = {
            source.task_id
            for task in definitions.values()
            for value in task.expanded.values()
            if isinstance(value, TaskResult)
            for source in value.sources
        }
        return {task_id: self._task(task, task_id in mapped_over) for task_id, task in definitions.items()}

    def _task(self, definition: TaskDefinition, is_mapped_over: bool) -> Task:
        arguments, surroundings = definition.arguments, self._surroundings
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for name, value in definition.expanded.items():
            if isinstance(value, TaskResult):
                sources[name] = value.sources[0].task_id
            else:
                values[name] = self._items(definition, name, value)
        rule = self._argument(definition, "trigger_rule", str, "all_success")
        weight_rule = self._argument(definition, "weight_rule", str, surroundings.weight_rule)
        bash_command = arguments.get("bash_command")
        return Task(
            task_id=definition.task_id,
            operator=definition.operator,
            operator_name=definition.operator_name,
            upstream=tuple(sorted(definition.upstream)),
            outcome=_outcome(definition),
            # Airflow takes fewer than none for none.
            retries=max(self._retries(definition), 0),
            retry_delay=max(self._seconds(arguments, "retry_delay", surroundings.retry_delay) or 0.0, 0.0),
            trigger_rule=nearest_trigger_rule(rule),
            xcom=_xcom(definition, is_mapped_over=is_mapped_over),
            branch=_branch(definition),
            owner=self._argument(definition, "owner", str, surroundings.owner),
            pool=self._argument(definition, "pool", str, "default_pool"),
            pool_slots=self._argument(definition, "pool_slots", int, 1),
            priority_weight=self._argument(definition, "priority_weight", int, 1),
            queue=self._argument(definition, "queue", str, surroundings.queue),
            execution_timeout=self._seconds(arguments, "execution_timeout", None),
            bash_command=bash_command if isinstance(bash_command, str) else None,
            task_group=definition.group.group_id,
            outlets=tuple(dataset.uri for dataset in datasets_in(arguments.get("outlets"))),
            mapped_over=sources,
            mapped_values=values,
            weight_rule=weight_rule if weight_rule in WEIGHT_RULES else "downstream",
        )

    def _argument(self, definition: TaskDefinition, name: str, kind: type[Value], default: Value) -> Value:
        value = definition.arguments.get(name)
        if value is None:
            return default
        if isinstance(value, kind):
            return value
        self.warnings.append(
            f"line {definition.line}: {name} of the task {definition.task_id!r} is not known; "
            f"it is taken to be {default!r}"
        )
        return default

    def _retries(self, definition: TaskDefinition) -> int:
        value = definition.arguments.get("retries")
        if isinstance(value, (str, float)):
            with suppress(ValueError):
                return int(value)
        return self._argument(definition, "retries", int, self._surroundings.retries)

    def _items(self, definition: TaskDefinition, name: str, value: Any) -> tuple[Any, ...]:
        if isinstance(value, Mapping) and is_plain(value):
            return tuple(value.items())
        if isinstance(value, (list, tuple)):
            return tuple(item if is_plain(item) else None for item in value)
        self.warnings.append(
            f"line {definition.line}: what the task {definition.task_id!r} is mapped over for {name!r} is not known; "
            "it becomes one instance"
        )
        return _SOMETHING

    def _refuse_cycles(self, tasks: Mapping[str, Task]) -> None:
        """Airflow names a task of the circle in its refusal."""
        below: dict[str, list[str]] = {task_id: [] for task_id in tasks}
        waiting = {task_id: len(task.upstream) for task_id, task in tasks.items()}
        for task_id, task in tasks.items():
            for parent in task.upstream:
                below[parent].append(task_id)
        free = [task_id for task_id, count in waiting.items() if not count]
        while free:
            for task_id in below[free.pop()]:
                waiting[task_id] -= 1
                if not waiting[task_id]:
                    free.append(task_id)
        circle = [task_id for task_id, count in waiting.items() if count]
        if circle:
            raise CannotBeScheduled(
                f"AirflowDagCycleException: Cycle detected in DAG: {self._definition.dag_id}. "
                f"Faulty task: {_closing(circle, below)}"
            )


def _closing(circle: list[str], below: Mapping[str, list[str]]) -> str:
    """The task from which a walk down, begun at the first task, comes back to one that it has passed."""
    passed: list[str] = []
    current = circle[0]
    while current not in passed:
        passed.append(current)
        current = next(task_id for task_id in below[current] if task_id in circle)
    return passed[-1]


def _xcom(definition: TaskDefinition, *, is_mapped_over: bool) -> dict[str, Any]:
    function = definition.function
    result = constant_result(function) if function is not None else NOT_CONSTANT
    if result is not NOT_CONSTANT and result is not None:
        return {"return_value": result}
    return {"return_value": list(_SOMETHING)} if is_mapped_over else {}


def _branch(definition: TaskDefinition) -> str | list[str] | None:
    """What a branching task chooses, when its function returns one constant."""
    if "Branch" not in definition.operator or definition.function is None:
        return None
    chosen = constant_result(definition.function)
    names = [chosen] if isinstance(chosen, str) else chosen
    if not isinstance(names, list) or not all(name in definition.dag.tasks for name in names):
        return None
    return names


def _outcome(definition: TaskDefinition) -> str:
    """What the task comes to, as far as its function or its shell command says so plainly."""
    if definition.function is not None:
        return outcome(definition.function)
    command = definition.arguments.get("bash_command")
    match = _EXIT.fullmatch(command) if isinstance(command, str) else None
    if match is None:
        return "success"
    return "skipped" if int(match[1]) == _SKIP_EXIT_CODE else "failed"
