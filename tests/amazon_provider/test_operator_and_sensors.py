"""The operator, the sensors and their triggers, waiting in the worker and in the triggerer."""

from __future__ import annotations

from typing import Any

import pytest

from fake_server import DAG, FakeMWAA, Task
from tests.amazon_provider.conftest import Use

pytestmark = [pytest.mark.mwaa(dags=["etl"]), pytest.mark.usefixtures("passing_time")]

OPERATOR = "operators.mwaa.MwaaTriggerDagRunOperator"
RUN_SENSOR = "sensors.mwaa.MwaaDagRunSensor"
TASK_SENSOR = "sensors.mwaa.MwaaTaskSensor"
RUN_TRIGGER = "airflow.providers.amazon.aws.triggers.mwaa.MwaaDagRunCompletedTrigger"
TASK_TRIGGER = "airflow.providers.amazon.aws.triggers.mwaa.MwaaTaskCompletedTrigger"

where = pytest.mark.parametrize("deferrable", [False, True], ids=["in the worker", "in the triggerer"])


@pytest.fixture
def failing(mwaa_live: FakeMWAA) -> DAG:
    """A DAG whose second task of three fails, after some time."""
    tasks = {
        "extract": Task(duration=15),
        "load": Task(duration=15, outcome="failed", upstream="extract"),
        "report": Task(upstream="load"),
    }
    return mwaa_live.add_dag("failing", tasks=tasks).dag


class TestOperator:
    def test_it_triggers(self, use: Use, mwaa_live: FakeMWAA) -> None:
        answer = use(
            OPERATOR,
            env_name=mwaa_live.name,
            trigger_dag_id="etl",
            trigger_run_id="mine",
            logical_date="2024-05-01T00:00:00+00:00",
            conf={"rows": 3},
            note="by the operator",
        )
        assert answer["returned"]["RestApiStatusCode"] == 200
        run = mwaa_live.dag("etl").run("mine")
        assert (run.conf, run.logical_date.isoformat()) == ({"rows": 3}, "2024-05-01T00:00:00+00:00")
        assert answer["returned"]["RestApiResponse"]["note"] == "by the operator"
        assert len(mwaa_live.journal.find(operation="InvokeRestApi")) == 1

    def test_it_waits(self, use: Use, mwaa_live: FakeMWAA) -> None:
        answer = use(OPERATOR, **_trigger(mwaa_live, "etl"), wait_for_completion=True)
        run = mwaa_live.dag("etl").last_run
        assert answer["returned"]["RestApiResponse"]["dag_run_id"] == run.run_id
        assert run.state == "success"
        assert len(mwaa_live.journal.find(operation="InvokeRestApi")) > 1

    def test_it_defers(self, use: Use, mwaa_live: FakeMWAA) -> None:
        answer = use(OPERATOR, **_trigger(mwaa_live, "etl"), deferrable=True)
        run_id = mwaa_live.dag("etl").last_run.run_id
        assert answer["deferred_to"] == RUN_TRIGGER
        assert answer["event"] == {"status": "success", "dag_run_id": run_id}
        assert answer["returned"]["RestApiResponse"]["state"] == "success"

    @where
    def test_a_run_that_fails(self, use: Use, mwaa_live: FakeMWAA, failing: DAG, deferrable: bool) -> None:
        waiting = {"deferrable": True} if deferrable else {"wait_for_completion": True}
        answer = use(OPERATOR, **_trigger(mwaa_live, "failing"), **waiting)
        assert answer["raised"] == ("AirflowException" if deferrable else "WaiterError")
        assert mwaa_live.dag("failing").last_run.state == "failed"

    def test_a_run_that_takes_too_long(self, use: Use, mwaa_live: FakeMWAA) -> None:
        mwaa_live.add_dag("long", tasks={"task": Task(duration=3600)})
        answer = use(OPERATOR, **_trigger(mwaa_live, "long"), wait_for_completion=True, waiter_max_attempts=3)
        assert answer["raised"] == "WaiterError"
        assert "Max attempts exceeded" in answer["words"]
        assert mwaa_live.dag("long").last_run.state == "running"

    def test_a_dag_that_is_not_there(self, use: Use, mwaa_live: FakeMWAA) -> None:
        answer = use(OPERATOR, **_trigger(mwaa_live, "nope"))
        assert answer["raised"] == "RestApiClientException"

    def test_a_run_that_is_there_already(self, use: Use, mwaa_live: FakeMWAA) -> None:
        mwaa_live.dag("etl").trigger(run_id="mine")
        answer = use(OPERATOR, **_trigger(mwaa_live, "etl"), trigger_run_id="mine")
        assert answer["raised"] == "RestApiClientException"
        assert mwaa_live.journal.find(path="/api/v1/dags/etl/dagRuns", status=409)


@where
class TestRunSensor:
    def test_success(self, use: Use, mwaa_live: FakeMWAA, deferrable: bool) -> None:
        run_id = mwaa_live.dag("etl").trigger().run_id
        answer = use(RUN_SENSOR, **_run(mwaa_live, "etl", run_id), deferrable=deferrable)
        assert answer.get("deferred_to") == (RUN_TRIGGER if deferrable else None)
        assert "raised" not in answer
        assert mwaa_live.dag("etl").run(run_id).state == "success"

    def test_failure(self, use: Use, mwaa_live: FakeMWAA, failing: DAG, deferrable: bool) -> None:
        run_id = mwaa_live.dag("failing").trigger().run_id
        answer = use(RUN_SENSOR, **_run(mwaa_live, "failing", run_id), deferrable=deferrable)
        assert answer["raised"] == "AirflowException"
        assert f"The Dag run {run_id} of Dag failing in MWAA environment {mwaa_live.name} failed" in answer["words"]

    def test_other_states(self, use: Use, mwaa_live: FakeMWAA, failing: DAG, deferrable: bool) -> None:
        run_id = mwaa_live.dag("failing").trigger().run_id
        states = {"success_states": ["failed"], "failure_states": ["success"]}
        answer = use(RUN_SENSOR, **_run(mwaa_live, "failing", run_id), **states, deferrable=deferrable)
        assert "raised" not in answer

    def test_a_run_that_is_not_there(self, use: Use, mwaa_live: FakeMWAA, deferrable: bool) -> None:
        answer = use(RUN_SENSOR, **_run(mwaa_live, "etl", "nope"), deferrable=deferrable)
        assert answer["raised"] == ("AirflowException" if deferrable else "RestApiClientException")


@where
class TestTaskSensor:
    def test_success(self, use: Use, mwaa_live: FakeMWAA, failing: DAG, deferrable: bool) -> None:
        run_id = mwaa_live.dag("failing").trigger().run_id
        answer = use(TASK_SENSOR, **_task(mwaa_live, run_id, "extract"), deferrable=deferrable)
        assert answer.get("deferred_to") == (TASK_TRIGGER if deferrable else None)
        assert "raised" not in answer

    @pytest.mark.parametrize("task_id", ["load", "report"])
    def test_failure(self, use: Use, mwaa_live: FakeMWAA, failing: DAG, deferrable: bool, task_id: str) -> None:
        run_id = mwaa_live.dag("failing").trigger().run_id
        states = {"failure_states": ["failed", "upstream_failed"]}
        answer = use(TASK_SENSOR, **_task(mwaa_live, run_id, task_id), **states, deferrable=deferrable)
        assert answer["raised"] == "AirflowException"
        assert f"The task {task_id} of Dag run {run_id} of Dag failing in MWAA environment" in answer["words"]

    def test_the_last_run_of_all(self, use: Use, mwaa_live: FakeMWAA, failing: DAG, deferrable: bool) -> None:
        for _ in range(2):
            mwaa_live.dag("failing").trigger()
            mwaa_live.clock.advance(1)
        answer = use(TASK_SENSOR, **_task(mwaa_live, None, "extract"), deferrable=deferrable)
        assert "raised" not in answer
        last = mwaa_live.dag("failing").last_run.run_id
        path = f"/api/v1/dags/failing/dagRuns/{last}/taskInstances/extract"
        assert mwaa_live.journal.find(path=path)


def _trigger(mwaa: FakeMWAA, dag_id: str) -> dict[str, Any]:
    return {"env_name": mwaa.name, "trigger_dag_id": dag_id, "waiter_delay": 0}


def _run(mwaa: FakeMWAA, dag_id: str, run_id: str) -> dict[str, Any]:
    return {
        "external_env_name": mwaa.name,
        "external_dag_id": dag_id,
        "external_dag_run_id": run_id,
        "poke_interval": 0,
    }


def _task(mwaa: FakeMWAA, run_id: str | None, task_id: str) -> dict[str, Any]:
    return {
        "external_env_name": mwaa.name,
        "external_dag_id": "failing",
        "external_dag_run_id": run_id,
        "external_task_id": task_id,
        "poke_interval": 0,
    }
