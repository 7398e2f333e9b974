"""IAM enforced by moto, for requests that a real client signs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from moto.core import disable_iam_authentication, enable_iam_authentication

from fake_server.aws.models import MWAABackend
from fake_server.options import EnvironmentOptions
from tests.aws.conftest import REGION, REQUIRED, MakeClient, make_client_of

#: The client of a user with these policy statements; IAM is enforced.
As = Callable[..., Any]

ROLES = "arn:aws:airflow:us-east-1:123456789012:role/etl/"


@pytest.fixture
def allowed(make_client: MakeClient) -> Iterator[As]:
    def allowed(*statements: dict[str, Any]) -> Any:
        policy = document(*({"Effect": "Allow", **statement} for statement in statements))
        with disable_iam_authentication():
            iam = make_client("iam")
            if not iam.list_users()["Users"]:
                iam.create_user(UserName="jane")
            iam.put_user_policy(UserName="jane", PolicyName="policy", PolicyDocument=policy)
            key = iam.create_access_key(UserName="jane")["AccessKey"]
        return make_client(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    with enable_iam_authentication():
        yield allowed


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action: str, resource: str = "*") -> dict[str, str]:
    return {"Action": f"airflow:{action}", "Resource": resource}


def test_everything_allowed(allowed: As) -> None:
    client = allowed(allow("*"))
    arn = client.create_environment(Name="etl", **REQUIRED)["Arn"]
    assert client.get_environment(Name="etl")["Environment"]["Status"] == "AVAILABLE"
    assert client.list_environments(MaxResults=5)["Environments"] == ["etl"]
    client.tag_resource(ResourceArn=arn, Tags={"a": "b"})
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "b"}
    client.untag_resource(ResourceArn=arn, tagKeys=["a", "b c"])
    client.update_environment(Name="etl", MaxWorkers=3)
    assert client.create_cli_token(Name="etl")["CliToken"]
    assert client.create_web_login_token(Name="etl")["IamIdentity"] == "user/jane"
    assert client.invoke_rest_api(Name="etl", Path="/version", Method="GET")["RestApiStatusCode"] == 200
    client.delete_environment(Name="etl")


def test_denied_in_the_services_own_words(allowed: As, backend: MWAABackend) -> None:
    backend.create_environment("etl")
    client = allowed(allow("GetEnvironment"))
    assert client.get_environment(Name="etl")
    with pytest.raises(ClientError) as refusal:
        client.create_cli_token(Name="etl")
    response = refusal.value.response
    assert response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": (
            "User: arn:aws:iam::123456789012:user/jane is not authorized to perform: airflow:CreateCliToken on "
            "resource: arn:aws:airflow:us-east-1:123456789012:environment/etl"
        ),
    }
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert response["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/json"
    entry = backend.get_environment("etl").journal[-1]
    assert (entry.status, entry.principal, entry.operation) == (403, "user/jane", "CreateCliToken")


def test_denied_before_anything_is_looked_up(allowed: As) -> None:
    client = allowed(allow("ListEnvironments"))
    for name in ("nope", "1st"):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            client.get_environment(Name=name)


def test_policy_for_one_environment(allowed: As, backend: MWAABackend) -> None:
    for name in ("etl", "other"):
        backend.create_environment(name)
    client = allowed(allow("CreateCliToken", "arn:aws:airflow:*:*:environment/etl"))
    assert client.create_cli_token(Name="etl")["CliToken"]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.create_cli_token(Name="other")


@pytest.mark.parametrize("role", ["Admin", "Op", "User", "Viewer", "Public"])
def test_resource_decides_the_role(allowed: As, backend: MWAABackend, role: str) -> None:
    environment = backend.create_environment("etl")
    client = allowed(allow("CreateWebLoginToken", ROLES + role))
    token = client.create_web_login_token(Name="etl")["WebToken"]
    assert environment.tokens.check_web_token(token)["role"] == role


@pytest.mark.parametrize(("choice", "role"), [("highest", "Op"), ("lowest", "Viewer")])
def test_one_of_several_roles(allowed: As, backend: MWAABackend, choice: str, role: str) -> None:
    options = EnvironmentOptions(assumptions={"role_if_several_allowed": choice})
    environment = backend.create_environment("etl", options=options)
    client = allowed(*(allow("CreateWebLoginToken", ROLES + name) for name in ("Viewer", "Op", "User")))
    token = client.create_web_login_token(Name="etl")["WebToken"]
    assert environment.tokens.check_web_token(token)["role"] == role


def test_explicit_deny_of_one_role(allowed: As, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    client = allowed(allow("CreateWebLoginToken"), {**allow("CreateWebLoginToken", ROLES + "Admin"), "Effect": "Deny"})
    token = client.create_web_login_token(Name="etl")["WebToken"]
    assert environment.tokens.check_web_token(token)["role"] == "Op"


def test_role_of_another_environment(allowed: As, backend: MWAABackend) -> None:
    backend.create_environment("etl")
    client = allowed(allow("CreateWebLoginToken", ROLES.replace("etl", "other") + "*"))
    with pytest.raises(client.exceptions.AccessDeniedException) as refusal:
        client.create_web_login_token(Name="etl")
    assert f"resource: {ROLES}*" in refusal.value.response["Message"]


def test_airflows_hook_recognizes_the_refusal(allowed: As, backend: MWAABackend) -> None:
    backend.create_environment("etl")
    client = allowed(allow("CreateWebLoginToken"))
    with pytest.raises(client.exceptions.AccessDeniedException) as refusal:
        client.invoke_rest_api(Name="etl", Path="/dags", Method="GET")
    assert "Airflow role" in refusal.value.response["Error"]["Message"]


def test_rest_api_with_the_role_that_iam_grants(allowed: As, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl", options=EnvironmentOptions(role="Admin"))
    client = allowed(allow("InvokeRestApi", ROLES + "Viewer"))
    variable = {"key": "a", "value": "b"}
    with pytest.raises(client.exceptions.RestApiClientException) as refusal:
        client.invoke_rest_api(Name="etl", Path="/variables", Method="POST", Body=variable)
    assert refusal.value.response["RestApiStatusCode"] == 403
    client = allowed(allow("InvokeRestApi", ROLES + "Op"))
    client.invoke_rest_api(Name="etl", Path="/variables", Method="POST", Body=variable)
    user = environment.airflow.security.find_user("user/jane")
    assert user is not None
    assert [role.name for role in user.roles] == ["Op"]


def test_role_session(make_client: MakeClient, allowed: As, backend: MWAABackend) -> None:
    backend.create_environment("etl")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    policy = {"Effect": "Allow", **allow("CreateWebLoginToken", ROLES + "User")}
    with disable_iam_authentication():
        iam = make_client("iam")
        iam.create_role(RoleName="Data", AssumeRolePolicyDocument=document(trust))
        iam.put_role_policy(RoleName="Data", PolicyName="policy", PolicyDocument=document(policy))
        sts = make_client("sts")
        role = {"RoleArn": "arn:aws:iam::123456789012:role/Data", "RoleSessionName": "me"}
        credentials = sts.assume_role(**role)["Credentials"]
    client = make_client(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    assert client.create_web_login_token(Name="etl")["IamIdentity"] == "assumed-role/Data/me"
    with pytest.raises(client.exceptions.AccessDeniedException, match="assumed-role/Data/me is not authorized"):
        client.invoke_rest_api(Name="etl", Path="/dags", Method="GET")


def test_wrong_secret(allowed: As, backend: MWAABackend) -> None:
    backend.create_environment("etl")
    known = allowed(allow("*"))._request_signer._credentials.access_key
    with pytest.raises(ClientError) as refusal:
        make_client_of(aws_access_key_id=known).create_cli_token(Name="etl")
    assert refusal.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_unknown_access_key(allowed: As) -> None:
    allowed(allow("*"))
    with pytest.raises(ClientError) as refusal:
        make_client_of().list_environments()
    assert refusal.value.response["Error"]["Code"] == "UnrecognizedClientException"


@pytest.mark.parametrize("header", [None, "garbage", "AWS4-HMAC-SHA256 Credential=a/b"])
def test_unsigned(allowed: As, header: str | None) -> None:
    allowed(allow("*"))
    answer = requests.get(
        f"https://api.airflow.{REGION}.amazonaws.com/environments",
        headers={"Authorization": header} if header else {},
        timeout=5,
    )
    assert (answer.status_code, answer.json()["__type"]) == (403, "MissingAuthenticationTokenException")
