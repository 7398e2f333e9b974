"""Run inside a Python that has apache-airflow: parses a DAG folder with it, and prints the result as JSON.

``python -m fake_server.dag_files.airflow_script FOLDER`` prints ``{"dags": [...], "import_errors": [...]}`` in the
format of a seed, so that whatever Airflow makes of a file can be loaded. What user code prints goes to stderr.
"""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any


def parsed(folder: Path) -> dict[str, Any]:
    """What the real Airflow makes of the files in ``folder``."""
    from airflow.models.dagbag import DagBag

    bag = DagBag(str(folder), include_examples=False)
    dags = [_dag(bag.dags[dag_id], folder) for dag_id in sorted(bag.dags)]
    errors = [
        {"file": _below(path, folder), "error": _text(error)} for path, error in sorted(bag.import_errors.items())
    ]
    return {"dags": dags, "import_errors": errors}


def _dag(dag: Any, folder: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "dag_id": dag.dag_id,
        "file": _below(dag.fileloc, folder),
        "schedule": _schedule(dag),
        "start_date": dag.start_date.isoformat() if dag.start_date is not None else None,
        "end_date": dag.end_date.isoformat() if dag.end_date is not None else None,
        "catchup": dag.catchup,
        "description": dag.description,
        "tags": sorted(dag.tags or ()),
        "owners": sorted({owner.strip() for owner in dag.owner.split(",")} - {""}) or ["airflow"],
        "owner_links": dag.owner_links,
        "max_active_runs": dag.max_active_runs,
        "max_active_tasks": dag.max_active_tasks,
        "max_consecutive_failed_dag_runs": getattr(dag, "max_consecutive_failed_dag_runs", 0),
        "dagrun_timeout_s": _seconds(dag.dagrun_timeout),
        "doc_md": dag.doc_md,
        "params": {name: _param(param) for name, param in _params(dag)},
        "dataset_triggers": _dataset_triggers(dag),
        "tasks": [_task(task) for task in dag.tasks],
    }
    if dag.is_paused_upon_creation is not None:
        entry["paused"] = dag.is_paused_upon_creation
    if getattr(dag, "dag_display_name", dag.dag_id) != dag.dag_id:
        entry["display_name"] = dag.dag_display_name
    return entry


def _task(task: Any) -> dict[str, Any]:
    mapped = type(task).__name__ in {"MappedOperator", "DecoratedMappedOperator"}
    entry = {
        "task_id": task.task_id,
        "operator": task.task_type,
        "operator_name": task.operator_name,
        "owner": task.owner,
        "retries": int(task.retries or 0),
        "retry_delay_s": _seconds(task.retry_delay),
        "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "upstream": sorted(task.upstream_task_ids),
        "pool": task.pool,
        "pool_slots": task.pool_slots,
        "priority_weight": task.priority_weight,
        "weight_rule": _weight_rule(task),
        "queue": task.queue,
        "execution_timeout_s": _seconds(task.execution_timeout),
        "task_group": task.task_group.group_id if task.task_group is not None else None,
        "outlets": [outlet.uri for outlet in task.outlets or () if hasattr(outlet, "uri")],
    }
    bash_command = task.partial_kwargs.get("bash_command") if mapped else getattr(task, "bash_command", None)
    if isinstance(bash_command, str):
        entry["bash_command"] = bash_command
    if mapped:
        entry.update(_mapped_over(task))
    return {key: value for key, value in entry.items() if value is not None}


def _mapped_over(task: Any) -> dict[str, Any]:
    """What a mapped task is mapped over: results of other tasks, and values that stand in the file."""
    given = task._get_specified_expand_input().value  # noqa: SLF001 - Airflow has no other way
    if not isinstance(given, dict):
        given = {"kwargs": given}
    sources = {name: value.operator.task_id for name, value in given.items() if hasattr(value, "operator")}
    values = {
        name: list(value.items()) if isinstance(value, dict) else list(value)
        for name, value in given.items()
        if isinstance(value, (dict, list, tuple))
    }
    return {"mapped_over": sources, "mapped_values": values}


def _schedule(dag: Any) -> Any:
    interval = getattr(dag, "schedule_interval", dag.timetable.summary)
    if _dataset_triggers(dag):
        return None
    if isinstance(interval, timedelta):
        return interval.total_seconds()
    return interval if isinstance(interval, str) else None


def _dataset_triggers(dag: Any) -> list[str]:
    condition = getattr(dag.timetable, "dataset_condition", None)
    return sorted({uri for uri, _ in condition.iter_datasets()}) if condition is not None else []


def _params(dag: Any) -> Any:
    return ((name, dag.params.get_param(name)) for name in dag.params)


def _param(param: Any) -> dict[str, Any]:
    value = param.value if type(param.value).__name__ != "ArgNotSet" else None
    return {"value": value, "schema": param.schema, "description": param.description}


def _weight_rule(task: Any) -> str:
    strategy = type(task.weight_rule).__name__.lstrip("_")
    return {"UpstreamPriorityWeightStrategy": "upstream", "AbsolutePriorityWeightStrategy": "absolute"}.get(
        strategy, "downstream"
    )


def _seconds(duration: Any) -> float | None:
    return duration.total_seconds() if isinstance(duration, timedelta) else duration


def _below(path: str, folder: Path) -> str:
    return str(Path(path).relative_to(folder)) if Path(path).is_relative_to(folder) else path


def _text(value: object) -> str:
    return str(value)


def main() -> None:
    """Parse the folder named on the command line."""
    with contextlib.redirect_stdout(sys.stderr):
        result = parsed(Path(sys.argv[1]).resolve())
    json.dump(result, sys.stdout, default=_text)


if __name__ == "__main__":
    main()
