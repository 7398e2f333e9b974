"""An environment that is kept in a file: over a restart, over ``kill -9``, and when the file is no good."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]

#: How often ``kill -9`` comes; more in a long run by hand.
KILLS = int(os.environ.get("FAKE_MWAA_KILLS", "2"))
WRITES = 200

SEED = """{
  "dags": [{"dag_id": "etl", "paused": false, "tasks": [{"task_id": "a", "xcom": {"return_value": 1}}]},
           {"dag_id": "slow", "paused": false, "tasks": [{"task_id": "a", "duration": 100000}]}],
  "variables": {"seeded": "1"}
}"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def start(start_serving: Start, tmp_path: Path, state: Path) -> Start:
    seed = tmp_path / "seed.json"
    seed.write_text(SEED)

    def begin(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        options = ["--http", "--auth-backends", "basic_auth", "--seed", str(seed), "--state", str(state)]
        return start_serving(*options, *arguments)

    return begin


def api(ready: Mapping[str, Any], environment: str = "fake-mwaa") -> Callable[..., Any]:
    session = requests.Session()
    session.auth = ("admin", "admin")
    session.trust_env = False

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = session.request(method, f"{ready['environments'][environment]}/api/v1{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    return call


def client(ready: Mapping[str, Any]) -> Any:
    return boto3.client(
        "mwaa",
        endpoint_url=ready["aws_endpoint_url"],
        region_name=ready["region"],
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> str:
    process.send_signal(number)
    return process.communicate(timeout=300)[1]


WATCHED = (
    "/dags?order_by=dag_id", "/dags/etl/dagRuns", "/dags/slow/dagRuns", "/dags/~/dagRuns/~/taskInstances", "/variables",
    "/connections", "/pools", "/users", "/roles", "/eventLogs", "/datasets",
    "/dags/etl/dagRuns/first/taskInstances/a/xcomEntries/return_value",
)  # fmt: skip


def picture(call: Callable[..., Any]) -> dict[str, Any]:
    found = {path: call("GET", path) for path in WATCHED}
    for user in found["/users"]["users"]:
        # Every one of these requests logs in.
        for field in ("last_login", "login_count"):
            user.pop(field)
    for dag in found["/dags?order_by=dag_id"]["dags"]:
        # The token is signed with a key that ended with the process.
        dag.pop("file_token")
        dag.pop("last_parsed_time")
    return found


def test_nothing_is_lost_over_a_restart(start: Start, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    process, ready = start("--environment", "one", "--environment", "two")
    client(ready).create_environment(
        Name="three",
        DagS3Path="dags",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/service-role/role",
        NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
        SourceBucketArn="arn:aws:s3:::airflow-bucket",
        Tags={"team": "data"},
        AirflowConfigurationOptions={"api.auth_backends": "airflow.api.auth.backend.basic_auth"},
    )
    requests.post(f"{ready['webserver_url']}/_fake/clock", json={"advance": 3600}).raise_for_status()
    one, two = api(ready, "one"), api(ready, "two")
    one("POST", "/dags/etl/dagRuns", {"dag_run_id": "first", "conf": {"a": [1]}, "note": "a note"})
    one("POST", "/dags/slow/dagRuns", {"dag_run_id": "long"})
    one("POST", "/variables", {"key": "mine", "value": "välue"})
    one("DELETE", "/variables/seeded")
    one("POST", "/connections", {"connection_id": "db", "conn_type": "postgres", "password": "secret", "port": 5432})
    one("POST", "/pools", {"name": "small", "slots": 1})
    one("POST", "/roles", {"name": "Team", "actions": []})
    user = {"username": "anna", "password": "a word", "email": "a@b.c", "first_name": "A", "last_name": "B"}
    one("POST", "/users", {**user, "roles": [{"name": "Team"}]})
    two("POST", "/variables", {"key": "yours", "value": "2"})
    requests.post(f"{ready['webserver_url']}/_fake/clock", json={"advance": 60}).raise_for_status()
    before = picture(one)
    described = {name: client(ready).get_environment(Name=name)["Environment"] for name in ("one", "two", "three")}
    now = requests.get(f"{ready['webserver_url']}/_fake/health").json()["now"]
    stop(process)
    assert not Path(f"{state}-wal").exists()
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert b"a word" not in state.read_bytes()

    process, ready = start("--environment", "one", "--environment", "two")

    assert picture(api(ready, "one")) == before
    assert [run["state"] for run in before["/dags/slow/dagRuns"]["dag_runs"]] == ["running"]
    assert {variable["key"] for variable in api(ready, "two")("GET", "/variables")["variables"]} == {"seeded", "yours"}
    for name, description in described.items():
        found = client(ready).get_environment(Name=name)["Environment"]
        addresses = ("WebserverUrl",)
        assert {**found, **dict.fromkeys(addresses)} == {**description, **dict.fromkeys(addresses)}
    assert requests.get(f"{ready['webserver_url']}/_fake/health").json()["now"] > now
    login = requests.get(f"{ready['environments']['one']}/api/v1/dags", auth=("anna", "a word"))
    assert login.status_code in {200, 403}
    assert requests.get(f"{ready['environments']['one']}/api/v1/dags", auth=("anna", "x")).status_code == 401
    assert "environment one is as the state file has it, so this has no effect: the seed" in stop(process)


def test_what_is_deleted_stays_so(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    process, ready = start("--environment", "one", "--environment", "two")
    client(ready).delete_environment(Name="two")
    api(ready, "one")("DELETE", "/dags/slow")
    stop(process)

    process, ready = start("--environment", "one")

    assert client(ready).list_environments()["Environments"] == ["one"]
    assert [dag["dag_id"] for dag in api(ready, "one")("GET", "/dags")["dags"]] == ["etl"]
    requests.post(f"{ready['webserver_url']}/_fake/reset").raise_for_status()
    assert len(api(ready, "one")("GET", "/dags")["dags"]) == 2


def test_dags_of_files_that_went_meanwhile(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()
    source = "from airflow import DAG\ndag = DAG('{name}', schedule=None, is_paused_upon_creation=False)\n"
    for name in ("stays", "goes"):
        (folder / f"{name}.py").write_text(source.format(name=name))
    process, ready = start("--dags", str(folder))
    api(ready)("POST", "/dags/stays/dagRuns", {"dag_run_id": "first"})
    stop(process)
    (folder / "goes.py").unlink()
    (folder / "comes.py").write_text(source.format(name="comes"))

    _, ready = start("--dags", str(folder))

    dags = api(ready)("GET", "/dags")["dags"]
    assert {dag["dag_id"] for dag in dags} == {"comes", "etl", "slow", "stays"}
    assert api(ready)("GET", "/dags/stays/dagRuns")["total_entries"] == 1


def test_kill_9_loses_nothing_that_was_answered(start: Start) -> None:
    answered: list[str] = []
    for attempt in range(KILLS):
        process, ready = start()
        call = api(ready)
        for number in range(WRITES // 2):
            key = f"{attempt}-{number}"
            call("POST", "/variables", {"key": key, "value": "x"})
            call("POST", "/dags/etl/dagRuns", {"dag_run_id": key})
            answered.append(key)
        process.kill()
        process.wait(timeout=300)

        process, ready = start()
        call = api(ready)
        assert everything(call, "/variables", "variables", "key") == {*answered, "seeded"}
        assert everything(call, "/dags/etl/dagRuns", "dag_runs", "dag_run_id") == {*answered}
        stop(process)


def everything(call: Callable[..., Any], path: str, name: str, key: str) -> set[str]:
    """The keys of all entries, page by page."""
    found: set[str] = set()
    total = 1
    while len(found) < total:
        page = call("GET", f"{path}?limit=100&offset={len(found)}")
        total = page["total_entries"]
        found |= {entry[key] for entry in page[name]}
    return found


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty, which a state file never is"), (b"something else", "is no SQLite file")],
)
def test_a_file_that_is_no_state_file(fake_mwaa: Run, state: Path, content: bytes, words: str) -> None:
    state.write_bytes(content)

    result = fake_mwaa("serve", "--state", str(state))

    assert result.returncode == 2
    assert result.stderr.startswith(f"fake-mwaa: error: {state} {words}")
    assert "docs/how-to/offline-development.md" in result.stderr
    assert state.read_bytes() == content


def test_a_file_of_another_version_one_cut_off_and_one_in_use(start: Start, fake_mwaa: Run, state: Path) -> None:
    process, _ = start()
    assert "is in use by another process" in fake_mwaa("serve", "--state", str(state)).stderr
    stop(process)
    whole = state.read_bytes()

    state.write_bytes(whole[: len(whole) // 2])
    result = fake_mwaa("serve", "--state", str(state))
    assert result.returncode == 2
    assert "is damaged, perhaps cut off" in result.stderr

    state.write_bytes(whole)
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE about SET value = 'another' WHERE name = 'form'")
    connection.close()
    result = fake_mwaa("serve", "--state", str(state))
    assert result.returncode == 2
    assert "in form 'another'. Expected form" in result.stderr


def test_run_keeps_its_environment_too(fake_mwaa: Run, state: Path) -> None:
    write = """
import json, os, urllib.request
url = "http://" + os.environ["MWAA_WEBSERVER_HOSTNAME"] + "/_fake/seed"
body = json.dumps({"variables": {"kept": "1"}}).encode()
urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}))
"""
    options = ["--http", "--state", str(state)]
    assert fake_mwaa("run", *options, "--", "python3", "-c", write).returncode == 0

    with sqlite3.connect(state) as connection:
        ((content,),) = connection.execute("SELECT content FROM rows WHERE kind = 'store' AND name = 'variables'")
    connection.close()
    assert b"kept" in content
