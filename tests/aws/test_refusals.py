from __future__ import annotations

from typing import Any

import pytest
import requests
from botocore.config import Config

from fake_server.aws.exceptions import ValidationException
from fake_server.aws.models import MWAABackend
from fake_server.options import EnvironmentOptions
from fake_server.versions import VERSIONS
from tests.aws.conftest import REGION, REQUIRED, MakeClient

CONTROL_PLANE = f"https://api.airflow.{REGION}.amazonaws.com"


PATTERN = "Member must satisfy regular expression pattern: "


@pytest.mark.parametrize(
    ("members", "value", "place", "constraint"),
    [
        ({"Name": "1st"}, "1st", "name", PATTERN + "[a-zA-Z][0-9a-zA-Z-_]*"),
        ({"Name": "a" * 81}, "a" * 81, "name", "Member must have length less than or equal to 80"),
        ({"Schedulers": 6}, 6, "schedulers", "Member must have value less than or equal to 5"),
        ({"MaxWorkers": 0}, 0, "maxWorkers", "Member must have value greater than or equal to 1"),
        (
            {"EndpointManagement": "MINE"},
            "MINE",
            "endpointManagement",
            "Member must satisfy enum value set: [CUSTOMER, SERVICE]",
        ),
        (
            {"NetworkConfiguration": {"SubnetIds": ["subnet-1", "net-2"], "SecurityGroupIds": ["sg-1"]}},
            "net-2",
            "networkConfiguration.subnetIds.2.member",
            PATTERN + "subnet-[a-zA-Z0-9\\-._]+",
        ),
        (
            {"NetworkConfiguration": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
            "[subnet-1]",
            "networkConfiguration.subnetIds",
            "Member must have length greater than or equal to 2",
        ),
        (
            {"Tags": {"a*": "b"}},
            "a*",
            "tags",
            f"Map keys must satisfy constraint: [{PATTERN}([\\p{{L}}\\p{{Z}}\\p{{N}}_.:/=+\\-@]*)]",
        ),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, dict) else "",
)
def test_words_name_member_and_constraint(
    make_client: MakeClient, members: dict[str, Any], value: object, place: str, constraint: str
) -> None:
    client = make_client(config=Config(parameter_validation=False))
    with pytest.raises(client.exceptions.ValidationException) as refusal:
        client.create_environment(**{"Name": "etl", **REQUIRED, **members})
    assert refusal.value.response["Error"]["Message"] == (
        f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: {constraint}"
    )
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_all_broken_constraints_at_once(client: Any) -> None:
    with pytest.raises(client.exceptions.ValidationException) as refusal:
        client.create_environment(Name="1st", Schedulers=6, **REQUIRED)
    message = refusal.value.response["Error"]["Message"]
    assert message.startswith("2 validation errors detected: Value '1st' at 'name' failed")
    assert message.endswith(
        "; Value '6' at 'schedulers' failed to satisfy constraint: Member must have value less than or equal to 5"
    )


def test_sensitive_values_are_not_repeated(client: Any) -> None:
    with pytest.raises(client.exceptions.ValidationException) as refusal:
        client.create_environment(Name="etl", AirflowConfigurationOptions={"core.fernet_key": "pässword"}, **REQUIRED)
    assert "pässword" not in str(refusal.value)
    assert "Value at 'airflowConfigurationOptions' failed to satisfy constraint: Map value" in str(refusal.value)


def test_operation_that_declares_no_validation_error(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="regular expression pattern"):
        client.create_cli_token(Name="1st")


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"AirflowVersion": "2.10.9"}, ", ".join(VERSIONS)),
        ({"AirflowVersion": "3.0.6"}, "unknown Airflow version '3.0.6'"),
        ({"EnvironmentClass": "mw1.tiny"}, "Valid values: mw1.micro, mw1.small"),
        ({"Schedulers": 1}, "Schedulers for mw1.small has to be between 2 and 5; got 1."),
        ({"EnvironmentClass": "mw1.micro", "Schedulers": 2}, "Schedulers for mw1.micro has to be 1; got 2."),
        ({"MaxWebservers": 6}, "MaxWebservers for mw1.small has to be between 2 and 5"),
        ({"MaxWorkers": 26}, "MaxWorkers has to be between 1 and 25; got 26."),
        ({"MinWorkers": 5, "MaxWorkers": 4}, "MinWorkers (5) has to be less than or equal to MaxWorkers (4)."),
        (
            {"NetworkConfiguration": {"SubnetIds": ["subnet-1", "subnet-1"], "SecurityGroupIds": ["sg-1"]}},
            "2 different",
        ),
        ({"AirflowConfigurationOptions": {"api.auth_backends": "basic_aut"}}, "Did you mean 'basic_auth'?"),
        ({"AirflowConfigurationOptions": {"parallelism": "7"}}, "has to be 'section.option'"),
    ],
    ids=str,
)
def test_documented_rules(client: Any, members: dict[str, Any], words: str) -> None:
    with pytest.raises(client.exceptions.ValidationException) as refusal:
        client.create_environment(**{"Name": "etl", **REQUIRED, **members})
    message = refusal.value.response["Error"]["Message"]
    assert message.startswith("Invalid request provided: ")
    assert words in message
    assert client.list_environments()["Environments"] == []


def test_name_that_is_taken(client: Any) -> None:
    client.create_environment(Name="etl", **REQUIRED)
    with pytest.raises(client.exceptions.ValidationException, match="name etl already exists"):
        client.create_environment(Name="etl", **REQUIRED)


def test_quota_is_off_until_assumed(backend: MWAABackend) -> None:
    for number in range(11):
        backend.create_environment(f"etl{number}")
    options = EnvironmentOptions(assumptions={"environments_per_region": 11})
    with pytest.raises(ValidationException, match="limit of 11 environments"):
        backend.create_environment("one-more", options=options)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "has to be a JSON object"),
        (b'"text"', "has to be a JSON object"),
    ],
    ids=["truncated", "not UTF-8", "too deep", "list", "text"],
)
def test_body_that_is_none(mocked: None, body: bytes, words: str) -> None:
    answer = requests.put(f"{CONTROL_PLANE}/environments/etl", data=body, timeout=5)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "SerializationException")
    assert words in answer.json()["message"]


def test_text_where_a_number_has_to_be(mocked: None) -> None:
    answer = requests.get(f"{CONTROL_PLANE}/environments?MaxResults=many", timeout=5)
    assert (answer.status_code, answer.json()["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nonsense"),
        ("DELETE", "/environments"),
        ("GET", "/environments/"),
        ("HEAD", "/environments"),
    ],
)
def test_unknown_operation(mocked: None, method: str, path: str) -> None:
    answer = requests.request(method, CONTROL_PLANE + path, timeout=5)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")


def test_query_parameter_named_action_does_not_mislead(mocked: None) -> None:
    answer = requests.get(f"{CONTROL_PLANE}/environments?Action=GetEnvironment", timeout=5)
    assert answer.json() == {"Environments": []}


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "application/x-amz-json-1.1"]
)
def test_token_whatever_the_content_type(backend: MWAABackend, content_type: str) -> None:
    backend.create_environment("etl")
    answer = requests.post(
        f"https://env.airflow.{REGION}.amazonaws.com/clitoken/etl", headers={"Content-Type": content_type}, timeout=5
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"CliToken", "WebServerHostname"}
