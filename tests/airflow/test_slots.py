from __future__ import annotations

from datetime import timedelta

from fake_server.airflow.dags import Task
from tests.airflow.stage import NOW, Stage, dag_of, states


def pool_stage(*tasks: Task, slots: int) -> Stage:
    stage = Stage(dag_of(*tasks))
    stage.airflow.pools.create("small", slots)
    return stage


def test_a_pool_lets_in_as_many_as_it_has_slots() -> None:
    stage = pool_stage(*(Task(name, pool="small", duration=10) for name in "abc"), slots=2)
    run = stage.trigger()
    stage.advance(5)
    assert sorted(map(str, states(run).values())) == ["running", "running", "scheduled"]
    pool = stage.airflow.pools.get("small")
    use = stage.airflow.pools.use_of(pool)
    assert (use.running, use.scheduled, use.queued, use.occupied, use.open) == (2, 1, 0, 2, 0)
    stage.advance(20)
    assert run.state == "success"
    assert stage.airflow.pools.use_of(pool).open == 2


def test_the_weightiest_goes_first() -> None:
    tasks = [Task(name, pool="small", priority_weight=weight) for name, weight in (("a", 1), ("b", 30), ("c", 20))]
    stage = pool_stage(*tasks, slots=1)
    run = stage.trigger()
    stage.advance(60)
    starts = {instance.task_id: instance.start_date for instance in run.task_instances.values()}
    assert sorted(starts, key=lambda name: str(starts[name])) == ["b", "c", "a"]


def test_what_stands_below_adds_to_the_weight() -> None:
    tasks = (Task("short", pool="small"), Task("long", pool="small"), Task("end", upstream=("long",), pool="small"))
    stage = pool_stage(*tasks, slots=1)
    run = stage.trigger()
    assert run.task_instances["long", -1].priority_weight == 2
    assert run.task_instances["short", -1].priority_weight == 1
    stage.advance(2.5)
    assert (states(run)["long"], states(run)["short"]) == ("running", "scheduled")


def test_other_weight_rules() -> None:
    above = Task("a", priority_weight=5, weight_rule="absolute")
    below = Task("b", upstream=("a",), priority_weight=3, weight_rule="upstream")
    dag = dag_of(above, below)
    assert (dag.total_weight("a"), dag.total_weight("b")) == (5, 8)


def test_of_equal_weights_the_earlier_run_goes_first() -> None:
    stage = pool_stage(Task("a", pool="small"), slots=1)
    late = stage.trigger("late", logical_date=NOW - timedelta(days=1))
    early = stage.trigger("early", logical_date=NOW - timedelta(days=2))
    stage.advance(2)
    assert (states(early)["a"], states(late)["a"]) == ("running", "scheduled")


def test_a_task_that_needs_more_slots_lets_smaller_ones_pass() -> None:
    tasks = (
        Task("first", pool="small", duration=10, priority_weight=9),
        Task("wide", pool="small", pool_slots=2, priority_weight=5),
        Task("narrow", pool="small", duration=1),
    )
    stage = pool_stage(*tasks, slots=2)
    run = stage.trigger()
    stage.advance(2.5)
    assert states(run) == {"first": "running", "wide": "scheduled", "narrow": "running"}
    stage.advance(60)
    assert run.state == "success"


def test_a_pool_without_end() -> None:
    stage = pool_stage(*(Task(f"t{number}", pool="small") for number in range(10)), slots=-1)
    run = stage.trigger()
    stage.advance(2.5)
    assert set(states(run).values()) == {"running"}
    assert stage.airflow.pools.use_of(stage.airflow.pools.get("small")).open == float("inf")


def test_a_pool_without_slots_holds_everything_until_it_grows() -> None:
    stage = pool_stage(Task("a", pool="small"), slots=0)
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"a": "scheduled"}
    stage.airflow.pools.get("small").slots = 1
    stage.airflow.scheduler.slots_changed()
    stage.advance(5)
    assert run.state == "success"


def test_a_pool_that_does_not_exist_holds_its_tasks_and_is_warned_of() -> None:
    stage = Stage(dag_of(Task("a", pool="nope")))
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"a": "scheduled"}
    (warning,) = stage.airflow.dag_warnings
    assert (warning.dag_id, warning.warning_type) == ("d", "non-existent pool")
    assert warning.message == "Dag 'd' references non-existent pools: ['nope']"
    stage.airflow.pools.create("nope", 1)
    stage.airflow.scheduler.slots_changed()
    stage.advance(5)
    assert run.state == "success"
    assert stage.airflow.dag_warnings == []


def test_a_retry_gives_its_slot_back_while_it_waits() -> None:
    failing = Task("a", pool="small", outcome=("failed", "success"), retries=1, retry_delay=60, priority_weight=9)
    stage = pool_stage(failing, Task("b", pool="small"), slots=1)
    run = stage.trigger()
    stage.advance(5)
    assert states(run) == {"a": "up_for_retry", "b": "success"}
    stage.advance(120)
    assert run.state == "success"
