from __future__ import annotations

from datetime import timedelta

import pytest

from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import DatasetNotFound
from tests.airflow.stage import NOW, seconds

ORDERS, RATES = "s3://bucket/orders", "s3://bucket/rates"


@pytest.fixture
def airflow() -> Airflow:
    """A producer of orders, a producer of rates, and a consumer of both."""
    airflow = Airflow()
    airflow.add_dag(DAG("orders", {"load": Task("load", outlets=(ORDERS,))}))
    airflow.add_dag(DAG("rates", {"fetch": Task("fetch", outlets=(RATES,))}))
    airflow.add_dag(DAG("report", named_tasks(["make"]), dataset_triggers=(ORDERS, RATES)))
    return airflow


def advance(airflow: Airflow, seconds: float) -> None:
    airflow.clock.advance(seconds)
    with airflow.session():
        pass


def test_datasets_know_who_makes_and_who_awaits_them(airflow: Airflow) -> None:
    orders, rates = airflow.datasets
    assert (orders.id, orders.uri, orders.extra) == (1, ORDERS, {})
    assert (rates.id, rates.uri) == (2, RATES)
    assert [(each.dag_id, each.task_id) for each in orders.producing_tasks] == [("orders", "load")]
    assert [each.dag_id for each in orders.consuming_dags] == ["report"]
    assert airflow.datasets.get(ORDERS) is orders
    with pytest.raises(DatasetNotFound, match="Dataset with uri: 's3://nope' not found"):
        airflow.datasets.get("s3://nope")


def test_a_task_that_succeeds_updates_its_outlets(airflow: Airflow) -> None:
    run = airflow.trigger_dag("orders", run_id="r", logical_date=NOW - timedelta(days=1))
    advance(airflow, 10)
    (event,) = airflow.datasets.events
    assert (event.id, event.dataset.uri, event.extra) == (1, ORDERS, {})
    assert (event.source_dag_id, event.source_task_id, event.source_run_id, event.source_map_index) == (
        "orders", "load", "r", -1,
    )  # fmt: skip
    assert event.timestamp == run.task_instances["load", -1].end_date
    assert [xcom.key for xcom in run.xcoms] == ["pipeline_outlets"]
    (queued,) = airflow.datasets.queued("report")
    assert (queued.dag_id, queued.dataset.uri, queued.created_at) == ("report", ORDERS, event.timestamp)


def test_a_task_that_fails_updates_nothing(airflow: Airflow) -> None:
    airflow.add_dag(DAG("orders", {"load": Task("load", outlets=(ORDERS,), outcome="failed")}))
    airflow.trigger_dag("orders")
    advance(airflow, 60)
    assert airflow.datasets.events == []


def test_a_run_starts_when_all_datasets_are_updated(airflow: Airflow) -> None:
    airflow.trigger_dag("orders", logical_date=NOW - timedelta(days=3))
    advance(airflow, 10)
    assert airflow.runs.of("report") == []
    airflow.trigger_dag("rates", logical_date=NOW - timedelta(days=1))
    advance(airflow, 3.5)
    (run,) = airflow.runs.of("report")
    assert run.run_type == "dataset_triggered"
    assert run.run_id == "dataset_triggered__2026-11-20T07:30:13+00:00"
    assert seconds(run.logical_date) == 13
    assert (run.state, run.external_trigger, seconds(run.queued_at)) == ("queued", False, 13.5)
    assert run.data_interval.start == NOW - timedelta(days=3)
    assert run.data_interval.end == NOW - timedelta(days=1)
    assert airflow.datasets.queued() == []
    assert [event.source_dag_id for event in airflow.datasets.upstream_of(run)] == ["orders", "rates"]
    assert all(event.created_dag_runs == [run] for event in airflow.datasets.events)
    advance(airflow, 60)
    assert run.state == "success"


def test_each_run_takes_the_events_since_the_last_one(airflow: Airflow) -> None:
    for uri in (ORDERS, ORDERS, RATES):
        airflow.create_dataset_event(uri, {"by": "hand"})
        advance(airflow, 10)
    for uri in (RATES, ORDERS):
        airflow.create_dataset_event(uri)
        advance(airflow, 10)
    first, second = airflow.runs.of("report")
    assert [event.id for event in airflow.datasets.upstream_of(first)] == [1, 2, 3]
    assert [event.id for event in airflow.datasets.upstream_of(second)] == [4, 5]
    assert first.data_interval.start == NOW
    assert seconds(first.data_interval.end) == 20


def test_an_update_by_hand(airflow: Airflow) -> None:
    event = airflow.create_dataset_event(ORDERS, {"k": "v"})
    assert (event.extra, event.source_dag_id, event.source_map_index) == ({"k": "v"}, None, -1)
    with pytest.raises(DatasetNotFound):
        airflow.create_dataset_event("s3://nope")


def test_a_second_update_does_not_queue_twice(airflow: Airflow) -> None:
    airflow.create_dataset_event(ORDERS)
    advance(airflow, 5)
    airflow.create_dataset_event(ORDERS)
    (queued,) = airflow.datasets.queued()
    assert queued.created_at == NOW


def test_a_paused_dag_is_not_told(airflow: Airflow) -> None:
    airflow.set_paused(airflow.dags["report"], True)
    airflow.create_dataset_event(ORDERS)
    airflow.create_dataset_event(RATES)
    airflow.set_paused(airflow.dags["report"], False)
    advance(airflow, 60)
    assert airflow.datasets.queued() == []
    assert airflow.runs.of("report") == []


def test_a_dag_paused_after_it_was_told_starts_when_it_is_unpaused(airflow: Airflow) -> None:
    airflow.create_dataset_event(ORDERS)
    airflow.create_dataset_event(RATES)
    airflow.set_paused(airflow.dags["report"], True)
    advance(airflow, 60)
    assert airflow.runs.of("report") == []
    airflow.set_paused(airflow.dags["report"], False)
    advance(airflow, 60)
    assert len(airflow.runs.of("report")) == 1


def test_a_dag_at_its_limit_waits_with_its_events() -> None:
    airflow = Airflow()
    airflow.add_dag(DAG("c", {"slow": Task("slow", duration=100)}, dataset_triggers=(ORDERS,), max_active_runs=1))
    airflow.create_dataset_event(ORDERS)
    advance(airflow, 10)
    airflow.create_dataset_event(ORDERS)
    advance(airflow, 10)
    assert len(airflow.runs.of("c")) == 1
    assert len(airflow.datasets.queued("c")) == 1
    advance(airflow, 200)
    assert [run.state for run in airflow.runs.of("c")] == ["success", "success"]


def test_queued_events_are_found_and_deleted(airflow: Airflow) -> None:
    airflow.add_dag(DAG("other", dataset_triggers=(ORDERS, "s3://third")))
    airflow.create_dataset_event(ORDERS)
    datasets = airflow.datasets
    assert [event.dag_id for event in datasets.queued(uri=ORDERS)] == ["report", "other"]
    assert datasets.queued("report", RATES) == []
    assert datasets.queued(before=NOW) == []
    assert len(datasets.queued(before=NOW + timedelta(seconds=1))) == 2
    assert datasets.delete_queued("report", ORDERS) == 1
    assert datasets.delete_queued("report", ORDERS) == 0
    assert datasets.delete_queued(uri=ORDERS) == 1
    assert datasets.queued() == []


def test_a_deleted_dag_and_run_are_shown_no_more(airflow: Airflow) -> None:
    airflow.create_dataset_event(ORDERS)
    airflow.create_dataset_event(RATES)
    advance(airflow, 60)
    (run,) = airflow.runs.of("report")
    airflow.delete_run(run)
    assert all(event.created_dag_runs == [] for event in airflow.datasets.events)
    airflow.create_dataset_event(ORDERS)
    airflow.delete_dag("report")
    assert airflow.datasets.queued() == []
    assert airflow.datasets.get(ORDERS).consuming_dags == []
    assert len(airflow.datasets) == 2


def test_a_replaced_dag_keeps_when_it_was_first_seen(airflow: Airflow) -> None:
    advance(airflow, 100)
    airflow.add_dag(DAG("report", named_tasks(["make"]), dataset_triggers=(ORDERS,)))
    orders, rates = airflow.datasets
    (reference,) = orders.consuming_dags
    assert (seconds(reference.created_at), seconds(reference.updated_at)) == (0, 100)
    assert rates.consuming_dags == []
