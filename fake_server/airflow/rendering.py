"""Templates of tasks, filled in for a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fake_server.airflow.dags import Task
from fake_server.airflow.runs import DagRun

#: Operators by the fields that Airflow renders.
_BASH_OPERATORS = ("BashOperator", "_BashDecoratedOperator")
_PYTHON_OPERATORS = ("PythonOperator", "BranchPythonOperator", "ShortCircuitOperator", "_PythonDecoratedOperator")


def rendered_fields(task: Task, run: DagRun) -> dict[str, Any]:
    """The templated fields of ``task`` by name, as they are when it runs in ``run``.

    What Airflow renders is known for the operators that run a shell command or a Python function; others have none.

    :raises jinja2.TemplateError: when a template cannot be filled in.
    """
    if task.operator in _BASH_OPERATORS:
        context = template_context(run)
        env = {name: _rendered(value, context) for name, value in task.env.items()} if task.env is not None else None
        return {"bash_command": _rendered(task.bash_command or "", context), "env": env, "cwd": None}
    if task.operator in _PYTHON_OPERATORS:
        return {"templates_dict": None, "op_args": (), "op_kwargs": {}}
    return {}


def template_context(run: DagRun) -> dict[str, Any]:
    """What templates may refer to: the run, its dates, its DAG and its params."""
    date = run.logical_date
    return {
        "conf": run.conf,
        "dag": run.dag,
        "dag_run": run,
        "data_interval_start": run.data_interval.start,
        "data_interval_end": run.data_interval.end,
        "ds": date.strftime("%Y-%m-%d"),
        "ds_nodash": date.strftime("%Y%m%d"),
        "execution_date": date,
        "logical_date": date,
        "params": params_of(run),
        "run_id": run.run_id,
        "ts": date.isoformat(),
        "ts_nodash": date.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": date.strftime("%Y%m%dT%H%M%S%z"),
    }


def params_of(run: DagRun) -> dict[str, Any]:
    """The DAG's params with what the run's conf puts in their place."""
    return {**{name: param.value for name, param in run.dag.params.items()}, **run.conf}


def _rendered(template: str, context: Mapping[str, Any]) -> str:
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(autoescape=False, keep_trailing_newline=True)
    environment.filters["ds"] = _day
    return environment.from_string(template).render(context)


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
