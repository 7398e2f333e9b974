"""Finding DAGs: commands that read the DAG files first say so in log lines, others ask the database."""

from __future__ import annotations

from fake_server.airflow.dags import DAG
from fake_server.airflow.errors import DagNotFound
from fake_server.cli.dag_selection import broken_files, is_below
from fake_server.cli.failures import CommandFailed, Crash
from fake_server.cli.invocation import Invocation


def log_parsing(invocation: Invocation, folder: str | None = None) -> None:
    """Log that the files below ``folder`` are being parsed, and which of them cannot be imported."""
    place = folder or invocation.airflow.config.get("core", "dags_folder")
    invocation.log("dagbag.py:588", f"Filling up the DagBag from {place}")
    for path, error in broken_files(invocation, folder).items():
        text = error if error.startswith("Traceback") else f"Traceback (most recent call last):\n{error}"
        invocation.log("dagbag.py:387", f"Failed to import: {path}\n{text.rstrip()}", "ERROR")


def find_dag(invocation: Invocation, dag_id: str, *, quiet: bool = False) -> DAG:
    """The DAG of that id from the files that ``--subdir`` names, or else from the whole DAG folder.

    :raises Crash: when no file defines it. ``quiet`` is for commands that log nothing of it.
    """
    folder = invocation.arguments.subdir
    place = folder or invocation.airflow.config.get("core", "dags_folder")
    dag = invocation.airflow.dag_folder.get(dag_id)
    if not quiet:
        log_parsing(invocation, folder)
    if dag is None or not is_below(dag.fileloc, folder):
        if not quiet:
            whole = invocation.airflow.config.get("core", "dags_folder")
            invocation.log("cli.py:251", f"Dag {dag_id!r} not found in path {place}; trying path {whole}", "WARNING")
            log_parsing(invocation)
        if dag is None:
            raise Crash(
                "airflow.exceptions.AirflowException",
                f"Dag {dag_id!r} could not be found; either it does not exist or it failed to parse.",
            )
    return dag


def stored_dag(invocation: Invocation, dag_id: str) -> DAG:
    """A DAG that the database knows."""
    try:
        return invocation.airflow.get_dag(dag_id)
    except DagNotFound:
        raise CommandFailed(f"DAG: {dag_id} does not exist in 'dag' table") from None
