"""``airflow dags trigger``, and how each version shows the run that it makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fake_server.airflow.runs import DagRun
from fake_server.cli.failures import Crash
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.v2.dags import log_api_client
from fake_server.versions import CommandOutput


def trigger(invocation: Invocation) -> None:
    """Make a run and show it."""
    arguments, airflow = invocation.arguments, invocation.airflow
    log_api_client(invocation)
    moment: datetime = arguments.exec_date or airflow.clock.now()
    if arguments.replace_microseconds:
        moment = moment.replace(microsecond=0)
    try:
        run = airflow.trigger_dag(arguments.dag_id, run_id=arguments.run_id, logical_date=moment, conf=arguments.conf)
    except json.JSONDecodeError as error:
        raise Crash("json.decoder.JSONDecodeError", str(error)) from None
    style = airflow.version.prints_triggered
    shown = _TRIGGERED.get(style)
    if shown is not None:
        is_spaced = style == "spaced run" and arguments.exec_date is None
        date = moment.isoformat(sep=" " if is_spaced else "T")
        invocation.print(f"Created {shown(run, date)}")
        return
    # What was asked for is shown with the offset it was asked for with, though a run keeps UTC.
    row = {key: moment if value == moment else value for key, value in _run_row(run).items()}
    invocation.print_rows([_as_of(airflow.version.command_output, row)])


_SWAPPED = {"data_interval_start": "data_interval_end", "data_interval_end": "data_interval_start"}


def _as_of(output: CommandOutput, row: dict[str, Any]) -> dict[str, Any]:
    """The row of a run as the version shows it."""
    if not output.shows_stored_runs:
        row = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in row.items()}
    if output.swaps_interval:
        row = {_SWAPPED.get(key, key): value for key, value in row.items()}
    return row


def _plain_run(run: DagRun, date: str) -> str:
    return run.text_1_10(date)


def _run_and_state(run: DagRun, date: str) -> str:
    queued = run.queued_at.isoformat(sep=" ") if run.queued_at is not None else None
    return (
        f"<DagRun {run.dag_id} @ {date}: {run.run_id}, state:{run.state}, "
        f"queued_at: {queued}. externally triggered: {run.external_trigger}>"
    )


#: How older versions show a run that was just triggered.
_TRIGGERED: dict[str, Callable[[DagRun, str], str]] = {
    "spaced run": _plain_run,
    "run": _plain_run,
    "run and state": _run_and_state,
}


def _run_row(run: DagRun) -> dict[str, Any]:
    return {
        "conf": run.conf,
        "dag_id": run.dag_id,
        "dag_run_id": run.run_id,
        "data_interval_start": run.data_interval.start,
        "data_interval_end": run.data_interval.end,
        "end_date": run.end_date,
        "external_trigger": run.external_trigger,
        "last_scheduling_decision": run.last_scheduling_decision,
        "logical_date": run.logical_date,
        "run_type": run.run_type,
        "start_date": run.start_date,
        "state": run.state,
    }


HANDLERS: dict[str, Handler] = {"dags trigger": trigger}
