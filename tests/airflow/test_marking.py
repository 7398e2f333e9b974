from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.airflow.errors import TaskNotFound
from fake_server.airflow.runs import DagRun
from tests.airflow.stage import NOW, Stage, dag_of, seconds, states


def running_stage() -> tuple[Stage, DagRun]:
    """A run with one task done, one running and one to come."""
    stage = Stage(dag_of(Task("a"), Task("b", upstream=("a",), duration=100), Task("c", upstream=("b",))))
    run = stage.trigger()
    stage.advance(5)
    assert states(run) == {"a": "success", "b": "running", "c": None}
    return stage, run


def test_a_run_set_to_success_takes_its_task_instances_along() -> None:
    stage, run = running_stage()
    changed = stage.airflow.set_run_state(run, "success")
    assert [instance.task_id for instance in changed] == ["b", "c"]
    assert set(states(run).values()) == {"success"}
    assert (run.state, seconds(run.end_date)) == ("success", 5)
    never_ran = run.task_instances["c", -1]
    assert seconds(never_ran.start_date) == seconds(never_ran.end_date) == 5
    assert never_ran.duration == 0.0
    assert (never_ran.hostname, never_ran.try_number) == ("", 0)
    stage.advance(1000)
    assert seconds(run.end_date) == 5
    assert seconds(run.task_instances["b", -1].end_date) == 5


def test_a_run_set_to_failed_fails_what_runs_and_skips_what_waits() -> None:
    stage, run = running_stage()
    changed = stage.airflow.set_run_state(run, "failed")
    assert [instance.task_id for instance in changed] == ["b", "c"]
    assert states(run) == {"a": "success", "b": "failed", "c": "skipped"}
    assert (run.state, seconds(run.end_date)) == ("failed", 5)
    stage.advance(1000)
    assert states(run) == {"a": "success", "b": "failed", "c": "skipped"}


def test_a_finished_run_set_again_keeps_its_end() -> None:
    stage, run = running_stage()
    stage.airflow.set_run_state(run, "success")
    stage.advance(10)
    stage.airflow.set_run_state(run, "failed")
    assert (run.state, seconds(run.end_date)) == ("failed", 5)
    assert set(states(run).values()) == {"success"}


def test_a_run_set_to_queued_starts_again_with_what_is_left() -> None:
    stage, run = running_stage()
    stage.airflow.set_run_state(run, "failed")
    stage.advance(10)
    assert stage.airflow.set_run_state(run, "queued") == []
    assert (run.state, run.start_date, run.end_date, seconds(run.queued_at)) == ("queued", None, None, 15)
    assert states(run) == {"a": "success", "b": "failed", "c": "skipped"}
    stage.advance(2)
    assert run.state == "success"  # The leaf is skipped, so nothing failed that counts.


def test_a_queued_run_set_to_queued_is_queued_anew() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    run = stage.trigger()
    stage.advance(0.5)
    stage.airflow.set_run_state(run, "queued")
    assert seconds(run.queued_at) == 0.5
    stage.advance(0.5)
    assert run.state == "queued"
    stage.advance(0.5)
    assert run.state == "running"


def test_a_queued_run_set_to_success_does_not_start() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    run = stage.trigger()
    stage.airflow.set_run_state(run, "success")
    stage.advance(60)
    assert (run.state, run.start_date, seconds(run.end_date)) == ("success", None, 0)


def test_ending_a_run_by_hand_makes_room_and_frees_slots() -> None:
    stage = Stage(dag_of(Task("a", duration=1000, pool="small"), max_active_runs=1))
    stage.airflow.pools.create("small", 1)
    first = stage.trigger("first", logical_date=NOW - timedelta(days=2))
    second = stage.trigger("second", logical_date=NOW - timedelta(days=1))
    stage.advance(5)
    stage.airflow.set_run_state(first, "failed")
    stage.advance(5)
    assert states(second) == {"a": "running"}


# Task instances


def test_a_task_instance_set_to_success_lets_the_run_go_on() -> None:
    stage, run = running_stage()
    changed = stage.airflow.set_task_instance_state(run, "b", "success")
    assert [instance.task_id for instance in changed] == ["b"]
    stage.advance(5)
    assert states(run) == {"a": "success", "b": "success", "c": "success"}
    assert run.state == "success"


def test_a_dry_run_changes_nothing() -> None:
    stage, run = running_stage()
    assert len(stage.airflow.set_task_instance_state(run, "b", "failed", dry_run=True)) == 1
    assert states(run)["b"] == "running"


def test_what_has_the_state_already_is_not_changed() -> None:
    stage, run = running_stage()
    assert stage.airflow.set_task_instance_state(run, "a", "success") == []


def test_relatives_come_along() -> None:
    stage, run = running_stage()
    changed = stage.airflow.set_task_instance_state(run, "b", "success", include_upstream=True, include_downstream=True)
    assert [instance.task_id for instance in changed] == ["b", "c"]
    stage.advance(5)
    assert run.state == "success"


def test_failures_below_are_cleared_so_that_they_run_again() -> None:
    stage = Stage(dag_of(Task("a", outcome="failed"), Task("b", upstream=("a",))))
    run = stage.trigger()
    stage.advance(60)
    assert run.state == "failed"
    stage.airflow.set_task_instance_state(run, "a", "success")
    assert states(run) == {"a": "success", "b": None}
    assert run.state == "queued"
    stage.advance(60)
    assert (run.state, states(run)["b"]) == ("success", "success")


def test_a_first_start_and_end_stay() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    run = stage.trigger()
    stage.advance(60)
    instance = run.task_instances["a", -1]
    began, ended = instance.start_date, instance.end_date
    stage.airflow.set_task_instance_state(run, "a", "failed")
    assert (instance.state, instance.start_date, instance.end_date) == ("failed", began, ended)
    assert run.state == "success"


def test_one_of_a_mapped_tasks_instances() -> None:
    stage = Stage(dag_of(Task("a", xcom={"return_value": [1, 2]}), Task("b", upstream=("a",), mapped_over=("a",))))
    run = stage.trigger()
    stage.advance(60)
    stage.airflow.set_task_instance_state(run, "b", "failed", map_indexes=[1])
    assert states(run) == {"a": "success", "b[0]": "success", "b[1]": "failed"}
    stage.airflow.set_task_instance_state(run, "b", "skipped")
    assert states(run) == {"a": "success", "b[0]": "skipped", "b[1]": "skipped"}


def test_an_unknown_task_is_refused() -> None:
    stage, run = running_stage()
    with pytest.raises(TaskNotFound, match="Task zz not found"):
        stage.airflow.set_task_instance_state(run, "zz", "success")


def test_past_and_future_of_a_dag_without_a_schedule_are_its_runs() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), is_paused=True))
    runs = [stage.trigger(f"r{number}", logical_date=NOW - timedelta(days=number)) for number in (3, 2, 1)]

    def changed(**more: Any) -> list[str]:
        found = stage.airflow.set_task_instance_state(runs[1], "a", "failed", dry_run=True, **more)
        return [instance.run.run_id for instance in found]

    assert changed() == ["r2"]
    assert changed(include_past=True) == ["r3", "r2"]
    assert changed(include_future=True) == ["r2", "r1"]


def test_past_and_future_of_a_scheduled_dag_are_the_runs_on_its_dates() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", is_paused=True))
    day = datetime(2026, 11, 10, tzinfo=timezone.utc)
    middle = stage.trigger("middle", logical_date=day)
    stage.trigger("before", logical_date=day - timedelta(days=1))
    stage.trigger("odd", logical_date=day + timedelta(hours=5))
    stage.trigger("after", logical_date=day + timedelta(days=1))
    found = stage.airflow.set_task_instance_state(
        middle, "a", "failed", include_past=True, include_future=True, dry_run=True
    )
    assert [instance.run.run_id for instance in found] == ["before", "middle", "after"]


def test_notes() -> None:
    stage, run = running_stage()
    stage.airflow.set_run_note(run, "slow today", "admin")
    stage.airflow.set_task_instance_note(run.task_instances["b", -1], "this one", "op")
    assert (run.note, run.note_author) == ("slow today", "admin")
    stage.advance(1000)
    noted = run.task_instances["b", -1]
    assert (noted.state, noted.note, noted.note_author) == ("success", "this one", "op")
