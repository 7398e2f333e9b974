"""The contract, run as a user runs it, on every target that can be had here; and what stops a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fake_server import FakeMWAA

_RUN = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-W", "error"]
_CONTRACT = ["--pyargs", "pytest_mwaa.contract"]


def run(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*_RUN, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", ["fake", "live"])
@pytest.mark.parametrize("backends", ["basic_auth", "session,basic_auth", "deny_all,kerberos_auth"])
def test_the_fake_keeps_it(tmp_path: Path, target: str, backends: str) -> None:
    arguments = [f"--mwaa-target={target}", f"--mwaa-auth-backends={backends}", "--mwaa-kerberos=stand-in"]
    result = run(tmp_path, *_CONTRACT, *arguments)
    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout


@pytest.mark.parametrize("version", ["2.4.3", "2.9.2", "2.11.0", "2.11.2"])
@pytest.mark.parametrize("backends", ["session", "session,basic_auth"])
def test_other_versions_keep_it(tmp_path: Path, version: str, backends: str) -> None:
    result = run(tmp_path, *_CONTRACT, f"--mwaa-airflow-version={version}", f"--mwaa-auth-backends={backends}")
    assert result.returncode == 0, result.stdout


@pytest.fixture
def real(mwaa_live: FakeMWAA) -> FakeMWAA:
    """An environment that other processes take for a real one: all they have is AWS's endpoint and credentials."""
    mwaa_live.add_dag("etl")
    return mwaa_live


@pytest.mark.mwaa(environment="prod", auth_backends=["session", "basic_auth"])
class TestRealEnvironment:
    def test_it_keeps_the_contract(self, real: FakeMWAA, tmp_path: Path) -> None:
        result = run(tmp_path, *_CONTRACT, "--mwaa-target=aws:prod", env=real.env)
        assert result.returncode == 0, result.stdout
        assert "needs 61 seconds to pass on a real target; --mwaa-real-time=on waits for them." in result.stdout
        assert real.journal.cli_commands

    def test_the_fixtures_mean_the_same(self, real: FakeMWAA, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(
            """
import pytest

@pytest.mark.mwaa(dags=["etl"], airflow_version="2.10.5")
def test_all(mwaa, mwaa_live, mwaa_client, mwaa_cli, mwaa_web, airflow_api):
    assert mwaa.name == "prod" and mwaa.airflow_version == "2.10.5" and mwaa.is_live
    assert mwaa_client.get_environment(Name="prod")["Environment"]["Status"] == "AVAILABLE"
    assert "etl" in mwaa_cli("dags list").stdout
    assert mwaa_web.get("/home").status_code == 200
    assert airflow_api.get("/dags/etl").status_code == 200
"""
        )
        result = run(tmp_path, "--mwaa-target=aws:prod", env=real.env)
        assert "1 passed" in result.stdout, result.stdout

    def test_what_it_cannot_do_is_skipped(self, real: FakeMWAA, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(
            """
import boto3, pytest, requests

def test_clock(mwaa): mwaa.clock.advance(61)
def test_faults(mwaa): mwaa.faults.add(status=500)
def test_more(make_mwaa): make_mwaa()
def test_pitfall(mwaa_pitfall): raise AssertionError
@pytest.mark.mwaa_fake
def test_fake(mwaa): raise AssertionError
@pytest.mark.mwaa(dags=["sales"])
def test_dag(mwaa): raise AssertionError
@pytest.mark.mwaa(airflow_version="2.8.1")
def test_version(mwaa): raise AssertionError
@pytest.mark.mwaa(config={"core.parallelism": "3"})
def test_config(mwaa): raise AssertionError
def test_command(mwaa_cli): mwaa_cli("dags trigger etl")
def test_api(airflow_api): airflow_api.patch("/dags/etl", json={"is_paused": True})
def test_own_request(mwaa): requests.post(mwaa.url + "/aws_mwaa/cli", data="dags delete etl -y")
def test_own_call(mwaa): boto3.client("mwaa").delete_environment(Name=mwaa.name)
"""
        )
        result = run(tmp_path, "--mwaa-target=aws:prod", env=real.env)
        assert " skipped in" in result.stdout, result.stdout
        assert "passed" not in result.stdout
        assert "failed" not in result.stdout
        for reason in (
            "needs `faults` of the fake",
            "needs the DAG 'sales'",
            "needs Airflow 2.8.1",
            "needs config={'core.parallelism': '3'}",
            "the command 'dags trigger etl' may write to a real target; --mwaa-allow-writes=on permits it.",
            "PATCH /api/v1/dags/etl may write",
            "the command 'dags delete etl -y' may write",
            "DeleteEnvironment may write",
        ):
            assert reason in result.stdout
        assert not real.journal.find(method="PATCH")
        assert real.dag("etl").runs == []

    def test_writing_when_it_is_allowed(self, real: FakeMWAA, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(
            "def test_it(mwaa_cli): assert mwaa_cli('dags trigger etl').status_code == 200\n"
        )
        result = run(tmp_path, "--mwaa-target=aws:prod", "--mwaa-allow-writes=on", env=real.env)
        assert "1 passed" in result.stdout, result.stdout
        real.journal.assert_called("dags trigger etl", times=1)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--mwaa-target=aws:test"], "there is no environment 'test' in us-east-1. There are: prod."),
            (
                ["--mwaa-target=aws:prod", "--mwaa-airflow-version=2.8.1"],
                "runs Airflow 2.10.5, and --mwaa-airflow-vers",
            ),
            (["--mwaa-target=airflow:http://localhost:9"], "nothing can be reached at http://localhost:9"),
        ],
    )
    def test_a_target_that_cannot_be_used(
        self, real: FakeMWAA, tmp_path: Path, arguments: list[str], words: str
    ) -> None:
        result = run(tmp_path, *arguments, env=real.env)
        assert result.returncode == pytest.ExitCode.USAGE_ERROR
        assert result.stderr.startswith("ERROR: --mwaa-target: ")
        assert words in result.stderr
        assert "Traceback" not in result.stderr

    @pytest.mark.parametrize(
        ("variables", "words"),
        [
            (
                {"AWS_ENDPOINT_URL_MWAA": "http://localhost:9"},
                'Could not connect to the endpoint URL: "http://localhost:9',
            ),
            (
                {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SHARED_CREDENTIALS_FILE": "/missing"},
                "Unable to locate credentials",
            ),
            ({"AWS_DEFAULT_REGION": "", "AWS_REGION": "", "AWS_CONFIG_FILE": "/missing"}, "You must specify a region."),
        ],
        ids=["endpoint", "credentials", "region"],
    )
    def test_aws_that_cannot_be_asked(
        self, real: FakeMWAA, tmp_path: Path, variables: dict[str, str], words: str
    ) -> None:
        env = {**real.env, "AWS_MAX_ATTEMPTS": "1", **variables}
        env = {name: value for name, value in env.items() if value}
        result = run(tmp_path, "--mwaa-target=aws:prod", env=env)
        assert result.returncode == pytest.ExitCode.USAGE_ERROR
        assert result.stderr.startswith("ERROR: --mwaa-target: AWS cannot be asked for the environment 'prod': ")
        assert words in result.stderr
        assert "Traceback" not in result.stderr

    def test_credentials_that_are_refused(self, real: FakeMWAA, tmp_path: Path) -> None:
        real.faults.add(
            operation="GetEnvironment",
            status=403,
            body={"message": "The security token included in the request is invalid."},
            headers={"x-amzn-ErrorType": "UnrecognizedClientException"},
        )
        result = run(tmp_path, "--mwaa-target=aws:prod", env=real.env)
        assert "AWS refuses to show the environment 'prod': " in result.stderr
        assert "UnrecognizedClientException" in result.stderr


@pytest.mark.mwaa(auth_backends=["basic_auth"], dags=["etl"])
class TestRealAirflow:
    """A live fake is taken for a web server of Airflow, which it resembles in this."""

    @pytest.fixture
    def real(self, mwaa_live: FakeMWAA) -> FakeMWAA:
        mwaa_live.add_user("ann", "secret", role="Viewer")
        return mwaa_live

    def test_one_that_can_be_used(self, real: FakeMWAA, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(
            "def test_it(airflow_api): assert airflow_api.get('/dags/etl').status_code == 200\n"
        )
        variables = {**real.env, "MWAA_USERNAME": "ann", "MWAA_PASSWORD": "secret"}
        result = run(tmp_path, f"--mwaa-target=airflow:{real.url}", env=variables)
        assert "1 passed" in result.stdout, result.stdout + result.stderr

    @pytest.mark.parametrize(
        ("path", "settings", "words"),
        [
            ("", {}, "needs a user: set MWAA_USERNAME and MWAA_PASSWORD."),
            ("", {"MWAA_USERNAME": "ann"}, "needs a user: set MWAA_USERNAME and MWAA_PASSWORD."),
            (
                "",
                {"MWAA_USERNAME": "ann", "MWAA_PASSWORD": "wrong"},
                "refuses the user 'ann': GET /api/v1/dags was answered 401 after a login, and 401 with Basic",
            ),
            ("", {"MWAA_AIRFLOW_VERSION": "2.8.1"}, "runs Airflow 2.10.5, and --mwaa-airflow-version"),
            ("/elsewhere", {}, "is no web server of Airflow 2: GET /api/v1/version was answered 404."),
        ],
        ids=["nobody", "no password", "wrong password", "another version", "no Airflow"],
    )
    def test_one_that_cannot(
        self, real: FakeMWAA, tmp_path: Path, path: str, settings: dict[str, str], words: str
    ) -> None:
        result = run(tmp_path, f"--mwaa-target=airflow:{real.url}{path}", env={**real.env, **settings})
        assert result.returncode == pytest.ExitCode.USAGE_ERROR
        assert result.stderr.startswith("ERROR: --mwaa-target: ")
        assert words in result.stderr
        assert "wrong" not in result.stderr
        assert "Traceback" not in result.stderr
