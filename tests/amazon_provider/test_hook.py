"""``MwaaHook.invoke_rest_api``: through AWS's InvokeRestApi, and through the web login that it falls back to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.core import disable_iam_authentication, enable_iam_authentication

from fake_server import FakeMWAA
from pytest_mwaa.pitfalls import Pitfall
from tests.amazon_provider.conftest import Use

pytestmark = pytest.mark.mwaa(dags=["etl", "reports"])

#: The two ways, as the hook's arguments, and the operation by which each begins.
WAYS = {
    "InvokeRestApi": {},
    "CreateWebLoginToken": {"generate_local_token": True, "airflow_version": 2},
}

Call = Callable[..., dict[str, Any]]


@pytest.fixture(params=WAYS)
def call(request: pytest.FixtureRequest, use: Use, mwaa_live: FakeMWAA) -> Call:
    """Calls the hook in one way, and makes sure that it took that and no other."""

    def call(method: str, path: str, **arguments: Any) -> dict[str, Any]:
        before = len(mwaa_live.journal)
        answer = use("MwaaHook", env_name=mwaa_live.name, method=method, path=path, **WAYS[request.param], **arguments)
        operations = {entry.operation for entry in mwaa_live.journal[before:]} & WAYS.keys()
        assert operations == {request.param}
        return answer

    return call


class TestBothWays:
    def test_it_reads(self, call: Call) -> None:
        returned = call("GET", "/dags", query_params={"limit": 1, "order_by": "-dag_id"})["returned"]
        assert returned["RestApiStatusCode"] == 200
        assert [dag["dag_id"] for dag in returned["RestApiResponse"]["dags"]] == ["reports"]
        assert returned["RestApiResponse"]["total_entries"] == 2

    def test_it_triggers(self, call: Call, mwaa_live: FakeMWAA) -> None:
        body = {"dag_run_id": "mine", "conf": {"rows": 3}, "note": None}
        returned = call("POST", "/dags/etl/dagRuns", body=body)["returned"]
        assert returned["RestApiResponse"]["dag_run_id"] == "mine"
        assert mwaa_live.dag("etl").run("mine").conf == {"rows": 3}

    def test_it_changes(self, call: Call, mwaa_live: FakeMWAA) -> None:
        returned = call("PATCH", "/dags/etl", body={"is_paused": True}, query_params={"update_mask": "is_paused"})
        assert returned["returned"]["RestApiResponse"]["is_paused"] is True
        assert mwaa_live.dag("etl").is_paused

    def test_text_that_is_not_ascii(self, call: Call, mwaa_live: FakeMWAA) -> None:
        call("POST", "/variables", body={"key": "città", "value": "Zürich"})
        assert mwaa_live.variables["città"] == "Zürich"
        assert call("GET", "/variables/città")["returned"]["RestApiResponse"]["value"] == "Zürich"


class TestRefusals:
    def test_by_airflow(self, use: Use, mwaa_live: FakeMWAA) -> None:
        answer = use("MwaaHook", env_name=mwaa_live.name, method="GET", path="/dags/nope")
        assert answer["raised"] == "RestApiClientException"
        assert mwaa_live.journal.find(path="/api/v1/dags/nope", status=404)

    def test_by_airflow_after_a_login(self, use: Use, mwaa_live: FakeMWAA) -> None:
        answer = use(
            "MwaaHook", env_name=mwaa_live.name, method="GET", path="/dags/nope", **WAYS["CreateWebLoginToken"]
        )
        assert answer["raised"] == "HTTPError"
        assert answer["words"].startswith("404 Client Error: NOT FOUND for url: https://localhost:")

    def test_by_aws(self, use: Use, mwaa_live: FakeMWAA) -> None:
        answer = use("MwaaHook", env_name="nope", method="GET", path="/dags")
        assert answer["raised"] == "ResourceNotFoundException"

    def test_without_the_words_for_which_it_falls_back(self, use: Use, mwaa_live: FakeMWAA) -> None:
        mwaa_live.faults.add(
            operation="InvokeRestApi",
            status=403,
            headers={"x-amzn-ErrorType": "AccessDeniedException"},
            body={"Message": "You may not."},
        )
        answer = use("MwaaHook", env_name=mwaa_live.name, method="GET", path="/dags")
        assert answer["raised"] == "AccessDeniedException"
        assert "You may not." in answer["words"]
        assert not mwaa_live.journal.tokens_issued


@pytest.mark.mwaa_pitfalls("invoke_rest_api_denied")
def test_it_survives_the_pitfall(mwaa_pitfall: Pitfall, use: Use, mwaa_live: FakeMWAA) -> None:
    answer = use("MwaaHook", env_name=mwaa_live.name, method="GET", path="/dags/etl")
    assert answer["returned"]["RestApiResponse"]["dag_id"] == "etl"
    assert [entry.operation for entry in mwaa_live.journal if entry.operation] == [
        "InvokeRestApi",
        "CreateWebLoginToken",
        "login",
        "get_dag",
    ]


class TestIAM:
    """IAM decides whether the hook has to fall back, and which role it has."""

    @pytest.fixture
    def allow(self, mwaa_live: FakeMWAA) -> Iterator[Callable[..., dict[str, str]]]:
        """The variables of a user who may do these actions with the role Viewer, and nothing else."""

        def allow(*actions: str) -> dict[str, str]:
            resource = f"arn:aws:airflow:{mwaa_live.region}:123456789012:role/{mwaa_live.name}/Viewer"
            statement = {"Effect": "Allow", "Action": [f"airflow:{action}" for action in actions], "Resource": resource}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            with disable_iam_authentication():
                iam = mwaa_live.client("iam")
                iam.create_user(UserName="jane")
                iam.put_user_policy(UserName="jane", PolicyName="policy", PolicyDocument=policy)
                key = iam.create_access_key(UserName="jane")["AccessKey"]
            return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

        with enable_iam_authentication():
            yield allow

    @pytest.mark.parametrize(
        ("actions", "refusal"),
        [(["InvokeRestApi"], "RestApiClientException"), (["CreateWebLoginToken"], "HTTPError")],
    )
    def test_it_has_the_role_that_iam_gives(
        self, allow: Callable[..., dict[str, str]], use: Use, mwaa_live: FakeMWAA, actions: list[str], refusal: str
    ) -> None:
        arguments = {"env_name": mwaa_live.name, "variables": allow(*actions)}
        assert "returned" in use("MwaaHook", method="GET", path="/dags/etl", **arguments)
        assert use("MwaaHook", method="POST", path="/dags/etl/dagRuns", body={}, **arguments)["raised"] == refusal
        assert mwaa_live.journal.find(path="/api/v1/dags/etl/dagRuns", status=403)
        assert mwaa_live.dag("etl").runs == []

    def test_who_may_do_neither(self, allow: Callable[..., dict[str, str]], use: Use, mwaa_live: FakeMWAA) -> None:
        variables = allow("GetEnvironment")
        answer = use("MwaaHook", env_name=mwaa_live.name, method="GET", path="/dags", variables=variables)
        assert answer["raised"] in {"AccessDeniedException", "ClientError"}
        assert "CreateWebLoginToken" in answer["words"]
