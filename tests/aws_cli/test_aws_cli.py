"""``aws mwaa``, all twelve commands of it, as version 1 of the AWS CLI comes from pip, against a live environment."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from fake_server import FakeMWAA

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("awscli") is None, reason="awscli is not installed; `tox -e recipes` has it"
    ),
    # InvokeRestApi gives up after 10 seconds, in which a busy machine may not manage to answer.
    pytest.mark.mwaa(environment="reports", dags=["etl"], assume={"rest_api_timeout_seconds": 300}),
]

#: The exit codes of version 1 for what AWS refuses, and for a line that says too little or too much.
REFUSED, MISUSED = 255, 2

ROLE = "arn:aws:iam::123456789012:role/airflow"
NEW = [
    *("--execution-role-arn", ROLE),
    *("--source-bucket-arn", "arn:aws:s3:::dags-of-made"),
    *("--dag-s3-path", "dags"),
    *("--network-configuration", "SubnetIds=subnet-1,subnet-2,SecurityGroupIds=sg-1"),
]

Run = Callable[..., subprocess.CompletedProcess[str]]
Ask = Callable[..., Any]


@pytest.fixture
def run(mwaa_live: FakeMWAA) -> Run:
    """Runs a command of ``aws mwaa`` to its end."""

    def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {"PATH": os.environ["PATH"], "HOME": os.devnull, "AWS_PAGER": "", **mwaa_live.env}
        line = [sys.executable, "-W", "ignore", "-m", "awscli", "mwaa", command, *arguments]
        return subprocess.run(line, env=variables, capture_output=True, text=True, check=False, timeout=300)

    return run


@pytest.fixture
def ask(run: Run) -> Ask:
    """Runs a command that has to succeed; what it printed, JSON where it is JSON."""

    def ask(command: str, *arguments: str) -> Any:
        done = run(command, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    return ask


def test_the_life_of_an_environment(ask: Ask, run: Run) -> None:
    options = json.dumps({"core.parallelism": "3"})
    logging = json.dumps({"TaskLogs": {"Enabled": True, "LogLevel": "DEBUG"}})
    made = ask(
        *("create-environment", "--name", "made", *NEW, "--airflow-version", "2.9.2", "--max-workers", "4"),
        *("--airflow-configuration-options", options, "--logging-configuration", logging, "--tags", "team=data"),
    )
    arn = "arn:aws:airflow:us-east-1:123456789012:environment/made"
    assert made == {"Arn": arn}

    environment = ask("get-environment", "--name", "made")["Environment"]
    assert (environment["Status"], environment["AirflowVersion"], environment["MaxWorkers"]) == (
        "AVAILABLE",
        "2.9.2",
        4,
    )
    assert environment["AirflowConfigurationOptions"] == {"core.parallelism": "3"}
    assert environment["LoggingConfiguration"]["TaskLogs"]["LogLevel"] == "DEBUG"
    # Version 1 prints moments as AWS sends them, in seconds.
    assert environment["CreatedAt"] == pytest.approx(time.time(), abs=3600)

    assert ask("update-environment", "--name", "made", "--max-workers", "7") == {"Arn": arn}
    query = ["--query", "Environment.[MaxWorkers,LastUpdate.Status]", "--output", "text"]
    assert ask("get-environment", "--name", "made", *query) == "7\tSUCCESS\n"

    assert ask("tag-resource", "--resource-arn", arn, "--tags", "stage=prod,owner=ann") == ""
    assert ask("untag-resource", "--resource-arn", arn, "--tag-keys", "team", "owner") == ""
    assert ask("list-tags-for-resource", "--resource-arn", arn) == {"Tags": {"stage": "prod"}}

    assert ask("delete-environment", "--name", "made") == ""
    assert run("get-environment", "--name", "made").returncode == REFUSED


def test_lists_in_pages(ask: Ask, mwaa_live: FakeMWAA) -> None:
    for name in ("alpha", "beta", "gamma"):
        mwaa_live.client().create_environment(
            Name=name,
            ExecutionRoleArn=ROLE,
            SourceBucketArn="arn:aws:s3:::dags",
            DagS3Path="dags",
            NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
        )
    names = ["alpha", "beta", "gamma", "reports"]

    assert ask("list-environments") == {"Environments": names}
    assert ask("list-environments", "--page-size", "3")["Environments"] == names

    first = ask("list-environments", "--max-items", "3")
    assert first["Environments"] == names[:3]
    second = ask("list-environments", "--max-items", "3", "--starting-token", first["NextToken"])
    assert second == {"Environments": names[3:]}
    # Without the CLI's own paging, as AWS answers.
    raw = ask("list-environments", "--no-paginate", "--max-results", "1")
    assert raw["Environments"] == names[:1]
    assert ask("list-environments", "--next-token", raw["NextToken"], "--max-results", "9")["Environments"] == names[1:]


def test_tokens(ask: Ask, mwaa_live: FakeMWAA) -> None:
    token = ask("create-cli-token", "--name", "reports")
    assert token["WebServerHostname"] == mwaa_live.hostname
    assert token["CliToken"].count(".") == 2

    login = ask("create-web-login-token", "--name", "reports")
    assert login.keys() == {"WebToken", "WebServerHostname", "IamIdentity", "AirflowIdentity"}
    assert [entry.operation for entry in mwaa_live.journal] == ["CreateCliToken", "CreateWebLoginToken"]


def test_the_rest_api(ask: Ask, run: Run, mwaa_live: FakeMWAA) -> None:
    about = ["--name", "reports", "--path"]
    body = json.dumps({"dag_run_id": "mine", "conf": {"rows": 3}})
    triggered = ask("invoke-rest-api", *about, "/dags/etl/dagRuns", "--method", "POST", "--body", body)
    assert triggered["RestApiStatusCode"] == 200
    assert mwaa_live.dag("etl").run("mine").conf == {"rows": 3}

    query = json.dumps({"limit": 1, "order_by": "-dag_id"})
    listed = ask("invoke-rest-api", *about, "/dags", "--method", "GET", "--query-parameters", query)
    assert [dag["dag_id"] for dag in listed["RestApiResponse"]["dags"]] == ["etl"]

    refused = run("invoke-rest-api", *about, "/dags/nope", "--method", "GET")
    assert refused.returncode == REFUSED
    assert "(RestApiClientException) when calling the InvokeRestApi operation" in refused.stderr


def test_metrics(ask: Ask) -> None:
    data = json.dumps([{"MetricName": "rows", "Timestamp": 1714521600, "Value": 3.0, "Unit": "Count"}])
    assert ask("publish-metrics", "--environment-name", "reports", "--metric-data", data) == ""


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        (["get-environment", "--name", "nope"], REFUSED, "(ResourceNotFoundException) when calling the GetEnvironment"),
        (
            ["create-cli-token", "--name", "nope"],
            REFUSED,
            "(ResourceNotFoundException) when calling the Create",
        ),
        (["create-environment", "--name", "reports", *NEW], REFUSED, "(ValidationException) when calling the Create"),
        (["update-environment", "--name", "reports", "--max-workers", "99"], REFUSED, "(ValidationException)"),
        (["get-environment", "--name", "7"], REFUSED, "failed to satisfy constraint: Member must satisfy regular"),
        (
            ["get-environment", "--name", ""],
            REFUSED,
            "Invalid length for parameter Name, value: 0",
        ),
        (["list-environments", "--no-paginate", "--max-results", "26"], REFUSED, "less than or equal to 25"),
        (["get-environment"], MISUSED, "the following arguments are required: --name"),
        (["create-cli-tokens"], MISUSED, "Invalid choice"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_what_is_refused(run: Run, line: list[str], status: int, words: str) -> None:
    done = run(*line)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr


def test_a_throttled_call_is_tried_again(ask: Ask, mwaa_live: FakeMWAA) -> None:
    mwaa_live.faults.throttle("CreateCliToken", times=2)
    assert ask("create-cli-token", "--name", "reports")["CliToken"]
    assert [entry.status for entry in mwaa_live.journal] == [429, 429, 200]
