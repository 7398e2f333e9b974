"""The fixtures, in process and live: the same tests on both."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
import freezegun
import pytest
import requests
import time_machine

from fake_server import FakeMWAA
from pytest_mwaa.clients import APIClient, CommandLine, WebSession

pytestmark = pytest.mark.mwaa(environment="reports", dags=["etl"])

BOTH = pytest.mark.parametrize(
    "where", [pytest.param("fake"), pytest.param("live", marks=pytest.mark.mwaa(target="live"))]
)


@BOTH
class TestBoth:
    def test_mwaa(self, mwaa: FakeMWAA, where: str) -> None:
        assert mwaa.is_live == (where == "live")
        assert boto3.client("mwaa").list_environments()["Environments"] == [mwaa.name] == ["reports"]
        assert requests.get(f"{mwaa.url}/health").status_code == 200

    def test_mwaa_client(self, mwaa_client: Any, where: str) -> None:
        assert mwaa_client.get_environment(Name="reports")["Environment"]["Status"] == "AVAILABLE"

    def test_mwaa_cli(self, mwaa: FakeMWAA, mwaa_cli: CommandLine, where: str) -> None:
        answer = mwaa_cli(["dags", "trigger", "etl", "-c", '{"day": 1}'])

        assert answer.status_code == 200
        assert answer.argv == ("dags", "trigger", "etl", "-c", '{"day": 1}')
        assert "etl" in answer.stdout
        assert answer.stderr == ""
        assert answer.raw.json().keys() == {"stdout", "stderr"}
        assert mwaa.dag("etl").last_run.conf == {"day": 1}

    def test_mwaa_web(self, mwaa_web: WebSession, where: str) -> None:
        assert mwaa_web.cookies["session"]
        assert mwaa_web.get("/api/v1/dags").status_code == 200

    def test_airflow_api(self, airflow_api: APIClient, where: str) -> None:
        assert [dag["dag_id"] for dag in airflow_api.get("/dags").json()["dags"]] == ["etl"]

    @pytest.mark.mwaa(auth_backends=["basic_auth"])
    def test_airflow_api_for_others(self, mwaa: FakeMWAA, airflow_api: APIClient, where: str) -> None:
        mwaa.add_user("ann", "secret", role="Viewer")

        with airflow_api(auth=("ann", "secret")) as ann, airflow_api(auth=None) as nobody:
            assert ann.get("/dags").status_code == 200
            assert ann.patch("/dags/etl", json={"is_paused": True}).status_code == 403
            assert nobody.get("/dags").status_code == 401
        assert airflow_api.patch("/dags/etl", json={"is_paused": True}).status_code == 200

    @pytest.mark.mwaa(config={"api.enable_experimental_api": "True"}, auth_backends=["default"])
    def test_airflow_experimental_api(self, airflow_experimental_api: APIClient, where: str) -> None:
        assert airflow_experimental_api.get("/test").json() == {"status": "OK"}

    @pytest.mark.mwaa(airflow_version="1.10.12", auth_backends=["password_auth"])
    def test_airflow_1_10_has_the_experimental_api_always(
        self, airflow_experimental_api: APIClient, where: str
    ) -> None:
        assert airflow_experimental_api.base_url.endswith("/api/experimental")

    def test_make_mwaa(self, mwaa: FakeMWAA, make_mwaa: Callable[..., FakeMWAA], where: str) -> None:
        other = make_mwaa(airflow_version="2.8.1")
        abroad = make_mwaa(environment="reports", region="eu-west-1", dags=["sales"])
        other.clock.advance(60)

        assert (other.name, other.airflow_version, other.dag("etl").is_paused) == ("reports-2", "2.8.1", False)
        assert (abroad.name, abroad.region, list(abroad.airflow.dags)) == ("reports", "eu-west-1", ["sales"])
        assert CommandLine(abroad)("version").status_code == 200
        assert (other.clock.now() - mwaa.clock.now()).total_seconds() > 50

    def test_a_token_that_is_used_again_and_expires(self, mwaa: FakeMWAA, mwaa_cli: CommandLine, where: str) -> None:
        token = mwaa_cli.mint_token()

        mwaa.clock.advance(58)
        assert mwaa_cli("version", token=token).status_code == 200
        mwaa.clock.advance(3)
        assert mwaa_cli("version", token=token).status_code == 403
        assert mwaa_cli("version").status_code == 200


class TestTimeOfOthers:
    @pytest.mark.parametrize(("seconds", "status"), [(59, 200), (61, 403)])
    def test_time_machine(self, mwaa_cli: CommandLine, seconds: int, status: int) -> None:
        with time_machine.travel("2024-05-01T12:00:00Z", tick=False) as traveller:
            token = mwaa_cli.mint_token()
            traveller.shift(seconds)
            assert mwaa_cli("version", token=token).status_code == status

    @pytest.mark.parametrize(("seconds", "status"), [(59, 200), (61, 403)])
    def test_freezegun(self, mwaa_cli: CommandLine, seconds: int, status: int) -> None:
        with freezegun.freeze_time("2024-05-01T12:00:00Z") as frozen:
            token = mwaa_cli.mint_token()
            frozen.tick(seconds)
            assert mwaa_cli("version", token=token).status_code == status

    @pytest.mark.parametrize(("seconds", "status"), [(59, 200), (61, 403)])
    def test_time_machine_live(self, mwaa_live: FakeMWAA, mwaa_cli: CommandLine, seconds: int, status: int) -> None:
        with time_machine.travel(time.time(), tick=False) as traveller:
            token = mwaa_cli.mint_token()
            traveller.shift(seconds)
            assert mwaa_cli("version", token=token).status_code == status

    def test_a_run_moves_along_a_frozen_clock(self, mwaa: FakeMWAA) -> None:
        with time_machine.travel("2024-05-01T12:00:00Z", tick=False) as traveller:
            run = mwaa.dag("etl").trigger()
            assert mwaa.dag("etl").last_run.state == "queued"
            traveller.shift(60)
            assert mwaa.dag("etl").runs == [run]
            assert run.state == "success"


class TestLive:
    def test_mwaa_and_mwaa_live_are_one(self, mwaa: FakeMWAA, mwaa_live: FakeMWAA) -> None:
        assert mwaa is mwaa_live

    def test_another_process(self, mwaa_live: FakeMWAA) -> None:
        script = "import boto3; print(boto3.client('mwaa').list_environments()['Environments'])"
        child = subprocess.run(
            [sys.executable, "-c", script], env=mwaa_live.env, capture_output=True, text=True, check=True
        )

        assert child.stdout == "['reports']\n"

    def test_too_late(self, mwaa: FakeMWAA, request: pytest.FixtureRequest) -> None:
        with pytest.raises(pytest.UsageError, match="mwaa_live came too late"):
            request.getfixturevalue("mwaa_live")


class TestAnswers:
    def test_the_words_are_those_that_airflow_gets(self, mwaa_cli: CommandLine) -> None:
        assert mwaa_cli("airflow version").argv == ("version",)
        assert mwaa_cli(["airflow", "variables", "get", "a b"]).argv == ("variables", "get", "a b")

    def test_a_representation_shows_streams_and_no_token(self, mwaa_cli: CommandLine) -> None:
        token = mwaa_cli.mint_token()
        shown = repr(mwaa_cli("dags list -o json", token=token))

        assert shown.startswith("<CommandAnswer 'dags list -o json': 200\nstdout:\n")
        assert '"dag_id": "etl"' in shown
        assert token not in shown

    def test_a_refusal(self, mwaa_cli: CommandLine) -> None:
        answer = mwaa_cli("version", token="garbage")

        assert (answer.status_code, answer.stdout, answer.stderr) == (403, "", "")
        assert repr(answer) == "<CommandAnswer 'version': 403\nbody: Forbidden>"

    def test_unbalanced_quotes_are_the_servers_matter(self, mwaa_cli: CommandLine) -> None:
        assert mwaa_cli("dags trigger 'etl").status_code == 400

    def test_a_client_throttled_as_any_other(self, mwaa: FakeMWAA, mwaa_client: Any) -> None:
        mwaa.faults.throttle("CreateCliToken")

        answer = mwaa_client.create_cli_token(Name=mwaa.name)

        assert answer["ResponseMetadata"]["RetryAttempts"] == 1

    def test_full_addresses(self, mwaa: FakeMWAA, airflow_api: APIClient) -> None:
        assert airflow_api.get(f"{mwaa.url}/health").status_code == 200
        assert repr(airflow_api) == f"<APIClient {mwaa.url}/api/v1>"
