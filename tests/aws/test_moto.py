"""How the service sits in moto: the two places where it is registered, and all ways in which moto is used."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import unittest
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from moto import backend_index, backends, mock_aws
from moto.core.models import responses_mock

from fake_server import aws
from fake_server.aws.models import mwaa_backends
from tests.aws.conftest import REGION, REQUIRED, make_client_of


def create(client: Any, name: str = "etl") -> None:
    client.create_environment(Name=name, **REQUIRED)


# The two places


def test_moto_looks_its_backends_up_where_we_registered() -> None:
    assert importlib.import_module("moto.mwaa") is aws
    assert backends.get_backend("mwaa") is mwaa_backends  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.airflow.us-east-1.amazonaws.com",
        "https://env.airflow.eu-west-1.amazonaws.com",
        "https://ops.airflow.eu-west-1.amazonaws.com",
        "http://airflow.us-east-1.amazonaws.com",
        "https://api.airflow-fips.us-gov-west-1.amazonaws.com",
        "https://0123-abc.c2.us-east-1.airflow.amazonaws.com/aws_mwaa/cli",
        "https://0123-abc-vpce.c64.us-east-1.airflow.amazonaws.com/home",
        "https://0123-abc.c10.airflow.us-east-1.on.aws/home",
    ],
)
def test_moto_finds_the_service_by_its_urls(url: str) -> None:
    found = [service for service, pattern in backend_index.backend_url_patterns if pattern.match(url)]
    assert found == ["mwaa"]


def test_registering_again_changes_nothing() -> None:
    before = list(backend_index.backend_url_patterns)
    aws.register()
    aws.register()
    assert backend_index.backend_url_patterns == before
    assert sum(service == "mwaa" for service, _ in before) == 2


def test_moto_has_no_such_service_of_its_own() -> None:
    """When this fails, moto has one: see what it can do, and whether register() shall still replace it."""
    probe = "import importlib.util, moto; assert importlib.util.find_spec('moto.mwaa') is None"
    subprocess.run([sys.executable, "-c", probe], check=True, timeout=300)


def test_service_of_motos_own_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = [*backend_index.backend_url_patterns]
    own = ("mwaa", re.compile("https?://airflow\\.(.+)\\.amazonaws\\.com"))
    monkeypatch.setattr(backend_index, "backend_url_patterns", [own, *(p for p in patterns if p[0] != "mwaa")])
    monkeypatch.delitem(sys.modules, "moto.mwaa")
    found = importlib.util.find_spec("fake_server.clock")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found)
    with pytest.warns(aws.MotoHasMWAA, match="has a service 'mwaa' of its own"):
        aws.register()
    assert sys.modules["moto.mwaa"] is aws
    assert own not in backend_index.backend_url_patterns


# All ways to mock


def test_context_in_context(shared_client: Any) -> None:
    with mock_aws():
        create(shared_client)
        with mock_aws():
            assert shared_client.list_environments()["Environments"] == ["etl"]
        assert shared_client.list_environments()["Environments"] == ["etl"]
    with mock_aws():
        assert shared_client.list_environments()["Environments"] == []


def test_decorator(shared_client: Any) -> None:
    @mock_aws
    def decorated() -> list[str]:
        create(shared_client)
        names: list[str] = shared_client.list_environments()["Environments"]
        return names

    assert decorated() == decorated() == ["etl"]


@mock_aws
class TestDecoratedClass:
    def test_one(self) -> None:
        self.check()

    def test_two(self) -> None:
        self.check()

    def check(self) -> None:
        client = boto3.client("mwaa", REGION)
        create(client)
        assert client.list_environments()["Environments"] == ["etl"]


@mock_aws
class UnittestTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = boto3.client("mwaa", REGION)
        create(self.client)

    def test_one(self) -> None:
        create(self.client, "one")
        assert self.client.list_environments()["Environments"] == ["etl", "one"]

    def test_two(self) -> None:
        assert self.client.list_environments()["Environments"] == ["etl"]


def test_next_to_other_services(client: Any) -> None:
    create(client)
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="bucket")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["bucket"]


def test_registration_after_the_mock_was_entered() -> None:
    """boto3 is answered at once, as the URL patterns are looked at for each of its requests."""
    code = f"""
import boto3
from moto import mock_aws
with mock_aws():
    from fake_server import aws
    aws.register()
    client = boto3.client("mwaa", "{REGION}")
    client.create_environment(Name="etl", **{REQUIRED!r})
    print(client.list_environments()["Environments"])
"""
    answer = subprocess.run([sys.executable, "-c", code], check=True, timeout=300, capture_output=True, text=True)
    assert answer.stdout == "['etl']\n"


def test_no_mock_no_answer(shared_client: Any) -> None:
    with mock_aws():
        create(shared_client)
    assert responses_mock.registered() == [] or "mwaa" not in str(responses_mock.registered())
    assert list(mwaa_backends) == []


# moto's server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("flask")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
    mwaa_backends.clear()


@pytest.fixture
def remote(server: str) -> Any:
    config = Config(inject_host_prefix=False, retries={"max_attempts": 0})
    return make_client_of(region_name="eu-west-1", endpoint_url=server, config=config)


def test_motos_server(server: str, remote: Any) -> None:
    create(remote)
    arn = remote.get_environment(Name="etl")["Environment"]["Arn"]
    assert arn == "arn:aws:airflow:eu-west-1:123456789012:environment/etl"
    remote.tag_resource(ResourceArn=arn, Tags={"a": "b"})
    assert remote.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "b"}
    remote.untag_resource(ResourceArn=arn, tagKeys=["a"])
    assert remote.create_cli_token(Name="etl")["WebServerHostname"].endswith(".eu-west-1.airflow.amazonaws.com")
    with pytest.raises(remote.exceptions.ResourceNotFoundException):
        remote.create_cli_token(Name="nope")
    assert requests.get(f"{server}/moto-api/data.json", timeout=60).status_code == 200
    assert requests.post(f"{server}/moto-api/reset", timeout=60).status_code == 200
    assert remote.list_environments()["Environments"] == []


def test_motos_server_sets_transitions(server: str, remote: Any) -> None:
    transition = {"model_name": "mwaa::environment", "transition": {"progression": "manual", "times": 2}}
    answer = requests.post(f"{server}/moto-api/state-manager/set-transition", json=transition, timeout=60)
    assert answer.status_code == 201
    try:
        create(remote)
        seen = [remote.get_environment(Name="etl")["Environment"]["Status"] for _ in range(2)]
        assert seen == ["CREATING", "AVAILABLE"]
    finally:
        requests.post(f"{server}/moto-api/state-manager/unset-transition", json=transition, timeout=60)
