from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]


def test_the_ready_file_says_how_to_reach_it(start_serving: Start) -> None:
    process, ready = start_serving("--environment", "reports", "--region", "eu-west-1", "--dags", "etl,other")

    assert list(ready) == [
        "environment",
        "region",
        "aws_endpoint_url",
        "webserver_url",
        "webserver_hostname",
        "ca_bundle",
        "pid",
        "env",
        "environments",
    ]
    assert (ready["environment"], ready["region"], ready["pid"]) == ("reports", "eu-west-1", process.pid)
    assert ready["env"]["AWS_ENDPOINT_URL"] == ready["aws_endpoint_url"]
    dags = requests.get(f"{ready['webserver_url']}/api/v1/dags", verify=ready["ca_bundle"])
    assert dags.status_code == 401
    health = requests.get(f"{ready['webserver_url']}/_fake/health", verify=ready["ca_bundle"]).json()
    assert health["environment"] == "reports"


def test_admin_can_log_in_and_a_reset_keeps_it_so(start_serving: Start) -> None:
    _, ready = start_serving("--auth-backends", "basic_auth", "--dags", "etl")
    reset = requests.post(f"{ready['webserver_url']}/_fake/reset", verify=ready["ca_bundle"])
    assert reset.status_code == 200

    url = f"{ready['webserver_url']}/api/v1/dags"
    answer = requests.get(url, auth=("admin", "admin"), verify=ready["ca_bundle"])

    assert [dag["dag_id"] for dag in answer.json()["dags"]] == ["etl"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(start_serving: Start, tmp_path: Path, number: signal.Signals) -> None:
    process, ready = start_serving()

    process.send_signal(number)
    output, errors = process.communicate(timeout=300)

    assert process.returncode == 0
    assert errors == ""
    assert list(tmp_path.iterdir()) == []
    assert not Path(ready["ca_bundle"]).exists()
    exported = dict(line.removeprefix("export ").split("=", 1) for line in output.splitlines() if line[0] != "#")
    assert {name: shlex.split(value)[0] for name, value in exported.items()} == ready["env"]


def test_http(start_serving: Start) -> None:
    _, ready = start_serving("--http")

    assert ready["ca_bundle"] is None
    assert ready["webserver_url"].startswith("http://localhost:")
    assert requests.get(f"{ready['webserver_url']}/health").status_code == 200


def test_settings_from_variables_and_options(start_serving: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_AIRFLOW_VERSION", "2.8.1")
    monkeypatch.setenv("MWAA_ENVIRONMENT", "from-variable")
    _, ready = start_serving("--http", "--environment", "from-option")

    health = requests.get(f"{ready['webserver_url']}/_fake/health").json()
    assert health["airflow_version"] == "2.8.1"
    assert health["environment"] == "from-option"


def test_a_seed(start_serving: Start, tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"users": [{"username": "admin", "password": "other", "role": "Admin"}]}))
    _, ready = start_serving("--http", "--auth-backends", "basic_auth", "--seed", str(seed))

    url = f"{ready['webserver_url']}/api/v1/dags"
    assert requests.get(url, auth=("admin", "other")).status_code == 200
    assert requests.get(url, auth=("admin", "admin")).status_code == 401


def test_a_port_that_is_taken(fake_mwaa: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        result = fake_mwaa("serve", "--port", str(port))

    assert result.returncode == 2
    assert f"127.0.0.1:{port} is in use by another program" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--airflow-version", "2.10.4"], "--airflow-version: airflow_version: unknown Airflow version '2.10.4'"),
        (["--auth-backends", "basic"], "--auth-backends: auth_backends: there is no API auth backend 'basic'"),
        (["--config", "api.maximum_page_limits=5"], "Did you mean 'api.maximum_page_limit'"),
        (["--config", "api.maximum_page_limit"], "expected SECTION.OPTION=VALUE"),
        (["--assume", "failed_command_status=201"], "takes one of 200, 400"),
        (["--seed", "missing.json"], "there is no file 'missing.json'"),
        (["--port", "70000"], "A port is a number from 0 (any free port) to 65535, not 70000"),
        (["--ready-file", "/missing/ready.json"], "No such file or directory"),
    ],
)
def test_what_cannot_be_had(fake_mwaa: Run, arguments: list[str], words: str) -> None:
    result = fake_mwaa("serve", *arguments)

    assert result.returncode == 2
    assert result.stderr.startswith("fake-mwaa: error: ")
    assert words in result.stderr


def test_a_mistake_in_a_seed(fake_mwaa: Run, tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"dags": [\n{"dag_id": 3}]}')

    result = fake_mwaa("serve", "--seed", str(seed))

    assert result.returncode == 2
    assert f"{seed}: dags[0].dag_id: 3 is not of type 'string'" in result.stderr


def test_version_and_help(fake_mwaa: Run) -> None:
    assert fake_mwaa("--version").stdout.startswith("fake-mwaa ")
    assert "--auth-backends A,B" in fake_mwaa("serve", "--help").stdout
    assert fake_mwaa().returncode == 2


class TestRun:
    SCRIPT = (
        "import boto3, os; "
        "print(boto3.client('mwaa').list_environments()['Environments'], os.environ['MWAA_ENVIRONMENT'])"
    )

    def test_a_command_inside_an_environment(self, fake_mwaa: Run) -> None:
        result = fake_mwaa("run", "--environment", "reports", "--", sys.executable, "-c", self.SCRIPT)

        assert (result.stdout, result.stderr, result.returncode) == ("['reports'] reports\n", "", 0)

    def test_its_exit_code(self, fake_mwaa: Run) -> None:
        assert fake_mwaa("run", "--", "sh", "-c", "exit 7").returncode == 7

    def test_a_command_that_a_signal_ends(self, fake_mwaa: Run) -> None:
        assert fake_mwaa("run", "--", "sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL

    def test_its_input(self, fake_mwaa: Run) -> None:
        assert fake_mwaa("run", "--", "cat", input="text").stdout == "text"

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signals_are_passed_on(self, number: signal.Signals, tmp_path: Path) -> None:
        script = (
            f"import pathlib, signal, sys; signal.signal({number.value}, lambda *_: sys.exit(9)); "
            f"pathlib.Path({str(tmp_path / 'ready')!r}).touch(); signal.pause()"
        )
        command = [sys.executable, "-m", "fake_server", "run", "--", sys.executable, "-c", script]
        with subprocess.Popen(command, start_new_session=True) as process:
            while not (tmp_path / "ready").exists():
                assert process.poll() is None
            os.kill(process.pid, number)
            assert process.wait(timeout=300) == 9

    def test_a_command_that_is_not_there(self, fake_mwaa: Run) -> None:
        result = fake_mwaa("run", "--", "no-such-command-anywhere")

        assert result.returncode == 127
        assert result.stderr == "fake-mwaa: no-such-command-anywhere: command not found\n"

    def test_a_file_that_is_no_command(self, fake_mwaa: Run, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch(mode=0o600)

        assert fake_mwaa("run", "--", str(file)).returncode == 126

    def test_no_command(self, fake_mwaa: Run) -> None:
        result = fake_mwaa("run", "--environment", "x", "--")

        assert result.returncode == 2
        assert "there is no command to run" in result.stderr
