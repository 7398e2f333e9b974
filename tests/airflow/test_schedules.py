"""Runs that the passing of the clock makes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from fake_server.airflow.dags import DAG, Task, named_tasks
from tests.airflow.stage import NOW, Stage, dag_of

HOUR = 3600
DAY = 24 * HOUR


def day(number: int, month: int = 11, hour: int = 0) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=timezone.utc)


def run_ids(stage: Stage) -> list[str]:
    return [run.run_id for run in stage.airflow.runs.by_date("d")]


def test_the_last_complete_interval_is_run_when_nothing_is_caught_up() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily"))
    stage.advance(0)
    assert run_ids(stage) == ["scheduled__2026-11-19T00:00:00+00:00"]
    (run,) = stage.airflow.runs
    assert (run.run_type, run.external_trigger, run.state) == ("scheduled", False, "queued")
    assert run.logical_date == run.data_interval.start == day(19)
    assert run.data_interval.end == day(20)
    assert stage.dag.next_interval is not None
    assert (stage.dag.next_interval.start, stage.dag.next_dagrun_create_after) == (day(20), day(21))


def test_a_run_is_made_at_the_end_of_each_interval() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily"))
    stage.advance(3 * DAY)
    assert run_ids(stage) == [f"scheduled__2026-11-{number}T00:00:00+00:00" for number in (19, 20, 21, 22)]
    assert [run.queued_at for run in stage.airflow.runs] == [NOW, day(21), day(22), day(23)]
    assert {run.state for run in stage.airflow.runs} == {"success"}


def test_everything_since_the_start_date_is_caught_up_as_far_as_runs_may_be_active() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", start_date=day(10), catchup=True, max_active_runs=3))
    stage.advance(0)
    assert len(run_ids(stage)) == 3
    assert stage.dag.next_dagrun_create_after is None
    stage.advance(HOUR)
    assert run_ids(stage) == [f"scheduled__2026-11-{number}T00:00:00+00:00" for number in range(10, 20)]
    assert stage.dag.next_dagrun_create_after == day(21)


def test_never_more_active_runs_than_the_dag_allows() -> None:
    stage = Stage(
        dag_of(Task("a", duration=20), schedule="@hourly", start_date=day(19), catchup=True, max_active_runs=2)
    )
    most = 0
    for _ in range(300):
        stage.advance(1)
        most = max(most, sum(not run.is_finished for run in stage.airflow.runs))
    assert most == 2


def test_manual_runs_count_as_active() -> None:
    stage = Stage(dag_of(Task("a", duration=100), schedule="@daily", max_active_runs=1, is_paused=True))
    stage.trigger("manual")
    stage.airflow.set_paused(stage.dag, False)
    stage.advance(50)
    assert run_ids(stage) == ["manual"]
    stage.advance(60)
    assert run_ids(stage) == ["scheduled__2026-11-19T00:00:00+00:00", "manual"]


def test_a_dag_at_its_limit_skips_what_need_not_be_caught_up() -> None:
    stage = Stage(dag_of(Task("a", duration=2.5 * HOUR), schedule="@hourly", max_active_runs=1))
    stage.advance(6 * HOUR)
    dates = [run.logical_date.hour for run in stage.airflow.runs]
    assert dates == [6, 9, 11]


def test_a_paused_dag_makes_no_runs_and_its_next_one_moves_on() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", is_paused=True))
    assert stage.dag.next_dagrun_create_after == day(20)
    stage.advance(10 * DAY)
    assert run_ids(stage) == []
    assert stage.dag.next_dagrun_create_after == day(30)
    stage.airflow.set_paused(stage.dag, False)
    stage.advance(0)
    assert run_ids(stage) == ["scheduled__2026-11-29T00:00:00+00:00"]


def test_a_paused_dag_that_catches_up_does_so_when_it_is_unpaused() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", start_date=day(18), catchup=True, is_paused=True))
    stage.advance(3 * DAY)
    assert stage.dag.next_dagrun_create_after == day(19)
    stage.airflow.set_paused(stage.dag, False)
    stage.advance(60)
    assert [run.logical_date for run in stage.airflow.runs] == [day(18), day(19), day(20), day(21), day(22)]


def test_the_end_date_ends_the_schedule() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", start_date=day(17), end_date=day(20), catchup=True))
    stage.advance(30 * DAY)
    assert [run.logical_date for run in stage.airflow.runs] == [day(17), day(18), day(19), day(20)]
    assert stage.dag.next_interval is None
    assert stage.dag.next_dagrun_create_after is None


def test_an_end_date_in_the_past_makes_no_run() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", end_date=day(1)))
    stage.advance(30 * DAY)
    assert run_ids(stage) == []


def test_a_start_date_in_the_future_is_waited_for() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", start_date=day(22)))
    stage.advance(2 * DAY)
    assert run_ids(stage) == []
    stage.advance(DAY)
    assert run_ids(stage) == ["scheduled__2026-11-22T00:00:00+00:00"]


def test_once_is_once() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@once", start_date=day(1)))
    stage.advance(DAY)
    stage.advance(DAY)
    assert run_ids(stage) == ["scheduled__2026-11-01T00:00:00+00:00"]
    assert stage.dag.next_interval is None


def test_a_timedelta() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule=timedelta(hours=6), start_date=day(20), catchup=True))
    stage.advance(12 * HOUR)
    assert [run.logical_date.hour for run in stage.airflow.runs] == [0, 6, 12]


def test_no_schedule_makes_no_runs() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    stage.advance(365 * DAY)
    assert run_ids(stage) == []
    assert stage.dag.next_interval is None


def test_a_replaced_dag_goes_on_where_it_was() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", start_date=day(10), catchup=True))
    stage.advance(HOUR)
    first = run_ids(stage)
    for run in list(stage.airflow.runs)[:3]:
        stage.airflow.delete_run(run)
    stage.airflow.add_dag(DAG("d", named_tasks(["a"]), schedule="@daily", start_date=day(10), catchup=True))
    stage.advance(HOUR)
    assert run_ids(stage) == first[3:]


def test_a_date_that_is_taken_is_not_made_again() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", is_paused=True))
    stage.trigger("mine", logical_date=day(19))
    stage.airflow.set_paused(stage.dag, False)
    stage.advance(DAY)
    assert run_ids(stage) == ["mine", "scheduled__2026-11-20T00:00:00+00:00"]


def test_a_dag_with_import_errors_makes_no_runs() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily", has_import_errors=True))
    stage.advance(DAY)
    assert run_ids(stage) == []


@pytest.mark.parametrize("step", [60, HOUR, DAY])
def test_however_the_time_passes_the_same_runs_are_made(step: int) -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="0 6 * * 1-5"))
    for _ in range(7 * DAY // step):
        stage.advance(step)
    assert [run.logical_date for run in stage.airflow.runs] == [
        day(19, hour=6), day(20, hour=6), day(23, hour=6), day(24, hour=6), day(25, hour=6), day(26, hour=6),
    ]  # fmt: skip
