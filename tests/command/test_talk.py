"""What ``fake-mwaa serve`` says: what to export, in the words of each shell, and what happens."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from fake_server.exports import SHELLS, export, shell_in_use
from fake_server.request_log import RequestLog

Start = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]

AWKWARD = [
    "plain",
    "",
    "two words",
    "it's",
    'a "quote"',
    "back\\slash\\'",
    "$HOME `id` $(id) %PATH%",
    "a\nb",
    "ü \u2019\u2018",
]


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=300)


class TestExports:
    @pytest.mark.parametrize(
        ("program", "shell"), [("bash", "bash"), ("sh", "bash"), ("zsh", "bash"), ("fish", "fish")]
    )
    @pytest.mark.parametrize("value", AWKWARD)
    def test_a_shell_reads_what_was_meant(self, program: str, shell: str, value: str) -> None:
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")
        script = export(shell, "MWAA_X", value) + "\nprintenv MWAA_X\n"

        result = subprocess.run([program], input=script.encode(), stdout=subprocess.PIPE, timeout=300, check=False)

        assert result.stdout.decode() == f"{value}\n"

    def test_powershell_reads_what_was_meant(self) -> None:
        if shutil.which("pwsh") is None:
            pytest.skip("there is no pwsh here")
        for value in AWKWARD:
            script = export("powershell", "MWAA_X", value) + "; [Console]::Out.Write($Env:MWAA_X)"
            result = subprocess.run(
                ["pwsh", "-NoProfile", "-Command", script], stdout=subprocess.PIPE, timeout=300, check=False
            )
            assert result.stdout.decode() == value

    def test_quoting(self) -> None:
        assert export("bash", "A", "it's") == """export A='it'"'"'s'"""
        assert export("fish", "A", "it's \\ $x") == r"set -gx A 'it\'s \\ $x'"
        assert export("powershell", "A", "it's \u2019 $x `") == "$Env:A = 'it''s \u2019\u2019 $x `'"

    @pytest.mark.parametrize(
        ("path", "shell"),
        [
            (None, "bash"), ("", "bash"), ("/bin/bash", "bash"), ("/usr/bin/zsh", "bash"), ("/usr/bin/fish", "fish"),
            ("/usr/bin/pwsh", "powershell"), ("/bin/unknown", "bash"),
        ],
    )  # fmt: skip
    def test_the_shell_in_use(self, path: str | None, shell: str) -> None:
        assert shell_in_use(path) == shell

    @pytest.mark.parametrize("shell", SHELLS)
    def test_serve_prints_for_the_shell(self, start_serving: Start, shell: str) -> None:
        process, ready = start_serving("--http", "--shell", shell)
        output, _ = end(process)

        lines = [line for line in output.splitlines() if not line.startswith("#")]
        assert lines == [export(shell, name, value) for name, value in ready["env"].items()]

    def test_serve_knows_the_shell_in_use(self, start_serving: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHELL", "/usr/bin/fish")
        output, _ = end(start_serving("--http")[0])

        assert "set -gx MWAA_ENVIRONMENT 'fake-mwaa'\n" in output

    def test_a_real_bash_works_with_them(self, start_serving: Start, tmp_path: Path) -> None:
        process, ready = start_serving("--http", "--shell", "bash", "--environment", "re-ports")
        output, _ = end(process)
        (tmp_path / "exports.sh").write_text(output)

        script = "set -eu; . ./exports.sh; env"
        result = subprocess.run(["bash", "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)

        assert {*(f"{name}={value}" for name, value in ready["env"].items())} <= {*result.stdout.splitlines()}


def ask(ready: dict[str, Any]) -> None:
    url = ready["webserver_url"]
    requests.get(f"{url}/api/v1/dags/none", auth=("admin", "admin"))
    requests.get(f"{url}/health?a=1&access_token=seen")
    requests.get(f"{url}/api/v1/dags", auth=("admin", "wrong"))
    mwaa = boto3.client(
        "mwaa",
        endpoint_url=ready["aws_endpoint_url"],
        region_name=ready["region"],
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    token = mwaa.create_cli_token(Name=ready["environment"])["CliToken"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
    requests.post(f"{url}/aws_mwaa/cli", data="dags list", headers=headers)
    requests.get(f"{url}/{token}")
    s3 = boto3.client(
        "s3", endpoint_url=ready["aws_endpoint_url"], aws_access_key_id="key", aws_secret_access_key="secret"
    )
    s3.create_bucket(Bucket="a-bucket")
    s3.put_object(Bucket="a-bucket", Key="a key", Body=b"content")
    assert s3.get_object(Bucket="a-bucket", Key="a key")["Body"].read() == b"content"


@pytest.fixture
def serving(start_serving: Start, monkeypatch: pytest.MonkeyPatch) -> Start:
    for name, value in {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true", "NO_PROXY": "localhost"}.items():
        monkeypatch.setenv(name, value)
    return lambda *options: start_serving("--http", "--auth-backends", "basic_auth", *options)


def test_a_line_a_request(serving: Start) -> None:
    process, ready = serving()
    ask(ready)
    _, log = end(process)

    lines = [re.sub(r"^\d\d:\d\d:\d\d (.*) \d+ ms", r"\1", line) for line in log.splitlines()]
    assert lines[0].startswith("fake-mwaa GET /api/v1/dags/none 404 get_dag as admin")
    assert lines[1].startswith("fake-mwaa GET /health?a=1&access_token=<hidden> 200")
    assert lines[2].startswith("fake-mwaa GET /api/v1/dags 401 get_dags")
    assert lines[3].startswith("fake-mwaa POST /clitoken/fake-mwaa 200 CreateCliToken as ")
    assert lines[4].startswith("fake-mwaa POST /aws_mwaa/cli 200 airflow dags list")
    assert lines[5].startswith("fake-mwaa GET /<token> 404")
    assert [line.split()[:4] for line in lines[6:]] == [
        ["s3", "PUT", "/a-bucket", "200"],
        ["s3", "PUT", "/a-bucket/a%20key", "200"],
        ["s3", "GET", "/a-bucket/a%20key", "200"],
    ]
    assert "eyJ" not in log
    assert "\x1b" not in log


def test_lines_for_machines(serving: Start) -> None:
    process, ready = serving("--json")
    ask(ready)
    _, log = end(process)

    entries = [json.loads(line) for line in log.splitlines()]
    assert [entry["status"] for entry in entries] == [404, 200, 401, 200, 200, 404, 200, 200, 200]
    assert {entry["event"] for entry in entries} == {"request"}
    command = entries[4]
    assert (command["environment"], command["method"], command["command"]) == ("fake-mwaa", "POST", "dags list")
    assert entries[6]["service"] == "s3"
    assert all(entry["milliseconds"] >= 0 for entry in entries)
    assert "eyJ" not in log


def test_quiet(serving: Start) -> None:
    process, ready = serving("--quiet")
    ask(ready)

    assert end(process)[1] == ""


def test_a_path_cannot_write_into_the_terminal() -> None:
    stream = io.StringIO()
    log = RequestLog(stream)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "RAW_URI": "/\x1b[2J\nfake line", "QUERY_STRING": ""}

    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return []

    log.around(application)(environ, lambda *rest: None)  # type: ignore[arg-type]

    assert stream.getvalue().count("\n") == 1
    assert "/\\x1b[2J\\x0afake line" in stream.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    RequestLog(stream).tell_dag_file("a.py", "new", dags=["a" * 300])

    assert "\x1b[36mnew" in stream.getvalue()
    assert "a" * 300 in stream.getvalue()


DAG_FILE = b"from airflow import DAG\ndag = DAG('%s', schedule=None)\n"


def test_changes_in_the_dag_folder_are_told(start_serving: Start, tmp_path: Path) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()

    def put(name: str, content: bytes) -> None:
        # In one go, as nobody may look at half of it.
        unfinished = tmp_path / "unfinished"
        unfinished.write_bytes(content)
        unfinished.replace(folder / name)

    put("old.py", DAG_FILE % b"old")
    put("bad.py", b"from airflow import DAG\nx = (")
    put("picture.py", b"\x89PNG airflow dag\0\xff")
    process, _ = start_serving("--http", "--json", "--dags", str(folder))

    def told() -> tuple[str, str, list[str], str | None]:
        assert process.stderr is not None
        entry = json.loads(process.stderr.readline())
        assert entry["event"] == "dag_file"
        return entry["path"], entry["change"], entry["dags"], (entry["error"] or "").strip().rpartition("\n")[2]

    assert told() == ("bad.py", "new", [], "SyntaxError: '(' was never closed")
    assert told()[:3] == ("picture.py", "new", [])
    put("new.py", DAG_FILE % b"new")
    assert told() == ("new.py", "new", ["new"], "")
    put("new.py", DAG_FILE % b"renamed")
    assert told() == ("new.py", "changed", ["renamed"], "")
    (folder / "bad.py").unlink()
    assert told() == ("bad.py", "removed", [], "")
    end(process)
