"""Which recordings were made one after the other on one database, and how that database began."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import quote

from tests.oracle.http_replay import HttpReplay, Outcome, basic
from tests.oracle.recorded_cases import Case, cases


@dataclass(frozen=True)
class RecordingSession:
    """Recordings to be replayed together, in order."""

    files: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)
    scheduler: bool = False
    prepare: Callable[[HttpReplay], None] | None = None
    version: str = "2.10.5"


def _run_everything(replay: HttpReplay) -> None:
    """The four runs of the recorded scheduler session, until they are over."""
    date = "2024-05-01T00:00:00Z"
    _post(replay, "etl_linear", {"dag_run_id": "etl1", "logical_date": date, "conf": {"source": "golden"}})
    _post(replay, "failing_retries", {"dag_run_id": "fail1", "logical_date": date})
    _post(replay, "manual_paused", {"dag_run_id": "paused1", "logical_date": date})
    _post(replay, "branching_cron", {"dag_run_id": "branch1", "logical_date": date, "conf": {"size": 50}})
    replay.clock.advance(11)
    with replay.airflow.session() as airflow:
        airflow.set_paused(airflow.dags["branching_cron"], False)
    replay.clock.advance(60)
    with replay.airflow.session() as airflow:
        (triggered,) = airflow.runs.of("mapped_consumer")
    recorded = "dataset_triggered__2026-11-20T07:27:25.735368+00:00"
    replay.aliases = {recorded: triggered.run_id, quote(recorded): quote(triggered.run_id)}


def _run_everything_1_10(replay: HttpReplay) -> None:
    """The three runs of the recorded scheduler session of Airflow 1.10, made before the scheduler came round."""
    replay.airflow.scheduler.enabled = False
    with replay.airflow.session() as airflow:
        for dag_id in ("etl_linear", "failing_retries", "manual_paused"):
            airflow.trigger_dag(dag_id, run_id="run1", logical_date=datetime(2021, 5, 1, tzinfo=timezone.utc))
    replay.airflow.scheduler.enabled = True
    replay.clock.advance(90)


def _post(replay: HttpReplay, dag_id: str, body: dict[str, object]) -> None:
    status, _, answer = replay.send(
        {
            "method": "POST",
            "path": f"/api/v1/dags/{dag_id}/dagRuns",
            "headers": {"Authorization": basic("admin"), "Content-Type": "application/json"},
            "body": json.dumps(body).encode(),
        }
    )
    assert status == 200, answer


_V1 = (
    "meta config dags dagruns taskinstances variables pools connections users_roles datasets eventlogs dag_delete "
    "protocol"
)
_BASIC = "airflow.api.auth.backend.basic_auth"

SESSIONS: dict[str, RecordingSession] = {
    "v1": RecordingSession(tuple(f"2.10.5/v1/{name}.jsonl" for name in _V1.split())),
    "v1 order of checks": RecordingSession(("2.10.5/v1/order_of_checks.jsonl",)),
    "v1 gaps": RecordingSession(("2.10.5/v1/gaps.jsonl",)),
    "v1 config hidden": RecordingSession(
        ("2.10.5/v1/config_expose_False.jsonl",),
        {"webserver.expose_config": "False", "api.auth_backends": _BASIC},
    ),
    "v1 config without secrets": RecordingSession(
        ("2.10.5/v1/config_expose_non-sensitive-only.jsonl",),
        {"webserver.expose_config": "non-sensitive-only", "api.auth_backends": _BASIC},
    ),
    "experimental": RecordingSession(
        ("2.10.5/experimental.jsonl", "2.10.5/login_flow.jsonl", "2.10.5/v1/extra.jsonl"),
    ),
    "after runs": RecordingSession(
        ("2.10.5/v1_after_runs.jsonl", "2.10.5/experimental_after_runs.jsonl"),
        scheduler=True,
        prepare=_run_everything,
    ),
    "1.10 experimental": RecordingSession(("1.10.12/experimental.jsonl",), version="1.10.12"),
    "1.10 odd values": RecordingSession(("1.10.12/experimental_odd_values.jsonl",), version="1.10.12"),
    "1.10 password_auth": RecordingSession(
        ("1.10.12/experimental_password_auth.jsonl",),
        {"api.auth_backend": "airflow.contrib.auth.backends.password_auth"},
        version="1.10.12",
    ),
    "1.10 after runs": RecordingSession(
        ("1.10.12/experimental_after_runs.jsonl",),
        scheduler=True,
        prepare=_run_everything_1_10,
        version="1.10.12",
    ),
}


@functools.cache
def outcomes(session: str) -> dict[str, Outcome | None]:
    """Case id to what came of it, for all requests of a session; None where a live value was missing."""
    recording = SESSIONS[session]
    replay = HttpReplay(recording.options, recording.scheduler, recording.prepare, version=recording.version)
    result: dict[str, Outcome | None] = {}
    for file in recording.files:
        for case in cases(file):
            if case.is_request:
                result[case.id] = replay.play(case)
            elif "setup" in case.content:
                replay.step(case)
    return result


def requests_of(session: str) -> list[Case]:
    """All recorded requests of a session."""
    return [case for file in SESSIONS[session].files for case in cases(file) if case.is_request]
