"""Airflow 1.10.12's client, in a process of its own, against a live fake."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_server import FakeMWAA
from tests.json_client.installation import FOLDER_VARIABLE, WITHOUT_PYTHON, python_of

CLIENT_CALLS = Path(__file__).parent / "client_calls.py"
DEFAULT = "airflow.api.auth.backend.default"


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter that has Airflow 1.10.12."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        pytest.skip(f"${FOLDER_VARIABLE} names no folder with Airflow 1.10.12; `tox -e airflow110` installs one")
    if not python_of(Path(folder)).exists():
        pytest.skip(WITHOUT_PYTHON)
    return python_of(Path(folder))


@pytest.fixture
def mwaa(request: pytest.FixtureRequest) -> Iterator[FakeMWAA]:
    """A live environment of version 1.10.12 with the DAG etl; open to all, or with the parameter's backend."""
    backend = getattr(request, "param", DEFAULT)
    with FakeMWAA(airflow_version="1.10.12", auth_backends=[backend], dags=["etl"], live=True) as environment:
        yield environment


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(python: Path, mwaa: FakeMWAA, tmp_path: Path) -> Run:
    """Runs a program of that installation, with the variables that lead to the fake."""

    def run(program: str, *arguments: str, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "PYTHON"))},
            **mwaa.env,
            "AIRFLOW_HOME": str(tmp_path),
            "PYTHONWARNINGS": "ignore",
            **variables,
        }
        command = [str(python.parent / program), *arguments]
        return subprocess.run(
            command,
            env=environment,
            cwd=tmp_path,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture
def call(run: Run, mwaa: FakeMWAA) -> Callable[..., list[Any]]:
    """Calls methods of Airflow's ``json_client``; what each returned, or the text of the error that it raised."""

    def call(*calls: tuple[str, dict[str, Any]], auth: tuple[str, str] | None = None) -> list[Any]:
        order = {"url": mwaa.url, "auth": auth, "calls": calls}
        done = run("python", str(CLIENT_CALLS), typed=json.dumps(order))
        assert done.returncode == 0, done.stderr
        answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
        return answers

    return call
