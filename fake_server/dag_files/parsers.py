"""Which parser reads a DAG folder, by name."""

from __future__ import annotations

from fake_server.dag_files.airflow_process import parse_with_airflow, require_airflow
from fake_server.dag_files.sources import DagSource
from fake_server.dag_files.surroundings import every_module, module_is_known
from fake_server.dag_files.synchronizing import DagFolder


def folder_of(source: DagSource, *, dag_parser: str = "text", missing_modules: str = "ignore") -> DagFolder:
    """The DAG folder of ``source``.

    ``dag_parser`` is "text", or "airflow" for the real Airflow that this Python has. ``missing_modules`` is "report"
    when files shall have an import error that import what neither the folder, the standard library, Airflow nor this
    Python has; by default such modules are taken to be there, since an environment has packages of its own.

    :raises DagFolderError: for the real Airflow where there is none.
    """
    if dag_parser == "airflow":
        require_airflow()
        return DagFolder(source, parse=parse_with_airflow)
    return DagFolder(source, is_importable=module_is_known if missing_modules == "report" else every_module)
