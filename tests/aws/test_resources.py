"""Environments whose bucket, role and network have to exist."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fake_server.aws.models import MWAABackend
from fake_server.options import EnvironmentOptions
from tests.aws.conftest import ACCOUNT, REQUIRED, make_client_of

BUCKET = "dags-of-team"
ROLE = "mwaa-execution"
PERMISSIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject*", "s3:GetBucket*", "s3:List*"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
    ],
}
NETWORKING = "each of the VPC networking components required by the environment are configured to allow traffic"


def trust(*services: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Resources:
    """What an environment needs, made in moto; each test spoils one thing of it."""

    def __init__(self, s3: Any, iam: Any, ec2: Any) -> None:
        self.s3, self.iam, self.ec2 = s3, iam, ec2
        self.s3.create_bucket(Bucket=BUCKET)
        self.block_public_access()
        self.role_arn = self.iam.create_role(
            RoleName=ROLE, AssumeRolePolicyDocument=trust("airflow.amazonaws.com", "airflow-env.amazonaws.com")
        )["Role"]["Arn"]
        self.iam.put_role_policy(RoleName=ROLE, PolicyName="mwaa", PolicyDocument=json.dumps(PERMISSIONS))
        self.vpc = self.make_vpc("10.0.0.0/16")
        self.subnets = [
            self.make_subnet(self.vpc, "10.0.1.0/24", "us-east-1a"),
            self.make_subnet(self.vpc, "10.0.2.0/24", "us-east-1b"),
        ]
        self.group = self.make_group(self.vpc)

    def block_public_access(self, **changed: bool) -> None:
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        configuration = {**dict.fromkeys(names, True), **changed}
        self.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=configuration)

    def make_vpc(self, block: str) -> str:
        return str(self.ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"])

    def make_subnet(self, vpc: str, block: str, zone: str) -> str:
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    def make_group(self, vpc: str) -> str:
        return str(self.ec2.create_security_group(GroupName="mwaa", Description="MWAA", VpcId=vpc)["GroupId"])

    @property
    def members(self) -> dict[str, Any]:
        return {
            "ExecutionRoleArn": self.role_arn,
            "SourceBucketArn": f"arn:aws:s3:::{BUCKET}",
            "DagS3Path": "dags",
            "NetworkConfiguration": {"SubnetIds": self.subnets, "SecurityGroupIds": [self.group]},
        }


@pytest.fixture(scope="module")
def shared_clients() -> list[Any]:
    return [make_client_of(service) for service in ("s3", "iam", "ec2")]


@pytest.fixture
def resources(mocked: None, shared_clients: list[Any]) -> Resources:
    return Resources(*shared_clients)


@pytest.fixture
def strict(backend: MWAABackend) -> None:
    backend.options = EnvironmentOptions(strict_resources=True)


def refusal(client: Any, members: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as caught:
        client.create_environment(Name="team", **members)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert client.list_environments()["Environments"] == []
    return str(caught.value.response["Error"]["Message"])


def failure(client: Any, members: dict[str, Any]) -> str:
    client.create_environment(Name="team", **members)
    environment = client.get_environment(Name="team")["Environment"]
    assert environment["Status"] == "CREATE_FAILED"
    error = environment["LastUpdate"]["Error"]
    assert error["ErrorCode"] == "INCORRECT_CONFIGURATION"
    assert NETWORKING in error["ErrorMessage"]
    return str(error["ErrorMessage"])


pytestmark = pytest.mark.usefixtures("strict")


def test_what_fits_is_accepted(client: Any, resources: Resources) -> None:
    client.create_environment(Name="team", **resources.members)
    assert client.get_environment(Name="team")["Environment"]["Status"] == "AVAILABLE"


def test_without_the_option_nothing_has_to_exist(client: Any, backend: MWAABackend) -> None:
    backend.options = None
    client.create_environment(Name="team", **REQUIRED)
    assert client.get_environment(Name="team")["Environment"]["Status"] == "AVAILABLE"


def test_a_bucket_that_is_not_there(client: Any, resources: Resources) -> None:
    message = refusal(client, {**resources.members, "SourceBucketArn": "arn:aws:s3:::nobodys"})
    assert message == "Invalid request provided: Provided bucket does not exist: nobodys."


def test_a_bucket_that_may_be_public(client: Any, resources: Resources) -> None:
    resources.block_public_access(RestrictPublicBuckets=False)
    expected = f"Provided bucket does not have BlockPublicAccess set for s3 bucket {BUCKET}."
    assert refusal(client, resources.members) == f"Invalid request provided: {expected}"


def test_a_bucket_without_any_block(client: Any, resources: Resources) -> None:
    resources.s3.delete_public_access_block(Bucket=BUCKET)
    assert "BlockPublicAccess" in refusal(client, resources.members)


def test_a_role_without_permissions(client: Any, resources: Resources) -> None:
    resources.iam.delete_role_policy(RoleName=ROLE, PolicyName="mwaa")
    assert refusal(client, resources.members) == (
        f"Invalid request provided: Provided role does not have sufficient permissions for s3 location {BUCKET}/dags"
    )


def test_a_role_that_is_denied(client: Any, resources: Resources) -> None:
    statement = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    resources.iam.put_role_policy(RoleName=ROLE, PolicyName="deny", PolicyDocument=document)
    assert "sufficient permissions" in refusal(client, resources.members)


def test_a_role_with_an_attached_policy(client: Any, resources: Resources) -> None:
    resources.iam.delete_role_policy(RoleName=ROLE, PolicyName="mwaa")
    policy = resources.iam.create_policy(PolicyName="mwaa", PolicyDocument=json.dumps(PERMISSIONS))["Policy"]["Arn"]
    resources.iam.attach_role_policy(RoleName=ROLE, PolicyArn=policy)
    client.create_environment(Name="team", **resources.members)


@pytest.mark.parametrize("service", ["ec2.amazonaws.com", "airflow.amazonaws.com"])
def test_a_role_that_trusts_somebody_else(client: Any, resources: Resources, service: str) -> None:
    resources.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust(service))
    assert "sufficient permissions" in refusal(client, resources.members)


def test_a_role_that_is_not_there(client: Any, resources: Resources) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/nobodys"
    assert "sufficient permissions" in refusal(client, {**resources.members, "ExecutionRoleArn": arn})


def test_words_can_be_assumed_otherwise(client: Any, resources: Resources, backend: MWAABackend) -> None:
    backend.options = EnvironmentOptions(
        strict_resources=True, assumptions={"unusable_role_message": "No good role: {role}"}
    )
    arn = f"arn:aws:iam::{ACCOUNT}:role/nobodys"
    message = refusal(client, {**resources.members, "ExecutionRoleArn": arn})
    assert message == f"Invalid request provided: No good role: {arn}"


def test_a_subnet_that_is_not_there(client: Any, resources: Resources) -> None:
    resources.subnets[1] = "subnet-12345678"
    assert failure(client, resources.members).endswith("(Here: the subnet subnet-12345678 does not exist.)")


def test_subnets_in_one_zone(client: Any, resources: Resources) -> None:
    resources.subnets[1] = resources.make_subnet(resources.vpc, "10.0.3.0/24", "us-east-1a")
    assert "different Availability Zones" in failure(client, resources.members)


def test_subnets_of_two_networks(client: Any, resources: Resources) -> None:
    resources.subnets[1] = resources.make_subnet(resources.make_vpc("10.1.0.0/16"), "10.1.1.0/24", "us-east-1b")
    assert "the same VPC" in failure(client, resources.members)


def test_a_security_group_that_is_not_there(client: Any, resources: Resources) -> None:
    resources.group = "sg-12345678"
    assert "the security group sg-12345678 does not exist." in failure(client, resources.members)


def test_a_security_group_of_another_network(client: Any, resources: Resources) -> None:
    resources.group = resources.make_group(resources.make_vpc("10.1.0.0/16"))
    assert f"has to be in the VPC of the subnets, {resources.vpc}." in failure(client, resources.members)


def test_a_wrong_network_can_be_assumed_to_be_refused(client: Any, resources: Resources, backend: MWAABackend) -> None:
    backend.options = EnvironmentOptions(strict_resources=True, assumptions={"unusable_network": "refused"})
    resources.group = "sg-12345678"
    expected = "Invalid request provided: the security group sg-12345678 does not exist."
    assert refusal(client, resources.members) == expected


def test_an_update_is_checked_as_far_as_it_names_something(client: Any, resources: Resources) -> None:
    client.create_environment(Name="team", **resources.members)
    resources.iam.delete_role_policy(RoleName=ROLE, PolicyName="mwaa")
    client.update_environment(Name="team", MaxWorkers=5)
    with pytest.raises(ClientError, match="sufficient permissions"):
        client.update_environment(Name="team", ExecutionRoleArn=resources.role_arn)
    client.update_environment(Name="team", NetworkConfiguration={"SecurityGroupIds": ["sg-12345678"]})
    environment = client.get_environment(Name="team")["Environment"]
    assert environment["Status"] == "UPDATE_FAILED"
    assert environment["NetworkConfiguration"]["SecurityGroupIds"] == [resources.group]
