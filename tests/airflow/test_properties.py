"""What holds for every DAG, however the time passes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.states import FINISHED_TASK_STATES
from fake_server.airflow.trigger_rules import TRIGGER_RULES

OUTCOMES = st.sampled_from(["success", "success", "failed", "skipped"])


@st.composite
def dags(draw: st.DrawFn, dag_id: str = "d") -> DAG:
    tasks: dict[str, Task] = {}
    for number in range(draw(st.integers(0, 5))):
        above = draw(st.lists(st.sampled_from(sorted(tasks)), max_size=3, unique=True)) if tasks else []
        task_id = f"t{number}"
        branch = draw(st.booleans()) if number else False
        tasks[task_id] = Task(
            task_id,
            operator=draw(st.sampled_from(["PythonOperator", "PythonOperator", "EmptyOperator"])),
            upstream=tuple(above),
            duration=draw(st.sampled_from([0, 0.25, 1, 3, 20])),
            outcome=draw(st.lists(OUTCOMES, min_size=1, max_size=3)),
            retries=draw(st.integers(0, 2)),
            retry_delay=draw(st.sampled_from([0, 1, 10])),
            trigger_rule=draw(st.sampled_from(TRIGGER_RULES)),
            pool=draw(st.sampled_from(["default_pool", "small"])),
            priority_weight=draw(st.integers(1, 3)),
            branch=() if branch else None,
        )
    return DAG(
        dag_id,
        tasks,
        max_active_runs=draw(st.integers(1, 3)),
        max_active_tasks=draw(st.integers(1, 4)),
        dagrun_timeout=draw(st.sampled_from([None, None, 5, 60])),
        schedule=draw(st.sampled_from([None, None, "* * * * *"])),
    )


def snapshot(airflow: Airflow) -> list[Any]:
    """Everything that can be seen of the runs."""
    return [
        (
            run.run_id, run.state, run.queued_at, run.start_date, run.end_date, run.last_scheduling_decision,
            [
                (place, i.state, i.try_number, i.max_tries, i.queued_date, i.start_date, i.end_date, len(i.tries))
                for place, i in run.task_instances.items()
            ],
        )
        for run in airflow.runs
    ]  # fmt: skip


def stage(dag: DAG, runs: int) -> Airflow:
    airflow = Airflow()
    airflow.pools.create("small", 1)
    airflow.add_dag(DAG(**{name: getattr(dag, name) for name in FIELDS}))
    for number in range(runs):
        airflow.trigger_dag("d", run_id=f"r{number}", logical_date=airflow.clock.now().replace(year=2020 + number))
    return airflow


FIELDS = ("dag_id", "tasks", "max_active_runs", "max_active_tasks", "dagrun_timeout", "schedule")
STEPS = st.lists(st.sampled_from([0, 0.1, 0.25, 0.5, 1, 2.75, 13, 60]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(dags(), st.integers(1, 3), STEPS)
def test_one_long_wait_is_many_short_ones(dag: DAG, runs: int, steps: list[float]) -> None:
    one, many = stage(dag, runs), stage(dag, runs)
    for step in steps:
        many.clock.advance(step)
        with many.session():
            pass
    for step in steps:
        one.clock.advance(step)
    with one.session(), many.session():
        assert snapshot(one) == snapshot(many)


@settings(max_examples=25, deadline=None)
@given(dags(), STEPS)
def test_catching_up_twice_changes_nothing(dag: DAG, steps: list[float]) -> None:
    airflow = stage(dag, 2)
    for step in steps:
        airflow.clock.advance(step)
        with airflow.session():
            before = snapshot(airflow)
        with airflow.session():
            assert snapshot(airflow) == before


@settings(max_examples=60, deadline=None)
@given(dags(), STEPS)
def test_limits_and_order_hold_at_every_moment(dag: DAG, steps: list[float]) -> None:
    airflow = stage(dag, 3)
    for step in [*steps, 0.5, 0.5, 0.5]:
        airflow.clock.advance(step)
        with airflow.session():
            instances = [instance for run in airflow.runs for instance in run.task_instances.values()]
            busy = [instance for instance in instances if instance.state in ("queued", "running")]
            assert len(busy) <= dag.max_active_tasks
            assert sum(instance.task.pool == "small" for instance in busy) <= 1
            assert sum(run.state == "running" for run in airflow.runs) <= dag.max_active_runs
            for run in airflow.runs:
                check_run(run)


def check_run(run: Any) -> None:
    instances = list(run.task_instances.values())
    if run.state == "success":
        assert all(instance.state in FINISHED_TASK_STATES for instance in instances)
    if run.is_finished:
        assert not any(instance.is_under_way for instance in instances)
        assert run.end_date is not None
        for instance in instances:
            assert instance.end_date is None or instance.end_date <= run.end_date
    if run.state == "queued":
        assert all(instance.state is None for instance in instances)
        assert run.start_date is None
    for instance in instances:
        assert instance.try_number <= instance.max_tries + 1
        if instance.start_date is not None and instance.end_date is not None:
            assert instance.start_date <= instance.end_date
        earlier = [attempt.try_number for attempt in instance.history or ()]
        assert earlier == list(range(1, len(earlier) + 1))
        assert len(earlier) <= instance.try_number


@settings(max_examples=30, deadline=None)
@given(dags())
def test_every_run_ends(dag: DAG) -> None:
    airflow = stage(dag, 2)
    airflow.set_paused(airflow.dags["d"], False)
    airflow.clock.advance(3600)
    with airflow.session():
        assert all(run.is_finished for run in airflow.runs if run.run_type == "manual")


@settings(max_examples=40, deadline=None)
@given(dags(), STEPS, st.data())
def test_runs_that_are_cleared_end_again(dag: DAG, steps: list[float], data: st.DataObject) -> None:
    airflow = stage(dag, 2)
    for step in steps:
        airflow.clock.advance(step)
        with airflow.session():
            run = data.draw(st.sampled_from([run for run in airflow.runs if run.run_type == "manual"]))
            what = data.draw(st.sampled_from(["clear", "success", "failed", "queued", "nothing"]))
            if what == "clear":
                airflow.clear_run(run)
            elif what != "nothing":
                airflow.set_run_state(run, what)
    airflow.clock.advance(3600)
    with airflow.session():
        for run in airflow.runs:
            if run.run_type == "manual":
                assert run.is_finished
    assert airflow.pools.use_of(airflow.pools.get("small")).running <= 1
