from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from fake_server.aws.exceptions import ResourceNotFoundException
from fake_server.aws.models import MWAABackend
from fake_server.options import EnvironmentOptions
from fake_server.tokens import RefusedToken
from tests.aws.conftest import REQUIRED, MakeClient


def test_cli_token(client: Any, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    answer = client.create_cli_token(Name="etl")
    assert answer["WebServerHostname"] == environment.hostname
    claims = jwt.decode(answer["CliToken"], options={"verify_signature": False})
    assert claims.pop("exp") - time.time() == pytest.approx(60, abs=5)
    assert claims == {"aud": "cli", "user": "root"}
    assert environment.tokens.check_cli_token(answer["CliToken"])["user"] == "root"


def test_web_login_token(client: Any, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl", options=EnvironmentOptions(role="Viewer"))
    answer = client.create_web_login_token(Name="etl")
    assert answer["WebServerHostname"] == environment.hostname
    assert answer["IamIdentity"] == answer["AirflowIdentity"] == "user/moto"
    claims = environment.tokens.check_web_token(answer["WebToken"])
    assert (claims["user"], claims["role"]) == ("user/moto", "Viewer")


def test_identity_is_that_of_sts(make_client: MakeClient, backend: MWAABackend) -> None:
    backend.create_environment("etl")
    iam = make_client("iam")
    iam.create_user(UserName="jane")
    key = iam.create_access_key(UserName="jane")["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    for credentials in ({}, own):
        arn = make_client("sts", **credentials).get_caller_identity()["Arn"]
        answer = make_client(**credentials).create_web_login_token(Name="etl")
        assert answer["IamIdentity"] == arn.split(":", 5)[5]
    assert backend.get_environment("etl").journal[-1].principal == "user/jane"


@pytest.mark.parametrize(("length", "hashed"), [(59, False), (60, True)])
def test_long_identity_is_hashed(make_client: MakeClient, backend: MWAABackend, length: int, hashed: bool) -> None:
    backend.create_environment("etl")
    iam, name = make_client("iam"), "j" * length
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    client = make_client(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    answer = client.create_web_login_token(Name="etl")
    assert answer["IamIdentity"] == f"user/{name}"
    assert (answer["AirflowIdentity"] != answer["IamIdentity"]) is hashed
    assert len(answer["AirflowIdentity"]) == 64


def test_token_of_a_deleted_environment_is_not_good_for_its_successor(client: Any, backend: MWAABackend) -> None:
    backend.create_environment("etl")
    token = client.create_cli_token(Name="etl")["CliToken"]
    client.delete_environment(Name="etl")
    successor = backend.create_environment("etl")
    with pytest.raises(RefusedToken, match="another environment"):
        successor.tokens.check_cli_token(token)


def test_token_expires_by_the_environments_clock(client: Any, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    token = client.create_cli_token(Name="etl")["CliToken"]
    environment.clock.advance(61)
    with pytest.raises(RefusedToken, match="expired"):
        environment.tokens.check_cli_token(token)


def test_journal_has_the_calls_and_no_token(client: Any, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    cli_token = client.create_cli_token(Name="etl")["CliToken"]
    web_token = client.create_web_login_token(Name="etl")["WebToken"]
    client.get_environment(Name="etl")
    assert [(entry.operation, entry.method, entry.path, entry.status) for entry in environment.journal] == [
        ("CreateCliToken", "POST", "/clitoken/etl", 200),
        ("CreateWebLoginToken", "POST", "/webtoken/etl", 200),
    ]
    assert cli_token not in repr(list(environment.journal))
    assert web_token not in repr(list(environment.journal))
    assert environment.journal.tokens_issued == list(environment.journal)


def test_throttling(client: Any, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    environment.faults.throttle("CreateCliToken")
    with pytest.raises(ClientError) as refusal:
        client.create_cli_token(Name="etl")
    assert refusal.value.response["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    assert environment.journal[-1].refusal == "ThrottlingException: Rate exceeded"
    assert client.create_cli_token(Name="etl")["CliToken"]


def test_boto3_retries_a_throttled_call(
    make_client: MakeClient, backend: MWAABackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    backend.create_environment("etl").faults.throttle("CreateCliToken", times=2)
    answer = make_client(config=Config(retries={"max_attempts": 3})).create_cli_token(Name="etl")
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_fault_of_the_region_meets_operations_without_environment(client: Any, backend: MWAABackend) -> None:
    backend.faults.add(
        operation="CreateEnvironment",
        status=500,
        body={"message": "An internal error has occurred."},
        headers={"x-amzn-ErrorType": "InternalServerException"},
    )
    with pytest.raises(client.exceptions.InternalServerException, match="internal error"):
        client.create_environment(Name="etl", **REQUIRED)
    client.create_environment(Name="etl", **REQUIRED)


def test_delay_alone_answers_as_ever(client: Any, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    slept: list[float] = []
    environment.faults.sleep = slept.append
    environment.faults.add(operation="CreateCliToken", delay=3)
    assert client.create_cli_token(Name="etl")["CliToken"]
    assert sum(slept) == 3


def test_connection_broken_off(client: Any, backend: MWAABackend) -> None:
    backend.create_environment("etl").faults.add(operation="CreateCliToken", reset=True)
    with pytest.raises(ConnectionResetError):
        client.create_cli_token(Name="etl")
    assert client.create_cli_token(Name="etl")["CliToken"]


def test_direct_call(backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    answer = backend.create_web_login_token("etl", identity="assumed-role/Admin/me", role="Op")
    assert answer["IamIdentity"] == answer["AirflowIdentity"] == "assumed-role/Admin/me"
    assert environment.tokens.check_web_token(answer["WebToken"])["role"] == "Op"
    with pytest.raises(ResourceNotFoundException, match="Environment nope was not found"):
        backend.create_cli_token("nope")
