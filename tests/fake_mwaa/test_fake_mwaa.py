from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from moto import mock_aws

from fake_server import DAG, ConfigurationError, FakeMWAA, SeedError, SettingError, Task
from tests.fake_mwaa.conftest import traces

if TYPE_CHECKING:
    from pathlib import Path


def cli(mwaa: FakeMWAA, command: str) -> requests.Response:
    token = mwaa.client().create_cli_token(Name=mwaa.name)
    return requests.post(
        f"https://{token['WebServerHostname']}/aws_mwaa/cli",
        data=command,
        headers={"Authorization": f"Bearer {token['CliToken']}"},
    )


def test_boto3_and_requests_reach_the_environment() -> None:
    with FakeMWAA("reports", dags=["etl"]) as mwaa:
        environment = boto3.client("mwaa").get_environment(Name="reports")["Environment"]
        answer = cli(mwaa, "dags trigger etl")

    assert environment["WebserverUrl"] == mwaa.hostname
    assert environment["AirflowVersion"] == mwaa.airflow_version == "2.10.5"
    assert answer.status_code == 200
    assert [run.run_type for run in mwaa.dag("etl").runs] == ["manual"]


def test_other_services_of_moto_are_there() -> None:
    with FakeMWAA() as mwaa:
        mwaa.client("s3").create_bucket(Bucket="reports")

        assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["reports"]


def test_state_is_fresh_each_time() -> None:
    for _ in range(2):
        with FakeMWAA() as mwaa:
            assert dict(mwaa.variables) == {}
            mwaa.variables["key"] = "value"
            boto3.client("s3").create_bucket(Bucket="reports")


def test_the_journal_can_be_read_after_the_end() -> None:
    with FakeMWAA() as mwaa:
        cli(mwaa, "version")

    assert mwaa.journal.cli_commands == ["version"]
    assert "not running" in repr(mwaa)


def test_it_can_be_started_again() -> None:
    mwaa = FakeMWAA()
    for _ in range(2):
        mwaa.start()
        assert cli(mwaa, "version").status_code == 200
        mwaa.stop()
        mwaa.stop()


def test_starting_twice_is_refused() -> None:
    with FakeMWAA() as mwaa, pytest.raises(RuntimeError, match="running already"):
        mwaa.start()


def test_before_the_start_there_is_nothing() -> None:
    mwaa = FakeMWAA()

    with pytest.raises(RuntimeError, match=r"start\(\) it first"):
        _ = mwaa.journal
    with pytest.raises(RuntimeError, match=r"start\(\) it first"):
        mwaa.client()


class TestSideBySide:
    def test_environments_have_clocks_of_their_own(self) -> None:
        with FakeMWAA("one") as one, FakeMWAA("two") as two:
            token = one.client().create_cli_token(Name="one")["CliToken"]
            one.clock.advance(61)
            two.clock.advance(1)

            assert [one.client().list_environments()["Environments"]] == [["one", "two"]]
            answer = requests.post(
                f"{one.url}/aws_mwaa/cli", data="version", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 403
            assert cli(two, "version").status_code == 200

    def test_regions_and_versions(self) -> None:
        with FakeMWAA("here"), FakeMWAA("here", region="eu-west-1", airflow_version="2.8.1") as there:
            assert there.region == "eu-west-1"
            assert there.airflow_version == "2.8.1"
            assert boto3.client("mwaa").list_environments()["Environments"] == ["here"]
            assert boto3.client("mwaa", region_name="eu-west-1").list_environments()["Environments"] == ["here"]

    def test_they_may_end_in_any_order(self) -> None:
        first, second = FakeMWAA("first"), FakeMWAA("second")
        first.start()
        second.start()
        first.stop()

        assert boto3.client("mwaa").list_environments()["Environments"] == ["second"]
        assert cli(second, "version").status_code == 200
        second.stop()

    def test_two_of_one_name_are_refused(self) -> None:
        with FakeMWAA("one"), pytest.raises(SettingError, match=r"one in us-east-1: .* already exists"):
            FakeMWAA("one").start()

    def test_environments_made_through_boto3_have_a_web_server(self) -> None:
        with FakeMWAA() as mwaa:
            mwaa.client().create_environment(
                Name="made",
                ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
                SourceBucketArn="arn:aws:s3:::bucket",
                DagS3Path="dags",
                NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
            )
            token = mwaa.client().create_cli_token(Name="made")
            answer = requests.post(
                f"https://{token['WebServerHostname']}/aws_mwaa/cli",
                data="version",
                headers={"Authorization": f"Bearer {token['CliToken']}"},
            )

            assert answer.status_code == 200


class TestInAMockOfTheUsers:
    def test_state_is_shared_and_ours_is_removed(self) -> None:
        with mock_aws():
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="theirs")
            with FakeMWAA() as mwaa:
                assert cli(mwaa, "version").status_code == 200
                assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["theirs"]

            assert boto3.client("mwaa", region_name="us-east-1").list_environments()["Environments"] == []

    def test_a_mock_inside_resets_nothing(self) -> None:
        with FakeMWAA() as mwaa:
            with mock_aws():
                assert cli(mwaa, "version").status_code == 200
            assert cli(mwaa, "version").status_code == 200


class TestVariables:
    def test_credentials_and_region_are_there_meanwhile(self) -> None:
        before = dict(os.environ)
        with FakeMWAA():
            assert os.environ["AWS_ACCESS_KEY_ID"]
            assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
        assert dict(os.environ) == before

    def test_the_users_region_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        with FakeMWAA() as mwaa:
            assert mwaa.region == "eu-central-1"

    def test_a_region_that_is_asked_for_counts_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        with FakeMWAA(region="eu-west-1") as mwaa:
            assert boto3.client("mwaa").list_environments()["Environments"] == [mwaa.name]
        assert os.environ["AWS_DEFAULT_REGION"] == "eu-central-1"

    def test_even_an_empty_variable_is_restored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
        with FakeMWAA():
            pass
        assert os.environ["AWS_ACCESS_KEY_ID"] == ""


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"environment": "1st"}, "environment: expected a letter"),
            ({"airflow_version": "2.10.4"}, "airflow_version: .*Did you mean '2.10.5'"),
            ({"auth_backends": ["basic"]}, "auth_backends: .*'basic'.*basic_auth"),
            ({"config": {"api.auth_backend_s": "x"}}, "config: .*Did you mean 'api.auth_backend"),
            ({"config": {"maximum_page_limit": "1"}}, "config: expected keys like 'section.option'"),
            ({"dags": "etl"}, r"dags: expected a list .* got 'etl'"),
            ({"dags": ["e t l"]}, "'e t l' is no DAG id"),
            ({"seed": "missing.json"}, "seed: there is no file 'missing.json'"),
            ({"region": "Ireland"}, "region: expected the name of an AWS region"),
            ({"role": "Admni"}, "role: .*Did you mean 'Admin'"),
            ({"scheduler": "maybe"}, "scheduler: expected 'on' or 'off'"),
            ({"cli_unsupported": "refused"}, "cli_unsupported: .*Did you mean 'refuse'"),
            ({"log_lines": 3}, "log_lines: expected 'on' or 'off'"),
            ({"assume": {"failed_command_statu": 400}}, "assume: .*Did you mean 'failed_command_status'"),
            ({"assume": {"failed_command_status": 201}}, "assume: .*takes one of 200, 400; got 201"),
            ({"auth_backends": ["session"], "config": {"api.auth_backends": "x"}}, "auth_backends: config has"),
        ],
    )
    def test_what_cannot_be_is_refused(self, settings: dict[str, Any], words: str) -> None:
        with pytest.raises(SettingError, match=words):
            FakeMWAA(**settings)

    def test_a_region_that_does_not_exist(self) -> None:
        with pytest.raises(SettingError, match=r"no MWAA in 'xx-nowhere-1'; boto3 and moto know it in .*us-east-1"):
            FakeMWAA(region="xx-nowhere-1").start()

    def test_a_mistake_in_a_seed(self, tmp_path: Path) -> None:
        seed = tmp_path / "seed.json"
        seed.write_text('{"dags": [{"id": "etl"}]}')
        with pytest.raises(SeedError, match=r"seed\.json: dags\[0\]"):
            FakeMWAA(seed=seed).start()

    def test_backends_by_short_and_full_names(self) -> None:
        names = ["basic_auth", "airflow.api.auth.backend.session"]
        with FakeMWAA(auth_backends=names) as mwaa:
            assert mwaa.config["api.auth_backends"] == (
                "airflow.api.auth.backend.basic_auth,airflow.api.auth.backend.session"
            )

    def test_older_versions_have_one_backend_under_another_name(self) -> None:
        with FakeMWAA(airflow_version="2.2.2", auth_backends="basic_auth") as mwaa:
            assert mwaa.config["api.auth_backend"] == "airflow.api.auth.backend.basic_auth"

    def test_a_seed_as_mapping(self) -> None:
        with FakeMWAA(seed={"variables": {"key": "value"}}) as mwaa:
            assert mwaa.variables["key"] == "value"


class TestHandles:
    def test_dags(self) -> None:
        with FakeMWAA() as mwaa:
            etl = mwaa.add_dag("etl", tasks={"load": Task(duration=10)}, paused=True, tags=("nightly",))
            run = etl.trigger({"day": 1}, run_id="first")
            mwaa.clock.advance(60)
            assert run.state == etl.run("first").state == "queued"

            etl.unpause()
            mwaa.clock.advance(60)

            assert etl.last_run.state == "success"
            assert etl.last_run.conf == {"day": 1}
            assert list(etl.tasks) == ["load"]
            assert mwaa.dag("etl").dag.tags == ("nightly",)
            etl.pause()
            assert etl.is_paused
            assert mwaa.add_dag(DAG("other")).runs == []

    def test_a_field_that_dags_do_not_have(self) -> None:
        with FakeMWAA() as mwaa:
            with pytest.raises(TypeError, match=r"no keyword 'scedule'\. Did you mean 'schedule'\? It takes: tasks, "):
                mwaa.add_dag("etl", scedule="@daily")
            assert not mwaa.airflow.dags

    def test_a_dag_that_is_not_there(self) -> None:
        with FakeMWAA(dags=["etl"]) as mwaa:
            with pytest.raises(KeyError, match=r"no DAG 'elt'\. Did you mean 'etl'"):
                mwaa.dag("elt")
            with pytest.raises(LookupError, match="has no run yet"):
                _ = mwaa.dag("etl").last_run
            with pytest.raises(LookupError, match=r"has no run 'x'\. It has: none yet"):
                mwaa.dag("etl").run("x")

    def test_variables(self) -> None:
        with FakeMWAA() as mwaa:
            mwaa.variables["bucket"] = "s3://data"
            mwaa.variables.update({"limits": "3"})
            del mwaa.variables["limits"]

            assert mwaa.variables == {"bucket": "s3://data"}
            assert "s3://data" not in repr(mwaa.variables)
            with pytest.raises(KeyError, match="Did you mean 'bucket'"):
                _ = mwaa.variables["buckets"]

    def test_pools(self) -> None:
        with FakeMWAA() as mwaa:
            mwaa.pools.add("spark", 4)

            assert list(mwaa.pools) == ["default_pool", "spark"]
            assert mwaa.pools["spark"].slots == 4
            del mwaa.pools["spark"]
            assert len(mwaa.pools) == 1

    def test_connections(self) -> None:
        with FakeMWAA() as mwaa:
            mwaa.connections.add("warehouse", "postgres", host="db", password="secret", extra={"sslmode": "require"})

            assert mwaa.connections["warehouse"].extra == '{"sslmode": "require"}'
            assert "secret" not in repr(mwaa.connections)
            with pytest.raises(KeyError, match="Did you mean 'warehouse'"):
                _ = mwaa.connections["warehous"]

    def test_configuration(self) -> None:
        with FakeMWAA() as mwaa:
            mwaa.config["api.maximum_page_limit"] = 7

            described = mwaa.client().get_environment(Name=mwaa.name)["Environment"]
            assert described["AirflowConfigurationOptions"] == {"api.maximum_page_limit": "7"}
            assert mwaa.config["core.load_examples"] == "False"
            del mwaa.config["api.maximum_page_limit"]
            assert dict(mwaa.config) == {}

    def test_a_configuration_that_cannot_be_changes_nothing(self) -> None:
        with FakeMWAA() as mwaa:
            with pytest.raises(ConfigurationError, match="maximum_page_limit"):
                mwaa.config["api.maximum_page_limits"] = "7"
            with pytest.raises(ConfigurationError, match="no API auth backend"):
                mwaa.config["api.auth_backends"] = "nobody"
            assert dict(mwaa.config) == {}

    def test_users(self) -> None:
        with FakeMWAA(auth_backends=["basic_auth"], dags=["etl"]) as mwaa:
            mwaa.add_user("ann", "secret", role="Viewer")

            assert requests.get(f"{mwaa.url}/api/v1/dags", auth=("ann", "secret")).status_code == 200
            assert requests.get(f"{mwaa.url}/api/v1/dags", auth=("ann", "wrong")).status_code == 401


def test_a_reset_brings_the_start_back() -> None:
    with FakeMWAA(dags=["etl"], seed={"variables": {"key": "value"}}, config={"api.maximum_page_limit": "9"}) as mwaa:
        cli(mwaa, "dags trigger etl")
        mwaa.variables.clear()
        mwaa.add_dag("other")
        mwaa.config["api.maximum_page_limit"] = "3"
        mwaa.assumptions["failed_command_status"] = 400
        mwaa.faults.add(path="/x", status=502)
        mwaa.clock.advance(3600)

        mwaa.reset()

        assert mwaa.variables == {"key": "value"}
        assert mwaa.dag("etl").runs == []
        assert len(mwaa.airflow.dags) == 1
        assert dict(mwaa.config) == {"api.maximum_page_limit": "9"}
        assert mwaa.assumptions["failed_command_status"] == 200
        assert mwaa.faults.unused == []
        assert len(mwaa.journal) == 0
        assert "(+0 s)" in repr(mwaa.clock)


@pytest.mark.parametrize("live", [False, True])
def test_ten_environments_leave_nothing_behind(*, live: bool) -> None:
    def use() -> None:
        with FakeMWAA(dags=["etl"], live=live) as mwaa:
            assert cli(mwaa, "version").status_code == 200

    use()
    before = traces()
    for _ in range(10):
        use()
    assert traces() == before


@pytest.mark.parametrize("live", [False, True])
def test_a_start_that_fails_leaves_nothing_behind(*, live: bool) -> None:
    before = traces()
    with pytest.raises(SeedError):
        FakeMWAA(seed={"dags": [{}]}, live=live).start()
    assert traces() == before


def test_one_name_is_enough_for_what_is_above_a_task() -> None:
    with FakeMWAA() as mwaa:
        dag = mwaa.add_dag("etl", tasks=[Task("extract"), Task("load", upstream="extract")])

        assert dag.tasks["load"].upstream == ("extract",)


def test_a_plain_value_is_a_param() -> None:
    with FakeMWAA() as mwaa:
        mwaa.add_dag("etl", params={"rows": 3})

        assert mwaa.dag("etl").trigger({"rows": 4}).conf == {"rows": 4}
        assert mwaa.dag("etl").dag.params["rows"].value == 3
