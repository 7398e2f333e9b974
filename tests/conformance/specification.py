"""Airflow's own OpenAPI file of the stable REST API, taken from its wheel when it is needed and kept nowhere else.

``python -m tests.conformance.specification FILE`` is what tox runs before the tests that need it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

from tests.real_airflow.installation import AIRFLOW_VERSION

_MEMBER = "airflow/api_connexion/openapi/v1.yaml"
DATASET = "s3://oracle-bucket/orders.parquet"
#: Stands for the token of a DAG's file, which every Airflow signs with a key of its own.
FILE_TOKEN = "the-token-of-etl_linear"
#: What identifiers in paths are. Random ones would be answered with 404 and nothing else; the last of each exists
#: nowhere, unless it is the only one.
KNOWN: dict[str, list[Any]] = {
    "connection_id": ["warehouse", "nope"],
    "dag_id": ["etl_linear", "mapped_consumer", "nope"],
    "dag_run_id": ["done", "queued", "nope"],
    "event_log_id": [1, 2, 4711],
    "file_token": [FILE_TOKEN, "nope"],
    "import_error_id": [1],
    "map_index": [-1, 0],
    "option": ["executor", "nope"],
    "pool_name": ["small", "default_pool", "nope"],
    "role_name": ["Analyst", "Viewer", "nope"],
    "section": ["core", "nope"],
    "task_id": ["extract", "load", "nope"],
    "task_try_number": [0, 1],
    "uri": [DATASET, "s3://nope"],
    "username": ["viewer", "nope"],
    "variable_key": ["greeting", "nope"],
    "xcom_key": ["rows"],
}


def download(file: Path) -> None:
    """Write the OpenAPI file of Airflow's wheel to ``file``, unless it is there."""
    if file.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*command, f"apache-airflow=={AIRFLOW_VERSION}"], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            file.write_bytes(archive.read(_MEMBER))


def specification(file: Path) -> dict[str, Any]:
    """The OpenAPI document, with paths that lead somewhere."""
    document: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    places = [document["components"]["parameters"].values()]
    for path in document["paths"].values():
        places += [described.get("parameters", ()) for described in path.values() if isinstance(described, dict)]
        places.append(path.get("parameters", ()))
    for parameter in (parameter for place in places for parameter in place):
        if parameter.get("in") == "path":
            parameter["schema"]["enum"] = KNOWN[parameter["name"]]
    return document


if __name__ == "__main__":
    download(Path(sys.argv[1]))
