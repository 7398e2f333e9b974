"""DAGs and tasks take what a test author would write, and refuse at once what they cannot be."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.airflow.deployment import Airflow


def test_lists_texts_and_timedeltas_are_as_good_as_tuples_and_numbers() -> None:
    task = Task("b", upstream="a", outlets=["s3://b"], email={"y@x", "x@y"}, retry_delay=timedelta(minutes=1))
    assert (task.upstream, task.outlets, task.email, task.retry_delay) == (("a",), ("s3://b",), ("x@y", "y@x"), 60.0)
    dag = DAG("dag", ["a", task], tags=["x", "y"], owners="ann", dagrun_timeout=timedelta(seconds=3))
    assert (dag.tags, dag.owners, dag.dagrun_timeout, list(dag.tasks)) == (("x", "y"), ("ann",), 3.0, ["a", "b"])


def test_a_date_without_a_zone_is_in_utc() -> None:
    naive = datetime(2024, 1, 1)  # noqa: DTZ001 - that is what is tested
    dag = DAG("dag", start_date=naive, end_date=naive, schedule="@daily")
    assert dag.start_date == dag.end_date == datetime(2024, 1, 1, tzinfo=timezone.utc)


def test_a_task_is_below_what_it_is_mapped_over() -> None:
    assert Task("b", mapped_over="a").upstream == ("a",)
    assert Task("b", upstream=["x"], mapped_over={"value": "a", "other": "x"}).upstream == ("x", "a")


def test_a_copy_keeps_everything() -> None:
    task = Task("a", duration=3, outlets=["s3://a"])
    copy = dataclasses.replace(task, retries=2)
    assert (copy.duration, copy.outlets, copy.retries, task.retries) == (3, ("s3://a",), 2, 0)


def test_a_single_name_is_one_task() -> None:
    assert list(named_tasks("extract")) == ["extract"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"duration": "3"}, "a task's duration is a number of seconds or a timedelta, zero or more; got '3'"),
        ({"retries": "3"}, "a task's retries is a whole number from 0; got '3'"),
        ({"pool_slots": 0}, "a task's pool_slots is a whole number from 1; got 0"),
        ({"outcome": "fail"}, "a task's outcome is one of success, failed, skipped; got 'fail'; did you mean 'failed'"),
        ({"outcome": []}, "the list of outcomes is empty"),
        ({"trigger_rule": "all_don"}, "did you mean 'all_done'"),
        ({"weight_rule": "zz"}, "a task's weight_rule is one of downstream, upstream, absolute; got 'zz'"),
        ({"log": ["x"]}, "a task's log is a text; got"),
        ({"xcom": 5}, "a task's xcom is a mapping of names to values; got 5"),
        ({"mapped_values": [1]}, "a task's mapped_values is a mapping"),
        ({"mapped_over": 5}, "a task's mapped_over is a list of texts; got 5"),
    ],
)
def test_a_task_that_cannot_be(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Task("a", **fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dag_id": "a b"}, "a DAG's dag_id is made of up to 250"),
        ({"dag_id": None}, "a DAG's dag_id is made of up to 250"),
        ({"tags": 5}, "a DAG's tags is a list of texts; got 5"),
        ({"start_date": "2024-01-01"}, "a DAG's start_date is a datetime; got '2024-01-01'"),
        ({"schedule": 3600}, "a DAG's schedule is a preset such as '@daily'.*dataset_triggers; got 3600"),
        ({"schedule": ["s3://a"]}, "a DAG's schedule is a preset"),
        ({"schedule": "often"}, "'often' is not a cron expression, and none of @hourly"),
        ({"max_active_runs": "3"}, "a DAG's max_active_runs is a whole number; got '3'"),
        ({"params": ["a"]}, "a DAG's params is a mapping"),
        ({"owner_links": ["a"]}, "a DAG's owner_links is a mapping"),
        ({"tasks": 3}, "a DAG's tasks is a list of names and Task objects, or a mapping of them; got 3"),
        ({"tasks": [{"task_id": "a"}]}, "a task is a Task object, or in a list its name; got"),
        ({"tasks": {"a": "b"}}, "a task is a Task object"),
        ({"tasks": ["a/b"]}, "a task's task_id is made of up to 250"),
        ({"tasks": [Task("a", mapped_over="b")]}, "is below 'b', which the DAG does not have"),
    ],
)
def test_a_dag_that_cannot_be(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DAG(**{"dag_id": "dag", **fields})


def test_a_branch_that_is_no_task_fails_as_in_airflow() -> None:
    airflow = Airflow()
    airflow.add_dag(DAG("dag", [Task("choose", branch=lambda run: 5), Task("other", upstream="choose")]))  # type: ignore[arg-type, return-value]
    run = airflow.trigger_dag("dag")
    airflow.clock.advance(60)
    with airflow.session():
        assert run.state == "failed"
