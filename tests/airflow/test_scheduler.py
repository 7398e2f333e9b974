from __future__ import annotations

from datetime import timedelta

import pytest

from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.airflow.deployment import Airflow
from tests.airflow.stage import NOW, Stage, dag_of, seconds, states


def test_a_run_goes_from_queued_to_success_along_the_clock() -> None:
    stage = Stage(DAG("d", named_tasks(["a", "b"])))
    run = stage.trigger()
    history = []
    for _ in range(13):
        stage.advance(0.5)
        history.append((run.state, *states(run).values()))
    assert history == [
        ("queued", None, None),
        ("running", "scheduled", None),
        ("running", "queued", None),
        ("running", "running", None),
        ("running", "running", None),
        ("running", "success", "scheduled"),
        ("running", "success", "queued"),
        ("running", "success", "running"),
        ("running", "success", "running"),
        ("running", "success", "success"),
        ("success", "success", "success"),
        ("success", "success", "success"),
        ("success", "success", "success"),
    ]
    assert seconds(run.queued_at) == 0
    assert seconds(run.start_date) == 1
    assert seconds(run.end_date) == 5.5
    instance = run.task_instances["b", -1]
    assert (seconds(instance.queued_date), seconds(instance.start_date), seconds(instance.end_date)) == (3.5, 4, 5)
    assert instance.duration == 1
    assert instance.try_number == 1


def test_nothing_moves_while_the_clock_stands_still() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    run = stage.trigger()
    for _ in range(100):
        stage.look()
    assert run.state == "queued"


def test_without_a_scheduler_runs_stay_queued() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), schedule="@daily"), scheduler=False)
    run = stage.trigger()
    stage.advance(10**7)
    assert run.state == "queued"
    assert len(stage.airflow.runs) == 1


def test_a_dag_without_tasks_succeeds() -> None:
    stage = Stage(DAG("d"))
    run = stage.trigger()
    stage.advance(2)
    assert run.state == "success"


def test_a_run_in_the_future_waits_for_its_date() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    run = stage.trigger(logical_date=NOW + timedelta(hours=1))
    stage.advance(3599)
    assert run.state == "queued"
    stage.advance(10)
    assert run.state == "success"


def test_runs_in_the_future_start_at_once_where_that_is_configured() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])), options={"scheduler.allow_trigger_in_future": "True"})
    run = stage.trigger(logical_date=NOW + timedelta(hours=1))
    stage.advance(10)
    assert run.state == "success"


def test_the_schedulers_round_is_configurable() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])), options={"scheduler.scheduler_idle_sleep_time": "10"})
    run = stage.trigger()
    stage.advance(9)
    assert run.state == "queued"
    stage.advance(1)
    assert run.state == "running"
    stage.advance(26)
    assert run.state == "success"


def test_a_failing_task_fails_the_run_and_what_is_below() -> None:
    stage = Stage(dag_of(Task("a", outcome="failed"), Task("b", upstream=("a",)), Task("c", upstream=("b",))))
    run = stage.trigger()
    stage.advance(60)
    assert run.state == "failed"
    assert states(run) == {"a": "failed", "b": "upstream_failed", "c": "upstream_failed"}
    below = run.task_instances["c", -1]
    assert (below.try_number, below.duration, below.hostname) == (0, 0.0, "")


def test_only_the_leaves_decide_how_a_run_ends() -> None:
    stage = Stage(dag_of(Task("a", outcome="failed"), Task("b", upstream=("a",), trigger_rule="all_done")))
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"a": "failed", "b": "success"}
    assert run.state == "success"


def test_retries_wait_for_their_delay() -> None:
    stage = Stage(dag_of(Task("a", outcome=("failed", "failed", "success"), retries=2, retry_delay=30)))
    run = stage.trigger()
    stage.advance(3)
    instance = run.task_instances["a", -1]
    assert (instance.state, instance.try_number, instance.max_tries) == ("up_for_retry", 1, 2)
    assert [each.state for each in instance.tries] == ["failed"]
    stage.advance(29.5)
    assert instance.state == "up_for_retry"
    stage.advance(0.5)
    assert (instance.state, instance.try_number) == ("scheduled", 2)
    stage.advance(120)
    assert (run.state, instance.state, instance.try_number) == ("success", "success", 3)
    assert [(each.try_number, each.state) for each in instance.tries] == [
        (1, "failed"),
        (2, "failed"),
        (3, "success"),
    ]
    first = instance.attempt(1)
    assert first is not None
    assert first.end_date is not None
    assert seconds(first.end_date) == 3
    assert instance.attempt(4) is None


def test_retries_run_out() -> None:
    stage = Stage(dag_of(Task("a", outcome="failed", retries=1, retry_delay=1)))
    run = stage.trigger()
    stage.advance(60)
    instance = run.task_instances["a", -1]
    assert (run.state, instance.state, instance.try_number) == ("failed", "failed", 2)
    assert [each.state for each in instance.tries] == ["failed", "failed"]


def test_an_execution_timeout_fails_the_attempt() -> None:
    stage = Stage(dag_of(Task("a", duration=100, execution_timeout=7)))
    run = stage.trigger()
    stage.advance(60)
    instance = run.task_instances["a", -1]
    assert (run.state, instance.state, instance.duration) == ("failed", "failed", 7)


def test_a_skipped_task_skips_what_is_below() -> None:
    stage = Stage(dag_of(Task("a", outcome="skipped"), Task("b", upstream=("a",))))
    run = stage.trigger()
    stage.advance(60)
    assert run.state == "success"
    assert states(run) == {"a": "skipped", "b": "skipped"}


def test_an_empty_operator_never_reaches_a_worker() -> None:
    stage = Stage(dag_of(Task("a", operator="EmptyOperator"), Task("b", operator="EmptyOperator", upstream=("a",))))
    run = stage.trigger()
    stage.advance(1)
    assert states(run) == {"a": "success", "b": None}
    stage.advance(0.5)
    assert states(run) == {"a": "success", "b": "success"}
    assert run.state == "running"
    stage.advance(0.5)
    assert run.state == "success"
    instance = run.task_instances["b", -1]
    assert (instance.hostname, instance.pid, instance.queued_date, instance.duration) == ("", None, None, 0.0)
    assert instance.try_number == 1


BRANCHING = (
    Task("choose", branch="big"),
    Task("big", upstream=("choose",)),
    Task("small", upstream=("choose",)),
    Task("below_small", upstream=("small",)),
    Task("join", upstream=("big", "below_small"), trigger_rule="none_failed_min_one_success"),
)


def test_a_branch_skips_what_it_does_not_choose() -> None:
    stage = Stage(dag_of(*BRANCHING))
    run = stage.trigger()
    stage.advance(3)
    assert states(run) == {
        "choose": "success",
        "big": "scheduled",
        "small": "skipped",
        "below_small": "skipped",
        "join": None,
    }
    stage.advance(60)
    assert run.state == "success"
    assert states(run)["join"] == "success"
    skipped = run.task_instances["small", -1]
    assert skipped.start_date == skipped.end_date == run.task_instances["choose", -1].end_date
    assert skipped.duration is None
    assert run.task_instances["below_small", -1].duration == 0.0
    chosen = run.xcoms.get("choose")
    assert chosen is not None
    assert chosen.value == "big"


def test_a_branch_may_choose_by_the_runs_conf_and_several_or_none() -> None:
    choose = Task("choose", branch=lambda run: run.conf["to"])
    stage = Stage(dag_of(choose, Task("x", upstream=("choose",)), Task("y", upstream=("choose",))))
    both = stage.trigger("both", conf={"to": ["x", "y"]})
    stage.advance(1)
    none = stage.trigger("none", conf={"to": []})
    stage.advance(60)
    assert set(states(both).values()) == {"success"}
    assert states(none) == {"choose": "success", "x": "skipped", "y": "skipped"}


def test_what_is_below_the_chosen_task_too_is_not_skipped() -> None:
    stage = Stage(
        dag_of(
            Task("choose", branch="x"),
            Task("x", upstream=("choose",)),
            Task("y", upstream=("choose", "x"), trigger_rule="none_failed"),
        )
    )
    run = stage.trigger()
    stage.advance(60)
    assert set(states(run).values()) == {"success"}


def test_choosing_a_task_that_does_not_exist_fails() -> None:
    stage = Stage(dag_of(Task("choose", branch="nope"), Task("x", upstream=("choose",))))
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"choose": "failed", "x": "upstream_failed"}


def test_a_run_that_cannot_go_on_fails() -> None:
    stage = Stage(dag_of(Task("a"), Task("b", upstream=("a",), trigger_rule="all_success")))
    run = stage.trigger()
    run.task_instances["a", -1].state = "removed"
    stage.advance(60)
    assert run.state == "failed"
    assert states(run) == {"a": "removed", "b": None}


# Paused DAGs


def test_a_paused_dag_starts_nothing() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), is_paused=True))
    run = stage.trigger()
    stage.advance(1000)
    assert run.state == "queued"
    stage.airflow.set_paused(stage.dag, False)
    stage.advance(3.5)
    assert run.state == "success"
    assert seconds(run.start_date) == 1000


def test_running_tasks_go_on_in_a_paused_dag_but_nothing_new_starts() -> None:
    stage = Stage(dag_of(Task("a", duration=10), Task("b", upstream=("a",))))
    run = stage.trigger()
    stage.advance(3)
    assert states(run)["a"] == "running"
    stage.airflow.set_paused(stage.dag, True)
    stage.advance(1000)
    assert states(run) == {"a": "success", "b": "scheduled"}
    assert seconds(run.task_instances["a", -1].end_date) == 12
    assert run.state == "running"
    stage.airflow.set_paused(stage.dag, False)
    stage.advance(0)
    assert states(run)["b"] == "queued"
    stage.advance(5)
    assert run.state == "success"


def test_a_retry_waits_while_the_dag_is_paused() -> None:
    stage = Stage(dag_of(Task("a", outcome=("failed", "success"), retries=1, retry_delay=5)))
    run = stage.trigger()
    stage.advance(4)
    stage.airflow.set_paused(stage.dag, True)
    stage.advance(100)
    assert states(run)["a"] == "up_for_retry"
    stage.airflow.set_paused(stage.dag, False)
    stage.advance(10)
    assert run.state == "success"


# How many at once


def test_max_active_runs_lets_the_earliest_logical_date_go_first() -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), max_active_runs=1))
    late = stage.trigger("late", logical_date=NOW - timedelta(days=1))
    early = stage.trigger("early", logical_date=NOW - timedelta(days=3))
    middle = stage.trigger("middle", logical_date=NOW - timedelta(days=2))
    stage.advance(1)
    order = []
    for _ in range(60):
        running = [run.run_id for run in (late, early, middle) if run.state == "running"]
        assert len(running) <= 1
        order += [run_id for run_id in running if run_id not in order]
        stage.advance(0.25)
    assert order == ["early", "middle", "late"]
    assert {run.state for run in (late, early, middle)} == {"success"}


def test_max_active_tasks_counts_all_runs_of_the_dag() -> None:
    stage = Stage(dag_of(*(Task(name) for name in "abc"), max_active_tasks=2))
    runs = [stage.trigger(f"r{number}", logical_date=NOW - timedelta(days=number)) for number in range(3)]
    busiest = 0
    while any(not run.is_finished for run in runs):
        busy = [i for run in runs for i in run.task_instances.values() if i.state in ("queued", "running")]
        busiest = max(busiest, len(busy))
        stage.advance(0.25)
        assert stage.airflow.clock.now() < NOW + timedelta(minutes=5)
    assert busiest == 2


def test_a_dagrun_timeout_fails_the_run_and_skips_what_is_under_way() -> None:
    tasks = (Task("done", duration=1), Task("slow", duration=100), Task("later", upstream=("slow",)))
    stage = Stage(dag_of(*tasks, dagrun_timeout=30))
    run = stage.trigger()
    stage.advance(30.5)
    assert run.state == "running"
    stage.advance(0.5)
    assert run.state == "failed"
    assert seconds(run.end_date) == 31
    assert states(run) == {"done": "success", "slow": "skipped", "later": None}
    stage.advance(1000)
    assert states(run) == {"done": "success", "slow": "skipped", "later": None}


def test_a_run_that_is_fast_enough_knows_no_timeout() -> None:
    stage = Stage(dag_of(Task("a"), dagrun_timeout=30))
    run = stage.trigger()
    stage.advance(100)
    assert run.state == "success"


def test_too_many_failures_in_a_row_pause_the_dag() -> None:
    stage = Stage(dag_of(Task("a", outcome="failed"), max_consecutive_failed_dag_runs=2))
    stage.trigger("one", logical_date=NOW - timedelta(days=2))
    stage.advance(60)
    assert stage.dag.is_paused is False
    stage.trigger("two", logical_date=NOW - timedelta(days=1))
    stage.advance(60)
    assert stage.dag.is_paused is True


# Replacing and deleting


def test_a_replaced_dag_keeps_its_runs_and_whether_it_is_paused() -> None:
    stage = Stage(DAG("d", named_tasks(["a", "b"])))
    stage.airflow.set_paused(stage.dag, True)
    done = stage.trigger("done")
    stage.airflow.add_dag(DAG("d", named_tasks(["a", "b"])))
    assert stage.airflow.dags["d"].is_paused is True
    assert done.dag is stage.airflow.dags["d"]


def test_a_run_under_way_follows_the_new_version_of_its_dag() -> None:
    stage = Stage(dag_of(Task("a", duration=5), Task("b", upstream=("a",))))
    run = stage.trigger()
    stage.advance(2)
    stage.airflow.add_dag(dag_of(Task("a", duration=5), Task("c", upstream=("a",))))
    stage.advance(60)
    assert states(run) == {"a": "success", "b": "removed", "c": "success"}
    assert run.state == "success"


def test_a_finished_run_keeps_what_it_did_when_its_dag_changes() -> None:
    stage = Stage(DAG("d", named_tasks(["a", "b"])))
    run = stage.trigger()
    stage.advance(60)
    stage.airflow.add_dag(DAG("d", named_tasks(["x"])))
    assert states(run) == {"a": "success", "b": "success"}


def test_a_deleted_run_does_not_come_back() -> None:
    stage = Stage(dag_of(Task("a", duration=100), max_active_runs=1))
    first = stage.trigger("first", logical_date=NOW - timedelta(days=2))
    second = stage.trigger("second", logical_date=NOW - timedelta(days=1))
    stage.advance(5)
    assert (first.state, second.state) == ("running", "queued")
    stage.airflow.delete_run(first)
    stage.advance(1)
    assert second.state == "running"
    stage.advance(1000)
    assert first.state == "running"
    assert first.task_instances["a", -1].state == "running"
    assert stage.airflow.runs.of("d") == [second]


def test_slots_of_a_deleted_run_are_free_again() -> None:
    stage = Stage(dag_of(Task("a", duration=100, pool="small")))
    stage.airflow.pools.create("small", 1)
    first = stage.trigger("first", logical_date=NOW - timedelta(days=2))
    second = stage.trigger("second", logical_date=NOW - timedelta(days=1))
    stage.advance(5)
    assert (states(first)["a"], states(second)["a"]) == ("running", "scheduled")
    stage.airflow.delete_run(first)
    stage.advance(1)
    assert states(second)["a"] == "running"


@pytest.mark.parametrize("is_active", [True, False])
def test_an_inactive_dag_starts_nothing(is_active: bool) -> None:
    stage = Stage(DAG("d", named_tasks(["a"]), is_active=is_active))
    run = stage.trigger()
    stage.advance(60)
    assert run.state == ("success" if is_active else "queued")


def test_clearing_the_deployment_forgets_what_was_due(airflow: Airflow) -> None:
    airflow.add_dag(DAG("d", named_tasks(["a"])))
    airflow.trigger_dag("d")
    airflow.clear()
    airflow.clock.advance(60)
    with airflow.session():
        assert len(airflow.runs) == 0
        assert airflow.dags == {}
