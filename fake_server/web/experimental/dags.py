"""Pausing DAGs, deleting them, reading their files, and what their tasks read and write."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.dags import DAG
from fake_server.airflow.errors import DagNotFound
from fake_server.web.crashes import crash
from fake_server.web.experimental.call import Call, Html, Refused


def dag_is_paused(call: Call, dag_id: str) -> Any:
    """Whether a DAG is paused."""
    return {"is_paused": _dag_or_crash(call, dag_id).is_paused}


def dag_paused(call: Call, dag_id: str, paused: str) -> Any:
    """Pause a DAG with the word ``true``; any other word unpauses it."""
    call.airflow.set_paused(_dag_or_crash(call, dag_id), paused == "true")
    return {"response": "ok"}


def get_dag_code(call: Call, dag_id: str) -> Any:
    """The DAG's file, as it stands."""
    return Html(call.airflow.get_dag(dag_id).source)


def delete_dag(call: Call, dag_id: str) -> Any:
    """Delete a DAG's rows."""
    try:
        count = call.airflow.delete_dag(dag_id)
    except DagNotFound:
        raise Refused(404, f"Dag id {dag_id} not found") from None
    return {"count": count, "message": f"Removed {count} record(s)"}


def get_lineage(call: Call, dag_id: str, execution_date: str) -> Any:
    """The datasets that the tasks of a run wrote."""
    date = call.date(execution_date)
    run = call.run_at(call.airflow.get_dag(dag_id), date)
    return {
        "task_ids": {
            instance.task_id: {"outlets": [_outlet(call, uri) for uri in instance.task.outlets]}
            for instance in run.task_instances.values()
            if instance.task.outlets and instance.state == "success"
        }
    }


def _outlet(call: Call, uri: str) -> str:
    dataset = call.airflow.datasets.find(uri)
    extra = dataset.extra if dataset is not None else {}
    return f"airflow.datasets.Dataset@version=1(uri={uri},extra={extra or None})"


def _dag_or_crash(call: Call, dag_id: str) -> DAG:
    dag = call.airflow.dags.get(dag_id)
    if dag is None:
        crash(
            f"there is no DAG {dag_id!r}, and Airflow does not look before it asks",
            "AttributeError: 'NoneType' object has no attribute 'is_paused'",
        )
    return dag
