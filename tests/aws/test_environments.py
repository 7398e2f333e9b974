from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto import mock_aws

from fake_server.aws.models import MWAABackend, mwaa_backends
from fake_server.clock import Clock
from tests.aws.conftest import ACCOUNT, REGION, REQUIRED, MakeClient


def test_create_answers_with_the_arn(client: Any) -> None:
    assert client.create_environment(Name="etl", **REQUIRED)["Arn"] == (
        "arn:aws:airflow:us-east-1:123456789012:environment/etl"
    )


def test_get_tells_defaults_as_the_service_does(client: Any, backend: MWAABackend) -> None:
    client.create_environment(Name="etl", **REQUIRED)
    environment = client.get_environment(Name="etl")["Environment"]
    made = backend.get_environment("etl")
    created_at = environment.pop("CreatedAt")
    assert abs(created_at - made.created_at) < timedelta(milliseconds=1)
    assert environment.pop("LastUpdate") == {"CreatedAt": created_at, "Status": "SUCCESS"}
    assert environment.pop("WeeklyMaintenanceWindowStart")[:3] in {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}
    assert environment == {
        "Name": "etl",
        "Arn": "arn:aws:airflow:us-east-1:123456789012:environment/etl",
        "Status": "AVAILABLE",
        "AirflowVersion": "2.10.5",
        "AirflowConfigurationOptions": {},
        "CeleryExecutorQueue": f"arn:aws:sqs:us-east-1:909839421151:airflow-celery-{made.id}",
        "DagS3Path": "dags",
        "DatabaseVpcEndpointService": environment["DatabaseVpcEndpointService"],
        "EndpointManagement": "SERVICE",
        "EnvironmentClass": "mw1.small",
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/mwaa",
        "LoggingConfiguration": {
            module: {
                "Enabled": module == "TaskLogs",
                "LogLevel": "INFO",
                "CloudWatchLogGroupArn": f"arn:aws:logs:us-east-1:123456789012:log-group:airflow-etl-{group}",
            }
            for module, group in {
                "DagProcessingLogs": "DAGProcessing",
                "SchedulerLogs": "Scheduler",
                "TaskLogs": "Task",
                "WebserverLogs": "WebServer",
                "WorkerLogs": "Worker",
            }.items()
        },
        "MaxWebservers": 2,
        "MaxWorkers": 10,
        "MinWebservers": 2,
        "MinWorkers": 1,
        "NetworkConfiguration": REQUIRED["NetworkConfiguration"],
        "Schedulers": 2,
        "ServiceRoleArn": (
            "arn:aws:iam::123456789012:role/aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA"
        ),
        "SourceBucketArn": "arn:aws:s3:::bucket",
        "Tags": {},
        "WebserverAccessMode": "PUBLIC_ONLY",
        "WebserverUrl": f"{made.id}.c2.us-east-1.airflow.amazonaws.com",
    }
    assert environment["DatabaseVpcEndpointService"].startswith("com.amazonaws.vpce.us-east-1.vpce-svc-")


def test_get_tells_what_was_chosen(client: Any) -> None:
    chosen = {
        "AirflowVersion": "2.9.2",
        "AirflowConfigurationOptions": {"core.parallelism": "7"},
        "EnvironmentClass": "mw1.large",
        "KmsKey": "alias/key",
        "MaxWorkers": 5,
        "MinWorkers": 2,
        "Schedulers": 3,
        "PluginsS3Path": "plugins.zip",
        "RequirementsS3Path": "requirements.txt",
        "RequirementsS3ObjectVersion": "v1",
        "StartupScriptS3Path": "startup.sh",
        "Tags": {"team": "data"},
        "WebserverAccessMode": "PRIVATE_ONLY",
        "WeeklyMaintenanceWindowStart": "SUN:03:30",
    }
    client.create_environment(Name="etl", **REQUIRED, **chosen)
    environment = client.get_environment(Name="etl")["Environment"]
    assert {name: environment[name] for name in chosen} == chosen
    assert "-vpce.c2." in environment["WebserverUrl"]
    assert environment["WebserverVpcEndpointService"] != environment["DatabaseVpcEndpointService"]


def test_smallest_class_has_one_of_each(client: Any) -> None:
    client.create_environment(Name="etl", EnvironmentClass="mw1.micro", **REQUIRED)
    environment = client.get_environment(Name="etl")["Environment"]
    assert [environment[name] for name in ("Schedulers", "MinWebservers", "MaxWebservers")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("given", "expected"), [({"MaxWorkers": 1}, (1, 1)), ({"MinWorkers": 20}, (20, 20)), ({"MaxWorkers": 4}, (1, 4))]
)
def test_a_limit_alone_takes_the_other_one_along(client: Any, given: dict[str, int], expected: tuple[int, int]) -> None:
    client.create_environment(Name="etl", **REQUIRED, **given)
    environment = client.get_environment(Name="etl")["Environment"]
    assert (environment["MinWorkers"], environment["MaxWorkers"]) == expected


def test_list_is_paginated(client: Any, backend: MWAABackend) -> None:
    names = [f"etl{number:02d}" for number in range(30)]
    for name in reversed(names):
        backend.create_environment(name)
    first = client.list_environments()
    assert first["Environments"] == names[:25]
    assert client.list_environments(NextToken=first["NextToken"])["Environments"] == names[25:]
    pages = list(client.get_paginator("list_environments").paginate(PaginationConfig={"PageSize": 7}))
    assert [len(page["Environments"]) for page in pages] == [7, 7, 7, 7, 2]
    assert [name for page in pages for name in page["Environments"]] == names


@pytest.mark.parametrize("token", ["garbage", "YWZ0ZXI", "bm9uZTpldGw=", "ä"])
def test_foreign_next_token_is_refused(client: Any, token: str) -> None:
    with pytest.raises(client.exceptions.ValidationException, match="NextToken"):
        client.list_environments(NextToken=token)


def test_unknown_environment(client: Any) -> None:
    for call in (
        client.get_environment, client.delete_environment, client.update_environment,
        client.create_cli_token, client.create_web_login_token,
    ):  # fmt: skip
        with pytest.raises(client.exceptions.ResourceNotFoundException) as refusal:
            call(Name="nope")
        response = refusal.value.response
        assert response["Error"]["Message"] == response["message"] == "Environment nope was not found."
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
        assert response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"] == "ResourceNotFoundException"


def test_delete(client: Any) -> None:
    client.create_environment(Name="etl", **REQUIRED)
    client.delete_environment(Name="etl")
    assert client.list_environments()["Environments"] == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_environment(Name="etl")


# Updates


def test_update_replaces_what_is_given_only(client: Any) -> None:
    client.create_environment(Name="etl", **REQUIRED, MaxWorkers=5)
    before = client.get_environment(Name="etl")["Environment"]
    arn = client.update_environment(
        Name="etl",
        EnvironmentClass="mw1.xlarge",
        LoggingConfiguration={"WorkerLogs": {"Enabled": True, "LogLevel": "DEBUG"}},
        NetworkConfiguration={"SecurityGroupIds": ["sg-2"]},
    )["Arn"]
    after = client.get_environment(Name="etl")["Environment"]
    assert arn == before["Arn"]
    assert after["EnvironmentClass"] == "mw1.xlarge"
    assert after["LoggingConfiguration"]["WorkerLogs"]["LogLevel"] == "DEBUG"
    assert after["LoggingConfiguration"]["TaskLogs"] == before["LoggingConfiguration"]["TaskLogs"]
    assert after["NetworkConfiguration"] == {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-2"]}
    assert after["LastUpdate"]["Status"] == "SUCCESS"
    changed = {"EnvironmentClass", "LoggingConfiguration", "NetworkConfiguration", "LastUpdate"}
    assert {name for name in after if after[name] != before[name]} == changed


def test_update_remembers_how_workers_were_replaced(backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    backend.update_environment("etl", {"WorkerReplacementStrategy": "GRACEFUL"})
    assert environment.describe()["LastUpdate"]["WorkerReplacementStrategy"] == "GRACEFUL"
    backend.update_environment("etl", {"MaxWorkers": 3})
    assert "WorkerReplacementStrategy" not in environment.describe()["LastUpdate"]


def test_teams_are_added_and_removed(backend: MWAABackend) -> None:
    team = {"SourceBucketArn": "arn:aws:s3:::team", "DagS3Path": "dags"}
    environment = backend.create_environment("etl", {"Teams": {"one": team, "two": team}})
    backend.update_environment("etl", {"Teams": {"AddOrUpdate": {"three": team}, "Remove": ["one"]}})
    assert set(environment.describe()["Teams"]) == {"two", "three"}


def test_configuration_options_take_effect_on_the_web_server(client: Any, backend: MWAABackend) -> None:
    client.create_environment(Name="etl", **REQUIRED)
    environment = backend.get_environment("etl")
    web_server = environment.web_server
    assert [type(backend).__name__ for backend in web_server.auth_backends] == ["SessionBackend"]
    client.update_environment(
        Name="etl",
        AirflowConfigurationOptions={
            "api.auth_backends": "airflow.api.auth.backend.basic_auth",
            "api.maximum_page_limit": "7",
        },
    )
    client.get_environment(Name="etl")
    assert environment.web_server is web_server
    assert [type(backend).__name__ for backend in web_server.auth_backends] == ["BasicAuthBackend", "SessionBackend"]
    assert environment.airflow.config.integer("api", "maximum_page_limit") == 7


def test_version_upgrade_keeps_what_is_in_airflow(client: Any, backend: MWAABackend) -> None:
    client.create_environment(Name="etl", AirflowVersion="2.9.2", **REQUIRED)
    airflow = backend.get_environment("etl").airflow
    airflow.variables.set("key", "value")
    client.update_environment(Name="etl", AirflowVersion="2.10.3")
    assert client.get_environment(Name="etl")["Environment"]["AirflowVersion"] == "2.10.3"
    assert airflow.version.number == airflow.config.version.number == "2.10.3"
    assert backend.get_environment("etl").airflow.variables.get("key").value == "value"


def test_update_to_the_smallest_class_and_back(client: Any) -> None:
    client.create_environment(Name="etl", **REQUIRED)
    for environment_class, schedulers in (("mw1.micro", 1), ("mw1.medium", 2)):
        client.update_environment(Name="etl", EnvironmentClass=environment_class)
        assert client.get_environment(Name="etl")["Environment"]["Schedulers"] == schedulers


def test_refused_update_changes_nothing(client: Any) -> None:
    client.create_environment(Name="etl", **REQUIRED)
    before = client.get_environment(Name="etl")["Environment"]
    for members in (
        {"AirflowVersion": "2.0.0"},
        {"MaxWorkers": 26},
        {"AirflowConfigurationOptions": {"api.auth_backends": "nonsense"}},
    ):
        with pytest.raises(client.exceptions.ValidationException):
            client.update_environment(Name="etl", **members)
        assert client.get_environment(Name="etl")["Environment"] == before


# Side by side


def test_regions_and_accounts_are_apart(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    ireland, virginia = make_client(region_name="eu-west-1"), make_client(region_name="us-east-1")
    assert ireland.create_environment(Name="etl", **REQUIRED)["Arn"].split(":")[3] == "eu-west-1"
    assert virginia.list_environments()["Environments"] == []
    virginia.create_environment(Name="etl", **REQUIRED)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111122223333")
    assert virginia.list_environments()["Environments"] == []
    assert virginia.create_environment(Name="etl", **REQUIRED)["Arn"].split(":")[4] == "111122223333"
    ireland_hostname = mwaa_backends[ACCOUNT]["eu-west-1"].get_environment("etl").hostname
    assert ".eu-west-1." in ireland_hostname


def test_account_of_an_assumed_role(make_client: MakeClient) -> None:
    sts = make_client("sts")
    credentials = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/Data", RoleSessionName="me")["Credentials"]
    client = make_client(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    assert client.create_environment(Name="etl", **REQUIRED)["Arn"].split(":")[4] == "111122223333"
    assert client.create_web_login_token(Name="etl")["IamIdentity"] == "assumed-role/Data/me"


def test_china(make_client: MakeClient) -> None:
    client = make_client(region_name="cn-north-1")
    arn = client.create_environment(
        Name="etl",
        ExecutionRoleArn="arn:aws-cn:iam::123456789012:role/mwaa",
        SourceBucketArn="arn:aws-cn:s3:::bucket",
        DagS3Path="dags",
        NetworkConfiguration=REQUIRED["NetworkConfiguration"],
    )["Arn"]
    assert arn == "arn:aws-cn:airflow:cn-north-1:123456789012:environment/etl"
    assert client.get_environment(Name="etl")["Environment"]["ServiceRoleArn"].startswith("arn:aws-cn:iam::")


# Without boto3


def test_direct_creation(backend: MWAABackend) -> None:
    clock = Clock()
    environment = backend.create_environment("etl", {"AirflowVersion": "2.10.3"}, clock=clock, hostname="localhost:1")
    assert environment.status == "AVAILABLE"
    assert environment.clock is environment.airflow.clock is clock
    assert environment.hostname == environment.web_server.hostname == "localhost:1"
    environment.hostname = "localhost:2"
    assert environment.web_server.hostname == "localhost:2"
    assert backend.create_cli_token("etl")["WebServerHostname"] == "localhost:2"


def test_backend_lends_clock_to_environments_made_over_the_api(client: Any, backend: MWAABackend) -> None:
    backend.clock = Clock()
    client.create_environment(Name="etl", **REQUIRED)
    assert backend.get_environment("etl").clock is backend.clock


def test_web_server_is_found_by_its_host_name(client: Any, backend: MWAABackend) -> None:
    for name in ("one", "two"):
        backend.create_environment(name)
    for name in ("one", "two"):
        hostname = client.get_environment(Name=name)["Environment"]["WebserverUrl"]
        assert requests.get(f"https://{hostname}/api/v1/health", timeout=5).status_code == 200
        assert backend.get_environment(name).journal.find(path="/api/v1/health", status=200)
    stranger = "00000000-0000-0000-0000-000000000000.c2.us-east-1.airflow.amazonaws.com"
    assert requests.get(f"https://{stranger}/api/v1/health", timeout=5).status_code == 502


def test_nothing_is_left_for_the_next_mock(registered: None) -> None:
    with mock_aws():
        client = boto3.client("mwaa", REGION)
        client.create_environment(Name="etl", **REQUIRED)
    with mock_aws():
        assert boto3.client("mwaa", REGION).list_environments()["Environments"] == []
        with pytest.raises(ClientError):
            boto3.client("mwaa", REGION).get_environment(Name="etl")
