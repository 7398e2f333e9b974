"""Dagster's Airlift, as released: its MWAA login, its client of the REST API, and the assets it makes of DAGs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import time_machine

from fake_server import FakeMWAA, Task

dagster = pytest.importorskip("dagster", reason="needs Dagster; `tox -e airlift` installs it")

from dagster_airlift.core import AirflowInstance, build_defs_from_airflow_instance  # noqa: E402 - behind the check above
from dagster_airlift.core.filter import AirflowFilter  # noqa: E402
from dagster_airlift.mwaa import MwaaSessionAuthBackend  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.SupersessionWarning")


@pytest.fixture
def instance(mwaa: FakeMWAA) -> Any:
    mwaa.add_dag("etl", tasks=["extract", Task("load", upstream="extract", outlets="s3://data")], source="# etl\n")
    mwaa.add_dag("report", dataset_triggers="s3://data")
    return AirflowInstance(MwaaSessionAuthBackend(mwaa.client(), mwaa.name), "fake")


def test_dags_tasks_and_datasets_are_read(mwaa: FakeMWAA, instance: Any) -> None:
    mwaa.variables["bucket"] = "s3://data"
    etl, report = instance.list_dags()
    assert (etl.dag_id, report.dag_id) == ("etl", "report")
    assert instance.list_variables() == [{"key": "bucket", "value": "s3://data", "description": None}]
    assert [task.task_id for task in instance.get_task_infos(dag_id="etl")] == ["extract", "load"]
    assert instance.get_task_info(dag_id="etl", task_id="extract").downstream_task_ids == ["load"]
    assert instance.get_dag_source_code(etl.file_token) == "# etl\n"
    (dataset,) = instance.get_all_datasets(retrieval_filter=AirflowFilter(), batch_size=10, dag_ids=None)
    assert dataset.uri == "s3://data"
    assert [task.task_id for task in dataset.producing_tasks] == ["load"]
    assert [dag.dag_id for dag in dataset.consuming_dags] == ["report"]


def test_a_run_from_trigger_to_deletion(mwaa: FakeMWAA, instance: Any) -> None:
    before = mwaa.clock.now() - timedelta(seconds=1)
    run_id = instance.trigger_dag("etl")
    assert instance.get_run_state("etl", run_id) in {"queued", "running"}
    mwaa.clock.advance(60)
    instance.wait_for_run_completion("etl", run_id)
    period = {"end_date_gte": before, "end_date_lte": mwaa.clock.now()}
    runs, total = instance.get_dag_runs_batch(["etl"], **period)
    assert ([run.run_id for run in runs], total) == ([run_id], 1)
    instances = instance.get_task_instance_batch("etl", ["extract", "load"], run_id, ["success"])
    assert [each.task_id for each in instances] == ["extract", "load"]
    assert len(instance.get_task_instance_batch_time_range(["etl"], ["success"], **period)) == 2
    assert instance.get_task_instance("etl", "load", run_id).state == "success"
    instance.delete_run("etl", run_id)
    assert mwaa.dag("etl").runs == []


def test_dags_are_unpaused(mwaa: FakeMWAA, instance: Any) -> None:
    mwaa.dag("etl").pause()
    instance.unpause_dag("etl")
    assert not mwaa.dag("etl").is_paused


def test_the_session_ends_after_twelve_hours(mwaa: FakeMWAA, instance: Any) -> None:
    instance.list_dags()
    mwaa.clock.advance(timedelta(hours=12, seconds=1))
    with pytest.raises(dagster._core.errors.DagsterError, match=r"Failed to fetch DAGs\. Status code: 401"):
        instance.list_dags()


def test_dags_become_assets_and_runs_materialize_them(instance: Any) -> None:
    definitions = build_defs_from_airflow_instance(airflow_instance=instance)
    repository = definitions.get_repository_def()
    keys = {key.path[-1] for key in repository.asset_graph.get_all_asset_keys()}
    assert {"etl", "report"} <= keys
    (sensor,) = repository.sensor_defs
    instance.trigger_dag("etl")
    # The sensor asks for what has ended by its own clock, which the environment's clock follows.
    with (
        time_machine.travel(datetime.now(timezone.utc) + timedelta(seconds=30)),
        dagster.instance_for_test() as dagster_instance,
    ):
        context = dagster.build_sensor_context(instance=dagster_instance, repository_def=repository)
        events = sensor.evaluate_tick(context).asset_events
    # The run of the one DAG has updated the dataset, which has made the other one run.
    assert {event.asset_key.path[-1] for event in events} == {"etl", "data", "report"}
