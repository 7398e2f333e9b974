"""One DAG: its runs and tasks as a grid, and the switch that pauses it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.runs import DagRun
from fake_server.airflow.states import TASK_STATES
from fake_server.web.pages.destinations import page_of_this_host
from fake_server.web.pages.visits import Visit
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer

#: Runs that are shown, as webserver.default_dag_run_display_number has it by default.
_SHOWN_RUNS = 25
#: Which state stands for a mapped task whose instances differ.
_GRAVEST_FIRST = ("failed", "upstream_failed", "running", "restarting", "up_for_retry", *TASK_STATES)


class _Cell(NamedTuple):
    """A task in a run: the state that it is shown in, and all there is to say in words."""

    state: str | None
    words: str


def to_grid(request: WebRequest, server: WebServer) -> Response:
    """The path without a view leads to the grid, whoever asks."""
    request.operation = "dag_alone"
    response = redirect(request.routes.build("dag", request.path_arguments))
    server.sessions.give_cookie(request, response)
    return response


def show(visit: Visit) -> Response:
    """The DAG that the path names, with its newest runs."""
    dag_id = visit.dag_id
    visit.require(("can_read", "DAGs"), ("can_read", "DAG Runs"), ("can_read", "Task Instances"), dag_id=dag_id)
    dag = visit.find_dag() if visit.server.dialect.explains_missing_dags else visit.dag_or_crash()
    if dag is None:
        visit.tell(f'DAG "{dag_id}" seems to be missing from DagBag.')
        return redirect("/home")
    dated = visit.airflow.runs.by_date(dag_id)
    newest = dated[: -_SHOWN_RUNS - 1 : -1]
    rows = [(task, [_cell(run, task) for run in newest]) for task in dag.tasks.values()]
    may_edit = visit.may(("can_edit", "DAGs"), dag_id=dag_id)
    return visit.page(
        "dag.html",
        dag=dag,
        columns=newest,
        rows=rows,
        legend=_legend(newest, [cell for _, cells in rows for cell in cells]),
        runs=[_run(run, visit.airflow.clock.now()) for run in newest],
        total=len(dated),
        chosen=visit.request.args.get("dag_run_id"),
        may_edit=may_edit,
        may_trigger=may_edit and visit.may(("can_create", "DAG Runs"), dag_id=dag_id),
    )


def pause(visit: Visit) -> Response:
    """Pause or unpause a DAG.

    The request says what the switch showed before, so that ``is_paused=false`` pauses and all else unpauses. Airflow's
    own script is answered "OK"; a form that names an ``origin`` is led there.
    """
    request = visit.request
    visit.require(("can_edit", "DAGs"), dag_id=visit.dag_id)
    dag: DAG = visit.dag_or_crash()
    is_paused = request.args.get("is_paused") == "false"
    visit.airflow.set_paused(dag, is_paused)
    visit.airflow.audit.record(
        "paused",
        visit.user.username,
        owner_display_name=visit.user.display_name,
        dag_id=dag.dag_id,
        extra=json.dumps({"is_paused": is_paused}),
    )
    if "origin" not in request.form:
        return Response("OK", content_type="text/html; charset=utf-8")
    return redirect(page_of_this_host(request, request.form["origin"]))


def _cell(run: DagRun, task: Task) -> _Cell | None:
    instances = run.instances_of(task.task_id)
    if not instances:
        return None
    counts = Counter(instance.state for instance in instances)
    state = min(counts, key=_gravity)
    if len(instances) == 1:
        return _Cell(state, _word(state))
    return _Cell(state, ", ".join(f"{count} {_word(each)}" for each, count in counts.items()))


def _gravity(state: str | None) -> int:
    return _GRAVEST_FIRST.index(state) if state in _GRAVEST_FIRST else len(_GRAVEST_FIRST)


def _word(state: str | None) -> str:
    return (state or "no status").replace("_", " ")


def _legend(runs: Sequence[DagRun], cells: Sequence[_Cell | None]) -> list[str | None]:
    seen: set[str | None] = {cell.state for cell in cells if cell is not None}
    seen.update(run.state for run in runs)
    return sorted(seen, key=lambda state: TASK_STATES.index(state) if state in TASK_STATES else len(TASK_STATES))


def _run(run: DagRun, now: datetime) -> dict[str, Any]:
    duration = None
    if run.start_date is not None:
        duration = ((run.end_date or now) - run.start_date).total_seconds()
    return {
        "run_id": run.run_id,
        "state": run.state,
        "run_type": run.run_type.replace("_", " "),
        "start_date": run.start_date,
        "duration": duration,
        "conf": json.dumps(run.conf, default=str, ensure_ascii=False) if run.conf else "",
        "note": run.note,
    }
