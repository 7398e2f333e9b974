from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fake_server.airflow.dags import DAG, Param, Task, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import (
    DagNotFound,
    DagRunAlreadyExists,
    DagRunNotFound,
    InvalidRunId,
    ParamValidationError,
    ReservedRunId,
    TaskInstanceNotFound,
    TaskInstancesStillRunning,
)
from fake_server.airflow.timetables import DataInterval
from tests.airflow.stage import NOW, Stage


@pytest.fixture
def airflow() -> Airflow:
    airflow = Airflow()
    airflow.add_dag(DAG("etl", named_tasks(["a", "b"]), tags=("x",)))
    return airflow


def test_an_unknown_dag(airflow: Airflow) -> None:
    for ask in (airflow.get_dag, airflow.trigger_dag, airflow.delete_dag):
        with pytest.raises(DagNotFound, match="Dag id nope not found in DagModel") as error:
            ask("nope")
        assert error.value.dag_id == "nope"


def test_a_run_by_default(airflow: Airflow) -> None:
    run = airflow.trigger_dag("etl")
    assert run.run_id == "manual__2026-11-20T07:30:00+00:00"
    assert (run.state, run.run_type, run.external_trigger, run.conf, run.note) == ("queued", "manual", True, {}, None)
    assert run.logical_date == run.data_interval.start == run.data_interval.end == run.queued_at == NOW
    assert str(run) == (
        "<DagRun etl @ 2026-11-20 07:30:00+00:00: manual__2026-11-20T07:30:00+00:00, state:queued, "
        "queued_at: 2026-11-20 07:30:00+00:00. externally triggered: True>"
    )
    assert airflow.get_run("etl", run.run_id) is run


def test_a_given_date_keeps_its_offset_in_the_id(airflow: Airflow) -> None:
    date = datetime(2024, 1, 7, 10, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    run = airflow.trigger_dag("etl", logical_date=date)
    assert run.run_id == "manual__2024-01-07T10:00:00+05:30"
    assert run.logical_date == date
    assert run.logical_date.tzinfo is timezone.utc


def test_conf_as_text_and_as_an_object(airflow: Airflow) -> None:
    assert airflow.trigger_dag("etl", run_id="a", conf='{"k": 1}').conf == {"k": 1}
    airflow.clock.advance(1)
    given: dict[str, Any] = {"k": 1}
    run = airflow.trigger_dag("etl", run_id="b", conf=given)
    given["k"] = 2
    assert run.conf == {"k": 1}
    airflow.clock.advance(1)
    with pytest.raises(ValueError, match="Expecting"):
        airflow.trigger_dag("etl", run_id="c", conf="{bad")


def test_an_interval_and_a_note_may_be_given(airflow: Airflow) -> None:
    interval = DataInterval(NOW - timedelta(days=1), NOW)
    run = airflow.trigger_dag("etl", data_interval=interval, note="why", note_author="me")
    assert (run.data_interval, run.note, run.note_author) == (interval, "why", "me")


def test_ids_and_dates_are_taken_once(airflow: Airflow) -> None:
    first = airflow.trigger_dag("etl", run_id="one")
    same: list[dict[str, Any]] = [{"run_id": "one", "logical_date": NOW + timedelta(1)}, {"run_id": "two"}]
    for more in same:
        with pytest.raises(DagRunAlreadyExists, match="A DAG Run already exists for DAG etl at") as error:
            airflow.trigger_dag("etl", **more)
        assert error.value.existing is first
    assert len(airflow.runs) == 1


@pytest.mark.parametrize("run_id", ["a b", "a/b", "ä", "a\n", "x" * 10 + " "])
def test_ids_with_other_letters_are_refused(airflow: Airflow, run_id: str) -> None:
    with pytest.raises(InvalidRunId, match="The provided run ID"):
        airflow.trigger_dag("etl", run_id=run_id)


@pytest.mark.parametrize("run_id", ["a+b", "..", "~", "a:b.c_d-e"])
def test_other_ids_are_fine(airflow: Airflow, run_id: str) -> None:
    assert airflow.trigger_dag("etl", run_id=run_id).run_id == run_id


def test_reserved_ids(airflow: Airflow) -> None:
    run_id = "scheduled__2024-05-05T00:00:00+00:00"
    with pytest.raises(ReservedRunId, match="since it is reserved for scheduled runs"):
        airflow.trigger_dag("etl", run_id=run_id, allow_reserved_run_id=False)
    assert airflow.trigger_dag("etl", run_id=run_id).run_type == "scheduled"


def test_params_are_checked(airflow: Airflow) -> None:
    airflow.add_dag(DAG("p", params={"size": Param(5, {"type": "integer", "maximum": 10})}))
    assert airflow.trigger_dag("p", run_id="default").conf == {}
    airflow.clock.advance(1)
    with pytest.raises(
        ParamValidationError, match="Invalid input for param size: 50 is greater than the maximum of 10"
    ):
        airflow.trigger_dag("p", run_id="large", conf={"size": 50})
    assert len(airflow.runs) == 1


def test_runs_and_task_instances_that_are_not_there(airflow: Airflow) -> None:
    airflow.trigger_dag("etl", run_id="r")
    with pytest.raises(DagRunNotFound):
        airflow.get_run("etl", "nope")
    assert airflow.get_task_instance("etl", "r", "a").task_id == "a"
    for place in (("etl", "nope", "a"), ("etl", "r", "nope"), ("nope", "r", "a")):
        with pytest.raises(TaskInstanceNotFound):
            airflow.get_task_instance(*place)
    with pytest.raises(TaskInstanceNotFound) as error:
        airflow.get_task_instance("etl", "r", "a", 0)
    assert error.value.map_index == 0


def test_dags_are_listed_by_id(airflow: Airflow) -> None:
    for dag_id in ("z", "B", "a"):
        airflow.add_dag(DAG(dag_id))
    assert [dag.dag_id for dag in airflow.dags_by_id] == ["B", "a", "etl", "z"]


def test_deleting_a_dag_counts_its_rows(airflow: Airflow) -> None:
    airflow.trigger_dag("etl", run_id="r")
    airflow.import_errors["/usr/local/airflow/dags/etl.py"] = "broken"
    assert airflow.delete_dag("etl") == 1 + 1 + 1 + 2  # The DAG, its tag, the run, two task instances.
    assert airflow.dags == {}
    assert len(airflow.runs) == 0
    assert dict(airflow.import_errors) == {}
    with pytest.raises(DagNotFound):
        airflow.delete_dag("etl")


def test_a_dag_with_a_running_task_is_not_deleted() -> None:
    stage = Stage(DAG("d", {"a": Task("a", duration=100)}))
    stage.trigger()
    stage.advance(5)
    with pytest.raises(TaskInstancesStillRunning, match="TaskInstances still running"):
        stage.airflow.delete_dag("d")
    stage.advance(200)
    assert stage.airflow.delete_dag("d") > 1


def test_stats_by_state() -> None:
    stage = Stage(DAG("d", named_tasks(["a"])))
    stage.trigger("one")
    stage.advance(60)
    stage.trigger("two")
    assert stage.airflow.dag_stats(["d", "nope"]) == {"d": {"queued": 1, "running": 0, "success": 1, "failed": 0}}


def test_a_parsed_file_is_no_error_any_more(airflow: Airflow) -> None:
    airflow.import_errors["/usr/local/airflow/dags/new.py"] = "SyntaxError"
    (row,) = airflow.import_errors.rows
    assert (row.id, row.filename, row.stack_trace, row.timestamp) == (
        1, "/usr/local/airflow/dags/new.py", "SyntaxError", NOW,
    )  # fmt: skip
    assert airflow.import_errors.row(1) is row
    assert airflow.import_errors.row(2) is None
    airflow.add_dag(DAG("new"))
    assert dict(airflow.import_errors) == {}


def test_what_keeps_a_task_instance_from_running() -> None:
    stage = Stage(DAG("d", named_tasks(["a", "b"]), is_paused=True))
    run = stage.trigger()
    found = stage.airflow.unmet_dependencies(run.task_instances["b", -1])
    assert [dependency.name for dependency in found] == [
        "Dag Not Paused", "Dagrun Running", "Task Instance State", "Trigger Rule",
    ]  # fmt: skip
    assert found[1].reason == "Task instance's dagrun was not in the 'running' state but in the state 'queued'."
    stage.airflow.set_paused(stage.dag, False)
    stage.advance(1)
    assert stage.airflow.unmet_dependencies(run.task_instances["a", -1]) == []


def test_sessions_exclude_each_other(airflow: Airflow) -> None:
    airflow.variables.set("n", "0")

    def count() -> None:
        for _ in range(200):
            with airflow.session():
                airflow.variables.set("n", str(int(airflow.variables.get("n").value) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert airflow.variables.get("n").value == "800"


def test_repr_names_version_and_sizes(airflow: Airflow) -> None:
    airflow.trigger_dag("etl")
    assert repr(airflow) == "<Airflow 2.10.5: 1 DAGs, 1 runs>"
