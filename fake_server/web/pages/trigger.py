"""Triggering a DAG from its page: the form for conf and run id, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from fake_server.airflow.dags import DAG
from fake_server.airflow.errors import (
    DagRunAlreadyExists,
    InvalidRunId,
    LogicalDateTaken,
    ParamValidationError,
    ReservedRunId,
)
from fake_server.airflow.runs import DagRun
from fake_server.web.pages.destinations import page_of_this_host, with_query
from fake_server.web.pages.visits import Visit


class _Problem(Exception):
    """The form cannot be carried out; it is shown again, with the text and the field that it is about."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


def show_form(visit: Visit) -> Response:
    """The form, with the defaults of the DAG's params as conf."""
    _require(visit)
    dag = visit.dag_or_crash()
    defaults = {name: param.value for name, param in dag.params.items()}
    return _form(visit, conf=json.dumps(defaults, indent=4, default=str, ensure_ascii=False), run_id="")


def trigger(visit: Visit) -> Response:
    """Make a run. Airflow 2 unpauses the DAG too; so do its forms, even those that do not ask for it."""
    _require(visit)
    dag = visit.dag_or_crash()
    _audit(visit)
    form = visit.request.form
    origin = page_of_this_host(visit.request, form.get("origin"))
    run_id = form.get("run_id") or None
    try:
        run = _run(visit, dag, run_id, form.get("conf") or "")
    except _Problem as problem:
        return _form(visit, conf=form.get("conf", ""), run_id=run_id or "", problem=problem)
    except (DagRunAlreadyExists, LogicalDateTaken):
        visit.request.refusal = f"the run id {run_id!r} or this moment is taken"
        visit.tell(f"The run ID {run_id} already exists")
        return redirect(origin)
    if visit.server.dialect.triggers_unpause:
        _unpause(visit, dag)
        visit.tell(f"Triggered {dag.dag_id} with new Run ID {run.run_id}, it should start any moment now.")
    else:
        visit.tell(f"Triggered {dag.dag_id}, it should start any moment now.")
    if "/grid" in urlsplit(origin).path:
        origin = with_query(origin, dag_run_id=run.run_id)
    return redirect(origin)


def _run(visit: Visit, dag: DAG, run_id: str | None, conf: str) -> DagRun:
    try:
        return visit.airflow.trigger_dag(
            dag.dag_id, run_id=run_id, conf=_conf(visit, conf), allow_reserved_run_id=False
        )
    except (InvalidRunId, ReservedRunId) as error:
        raise _Problem(str(error), "run_id") from None
    except ParamValidationError as error:
        raise _Problem(str(error), "conf") from None


def _require(visit: Visit) -> None:
    visit.require(("can_edit", "DAGs"), ("can_create", "DAG Runs"), dag_id=visit.dag_id)


def _conf(visit: Visit, text: str) -> dict[str, Any]:
    try:
        conf = json.loads(text or "{}")
    except ValueError:
        words = "Invalid JSON configuration"
        if visit.airflow.version.run_creation.checks_conf:
            words += ", not parseable"
        raise _Problem(words, "conf") from None
    if isinstance(conf, dict):
        return conf
    if visit.airflow.version.run_creation.checks_conf:
        raise _Problem("Invalid JSON configuration, must be a dict", "conf")
    return {}


def _form(visit: Visit, *, conf: str, run_id: str, problem: _Problem | None = None) -> Response:
    request = visit.request
    if problem is not None:
        request.refusal = str(problem)
    wanted = request.values.get("origin") or visit.path("dag", dag_id=visit.dag_id)
    return visit.page(
        "trigger.html",
        dag_id=visit.dag_id,
        conf=conf,
        run_id=run_id,
        target=page_of_this_host(request, wanted),
        problem=str(problem) if problem is not None else None,
        problem_field=problem.field if problem is not None else None,
    )


def _unpause(visit: Visit, dag: DAG) -> None:
    if dag.is_paused:
        visit.airflow.set_paused(dag, False)
        visit.tell(f"Unpaused DAG {dag.dag_id}.")


def _audit(visit: Visit) -> None:
    kept = {name: value for name, value in visit.request.form.items() if name != "csrf_token"}
    visit.airflow.audit.record(
        "trigger",
        visit.user.username,
        owner_display_name=visit.user.display_name,
        dag_id=visit.dag_id,
        extra=json.dumps(kept),
    )
