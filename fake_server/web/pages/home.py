"""The page that people land on: the DAGs with their last runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from fake_server.airflow.dags import DAG
from fake_server.airflow.states import RUN_STATES
from fake_server.web.pages.visits import Visit
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer

#: DAGs on one page, as webserver.page_size has it by default.
_PAGE_SIZE = 100


def index(request: WebRequest, server: WebServer) -> Response:
    """The root leads to the DAGs."""
    request.operation = "index"
    response = redirect("/home")
    server.sessions.give_cookie(request, response)
    return response


def home(visit: Visit) -> Response:
    """The DAGs that the user may read, a hundred at a time; ``page`` counts from 0."""
    airflow = visit.airflow
    dags = [dag for dag in airflow.dags_by_id if dag.is_active and visit.may(("can_read", "DAGs"), dag_id=dag.dag_id)]
    last_page = max(len(dags) - 1, 0) // _PAGE_SIZE
    number = min(max(visit.request.args.get("page", 0, type=int), 0), last_page)
    first = number * _PAGE_SIZE
    return visit.page(
        "home.html",
        "home",
        dags=[_row(visit, dag) for dag in dags[first : first + _PAGE_SIZE]],
        total=len(dags),
        first=first + 1,
        page_number=number,
        page_numbers=range(last_page + 1),
        scheduler_runs=airflow.scheduler.enabled,
        import_errors=airflow.import_errors.rows if visit.may(("can_read", "ImportError")) else [],
    )


def _row(visit: Visit, dag: DAG) -> dict[str, Any]:
    runs = visit.airflow.runs
    dated = runs.by_date(dag.dag_id)
    counts = runs.state_counts(dag.dag_id)
    may_edit = visit.may(("can_edit", "DAGs"), dag_id=dag.dag_id)
    return {
        "dag_id": dag.dag_id,
        "description": dag.description or "",
        "tags": dag.tags,
        "schedule": dag.timetable.summary,
        "next_run": dag.next_dagrun_create_after,
        "last_run": dated[-1] if dated else None,
        "counts": [(state, counts[state]) for state in RUN_STATES if counts[state]],
        "owners": ", ".join(dag.owners),
        "is_paused": bool(dag.is_paused),
        "may_edit": may_edit,
        "may_trigger": may_edit and visit.may(("can_create", "DAG Runs"), dag_id=dag.dag_id),
    }
