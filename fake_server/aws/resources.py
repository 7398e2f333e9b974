"""Whether the bucket, role, subnets and security groups of an environment exist, and are such as MWAA accepts.

Checked against moto's S3, IAM and EC2 where :class:`~fake_server.options.EnvironmentOptions` asks for it, and only what
a request names. What is checked stands in the AWS user guide; the words, as far as somebody has published them, in the
assumptions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fake_server.assumptions import Assumptions
from fake_server.aws.dag_folder import bucket_of
from fake_server.aws.exceptions import ValidationException

if TYPE_CHECKING:
    from moto.iam.models import Role

_PREFIX = "Invalid request provided: "
#: The service that has to be allowed to take on the execution role (AWS user guide, execution role).
_TRUSTED_SERVICE = "airflow-env.amazonaws.com"

#: What ``LastUpdate.Error`` says of an environment that cannot come up (published in a pull request of 2024).
INCORRECT_CONFIGURATION = (
    "You may need to check the execution role permissions policy for your environment, and that each of the VPC "
    "networking components required by the environment are configured to allow traffic. "
    "Troubleshooting: https://docs.aws.amazon.com/mwaa/latest/userguide/troubleshooting.html"
)


@dataclass(frozen=True)
class ResourceCheck:
    """Looks the resources of one account and region up."""

    account_id: str
    region: str
    partition: str
    assumptions: Assumptions

    def check(self, settings: Mapping[str, Any], named: Mapping[str, Any]) -> str | None:
        """Check those resources of ``settings`` that a request with the members ``named`` names.

        What is returned keeps the environment from coming up; None when nothing does.

        :raises ValidationException: for what is refused at once.
        """
        bucket = settings["SourceBucketArn"].rpartition(":")[2]
        if "SourceBucketArn" in named:
            self._check_bucket(bucket, settings["SourceBucketArn"])
        if {"ExecutionRoleArn", "SourceBucketArn"} & named.keys():
            self._check_role(settings["ExecutionRoleArn"], bucket, str(settings["DagS3Path"]).strip("/"))
        if "NetworkConfiguration" not in named:
            return None
        problem = next(self._network_problems(settings["NetworkConfiguration"]), None)
        if problem is None:
            return None
        if self.assumptions.text("unusable_network") == "refused":
            raise ValidationException(f"{_PREFIX}{problem}")
        return f"{INCORRECT_CONFIGURATION} (Here: {problem})"

    # Bucket and role

    def _check_bucket(self, name: str, arn: str) -> None:
        bucket = bucket_of(arn)
        if bucket is None:
            words = self.assumptions.text("missing_bucket_message").format(bucket=name)
            raise ValidationException(_PREFIX + words)
        block = bucket.public_access_block
        settings = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
        if block is None or not all(_is_true(getattr(block, setting)) for setting in settings):
            words = self.assumptions.text("public_bucket_message").format(bucket=name)
            raise ValidationException(_PREFIX + words)

    def _check_role(self, arn: str, bucket: str, path: str) -> None:
        role = self._role(arn)
        if role is None or not self._is_trusting(role) or not self._may_read(role, bucket, path):
            words = self.assumptions.text("unusable_role_message").format(role=arn, location=f"{bucket}/{path}")
            raise ValidationException(_PREFIX + words)

    def _role(self, arn: str) -> Role | None:
        from moto.iam.models import iam_backends

        backend = iam_backends[self.account_id][self.partition]
        return next((role for role in backend.get_roles() if role.arn == arn), None)

    @staticmethod
    def _is_trusting(role: Role) -> bool:
        """Whether MWAA's service may take the role on."""
        for statement in _statements(role.assume_role_policy_document):
            principal = statement.get("Principal", {})
            services = principal.get("Service", ()) if isinstance(principal, dict) else ()
            trusted = [services] if isinstance(services, str) else services
            if statement.get("Effect") == "Allow" and _TRUSTED_SERVICE in trusted:
                return True
        return False

    def _may_read(self, role: Role, bucket: str, path: str) -> bool:
        """Whether the role's policies let it list the bucket and read DAG files."""
        arn = f"arn:{self.partition}:s3:::{bucket}"
        needed = (("s3:ListBucket", arn), ("s3:GetObject", f"{arn}/{path}/dag.py"))
        return all(_is_allowed(_policies(role), action, resource) for action, resource in needed)

    # Network

    def _network_problems(self, network: Mapping[str, Any]) -> Iterator[str]:
        from moto.ec2.models import ec2_backends

        backend = ec2_backends[self.account_id][self.region]
        subnets: dict[str, Any] = {subnet.id: subnet for subnet in backend.describe_subnets()}
        groups: dict[str, Any] = {group.id: group for group in backend.describe_security_groups()}
        subnet_ids, group_ids = network["SubnetIds"], network.get("SecurityGroupIds", ())
        yield from (f"the subnet {name} does not exist." for name in subnet_ids if name not in subnets)
        yield from (f"the security group {name} does not exist." for name in group_ids if name not in groups)
        chosen = [subnets[name] for name in subnet_ids if name in subnets]
        if len({subnet.vpc_id for subnet in chosen}) > 1:
            yield "the subnets have to be in the same VPC."
        if len({subnet.availability_zone for subnet in chosen}) < len(chosen):
            yield "the subnets have to be in different Availability Zones."
        vpc = chosen[0].vpc_id if chosen else None
        for name in group_ids:
            if name in groups and groups[name].vpc_id != vpc:
                yield f"the security group {name} has to be in the VPC of the subnets, {vpc}."


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _policies(role: Role) -> list[Any]:
    return [*role.policies.values(), *role.managed_policies.values()]


def _is_allowed(policies: list[Any], action: str, resource: str) -> bool:
    from moto.iam.access_control import IAMPolicy, PermissionResult

    results = [IAMPolicy(policy).is_action_permitted(action, resource) for policy in policies]
    return PermissionResult.DENIED not in results and PermissionResult.PERMITTED in results


def _statements(document: Any) -> list[dict[str, Any]]:
    policy = json.loads(document) if isinstance(document, str) else document or {}
    statements = policy.get("Statement", [])
    return [statements] if isinstance(statements, dict) else list(statements)
