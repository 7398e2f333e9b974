"""Fills a deployment from a seed: JSON that says what a DAG folder, users, pools and the rest would hold.

The format stands in ``seed_schema.json``. All but ``dag_id`` may be left out; a key that means nothing is named in a
warning; a mistake is a :class:`SeedError` that names the place and what was expected, and then nothing is changed.
"""

from __future__ import annotations

import json
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from fake_server.airflow.connections import Connection
from fake_server.airflow.dags import DAG, DEFAULT_START_DATE, Param, Task
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import SeedError
from fake_server.airflow.runs import DagRun
from fake_server.airflow.seed_check import check_seed, unknown_keys

#: The keys of a task that are named as its fields are.
_TASK_KEYS = (
    "operator", "owner", "retries", "trigger_rule", "duration", "log", "pool", "pool_slots", "queue",
    "priority_weight", "weight_rule", "bash_command", "env", "task_group", "operator_name", "branch",
)  # fmt: skip
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"^params\.(\w+)\s*(>=|<=|==|!=|>|<)\s*(.+)$")


class SeedWarning(UserWarning):
    """A seed has a key that means nothing."""


def load_seed_file(airflow: Airflow, path: str | Path) -> None:
    """Fill ``airflow`` from the JSON file at ``path``.

    :raises SeedError: when the file cannot be read or has a mistake; the text begins with the file's name.
    """
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        raise SeedError(f"{path}: cannot be read: {error.strerror}. Expected a JSON file with a seed.") from None
    except UnicodeDecodeError as error:
        raise SeedError(f"{path}: byte {error.start} is not UTF-8. Expected a JSON file with a seed.") from None
    try:
        seed = json.loads(text)
    except json.JSONDecodeError as error:
        raise SeedError(f"{path}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}.") from None
    load_seed(airflow, seed, name=str(path))


def load_seed(airflow: Airflow, seed: Mapping[str, Any], *, name: str = "seed") -> None:
    """Fill ``airflow`` from ``seed``; ``name`` is what errors and warnings call it.

    :raises SeedError: when it has a mistake.
    """
    check_seed(seed, name)
    for place in unknown_keys(seed):
        warnings.warn(f"{name}: {place} means nothing here and is ignored.", SeedWarning, stacklevel=2)
    # Everything is built before anything is stored, so that a mistake leaves nothing half-done behind.
    folder = airflow.config.get("core", "dags_folder")
    dags = dags_of_seed(airflow, seed, name=name)
    _check_names(airflow, seed, name)
    for dag in dags:
        airflow.add_dag(dag)
    for entry in seed.get("datasets", ()):
        airflow.datasets.add(entry["uri"], airflow.clock.now(), entry.get("extra"))
    for entry in seed.get("import_errors", ()):
        airflow.import_errors[f"{folder}/{entry['file']}"] = entry["error"]
    _add_users(airflow, seed)
    for entry in seed.get("pools", ()):
        pool = airflow.pools.find(entry["name"])
        if pool is None:
            airflow.pools.create(**entry)
        else:
            pool.slots, pool.description = entry["slots"], entry.get("description", pool.description)
    for key, value in seed.get("variables", {}).items():
        airflow.variables.set(key, value if isinstance(value, str) else json.dumps(value))
    for entry in seed.get("connections", ()):
        extra = entry.get("extra")
        text = extra if extra is None or isinstance(extra, str) else json.dumps(extra)
        airflow.connections.add(Connection(**{**entry, "extra": text}))


def dags_of_seed(airflow: Airflow, seed: Mapping[str, Any], *, name: str = "seed") -> list[DAG]:
    """The DAGs of ``seed``, which is well-formed, as ``airflow``'s configuration makes them; they are not added.

    :raises SeedError: when one has a mistake.
    """
    folder = airflow.config.get("core", "dags_folder")
    paused = airflow.config.boolean("core", "dags_are_paused_at_creation")
    pushed = _pushed(seed, name)
    return [
        _dag(entry, pushed.get(entry["dag_id"], {}), f"{name}: dags[{index}]", folder, default_paused=paused)
        for index, entry in enumerate(seed.get("dags", ()))
    ]


def _add_users(airflow: Airflow, seed: Mapping[str, Any]) -> None:
    for entry in seed.get("users", ()):
        airflow.security.add_user(**{"role": "Viewer", **entry})
    for entry in seed.get("password_auth_users", ()):
        airflow.password_auth_users.add(**entry)


def _pushed(seed: Mapping[str, Any], name: str) -> dict[str, dict[str, dict[str, Any]]]:
    """The seed's ``xcoms``, by DAG, task and key: what the tasks push whenever they succeed."""
    tasks = {entry["dag_id"]: {task["task_id"] for task in entry.get("tasks", ())} for entry in seed.get("dags", ())}
    result: dict[str, dict[str, dict[str, Any]]] = {}
    for index, entry in enumerate(seed.get("xcoms", ())):
        dag_id, task_id = entry["dag_id"], entry["task_id"]
        if task_id not in tasks.get(dag_id, ()):
            raise SeedError(
                f"{name}: xcoms[{index}]: the seed has no task {task_id!r} in a DAG {dag_id!r}. "
                "Expected a task of one of its dags."
            )
        result.setdefault(dag_id, {}).setdefault(task_id, {})[entry["key"]] = entry["value"]
    return result


def _dag(entry: Mapping[str, Any], pushed: Mapping[str, Any], place: str, folder: str, *, default_paused: bool) -> DAG:
    schedule = entry.get("schedule")
    try:
        return DAG(
            dag_id=entry["dag_id"],
            tasks=_tasks(entry.get("tasks", ()), pushed, place),
            schedule=timedelta(seconds=schedule) if isinstance(schedule, (int, float)) else schedule,
            start_date=_moment(entry.get("start_date"), f"{place}.start_date") or DEFAULT_START_DATE,
            end_date=_moment(entry.get("end_date"), f"{place}.end_date"),
            catchup=entry.get("catchup", False),
            description=entry.get("description"),
            tags=tuple(entry.get("tags", ())),
            owners=tuple(entry.get("owners", ("airflow",))),
            owner_links=entry.get("owner_links", {}),
            params={name: _param(value) for name, value in entry.get("params", {}).items()},
            doc_md=entry.get("doc_md"),
            fileloc=entry.get("fileloc") or f"{folder}/{entry.get('file', entry['dag_id'] + '.py')}",
            source=entry.get("source", ""),
            max_active_runs=entry.get("max_active_runs", 16),
            max_active_tasks=entry.get("max_active_tasks", 16),
            max_consecutive_failed_dag_runs=entry.get("max_consecutive_failed_dag_runs", 0),
            dagrun_timeout=entry.get("dagrun_timeout_s"),
            dataset_triggers=tuple(entry.get("dataset_triggers", ())),
            display_name=entry.get("display_name"),
            is_paused_upon_creation=entry.get("paused"),
            is_paused=entry.get("paused", default_paused),
        )
    except SeedError:
        raise
    except ValueError as error:
        raise SeedError(f"{place}: {error}.") from None


def _tasks(entries: Iterable[Mapping[str, Any]], pushed: Mapping[str, Any], place: str) -> dict[str, Task]:
    entries = list(entries)
    upstream: dict[str, list[str]] = {entry["task_id"]: list(entry.get("upstream", ())) for entry in entries}
    if len(upstream) != len(entries):
        raise SeedError(f"{place}.tasks: two tasks have the same task_id; expected each once.")
    for entry in entries:
        for below in entry.get("downstream", ()):
            if below not in upstream:
                raise SeedError(
                    f"{place}.tasks: {entry['task_id']!r} has {below!r} downstream, which is no task of the DAG."
                )
            if entry["task_id"] not in upstream[below]:
                upstream[below].append(entry["task_id"])
    result: dict[str, Task] = {}
    for index, entry in enumerate(entries):
        try:
            task_id = entry["task_id"]
            result[task_id] = _task(entry, tuple(upstream[task_id]), pushed.get(task_id, {}))
        except ValueError as error:
            raise SeedError(f"{place}.tasks[{index}]: {error}.") from None
    return result


def _task(entry: Mapping[str, Any], upstream: tuple[str, ...], pushed: Mapping[str, Any]) -> Task:
    effect = entry.get("effect", {})
    fields: dict[str, Any] = {key: entry[key] for key in _TASK_KEYS if key in entry}
    if "retry_delay_s" in entry:
        fields["retry_delay"] = entry["retry_delay_s"]
    mapped_over = entry.get("mapped_over", ())
    if "branches_to" in effect:
        fields["branch"] = _branch(effect["branches_to"])
    return Task(
        task_id=entry["task_id"],
        upstream=upstream,
        outcome=entry.get("outcome", "failed" if effect.get("fails") else "success"),
        xcom={**effect.get("xcoms", {}), **entry.get("xcom", {}), **pushed},
        execution_timeout=entry.get("execution_timeout_s"),
        outlets=tuple(entry.get("outlets", ())),
        mapped_over=mapped_over if isinstance(mapped_over, dict) else tuple(mapped_over),
        mapped_values={name: tuple(items) for name, items in entry.get("mapped_values", {}).items()},
        **fields,
    )


def _branch(conditions: Mapping[str, str]) -> Callable[[DagRun], str]:
    """The choice of a branching task: the first task whose condition on the params holds, else the "otherwise" one."""
    parsed: list[tuple[str, str, Callable[[Any, Any], bool], Any]] = []
    otherwise: str | None = None
    for task_id, condition in conditions.items():
        match = _CONDITION.match(condition)
        if condition == "otherwise":
            otherwise = task_id
        elif match is None:
            raise ValueError(f"the condition {condition!r} has to be 'params.NAME > VALUE' or 'otherwise'")
        else:
            parsed.append((task_id, match[1], _COMPARISONS[match[2]], json.loads(match[3])))

    def choose(run: DagRun) -> str:
        params = {name: param.value for name, param in run.dag.params.items()} | run.conf
        for task_id, name, compare, value in parsed:
            if compare(params[name], value):
                return task_id
        return otherwise or ""

    return choose


def _param(value: Any) -> Param:
    if isinstance(value, Mapping) and set(value) <= {"value", "schema", "description"}:
        return Param(value.get("value"), value.get("schema", {}), value.get("description"))
    return Param(value)


def _moment(text: str | None, place: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise SeedError(
            f"{place}: {text!r} is no date. Expected ISO 8601, such as 2024-01-01T00:00:00+00:00."
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def _check_names(airflow: Airflow, seed: Mapping[str, Any], name: str) -> None:
    seen: set[str] = set()
    for index, entry in enumerate(seed.get("users", ())):
        role = entry.get("role", "Viewer")
        if airflow.security.find_role(role) is None:
            known = ", ".join(known.name for known in airflow.security.roles)
            raise SeedError(f"{name}: users[{index}].role: there is no role {role!r}. Expected one of {known}.")
        if entry["username"] in seen or airflow.security.find_user(entry["username"]) is not None:
            raise SeedError(f"{name}: users[{index}].username: {entry['username']!r} is there already.")
        seen.add(entry["username"])
    names = [entry["username"] for entry in seed.get("password_auth_users", ())]
    for index, username in enumerate(names):
        if username in names[:index] or username in airflow.password_auth_users:
            raise SeedError(f"{name}: password_auth_users[{index}].username: {username!r} is there already.")
    ids = [entry["dag_id"] for entry in seed.get("dags", ())]
    for index, dag_id in enumerate(ids):
        if dag_id in ids[:index]:
            raise SeedError(f"{name}: dags[{index}].dag_id: {dag_id!r} is there already.")
