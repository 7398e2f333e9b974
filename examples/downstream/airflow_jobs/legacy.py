"""Airflow's experimental API, for what has not moved on yet."""

from __future__ import annotations

from typing import Any

import boto3
import requests


def trigger_by_experimental_api(environment: str, dag_id: str, conf: dict[str, Any]) -> str:
    """Start a run of a DAG; the text with which Airflow says so.

    The environment has to have ``api.enable_experimental_api``, and an API auth backend that lets anybody in.
    """
    # In spite of its name, this has no scheme.
    hostname = boto3.client("mwaa").get_environment(Name=environment)["Environment"]["WebserverUrl"]
    response = requests.post(
        f"https://{hostname}/api/experimental/dags/{dag_id}/dag_runs", json={"conf": conf}, timeout=30
    )
    response.raise_for_status()
    return str(response.json()["message"])
