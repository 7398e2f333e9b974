"""Commands that read the DAG files first, and say so in log lines."""

from __future__ import annotations

import posixpath

from fake_server.airflow.dags import DAG
from fake_server.airflow.deployment import Airflow
from fake_server.cli.dag_selection import broken_files, dags_below, is_below
from fake_server.cli.failures import Crash
from fake_server.cli.installation import HOME
from fake_server.cli.invocation import Invocation


def log_executor(invocation: Invocation) -> None:
    """Log which executor is in use, which every command does that comes near DAGs or users."""
    executor = invocation.airflow.config.get("core", "executor")
    invocation.log("__init__.py:50", f"Using executor {executor}")


def log_parsing(invocation: Invocation, place: str) -> None:
    """Log that the files below ``place`` are being parsed, and which of them cannot be imported."""
    log_executor(invocation)
    invocation.log("dagbag.py:417", f"Filling up the DagBag from {place}")
    for path, error in broken_files(invocation, place).items():
        text = error if error.startswith("Traceback") else f"Traceback (most recent call last):\n{error}"
        invocation.log("dagbag.py:259", f"Failed to import: {path}\n{text.rstrip()}", "ERROR")


def subdir(invocation: Invocation) -> str:
    """The folder or file that ``--subdir`` names, or else the DAG folder."""
    folder = dags_folder(invocation.airflow)
    given = getattr(invocation.arguments, "subdir", None)
    if given is None:
        return folder
    return posixpath.normpath(posixpath.join(HOME, given.replace("DAGS_FOLDER", folder)))


def parsed_dags(invocation: Invocation) -> list[DAG]:
    """The DAGs below ``--subdir``, by id; that the files are parsed is logged."""
    place = subdir(invocation)
    log_parsing(invocation, place)
    return dags_below(invocation, place)


def find_dag(invocation: Invocation, dag_id: str) -> DAG:
    """The DAG of that id from the files below ``--subdir``; that they are parsed is logged.

    :raises Crash: when none of them defines it.
    """
    place = subdir(invocation)
    log_parsing(invocation, place)
    dag = invocation.airflow.dag_folder.get(dag_id)
    if dag is None or not is_below(dag.fileloc, place):
        raise Crash(
            "airflow.exceptions.AirflowException",
            f"dag_id could not be found: {dag_id}. Either the dag did not exist or it failed to parse.",
        )
    return dag


def dags_folder(airflow: Airflow) -> str:
    """Where the DAG files are."""
    return airflow.config.get("core", "dags_folder")
