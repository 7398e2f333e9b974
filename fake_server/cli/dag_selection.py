"""Which DAG files a command means by a folder or a file."""

from __future__ import annotations

from fake_server.airflow.dags import DAG
from fake_server.cli.invocation import Invocation


def is_below(path: str, folder: str | None) -> bool:
    """Whether ``path`` is ``folder`` or stands in it; None is everywhere."""
    return folder is None or path == folder or path.startswith(folder.rstrip("/") + "/")


def dags_below(invocation: Invocation, folder: str | None) -> list[DAG]:
    """The DAGs that the files below ``folder`` define, in the order of their ids."""
    defined = invocation.airflow.dag_folder
    return [defined[dag_id] for dag_id in sorted(defined) if is_below(defined[dag_id].fileloc, folder)]


def broken_files(invocation: Invocation, folder: str | None) -> dict[str, str]:
    """The files below ``folder`` that cannot be imported, with their tracebacks."""
    return {path: error for path, error in invocation.airflow.import_errors.items() if is_below(path, folder)}
