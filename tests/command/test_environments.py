"""Several environments in one process: addresses, states and cookies of their own."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]


@pytest.fixture
def both(start_serving: Start) -> dict[str, Any]:
    options = ["--http", "--auth-backends", "basic_auth,session", "--dags", "etl"]
    return start_serving(*options, "--environment", "one", "--environment", "two")[1]


def test_each_has_an_address_and_an_airflow(both: dict[str, Any]) -> None:
    one, two = both["environments"]["one"], both["environments"]["two"]
    assert one == both["webserver_url"] != two
    requests.post(f"{two}/_fake/seed", json={"variables": {"of": "two"}}).raise_for_status()
    requests.post(f"{two}/_fake/clock", json={"advance": 1000}).raise_for_status()

    assert [requests.get(f"{url}/_fake/health").json()["environment"] for url in (one, two)] == ["one", "two"]
    totals = [
        requests.get(f"{url}/api/v1/variables", auth=("admin", "admin")).json()["total_entries"] for url in (one, two)
    ]
    assert totals == [0, 1]

    requests.post(f"{two}/_fake/reset").raise_for_status()
    answer = requests.get(f"{two}/api/v1/dags", auth=("admin", "admin")).json()
    assert [dag["dag_id"] for dag in answer["dags"]] == ["etl"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_each_has_cookies_of_its_own_under_its_own_name(both: dict[str, Any], tmp_path: Path) -> None:
    jar = tmp_path / "jar"

    def curl(name: str, path: str) -> str:
        port = urlsplit(both["environments"][name]).port
        command = ["curl", "--silent", "--cookie", str(jar), "--cookie-jar", str(jar)]
        # Not every resolver knows that names below localhost are this machine.
        command += ["--resolve", f"{name}.localhost:{port}:127.0.0.1", "--noproxy", "*"]
        command += ["--write-out", "%{http_code}", "--output", "/dev/null", f"http://{name}.localhost:{port}{path}"]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=300).stdout

    for name in ("one", "two"):
        url = both["environments"][name]
        answer = requests.post(f"{url}/_fake/session", json={"username": "admin"})
        with jar.open("a") as file:
            file.write(f"{name}.localhost\tFALSE\t/\tFALSE\t0\tsession\t{answer.json()['session']}\n")

    assert [curl(name, "/api/v1/dags") for name in ("one", "two", "one")] == ["200", "200", "200"]


def test_the_same_host_with_two_ports_is_one_to_a_cookie_jar(both: dict[str, Any]) -> None:
    session = requests.Session()
    urls = list(both["environments"].values())
    cookies = [requests.post(f"{url}/_fake/session", json={"username": "admin"}).json()["session"] for url in urls]
    session.headers["Cookie"] = f"session={cookies[0]}"

    assert [session.get(f"{url}/api/v1/dags").status_code for url in urls] == [200, 401]


def test_what_is_printed_about_them(start_serving: Start) -> None:
    process, ready = start_serving("--environment", "one", "--environment", "two")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=300)

    assert f"# Environment two (Airflow 2.10.5) at {ready['environments']['two']}" in output
    port = urlsplit(ready["environments"]["two"]).port
    assert f"https://two.localhost:{port}" in output


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["one", "one"], "--environment: there can be one environment of the name 'one' only"),
        (["one", "2"], "--environment: environment: expected a letter"),
    ],
)
def test_names_that_cannot_be(fake_mwaa: Run, names: list[str], words: str) -> None:
    result = fake_mwaa("serve", *(part for name in names for part in ("--environment", name)))

    assert result.returncode == 2
    assert words in result.stderr
