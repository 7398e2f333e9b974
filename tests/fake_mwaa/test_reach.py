"""What reaches an environment whatever surrounds it: configurations of AWS, domains, mocks of the test's own."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
import pytest
import requests
import responses

from fake_server import FakeMWAA
from tests.fake_mwaa.test_fake_mwaa import cli


class TestTheDevelopersOwnAWS:
    def test_endpoints_that_are_configured_do_not_count(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        # As users of LocalStack have them, and in a shell that has the exports of `fake-mwaa serve`.
        config = tmp_path / "config"
        config.write_text("[default]\nendpoint_url = http://localhost:9\n", "utf-8")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_MWAA", "AWS_ENDPOINT_URL_S3"):
            monkeypatch.setenv(name, "http://localhost:9")
        with FakeMWAA(dags=["etl"]) as mwaa:
            assert boto3.client("mwaa").list_environments()["Environments"] == [mwaa.name]
            assert cli(mwaa, "dags trigger etl").status_code == 200
            assert boto3.client("s3").list_buckets()["Buckets"] == []
        with FakeMWAA(live=True) as mwaa:
            assert boto3.client("mwaa").list_environments()["Environments"] == [mwaa.name]

    def test_a_profile_that_is_not_here_does_not_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "production")
        with FakeMWAA() as mwaa:
            assert boto3.client("mwaa").list_environments()["Environments"] == [mwaa.name]
        assert os.environ["AWS_PROFILE"] == "production"


@pytest.mark.parametrize("domain", ["c2.airflow.{region}.on.aws", "airflow.example.com", "c2.{region}.on.aws"])
@pytest.mark.parametrize("live", [False, True], ids=["in process", "live"])
def test_a_host_name_of_any_domain_is_reached(domain: str, live: bool) -> None:
    with FakeMWAA(assume={"hostname_domain": domain}, live=live, hostname="aws") as mwaa:
        assert mwaa.hostname.endswith(f".{domain.format(region=mwaa.region)}")
        assert requests.get(f"{mwaa.url}/health").status_code == 200


class TestLetThrough:
    """Beside a mock of the test's own."""

    @pytest.mark.parametrize("live", [False, True], ids=["in process", "live"])
    def test_a_mock_that_refuses_everything_else(self, live: bool) -> None:
        with FakeMWAA("one", live=live) as one, FakeMWAA("two", live=live) as two, responses.RequestsMock() as calls:
            calls.get("https://orders.example.com", body="ours")
            for mwaa in (one, two) if live else (one,):
                mwaa.let_through(calls)
            for _ in range(3):
                assert cli(one, "version").status_code == cli(two, "version").status_code == 200
            assert requests.get("https://orders.example.com").text == "ours"
            with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
                requests.get("https://elsewhere.example.com")

    def test_a_name_of_another_kind(self) -> None:
        with FakeMWAA(assume={"hostname_domain": "airflow.example"}) as mwaa, responses.RequestsMock() as calls:
            mwaa.let_through(calls)
            for _ in range(3):
                assert requests.get(f"{mwaa.url}/health").status_code == 200

    def test_it_ends_with_the_environment(self) -> None:
        with responses.RequestsMock() as calls:
            with FakeMWAA() as mwaa:
                mwaa.let_through(calls)
            assert calls.registered() == []

    def test_before_the_start(self) -> None:
        with pytest.raises(RuntimeError, match="start"):
            FakeMWAA().let_through(responses.RequestsMock())
