"""What Airflow 2 refuses of the arguments of a DAG, a task or a group, in its words.

A real Airflow 2.10.5 was recorded with each of them (``tests/dag_files/refused_arguments.json``). Only what the text of
the file tells for sure is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from fake_server.airflow.dags import WEIGHT_RULES
from fake_server.dag_files.values import is_plain

_LONGEST_TAG = 100
_VIEWS = ["grid", "graph", "duration", "gantt", "landing_times"]
_ORIENTATIONS = ["LR", "TB", "RL", "BT"]


class Refusal(NamedTuple):
    """An exception that Airflow would raise: its type as a traceback shows it, and its words."""

    kind: str
    words: str


@dataclass(frozen=True)
class KeyRule:
    """What ids of a kind are made of."""

    longest: int
    pattern: str
    allowed: str

    def refusal(self, key: Any) -> Refusal | None:
        """What Airflow has against ``key``; None when it takes it, or when nobody knows what it is."""
        if not is_plain(key):
            return None
        if not isinstance(key, str):
            return Refusal("TypeError", f"The key has to be a string and is {type(key)}:{key}")
        if len(key) > self.longest:
            return airflow_exception(f"The key has to be less than {self.longest} characters")
        if re.fullmatch(self.pattern, key) is None:
            return airflow_exception(f"The key {key!r} has to be made of {self.allowed} exclusively")
        return None


#: The ids of DAGs and tasks.
KEYS = KeyRule(250, r"[\w.-]+", "alphanumeric characters, dashes, dots and underscores")
GROUP_KEYS = KeyRule(200, r"[\w-]+", "alphanumeric characters, dashes and underscores")

#: Given an argument's name, its value and the id of its task (or DAG), what Airflow has against it.
_Check: TypeAlias = Callable[[str, Any, str], Refusal | None]


def refusal_of_dag(dag_id: str, given: Mapping[str, Any]) -> Refusal | None:
    """What Airflow has against the arguments of a DAG, apart from its id; None when it takes them."""
    return _first_refusal(_DAG, dag_id, given) or _refusal_of_schedule(given)


def refusal_of_task(task_id: str, dag_id: str, arguments: Mapping[str, Any]) -> Refusal | None:
    """What Airflow has against the arguments that all operators have; None when it takes them."""
    slots = arguments.get("pool_slots")
    if isinstance(slots, int) and slots < 1:
        return Refusal("ValueError", f"pool slots for {task_id} in dag {dag_id} cannot be less than 1")
    return _first_refusal(_TASK, task_id, arguments)


def refusal_of_retries(arguments: Mapping[str, Any]) -> Refusal | None:
    """What is checked of a mapped task before it is expanded."""
    return _first_refusal({"retries": _retries}, "", arguments)


def _first_refusal(checks: Mapping[str, _Check], owner: str, given: Mapping[str, Any]) -> Refusal | None:
    found = (checks[name](name, value, owner) for name, value in given.items() if name in checks and is_plain(value))
    return next(filter(None, found), None)


def _wrong_type(name: str, value: Any, expected: Any) -> Refusal:
    """The refusal of an argument whose type Airflow checks."""
    return Refusal(
        "TypeError", f"{name!r} has an invalid type {type(value)} with value {value}, expected type is {expected}"
    )


def _of_type(kind: type) -> _Check:
    def check(name: str, value: Any, _: str) -> Refusal | None:
        return None if value is None or isinstance(value, kind) else _wrong_type(name, value, kind)

    return check


def _unless_empty(check: _Check, name: str | None = None) -> _Check:
    """``check`` for what Airflow leaves to a default when it is empty or zero, perhaps under another name."""

    def check_unless_empty(given_name: str, value: Any, owner: str) -> Refusal | None:
        return check(name or given_name, value, owner) if value else None

    return check_unless_empty


def _with_attribute(attribute: str) -> _Check:
    """For what Airflow uses without looking: the error is Python's."""

    def check(_: str, value: Any, __: str) -> Refusal | None:
        return None if value is None or hasattr(value, attribute) else _lacks(value, attribute)

    return check


def _lacks(value: Any, attribute: str) -> Refusal:
    return Refusal("AttributeError", f"{_type_name(value)!r} object has no attribute {attribute!r}")


def _type_name(value: Any) -> str:
    """The name of its type, as Python's own errors have it."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _mapping(what: str) -> _Check:
    def check(name: str, value: Any, _: str) -> Refusal | None:
        return None if isinstance(value, Mapping) else Refusal("TypeError", f"{name} must be a {what}")

    return _unless_empty(check)


def _one_of(choices: list[str]) -> _Check:
    def check(name: str, value: Any, _: str) -> Refusal | None:
        if value in choices:
            return None
        return airflow_exception(f"Invalid values of dag.{name}: only support {choices}, but get {value}")

    return check


def airflow_exception(words: str) -> Refusal:
    """A refusal by Airflow's own exception."""
    return Refusal("airflow.exceptions.AirflowException", words)


# Arguments of DAGs


def _start_date(_: str, value: Any, __: str) -> Refusal | None:
    if value is None or isinstance(value, datetime):
        return None
    return _lacks(value, "tzinfo" if value else "utcoffset")


def _tags(name: str, value: Any, _: str) -> Refusal | None:
    if not isinstance(value, Iterable):
        return Refusal("TypeError", f"{_type_name(value)!r} object is not iterable")
    for tag in value:
        if not hasattr(tag, "__len__"):
            return Refusal("TypeError", f"object of type {type(tag).__name__!r} has no len()")
        if len(tag) > _LONGEST_TAG:
            return airflow_exception(f"tag cannot be longer than {_LONGEST_TAG} characters")
    return None if isinstance(value, list) else _wrong_type(name, value, list)


def _owner_links(_: str, value: Any, __: str) -> Refusal | None:
    if not isinstance(value, Mapping):
        return _lacks(value, "items")
    for link in value.values():
        if not isinstance(link, str):
            return _lacks(link, "decode")
    wrong = {owner: link for owner, link in value.items() if not _is_link(link)}
    if not wrong:
        return None
    words = f"Wrong link format was used for the owner. Use a valid link \nBad formatted links are: {wrong}"
    return airflow_exception(words)


def _is_link(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and parts.netloc) or (parts.scheme == "mailto" and bool(parts.path))


def _failed_runs(name: str, value: Any, _: str) -> Refusal | None:
    if not isinstance(value, (int, float)):
        return _not_comparable(value)
    if value < 0:
        return airflow_exception(f"Invalid {name}: {value}.Requires {name} >= 0")
    return None if isinstance(value, int) else _wrong_type(name, value, int)


def _not_comparable(value: Any) -> Refusal:
    return Refusal("TypeError", f"'<' not supported between instances of {_type_name(value)!r} and 'int'")


_BOOLEAN, _INTEGER, _TEXT = _of_type(bool), _of_type(int), _of_type(str)
_DAG: Mapping[str, _Check] = {
    "default_args": _mapping("dict"),
    "tags": _unless_empty(_tags),
    "start_date": _start_date,
    "end_date": _with_attribute("utcoffset"),
    "params": _unless_empty(_with_attribute("items")),
    "doc_md": _with_attribute("endswith"),
    "access_control": _with_attribute("items"),
    "owner_links": _unless_empty(_owner_links),
    "default_view": _one_of(_VIEWS),
    "orientation": _one_of(_ORIENTATIONS),
    "max_consecutive_failed_dag_runs": _failed_runs,
    "description": _TEXT,
    "dag_display_name": _unless_empty(_TEXT),
    "max_active_runs": _INTEGER,
    "max_active_tasks": _INTEGER,
    "concurrency": _unless_empty(_INTEGER, "max_active_tasks"),
    "dagrun_timeout": _of_type(timedelta),
    "catchup": _BOOLEAN,
    "is_paused_upon_creation": _BOOLEAN,
    "fail_stop": _BOOLEAN,
    "render_template_as_native_obj": _BOOLEAN,
    "auto_register": _BOOLEAN,
}


def _refusal_of_schedule(given: Mapping[str, Any]) -> Refusal | None:
    name = next((name for name in ("schedule", "schedule_interval", "timetable") if name in given), None)
    schedule = given.get(name) if name is not None else None
    if isinstance(schedule, (list, tuple, set, dict)) and any(is_plain(item) for item in schedule):
        return Refusal("ValueError", "All elements in 'schedule' should be datasets or dataset aliases")
    if isinstance(schedule, (bool, int, float, date)):
        return Refusal("ValueError", f"{schedule!r} is not a valid schedule_interval.")
    most = given.get("max_active_runs")
    if schedule == "@continuous" and isinstance(most, int) and most > 1:
        kind = "<class 'airflow.timetables.simple.ContinuousTimetable'>"
        return airflow_exception(f"Invalid max_active_runs: {kind} requires max_active_runs <= 1")
    return None


# Arguments of tasks


def _retries(_: str, value: Any, __: str) -> Refusal | None:
    try:
        int(value if value is not None else 0)
    except (TypeError, ValueError):
        return airflow_exception(f"'retries' type must be int, not {type(value).__name__}")
    return None


def _delay(_: str, value: Any, __: str) -> Refusal | None:
    if isinstance(value, (timedelta, int, float)):
        return None
    return Refusal("TypeError", f"unsupported type for timedelta seconds component: {_type_name(value)}")


def _execution_timeout(name: str, value: Any, _: str) -> Refusal | None:
    if value is None or isinstance(value, timedelta):
        return None
    return Refusal("ValueError", f"{name} must be timedelta object but passed as type: {type(value)}")


def _priority_weight(name: str, value: Any, task_id: str) -> Refusal | None:
    if value is None or isinstance(value, int):
        return None
    return airflow_exception(f"`{name}` for task {task_id!r} only accepts integers, received '{type(value)}'.")


def _weight_rule(_: str, value: Any, __: str) -> Refusal | None:
    if value is None or value in WEIGHT_RULES:
        return None
    name = value if isinstance(value, str) else f"{type(value).__module__}.{type(value).__name__}"
    return airflow_exception(f"Unknown priority strategy {name}")


def _pool_slots(name: str, value: Any, _: str) -> Refusal | None:
    if isinstance(value, int):
        return None
    return _wrong_type(name, value, int) if isinstance(value, float) else _not_comparable(value)


def _resources(_: str, value: Any, __: str) -> Refusal | None:
    if value is None or isinstance(value, Mapping):
        return None
    words = f"airflow.utils.operator_resources.Resources() argument after ** must be a mapping, not {_type_name(value)}"
    return Refusal("TypeError", words)


def _email(name: str, value: Any, _: str) -> Refusal | None:
    if value is None or isinstance(value, Iterable):
        return None
    return _wrong_type(name, value, "(<class 'str'>, typing.Iterable)")


_TASK: Mapping[str, _Check] = {
    "retries": _retries,
    "retry_delay": _delay,
    "max_retry_delay": lambda name, value, owner: None if value is None else _delay(name, value, owner),
    "execution_timeout": _execution_timeout,
    "end_date": _unless_empty(_with_attribute("utcoffset")),
    "params": _mapping("mapping"),
    "default_args": _mapping("mapping"),
    "priority_weight": _priority_weight,
    "weight_rule": _weight_rule,
    "pool_slots": _pool_slots,
    "email": _email,
    "resources": _resources,
    "task_group": _unless_empty(_with_attribute("default_args")),
    "task_concurrency": _unless_empty(_INTEGER, "max_active_tis_per_dag"),
    "task_display_name": _unless_empty(_TEXT),
    **dict.fromkeys(("max_active_tis_per_dag", "max_active_tis_per_dagrun"), _INTEGER),
    **dict.fromkeys(
        (
            "doc", "doc_json", "doc_md", "doc_rst", "doc_yaml", "executor", "map_index_template", "pool", "queue",
            "run_as_user",
        ),
        _TEXT,
    ),
    **dict.fromkeys(
        (
            "allow_nested_operators", "depends_on_past", "do_xcom_push", "email_on_failure", "email_on_retry",
            "ignore_first_depends_on_past", "multiple_outputs", "retry_exponential_backoff", "wait_for_downstream",
            "wait_for_past_depends_before_skipping",
        ),
        _BOOLEAN,
    ),
}  # fmt: skip
