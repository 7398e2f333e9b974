"""Faults on both hostings, as clients see them; and those that nobody met."""

from __future__ import annotations

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from fake_server import FakeMWAA
from pytest_mwaa.clients import CommandLine

BOTH = pytest.mark.parametrize("where", ["fake", pytest.param("live", marks=pytest.mark.mwaa(target="live"))])


@BOTH
class TestBoth:
    def test_an_answer(self, mwaa: FakeMWAA, mwaa_cli: CommandLine, where: str) -> None:
        mwaa.faults.add(path="/aws_mwaa/cli", status=502, body="<html>", content_type="text/html", after=1, times=2)

        assert [mwaa_cli("version").status_code for _ in range(4)] == [200, 502, 502, 200]
        assert [entry.status for entry in mwaa.journal.find(path="/aws_mwaa/cli")] == [200, 502, 502, 200]

    def test_a_broken_connection(self, mwaa: FakeMWAA, where: str) -> None:
        mwaa.faults.add(path="/health", reset=True)

        with pytest.raises(requests.ConnectionError):
            requests.get(f"{mwaa.url}/health")
        assert requests.get(f"{mwaa.url}/health").status_code == 200

    def test_a_broken_call_is_tried_again(self, mwaa: FakeMWAA, where: str) -> None:
        client = mwaa.client("mwaa")
        mwaa.faults.add(operation="CreateCliToken", reset=True)

        assert client.create_cli_token(Name=mwaa.name)["ResponseMetadata"]["RetryAttempts"] == 1

    def test_a_broken_call(self, mwaa: FakeMWAA, where: str) -> None:
        mwaa.faults.add(operation="CreateCliToken", reset=True, times=None)
        client = boto3.client("mwaa", config=Config(retries={"total_max_attempts": 1}))

        with pytest.raises(ConnectionClosedError):
            client.create_cli_token(Name=mwaa.name)

    def test_a_throttled_call(self, mwaa: FakeMWAA, where: str) -> None:
        mwaa.faults.throttle("CreateCliToken", times=None)
        client = boto3.client("mwaa", config=Config(retries={"total_max_attempts": 1}))

        with pytest.raises(client.exceptions.ClientError, match=r"ThrottlingException.*Rate exceeded"):
            client.create_cli_token(Name=mwaa.name)

    def test_a_client_that_gives_up(self, mwaa: FakeMWAA, where: str) -> None:
        mwaa.faults.add(path="/health", delay=0.5)

        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{mwaa.url}/health", timeout=0.1)
        assert requests.get(f"{mwaa.url}/health", timeout=(30, 30)).status_code == 200

    def test_a_patient_client(self, mwaa: FakeMWAA, where: str) -> None:
        mwaa.faults.add(path="/health", delay=0.01)

        assert requests.get(f"{mwaa.url}/health", timeout=30).status_code == 200


def test_a_fault_that_nobody_met_fails_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_forgotten(mwaa):
            mwaa.faults.add(path="/aws_mwaa/cli", status=502)

        def test_misspelt(mwaa, mwaa_cli):
            mwaa.faults.add(path="/aws_mwaa/clii", status=502)
            mwaa_cli("version")

        def test_meant(mwaa):
            mwaa.faults.add(path="/aws_mwaa/cli", status=502)
            mwaa.faults.clear()
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(
        [
            "A fault was ordered, and no request met it: any method /aws_mwaa/cli: answered 502. Where*faults.clear()*",
            "*/aws_mwaa/clii: answered 502. The nearest path that was asked for is /aws_mwaa/cli. Where*",
        ]
    )


def test_strict_fails_what_nobody_can_answer(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        import requests

        @pytest.mark.mwaa(strict=True)
        def test_it(mwaa, airflow_api):
            assert requests.get(mwaa.url + "/aws_mwaa/clii").status_code == 404
            assert airflow_api.get("/dag").status_code == 404
            assert airflow_api.get("/dags/missing").status_code == 404
            mwaa.faults.add(path="/nowhere", status=404)
            assert requests.get(mwaa.url + "/nowhere").status_code == 404

        def test_lenient(mwaa):
            assert requests.get(mwaa.url + "/aws_mwaa/clii").status_code == 404
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "Nobody can answer this request (strict): GET /aws_mwaa/clii -> 404*",
            "Nobody can answer this request (strict): GET /api/v1/dag -> 404*",
        ]
    )
    result.stdout.no_fnmatch_line("*strict*missing*")
    result.stdout.no_fnmatch_line("*strict*nowhere*")
