"""The states that a real scheduler was seen to go through are states that ours goes through, in the same order.

The real one was polled four times a second, so it passed through states that nobody saw; ours is looked at often enough
to miss none. Times differ: real tasks start processes.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
import time_machine

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.loading import load_seed_file
from fake_server.airflow.runs import DagRun
from tests.oracle.recorded_cases import RECORDINGS, SEED

#: When the recording was made: the schedule of one of the DAGs depends on it.
BEGIN = datetime(2026, 11, 20, 7, 27, 18, tzinfo=timezone.utc)
LOGICAL_DATE = datetime(2024, 5, 1, tzinfo=timezone.utc)
TRIGGERED: dict[str, dict[str, Any]] = {
    "etl_linear": {"source": "golden"},
    "failing_retries": {},
    "manual_paused": {},
    "branching_cron": {"size": 50},
}
UNPAUSED_AT = 11.31
STEP = 0.25

State = tuple[str, tuple[tuple[str, str | None, int], ...]]


def recorded() -> dict[str, list[State]]:
    """The states of each DAG's run, in the order they were seen."""
    result: dict[str, list[State]] = {}
    for line in (RECORDINGS / "2.10.5" / "scheduler_transitions.jsonl").read_text("utf-8").splitlines():
        seen = json.loads(line)
        if "dag" in seen:
            tasks = tuple((task_id, state, attempt) for task_id, (state, attempt) in seen["tis"].items())
            result.setdefault(seen["dag"], []).append((seen["run_state"], tasks))
    return result


def state_of(run: DagRun) -> State:
    instances = run.task_instances.values()
    return run.state, tuple((each.task_id, each.state, each.try_number) for each in instances)


@pytest.fixture(scope="module")
def ours() -> dict[str, list[State]]:
    """The states that the runs of the fake go through, without repetitions."""
    with time_machine.travel(BEGIN, tick=False):
        airflow = Airflow()
        load_seed_file(airflow, SEED)
        runs = [
            airflow.trigger_dag(dag_id, run_id="run", logical_date=LOGICAL_DATE, conf=conf)
            for dag_id, conf in TRIGGERED.items()
        ]
        history: dict[str, list[State]] = {run.dag_id: [state_of(run)] for run in runs}
        for step in range(1, int(40 / STEP)):
            airflow.clock.advance(STEP)
            if (step - 1) * STEP < UNPAUSED_AT <= step * STEP:
                airflow.set_paused(airflow.dags["branching_cron"], False)
            with airflow.session():
                for run in runs:
                    if state_of(run) != history[run.dag_id][-1]:
                        history[run.dag_id].append(state_of(run))
        return history


@pytest.mark.parametrize("dag_id", list(TRIGGERED))
def test_recorded_states_come_in_the_same_order(dag_id: str, ours: dict[str, list[State]]) -> None:
    remaining = iter(ours[dag_id])
    for state in recorded()[dag_id]:
        assert state in remaining, f"{state} was recorded, and does not follow in {ours[dag_id]}"


@pytest.mark.parametrize("dag_id", list(TRIGGERED))
def test_runs_begin_and_end_as_recorded(dag_id: str, ours: dict[str, list[State]]) -> None:
    assert ours[dag_id][0] == recorded()[dag_id][0]
    assert ours[dag_id][-1] == recorded()[dag_id][-1]
