from __future__ import annotations

from datetime import timedelta

from fake_server.airflow.dags import Task
from fake_server.airflow.xcoms import XComs
from tests.airflow.stage import NOW, Stage, dag_of


def test_rows_come_by_task_index_and_key() -> None:
    xcoms = XComs()
    xcoms.push("b", "k", 1, NOW)
    xcoms.push("a", "z", 2, NOW, map_index=1)
    xcoms.push("a", "z", 3, NOW, map_index=0)
    xcoms.push("a", "k", 4, NOW, map_index=1)
    assert [(row.task_id, row.map_index, row.key) for row in xcoms] == [
        ("a", 0, "z"), ("a", 1, "k"), ("a", 1, "z"), ("b", -1, "k"),
    ]  # fmt: skip
    assert [row.value for row in xcoms.of("a")] == [3, 4, 2]
    assert len(xcoms) == 4


def test_a_second_push_replaces_the_first() -> None:
    xcoms = XComs()
    xcoms.push("a", "k", 1, NOW)
    xcoms.push("a", "k", 2, NOW + timedelta(seconds=1))
    row = xcoms.get("a", "k")
    assert row is not None
    assert (row.value, row.timestamp) == (2, NOW + timedelta(seconds=1))
    assert xcoms.get("a", "other") is None
    assert xcoms.get("a", "k", 0) is None


def test_forgetting_one_instance_leaves_the_others() -> None:
    xcoms = XComs()
    for index in (0, 1):
        xcoms.push("a", "k", index, NOW, index)
    xcoms.forget("a", 0)
    assert [row.map_index for row in xcoms] == [1]


def test_a_task_pushes_its_script_when_it_succeeds() -> None:
    task = Task("a", xcom={"rows": [1, 2], "return_value": lambda instance: instance.run.conf.get("source", "default")})
    stage = Stage(dag_of(task))
    run = stage.trigger(conf={"source": "me"})
    assert not run.has_xcoms
    stage.advance(60)
    assert {row.key: row.value for row in run.xcoms} == {"rows": [1, 2], "return_value": "me"}
    assert {row.timestamp for row in run.xcoms} == {run.task_instances["a", -1].end_date}


def test_a_task_that_fails_pushes_nothing() -> None:
    stage = Stage(dag_of(Task("a", xcom={"rows": 1}, outcome="failed")))
    run = stage.trigger()
    stage.advance(60)
    assert not run.has_xcoms
