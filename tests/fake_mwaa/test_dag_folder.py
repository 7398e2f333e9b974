"""Environments whose DAGs stand in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from fake_server import FakeMWAA
from fake_server.command import argument_parser
from fake_server.settings import SettingError

SOURCE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("{dag_id}", start_date=datetime(2024, 1, 1), schedule=None):
    EmptyOperator(task_id="one")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dags"
    made.mkdir()
    (made / "etl.py").write_text(SOURCE.format(dag_id="etl"), "utf-8")
    return made


def test_a_path_is_a_dag_folder(folder: Path) -> None:
    with FakeMWAA(dags=folder, auth_backends=["basic_auth"]) as mwaa:
        mwaa.add_user("ann", "secret")
        client = mwaa.client()
        answer = client.invoke_rest_api(Name=mwaa.name, Path="/dags", Method="GET")["RestApiResponse"]
        assert [(dag["dag_id"], dag["is_paused"]) for dag in answer["dags"]] == [("etl", True)]
        source = requests.get(
            f"{mwaa.url}/api/v1/dagSources/{answer['dags'][0]['file_token']}", auth=("ann", "secret"), timeout=10
        )
        assert source.text == SOURCE.format(dag_id="etl")
        (folder / "more.py").write_text(SOURCE.format(dag_id="more"), "utf-8")
        answer = client.invoke_rest_api(Name=mwaa.name, Path="/dags", Method="GET")["RestApiResponse"]
        assert [dag["dag_id"] for dag in answer["dags"]] == ["etl", "more"]


def test_text_with_a_slash_is_one_too_beside_ids(folder: Path) -> None:
    with FakeMWAA(dags=[f"{folder}/", "by_id"]) as mwaa:
        assert mwaa.dag("etl").dag_id == "etl"
        assert mwaa.dag("by_id").dag_id == "by_id"


def test_a_reset_reads_the_folder_again(folder: Path) -> None:
    with FakeMWAA(dags=folder) as mwaa:
        with mwaa.airflow.session() as airflow:
            airflow.delete_dag("etl")
        mwaa.reset()
        with mwaa.airflow.session() as airflow:
            assert list(airflow.dags) == ["etl"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"dags: there is no folder .*nowhere'\. Expected a DAG id, or the path"):
        FakeMWAA(dags=tmp_path / "nowhere")


def test_the_bucket_is_followed_too(folder: Path) -> None:
    with FakeMWAA() as mwaa:
        bucket = mwaa.client().get_environment(Name=mwaa.name)["Environment"]["SourceBucketArn"].rpartition(":")[2]
        s3 = mwaa.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.upload_file(str(folder / "etl.py"), bucket, "dags/etl.py")
        with mwaa.airflow.session() as airflow:
            assert list(airflow.dags) == ["etl"]


def test_strict_resources_are_for_the_environments_that_tests_make() -> None:
    with FakeMWAA(strict_resources=True) as mwaa:
        client = mwaa.client()
        with pytest.raises(client.exceptions.ValidationException, match="bucket does not exist: nobodys"):
            client.create_environment(
                Name="second",
                SourceBucketArn="arn:aws:s3:::nobodys",
                DagS3Path="dags",
                ExecutionRoleArn="arn:aws:iam::123456789012:role/nobodys",
                NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
            )


def test_the_command_takes_a_folder_without_a_slash(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fake_server.command import _settings

    monkeypatch.chdir(folder.parent)
    settings = _settings(argument_parser().parse_args(["serve", "--dags", "dags"]))
    assert settings["dags"] == (Path("dags"),)
    settings = _settings(argument_parser().parse_args(["serve", "--dags", "etl"]))
    assert settings["dags"] == ("etl",)
