from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from fake_server import aws
from fake_server.aws.models import MWAABackend, mwaa_backends

REGION = "us-east-1"
#: The account that moto takes unless told otherwise.
ACCOUNT = "123456789012"

#: What CreateEnvironment requires, besides the name.
REQUIRED: dict[str, Any] = {
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/mwaa",
    "SourceBucketArn": "arn:aws:s3:::bucket",
    "DagS3Path": "dags",
    "NetworkConfiguration": {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
}

MakeClient = Callable[..., Any]


def make_client_of(service: str = "mwaa", **arguments: Any) -> Any:
    settings: dict[str, Any] = {
        "region_name": REGION,
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "secret",
        "config": Config(retries={"max_attempts": 0}, parameter_validation=True),
    }
    make: Any = boto3.client
    return make(service, **{**settings, **arguments})


@pytest.fixture(autouse=True, scope="session")
def registered() -> None:
    aws.register()


@pytest.fixture(autouse=True)
def environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_MWAA", "MOTO_ACCOUNT_ID", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.fixture(scope="session")
def shared_client(registered: None) -> Any:
    """A client is costly to make and has no state, so one does for all tests."""
    return make_client_of()


@pytest.fixture
def mocked() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def client(mocked: None, shared_client: Any) -> Any:
    return shared_client


@pytest.fixture
def backend(mocked: None) -> MWAABackend:
    return mwaa_backends[ACCOUNT][REGION]


@pytest.fixture
def make_client(mocked: None) -> MakeClient:
    return make_client_of


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many variants of the model's input were generated, and how many of them passed."""
    from botocore import __version__

    outcomes = {
        outcome: sum("test_model_conformance.py::test_variant[" in report.nodeid for report in reports)
        for outcome, reports in terminalreporter.stats.items()
        if outcome in {"passed", "failed", "error"}
    }
    if any(outcomes.values()):
        total = sum(outcomes.values())
        terminalreporter.write_line(
            f"model conformance (botocore {__version__}): {outcomes.get('passed', 0)} of {total} variants passed"
        )
