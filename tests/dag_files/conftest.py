from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fake_server.airflow.dags import DAG
from fake_server.airflow.deployment import Airflow
from fake_server.dag_files.reading import ReadFile
from fake_server.dag_files.sources import Directory
from fake_server.dag_files.synchronizing import DagFolder
from tests.dag_files.examples import PREAMBLE


@pytest.fixture
def airflow() -> Airflow:
    return Airflow("2.10.5", scheduler=False)


@pytest.fixture
def dags_below(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    return folder


@pytest.fixture
def dag_folder(dags_below: Path) -> DagFolder:
    return DagFolder(Directory(dags_below))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., ReadFile]:
    """Reads a file of this text, together with other files of the folder."""

    def read_text(
        text: str, *, version: str = "2.10.5", variables: dict[str, str] | None = None, **others: str
    ) -> ReadFile:
        from fake_server.dag_files.modules import Modules
        from fake_server.dag_files.reading import read_dag_file
        from fake_server.dag_files.surroundings import Surroundings

        airflow = Airflow()
        for key, value in (variables or {}).items():
            airflow.variables.set(key, value)
        modules = Modules({f"{name}.py": source.encode() for name, source in others.items()}, "/dags")
        return read_dag_file(
            text.encode(),
            "/dags/file.py",
            modules,
            replace(Surroundings.of(airflow), version=tuple(map(int, version.split(".")))),
        )

    return read_text


@pytest.fixture
def read_dag(read: Callable[..., ReadFile]) -> Callable[..., DAG]:
    """The one DAG of a file, whose body stands in ``with DAG("dag", ...)``."""

    def read_body(body: str, before: str = "", **arguments: Any) -> DAG:
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        result = read(
            f"{PREAMBLE}{before}\nwith DAG('dag', start_date=datetime(2024, 1, 1)) as dag:\n{lines}\n", **arguments
        )
        assert result.import_error is None, result.import_error
        (dag,) = result.dags
        return dag

    return read_body
