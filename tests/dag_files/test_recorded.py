"""What is read in DAG files is what the real Airflow 2.10.5 made of the same files."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest

from fake_server.airflow.dags import DAG
from fake_server.airflow.deployment import Airflow
from fake_server.dag_files.sources import Directory
from fake_server.dag_files.surroundings import module_is_known
from fake_server.dag_files.synchronizing import DagFolder
from tests.dag_files.examples import EXAMPLES, RECORDED

#: What is told otherwise on purpose: the field of a DAG, or the field of a task.
KNOWN_DIFFERENCES = {
    # Airflow schedules this DAG by the start dates of its tasks, which the deployment does not know: the DAG has them.
    ("dates_in_arguments", "start_date"): "2024-02-29T01:02:03+00:00",
    # The scheduler has no rule for teardowns.
    ("setup_teardown.delete", "trigger_rule"): "all_done",
    ("setup_teardown.close_it", "trigger_rule"): "all_done",
}
DAGS: dict[str, dict[str, Any]] = {entry["dag_id"]: entry for entry in RECORDED["dags"]}
ERRORS: dict[str, dict[str, Any]] = {entry["file"]: entry for entry in RECORDED["import_errors"]}
TASKS = [(dag_id, task["task_id"]) for dag_id, entry in DAGS.items() for task in entry["tasks"]]


@pytest.fixture(scope="module")
def parsed() -> Airflow:
    airflow = Airflow("2.10.5", scheduler=False)
    with airflow.session():
        DagFolder(Directory(EXAMPLES), is_importable=module_is_known).sync(airflow)
    return airflow


def described(dag: DAG) -> dict[str, Any]:
    schedule = dag.schedule
    return {
        "schedule": schedule.total_seconds() if isinstance(schedule, timedelta) else schedule,
        "start_date": dag.start_date.isoformat() if dag.start_date is not None else None,
        "end_date": dag.end_date.isoformat() if dag.end_date is not None else None,
        "catchup": dag.catchup,
        "description": dag.description,
        "tags": list(dag.tags),
        "owners": list(dag.owners),
        "owner_links": dict(dag.owner_links),
        "max_active_runs": dag.max_active_runs,
        "max_active_tasks": dag.max_active_tasks,
        "max_consecutive_failed_dag_runs": dag.max_consecutive_failed_dag_runs,
        "dagrun_timeout_s": dag.dagrun_timeout,
        "doc_md": dag.doc_md,
        "params": {
            name: {"value": param.value, "schema": dict(param.schema), "description": param.description}
            for name, param in dag.params.items()
        },
        "dataset_triggers": list(dag.dataset_triggers),
        "display_name": dag.display_name,
        "paused": dag.is_paused_upon_creation,
    }


def expected(entry: dict[str, Any], name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {field: KNOWN_DIFFERENCES.get((name, field), entry.get(field)) for field in fields}


def test_the_same_dags_are_found(parsed: Airflow) -> None:
    assert sorted(parsed.dags) == sorted(DAGS)


@pytest.mark.parametrize("dag_id", DAGS)
def test_dag(parsed: Airflow, dag_id: str) -> None:
    dag = parsed.dags[dag_id]
    found = described(dag)
    assert found == expected(DAGS[dag_id], dag_id, found)
    assert list(dag.tasks) == [task["task_id"] for task in DAGS[dag_id]["tasks"]]
    assert dag.fileloc == f"/usr/local/airflow/dags/{DAGS[dag_id]['file']}"
    assert dag.source == (EXAMPLES / DAGS[dag_id]["file"]).read_text("utf-8")


@pytest.mark.parametrize(("dag_id", "task_id"), TASKS)
def test_task(parsed: Airflow, dag_id: str, task_id: str) -> None:
    task = parsed.dags[dag_id].task(task_id)
    found = {
        "operator": task.operator,
        "operator_name": task.operator_name,
        "owner": task.owner,
        "retries": task.retries,
        "retry_delay_s": task.retry_delay,
        "trigger_rule": task.trigger_rule,
        "upstream": list(task.upstream),
        "pool": task.pool,
        "pool_slots": task.pool_slots,
        "priority_weight": task.priority_weight,
        "weight_rule": task.weight_rule,
        "queue": task.queue,
        "execution_timeout_s": task.execution_timeout,
        "task_group": task.task_group,
        "outlets": list(task.outlets),
        "bash_command": task.bash_command,
    }
    entry = next(entry for entry in DAGS[dag_id]["tasks"] if entry["task_id"] == task_id)
    assert found == expected(entry, f"{dag_id}.{task_id}", found)
    assert dict(task.mapped_arguments) == entry.get("mapped_over", {})
    assert {name: list(items) for name, items in task.mapped_values.items()} == entry.get("mapped_values", {})


def test_the_same_files_are_broken(parsed: Airflow) -> None:
    assert sorted(parsed.import_errors) == [f"/usr/local/airflow/dags/{file}" for file in sorted(ERRORS)]


@pytest.mark.parametrize("file", ERRORS)
def test_import_error(parsed: Airflow, file: str) -> None:
    text = parsed.import_errors[f"/usr/local/airflow/dags/{file}"]
    recorded = ERRORS[file]["error"]
    if "trigger_rule" in file:
        # Airflow shows its rules in the order of a set, which is another one each time.
        assert text.splitlines()[-1].endswith(",'broken_trigger_rule.a'; received 'all_good'.")
        assert recorded.splitlines()[-1].endswith(",'broken_trigger_rule.a'; received 'all_good'.")
    elif ERRORS[file].get("without_frames_of_airflow"):
        assert text.splitlines()[-1] == recorded.splitlines()[-1]
        assert f'File "/usr/local/airflow/dags/{file}", line' in text
    elif "SyntaxError" in recorded and sys.version_info[:2] != (3, 11):
        # The words of these, and the lines of Python's own files, are those of each Python.
        assert f'File "/usr/local/airflow/dags/{file}", line 3\n' in text
        assert text.splitlines()[-1].startswith("SyntaxError: ")
    else:
        assert text == recorded


def test_nothing_in_these_files_is_unknown(parsed: Airflow) -> None:
    warned = {dag.dag_id: dag.parse_warnings for dag in parsed.dags.values() if dag.parse_warnings}
    assert warned == {"operators": ("the cron schedule is followed in UTC, not in Europe/Amsterdam",)}
