"""Starts jobs on Amazon MWAA, and asks how they went."""

from __future__ import annotations

from airflow_jobs.command_line import AirflowCommandLine, CommandFailed
from airflow_jobs.legacy import trigger_by_experimental_api
from airflow_jobs.rest import AirflowRest, RestError

__all__ = ["AirflowCommandLine", "AirflowRest", "CommandFailed", "RestError", "trigger_by_experimental_api"]
