"""Triggering runs and looking at them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fake_server.airflow.errors import DagNotFound
from fake_server.airflow.runs import DagRun
from fake_server.airflow.states import RUN_STATES
from fake_server.web.experimental.bodies import fields, json_body
from fake_server.web.experimental.call import Call, Refused, crash

_TRUE = frozenset({"true", "t", "yes", "y", "1"})


def trigger_dag(call: Call, dag_id: str) -> Any:
    """Make a run. The default date is now, cut to the second; a given one keeps its microseconds."""
    body = fields(json_body(call.request), "conf", "execution_date", "run_id", "replace_microseconds")
    conf = body.get("conf", {})
    if not isinstance(conf, dict):
        raise Refused(400, "Dag Run conf must be a dictionary object, other types are not supported")
    date = _execution_date(call, body)
    run_id = body.get("run_id") or None
    if not isinstance(run_id, (str, type(None))):
        crash(f"TypeError: run_id is to be text, not {run_id!r}")
    run = call.airflow.trigger_dag(dag_id, run_id=run_id, logical_date=date, conf=conf)
    return {
        "execution_date": date.isoformat(),
        # The message has the date as it was given, which the run keeps in UTC.
        "message": f"Created {run}".replace(run.logical_date.isoformat(sep=" "), date.isoformat(sep=" "), 1),
        "run_id": run.run_id,
    }


def dag_runs(call: Call, dag_id: str) -> Any:
    """The runs of a DAG by execution date, of one ``state`` if that is asked for."""
    state = call.request.args.get("state", "").lower()
    if state and state not in RUN_STATES:
        crash(f"ValueError: {state!r} is not a valid DagRunState")
    if dag_id not in call.airflow.dags:
        raise Refused(400, str(DagNotFound(dag_id)))
    runs = sorted(call.airflow.runs.of(dag_id), key=_by_date)
    return [
        {
            "dag_id": dag_id,
            "dag_run_url": _url(run),
            "execution_date": run.logical_date.isoformat(),
            "id": run.id,
            "run_id": run.run_id,
            "start_date": _text(run.start_date),
            "state": run.state,
        }
        for run in runs
        if not state or run.state == state
    ]


def dag_run_status(call: Call, dag_id: str, execution_date: str) -> Any:
    """The state of one run."""
    date = call.date(execution_date)
    return {"state": call.run_at(call.airflow.get_dag(dag_id), date).state}


def latest_dag_runs(call: Call) -> Any:
    """The latest run of every DAG that has one."""
    latest = [
        max(runs, key=_by_date) for dag in call.airflow.dags_by_id if (runs := list(call.airflow.runs.of(dag.dag_id)))
    ]
    return {
        "items": [
            {
                "dag_id": run.dag_id,
                "dag_run_url": _url(run),
                "execution_date": run.logical_date.isoformat(),
                "start_date": _text(run.start_date),
            }
            for run in latest
        ]
    }


def _execution_date(call: Call, body: dict[str, Any]) -> datetime:
    given = body.get("execution_date")
    if not isinstance(given, (str, type(None))):
        crash(f"TypeError: execution_date is to be text, not {given!r}")
    cut = given is None
    date = call.airflow.clock.now() if given is None else call.date(given)
    if "replace_microseconds" in body:
        wanted = body["replace_microseconds"]
        if not isinstance(wanted, (str, type(None))):
            crash(f"AttributeError: replace_microseconds is to be text, not {wanted!r}")
        cut = wanted is not None and wanted.lower() in _TRUE
    return date.replace(microsecond=0) if cut else date


def _by_date(run: DagRun) -> datetime:
    return run.logical_date


def _url(run: DagRun) -> str:
    return f"/dags/{run.dag_id}/graph?" + urlencode({"execution_date": run.logical_date.isoformat(sep=" ")})


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""
