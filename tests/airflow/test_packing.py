from __future__ import annotations

import tracemalloc
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_server.airflow.dags import DAG, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.packing import pack, unpack
from fake_server.airflow.runs import DagRun
from fake_server.airflow.states import TASK_STATES
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.timetables import DataInterval
from tests.airflow.stage import NOW, Stage

DATES = st.none() | st.integers(-(10**15), 10**15).map(lambda micros: NOW + timedelta(microseconds=micros))
DAG_AB = DAG("d", named_tasks(["a", "b"]))


def new_run() -> DagRun:
    return DagRun(
        id=1, dag=DAG_AB, run_id="r", logical_date=NOW, data_interval=DataInterval.exact(NOW), state="success",
        run_type="manual", conf={}, external_trigger=True, queued_at=NOW,
    )  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    st.none() | st.sampled_from(TASK_STATES),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(-1, 1000),
    st.booleans(),
    st.lists(DATES, min_size=4, max_size=4),
)
def test_what_is_packed_comes_back(
    state: str | None, try_number: int, max_tries: int, map_index: int, not_chosen: bool, dates: list[datetime | None]
) -> None:
    run = new_run()
    instance = TaskInstance(DAG_AB.tasks["b"], run, state, try_number, max_tries, map_index, not_chosen=not_chosen)
    instance.scheduled_date, instance.queued_date, instance.start_date, instance.end_date = dates
    packed = pack(DAG_AB, {("b", map_index): instance})
    assert packed is not None
    ((place, back),) = unpack(run, packed).items()
    assert place == ("b", map_index)
    for name in TaskInstance.__slots__:
        assert getattr(back, name) == getattr(instance, name)


def test_what_would_be_lost_is_not_packed() -> None:
    run = new_run()
    instances = run.task_instances
    assert pack(DAG_AB, instances) is not None
    instances["a", -1].note = "keep me"
    assert pack(DAG_AB, instances) is None
    instances["a", -1].note = None
    instances["b", -1].record_try(NOW)
    assert pack(DAG_AB, instances) is None


def test_a_finished_run_rests_and_wakes_as_it_was() -> None:
    stage = Stage(DAG("d", named_tasks(["a", "b"])))
    run = stage.trigger()
    stage.advance(3)
    before = run.task_instances["a", -1]
    ended = before.end_date
    stage.advance(60)
    after = run.task_instances["a", -1]
    assert (after.state, after.end_date, after.hostname, after.pid) == ("success", ended, before.hostname, before.pid)


def test_a_stored_run_takes_at_most_one_and_a_half_kilobytes() -> None:
    airflow = Airflow()
    airflow.add_dag(DAG("d", named_tasks(["a", "b", "c"]), max_active_runs=16))
    count = 1000
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(count):
            airflow.trigger_dag("d", logical_date=NOW - timedelta(minutes=count - number))
        queued, _ = tracemalloc.get_traced_memory()
        airflow.clock.advance(24 * 3600)
        with airflow.session():
            assert {run.state for run in airflow.runs} == {"success"}
        finished, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (queued - before) / count < 1536
    assert (finished - before) / count < 1536
