"""Which recordings were made one after the other on one database, and how that database began."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from fake_server.airflow.deployment import Airflow
from tests.oracle.http_replay import HttpReplay, Outcome
from tests.oracle.recordings import Case, cases


@dataclass(frozen=True)
class RecordingSession:
    """Recordings to be replayed together, in order."""

    files: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)
    scheduler: bool = False
    prepare: Callable[[Airflow], None] | None = None


def _run_everything(airflow: Airflow) -> None:
    """The four runs of the recorded scheduler session, until they are over."""
    moment = datetime(2024, 5, 1, tzinfo=timezone.utc)
    with airflow.session():
        airflow.trigger_dag("etl_linear", run_id="etl1", conf={"source": "golden"}, logical_date=moment)
        airflow.trigger_dag("failing_retries", run_id="fail1", logical_date=moment)
        airflow.trigger_dag("manual_paused", run_id="paused1", logical_date=moment)
        airflow.trigger_dag("branching_cron", run_id="branch1", conf={"size": 50}, logical_date=moment)
    airflow.clock.advance(11)
    with airflow.session():
        airflow.set_paused(airflow.dags["branching_cron"], False)
    airflow.clock.advance(60)
    with airflow.session():
        pass


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
}


@functools.cache
def outcomes(session: str) -> dict[str, Outcome | None]:
    """Case id to what came of it, for all requests of a session; None where a live value was missing."""
    recording = SESSIONS[session]
    replay = HttpReplay(recording.options, recording.scheduler, recording.prepare)
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
