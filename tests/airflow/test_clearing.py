from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fake_server.airflow.clearing import Selection
from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from tests.airflow.stage import NOW, Stage, dag_of, seconds, states


def ids(instances: list[TaskInstance]) -> list[str]:
    return [instance.task_id for instance in instances]


def failed_stage() -> tuple[Stage, DagRun]:
    stage = Stage(
        dag_of(
            Task("ok"),
            Task("boom", upstream=("ok",), outcome=("failed", "success"), retries=0),
            Task("never", upstream=("boom",)),
        )
    )
    run = stage.trigger("r", logical_date=NOW - timedelta(days=1))
    stage.advance(60)
    assert states(run) == {"ok": "success", "boom": "failed", "never": "upstream_failed"}
    return stage, run


def test_a_dry_run_changes_nothing() -> None:
    stage, run = failed_stage()
    assert ids(stage.airflow.clear_task_instances(stage.dag, run=run, dry_run=True)) == ["ok", "boom", "never"]
    assert ids(stage.airflow.clear_run(run, dry_run=True)) == ["ok", "boom", "never"]
    assert run.state == "failed"
    assert states(run)["boom"] == "failed"


def test_only_failed_takes_what_failed_and_what_is_below() -> None:
    stage, run = failed_stage()
    assert ids(stage.airflow.clear_task_instances(stage.dag, run=run, only_failed=True)) == ["boom", "never"]
    assert states(run) == {"ok": "success", "boom": None, "never": None}
    assert run.state == "queued"
    stage.advance(60)
    assert run.state == "success"
    boom = run.task_instances["boom", -1]
    assert (boom.try_number, boom.max_tries) == (2, 1)
    assert [(attempt.try_number, attempt.state) for attempt in boom.tries] == [(1, "failed"), (2, "success")]


def test_a_cleared_run_starts_anew() -> None:
    stage, run = failed_stage()
    stage.airflow.clear_run(run)
    assert (run.state, run.start_date, run.end_date, run.last_scheduling_decision) == ("queued", None, None, None)
    assert seconds(run.queued_at) == 60
    assert run.clear_number == 1
    stage.advance(1)
    assert run.state == "running"
    assert seconds(run.start_date) == 61


def test_clearing_keeps_the_dates_until_the_next_attempt() -> None:
    stage, run = failed_stage()
    boom = run.task_instances["boom", -1]
    began, ended = boom.start_date, boom.end_date
    stage.airflow.clear_task_instances(stage.dag, run=run, tasks=["boom"])
    assert (boom.start_date, boom.end_date, boom.try_number) == (began, ended, 1)


def test_runs_are_left_finished_if_so_wished() -> None:
    stage, run = failed_stage()
    stage.airflow.clear_task_instances(stage.dag, run=run, reset_dag_runs=False)
    assert run.state == "failed"
    stage.advance(60)
    assert set(states(run).values()) == {None}


def test_relatives_come_along() -> None:
    stage, run = failed_stage()

    def cleared(**more: Any) -> list[str]:
        return ids(stage.airflow.clear_task_instances(stage.dag, run=run, tasks=["boom"], dry_run=True, **more))

    assert cleared() == ["boom"]
    assert cleared(include_upstream=True) == ["ok", "boom"]
    assert cleared(include_downstream=True) == ["boom", "never"]
    assert cleared(include_downstream=True, only_failed=True) == ["boom", "never"]
    assert cleared(include_upstream=True, only_failed=True) == ["boom"]


def test_tasks_that_do_not_exist_are_nothing() -> None:
    stage, run = failed_stage()
    assert stage.airflow.clear_task_instances(stage.dag, run=run, tasks=["zzz"]) == []
    assert run.state == "failed"


def test_past_and_future_take_other_runs_along() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    runs = [stage.trigger(f"r{number}", logical_date=NOW - timedelta(days=number)) for number in (3, 2, 1)]
    stage.advance(60)

    def cleared(**more: Any) -> list[str]:
        found = stage.airflow.clear_task_instances(stage.dag, run=runs[1], dry_run=True, **more)
        return [instance.run.run_id for instance in found]

    assert cleared() == ["r2"]
    assert cleared(include_past=True) == ["r3", "r2"]
    assert cleared(include_future=True) == ["r2", "r1"]
    assert cleared(include_past=True, include_future=True) == ["r3", "r2", "r1"]


@pytest.mark.parametrize(
    ("schedule", "allowed", "expected"),
    [(None, "False", ["past"]), (None, "True", ["past", "future"]), ("@daily", "True", ["past"])],
)
def test_runs_in_the_future_are_left_alone(schedule: str | None, allowed: str, expected: list[str]) -> None:
    airflow = Airflow(options={"scheduler.allow_trigger_in_future": allowed}, scheduler=False)
    dag = airflow.add_dag(DAG("d", named_tasks(["a"]), schedule=schedule))
    now = airflow.clock.now()
    past, _ = (
        airflow.trigger_dag("d", run_id=run_id, logical_date=now + days)
        for run_id, days in (("past", timedelta(days=-1)), ("future", timedelta(days=1)))
    )

    def cleared(**more: Any) -> list[str]:
        return [instance.run.run_id for instance in airflow.clear_task_instances(dag, dry_run=True, **more)]

    assert cleared() == cleared(run=past, include_future=True) == expected
    assert cleared(end_date=now + timedelta(days=2)) == ["past", "future"]


def test_dates_choose_runs() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    for number in (3, 2, 1):
        stage.trigger(f"r{number}", logical_date=NOW - timedelta(days=number))
    stage.advance(60)
    found = stage.airflow.clear_task_instances(
        stage.dag, start_date=NOW - timedelta(days=2), end_date=NOW - timedelta(days=1), dry_run=True
    )
    assert [instance.run.run_id for instance in found] == ["r2", "r1"]
    assert len(stage.airflow.clear_task_instances(stage.dag, dry_run=True)) == 3


def test_a_running_task_is_stopped_and_tried_again() -> None:
    stage = Stage(dag_of(Task("a", duration=10, retry_delay=5)))
    run = stage.trigger()
    stage.advance(3)
    instance = run.task_instances["a", -1]
    assert ids(stage.airflow.clear_task_instances(stage.dag, run=run, only_running=True)) == ["a"]
    assert instance.state == "restarting"
    assert run.state == "running"
    stage.advance(0.5)
    assert instance.state == "up_for_retry"
    stage.advance(60)
    assert (run.state, instance.state, instance.try_number) == ("success", "success", 2)
    assert [(attempt.try_number, attempt.state) for attempt in instance.tries] == [(1, "failed"), (2, "success")]


def test_what_waited_for_a_slot_gives_way() -> None:
    stage = Stage(dag_of(Task("a", pool="small", duration=50), Task("b", pool="small")))
    stage.airflow.pools.create("small", 1)
    run = stage.trigger()
    stage.advance(3)
    assert states(run) == {"a": "running", "b": "scheduled"}
    stage.airflow.clear_task_instances(stage.dag, run=run, tasks=["b"])
    assert states(run)["b"] is None
    assert stage.airflow.pools.use_of(stage.airflow.pools.get("small")).scheduled == 0
    stage.advance(200)
    assert run.state == "success"


def test_a_selection_by_map_index() -> None:
    stage = Stage(dag_of(Task("a", xcom={"return_value": [1, 2]}), Task("b", upstream=("a",), mapped_over=("a",))))
    run = stage.trigger()
    stage.advance(60)
    chosen = Selection([("b", 1)]).instances(stage.dag, [run])
    assert [(instance.task_id, instance.map_index) for instance in chosen] == [("b", 1)]
    whole = Selection(["b"]).instances(stage.dag, [run])
    assert [instance.map_index for instance in whole] == [0, 1]


def test_a_branch_that_is_cleared_may_choose_otherwise() -> None:
    choices = ["x", "y"]
    stage = Stage(
        dag_of(
            Task("choose", branch=lambda run: choices[run.clear_number]),
            Task("x", upstream=("choose",)),
            Task("y", upstream=("choose",)),
        )
    )
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"choose": "success", "x": "success", "y": "skipped"}
    stage.airflow.clear_run(run)
    stage.advance(60)
    assert states(run) == {"choose": "success", "x": "skipped", "y": "success"}


def test_a_task_that_was_not_chosen_stays_skipped_when_only_it_is_cleared() -> None:
    stage = Stage(dag_of(Task("choose", branch="x"), Task("x", upstream=("choose",)), Task("y", upstream=("choose",))))
    run = stage.trigger()
    stage.advance(60)
    stage.airflow.clear_task_instances(stage.dag, run=run, tasks=["y"])
    stage.advance(60)
    assert states(run) == {"choose": "success", "x": "success", "y": "skipped"}
    assert run.state == "success"


def test_a_new_attempt_replaces_what_the_last_one_pushed() -> None:
    values = [{"old": 1}, {"new": 2}]
    stage = Stage(dag_of(Task("a", xcom={"return_value": lambda instance: values[instance.try_number - 1]})))
    run = stage.trigger()
    stage.advance(60)
    stage.airflow.clear_run(run)
    assert [xcom.value for xcom in run.xcoms] == [{"old": 1}]
    stage.advance(60)
    assert [xcom.value for xcom in run.xcoms] == [{"new": 2}]
