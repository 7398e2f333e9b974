"""Looking at runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

from fake_server.airflow.errors import DagNotFound
from fake_server.airflow.runs import DagRun
from fake_server.airflow.states import RUN_STATES
from fake_server.web.crashes import crash
from fake_server.web.experimental.call import Call, Refused


def dag_runs(call: Call, dag_id: str) -> Any:
    """The runs of a DAG by execution date, of one ``state`` if that is asked for."""
    if dag_id not in call.airflow.dags:
        raise Refused(400, str(DagNotFound(dag_id)))
    state = call.request.args.get("state", "").lower()
    if state and state not in RUN_STATES and call.dialect.refuses_unknown_states:
        crash(f"ValueError: {state!r} is not a valid DagRunState")
    runs = sorted(call.airflow.runs.of(dag_id), key=_by_date)
    return [
        {
            "dag_id": dag_id,
            "dag_run_url": _url(call, run),
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
                "dag_run_url": _url(call, run),
                "execution_date": run.logical_date.isoformat(),
                "start_date": _text(run.start_date),
            }
            for run in latest
        ]
    }


def _by_date(run: DagRun) -> datetime:
    return run.logical_date


def _url(call: Call, run: DagRun) -> str:
    date = quote_plus(run.logical_date.isoformat(sep=" "))
    return call.dialect.run_page.format(dag_id=quote(run.dag_id), date=date)


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""
