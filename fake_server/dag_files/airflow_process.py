"""Lets a real Airflow parse DAG files, in a process of its own, which executes them."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fake_server.airflow.dags import DAG
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.loading import dags_of_seed
from fake_server.dag_files.assembly import nearest_trigger_rule
from fake_server.dag_files.reading import ReadFile
from fake_server.dag_files.sources import DagFolderError

#: Seconds that parsing a whole folder may take.
TIME_LIMIT = 120


def require_airflow() -> None:
    """Check that apache-airflow can be imported.

    :raises DagFolderError: when it cannot.
    """
    if importlib.util.find_spec("airflow") is None:
        raise DagFolderError(
            f"the real parser needs apache-airflow, which {sys.executable} cannot import. Install it there, or leave "
            "dag_parser at 'text', which reads DAG files without it."
        )


def parse_with_airflow(files: Mapping[str, bytes], folder: str, airflow: Airflow) -> list[ReadFile]:
    """What the apache-airflow of this Python makes of ``files``; ``folder`` is where Airflow shall say they are.

    :raises DagFolderError: when it cannot be imported, does not end in time, or fails as a whole.
    """
    require_airflow()
    with tempfile.TemporaryDirectory(prefix="dags-") as temporary:
        place = Path(temporary).resolve()
        for path, content in files.items():
            target = place / "dags" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        answer = _answer_of_airflow(place, airflow)
        return _read_files(answer, files, folder, str(place / "dags"), airflow)


def _answer_of_airflow(place: Path, airflow: Airflow) -> dict[str, Any]:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(place),
        "AIRFLOW__CORE__DAGS_FOLDER": str(place / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{place}/airflow.db",
        # What files read while they are parsed.
        **{f"AIRFLOW_VAR_{variable.key.upper()}": variable.value for variable in airflow.variables},
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, "-m", "fake_server.dag_files.airflow_script", str(place / "dags")]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own Python
            command, env=environment, cwd=place, capture_output=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise DagFolderError(f"Airflow did not parse the DAG files within {TIME_LIMIT} seconds.") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-5:]
        raise DagFolderError("\n".join(["Airflow did not parse the DAG files:", *last])) from None
    return answer


def _read_files(
    answer: Mapping[str, Any], files: Mapping[str, bytes], folder: str, place: str, airflow: Airflow
) -> list[ReadFile]:
    for entry in answer["dags"]:
        entry["source"] = files.get(entry["file"], b"").decode("utf-8", "replace")
        for task in entry["tasks"]:
            task["trigger_rule"] = nearest_trigger_rule(task["trigger_rule"])
    results: dict[str, ReadFile] = {}
    dags: list[DAG] = dags_of_seed(airflow, {"dags": answer["dags"]}, name="the real parser")
    for dag in dags:
        results.setdefault(dag.fileloc, ReadFile(dag.fileloc)).dags.append(dag)
    for entry in answer["import_errors"]:
        fileloc = f"{folder}/{entry['file']}"
        results.setdefault(fileloc, ReadFile(fileloc)).import_error = entry["error"].replace(place, folder)
    for path in files:
        if path.endswith(".py"):
            results.setdefault(f"{folder}/{path}", ReadFile(f"{folder}/{path}"))
    return list(results.values())
