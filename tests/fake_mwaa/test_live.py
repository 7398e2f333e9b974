from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto.core import enable_iam_authentication

from fake_server import FakeMWAA
from fake_server.aws_endpoint import aws_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def mwaa() -> Iterator[FakeMWAA]:
    with FakeMWAA("reports", dags=["etl"], live=True) as mwaa:
        yield mwaa


def cli(token: Any, command: str) -> requests.Response:
    return requests.post(
        f"https://{token['WebServerHostname']}/aws_mwaa/cli",
        data=command,
        headers={"Authorization": f"Bearer {token['CliToken']}"},
    )


def test_boto3_and_requests_reach_it(mwaa: FakeMWAA) -> None:
    token = boto3.client("mwaa").create_cli_token(Name="reports")

    assert token["WebServerHostname"] == mwaa.hostname
    assert mwaa.hostname.startswith("localhost:")
    assert cli(token, "dags trigger etl").status_code == 200
    assert len(mwaa.dag("etl").runs) == 1


def test_urllib_reaches_it(mwaa: FakeMWAA) -> None:
    with urllib.request.urlopen(f"{mwaa.url}/health", timeout=60) as answer:  # noqa: S310
        assert answer.status == 200


def test_another_process_reaches_it(mwaa: FakeMWAA) -> None:
    script = "import boto3; print(boto3.client('mwaa').list_environments()['Environments'])"
    environment = {**os.environ, **mwaa.env}
    child = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert child.stdout == "['reports']\n"


def test_signatures_are_checked_where_iam_is_enforced(mwaa: FakeMWAA) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="jane")
    statement = {"Effect": "Allow", "Action": "airflow:CreateCliToken", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="jane", PolicyName="policy", PolicyDocument=policy)
    key = iam.create_access_key(UserName="jane")["AccessKey"]
    credentials = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    with enable_iam_authentication():
        assert mwaa.client(**credentials).create_cli_token(Name="reports")["CliToken"]
        with pytest.raises(ClientError, match="InvalidSignatureException"):
            mwaa.client(**{**credentials, "aws_secret_access_key": "wrong"}).create_cli_token(Name="reports")
        with pytest.raises(ClientError, match="AccessDeniedException"):
            mwaa.client(**credentials).delete_environment(Name="reports")


def test_the_variables_are_set_meanwhile() -> None:
    before = dict(os.environ)
    with FakeMWAA(live=True) as mwaa:
        assert mwaa.env.items() <= os.environ.items()
    assert dict(os.environ) == before


def test_what_would_mislead_is_unset_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    with FakeMWAA(live=True):
        assert "AWS_SESSION_TOKEN" not in os.environ
    assert os.environ["AWS_SESSION_TOKEN"] == "real"


def test_other_services_are_served_too(mwaa: FakeMWAA) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="reports")
    s3.put_object(Bucket="reports", Key="a b", Body=b"text")

    assert s3.get_object(Bucket="reports", Key="a b")["Body"].read() == b"text"
    assert s3.meta.endpoint_url == mwaa.endpoint_url


def test_an_arn_in_a_path_stays_whole(mwaa: FakeMWAA) -> None:
    client = mwaa.client()
    arn = client.get_environment(Name="reports")["Environment"]["Arn"]
    client.tag_resource(ResourceArn=arn, Tags={"team": "data"})

    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "data"}


def test_an_environment_made_through_boto3_has_a_port_of_its_own(mwaa: FakeMWAA) -> None:
    client = boto3.client("mwaa")
    client.create_environment(
        Name="made",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
        SourceBucketArn="arn:aws:s3:::bucket",
        DagS3Path="dags",
        NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
    )
    token = client.create_cli_token(Name="made")

    assert token["WebServerHostname"] != mwaa.hostname
    assert cli(token, "version").status_code == 200
    assert cli({**token, "WebServerHostname": mwaa.hostname}, "version").status_code == 403


def test_without_tls() -> None:
    with FakeMWAA(live=True, tls=False) as mwaa:
        assert mwaa.url == f"http://{mwaa.hostname}" == mwaa.endpoint_url
        assert "AWS_CA_BUNDLE" not in mwaa.env
        token = mwaa.client().create_web_login_token(Name=mwaa.name)["WebToken"]
        with requests.Session() as session:
            session.post(f"{mwaa.url}/aws_mwaa/login", data={"token": token})
            assert session.get(f"{mwaa.url}/api/v1/dags").status_code == 200


def test_two_at_once() -> None:
    with FakeMWAA("one", live=True) as one, FakeMWAA("two", live=True) as two:
        assert one.hostname != two.hostname
        for mwaa in (one, two):
            assert requests.get(f"{mwaa.url}/_fake/health").json()["environment"] == mwaa.name
            assert cli(mwaa.client().create_cli_token(Name=mwaa.name), "version").status_code == 200


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="is in use by another program"):
            FakeMWAA(live=True, port=taken.getsockname()[1]).start()


def test_in_process_there_is_nothing_to_export() -> None:
    with FakeMWAA() as mwaa, pytest.raises(RuntimeError, match="FakeMWAA\\(live=True\\)"):
        _ = mwaa.env


def test_without_flask_the_endpoint_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from werkzeug.test import run_wsgi_app

    from fake_server import aws_endpoint as room

    room._moto_server.cache_clear()
    monkeypatch.setitem(sys.modules, "moto.moto_server.werkzeug_app", None)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=x"}
    chunks, status, _ = run_wsgi_app(aws_endpoint, environ)
    room._moto_server.cache_clear()

    assert status.startswith("501")
    assert b"pip install 'moto[server]'" in b"".join(chunks)
