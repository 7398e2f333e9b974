"""Airflow's Amazon provider as it is installed by its users, in a process of its own, against a live fake."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from fake_server import FakeMWAA
from fake_server.journal import JournalEntry

#: The environment variable that names the interpreter which has Airflow and its Amazon provider.
INTERPRETER_VARIABLE = "AIRFLOW_AMAZON_PROVIDER_PYTHON"
_PROGRAM = Path(__file__).parent / "provider_process.py"


@pytest.fixture(scope="session", autouse=True)
def provider_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """The process that orders are sent to. To import Airflow takes seconds, so all tests share it."""
    interpreter = os.environ.get(INTERPRETER_VARIABLE)
    if interpreter is None:
        pytest.skip(f"${INTERPRETER_VARIABLE} names no Python with Airflow; `tox -e clients` installs one")
    folder = tmp_path_factory.mktemp("airflow-home")
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "AWS_", "PYTHON"))},
        "AIRFLOW_HOME": str(folder),
        # A connection that says nothing, so that there is no need to look into Airflow's database for one.
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "PYTHONWARNINGS": "ignore",
    }
    with (folder / "stderr.txt").open("w+", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [interpreter, str(_PROGRAM)],
            env=variables,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            yield process
        finally:
            process.communicate(timeout=60)


Use = Callable[..., dict[str, Any]]


@pytest.fixture
def passing_time(mwaa_live: FakeMWAA) -> Iterator[None]:
    """Lets ten seconds pass with each InvokeRestApi, so that nobody has to wait for a run."""

    def listen(entry: JournalEntry) -> None:
        if entry.operation == "InvokeRestApi":
            mwaa_live.clock.advance(10)

    with mwaa_live.journal.listening(listen):
        yield


@pytest.fixture
def use(provider_process: subprocess.Popen[str], mwaa_live: FakeMWAA) -> Use:
    """Uses a class of the provider with these arguments; what came of it."""
    # InvokeRestApi gives up after 10 seconds, in which a busy machine may not manage to answer.
    mwaa_live.assumptions["rest_api_timeout_seconds"] = 300

    def use(name: str, *, variables: dict[str, str] | None = None, **arguments: Any) -> dict[str, Any]:
        order = {"use": name, "arguments": arguments, "variables": {**mwaa_live.env, **(variables or {})}}
        stdin, stdout = _streams(provider_process)
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"the provider's process has ended: {provider_process.wait(timeout=60)}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    return use


def _streams(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
