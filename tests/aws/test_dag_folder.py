"""DAG files in the environment's bucket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_server.airflow.deployment import Airflow
from fake_server.aws.environment import Environment
from fake_server.aws.models import MWAABackend
from fake_server.options import EnvironmentOptions
from tests.aws.conftest import make_client_of

BUCKET = "dags-of-team"
SOURCE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("{dag_id}", start_date=datetime(2024, 1, 1), schedule=None, tags=["s3"]):
    BashOperator(task_id="one", bash_command="true") >> BashOperator(task_id="two", bash_command="true")
"""


@pytest.fixture(scope="module")
def shared_s3() -> Any:
    return make_client_of("s3")


@pytest.fixture
def s3(mocked: None, shared_s3: Any) -> Any:
    return shared_s3


@pytest.fixture
def environment(backend: MWAABackend) -> Environment:
    return backend.create_environment("team", {"SourceBucketArn": f"arn:aws:s3:::{BUCKET}", "DagS3Path": "pipelines/"})


@pytest.fixture
def put(s3: Any) -> Callable[[str, str], None]:
    s3.create_bucket(Bucket=BUCKET)

    def put_object(key: str, text: str) -> None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())

    return put_object


def looked_at(environment: Environment) -> Airflow:
    with environment.airflow.session() as airflow:
        return airflow


def test_a_file_appears_as_a_dag_at_the_next_look(environment: Environment, put: Callable[[str, str], None]) -> None:
    put("pipelines/etl/orders.py", SOURCE.format(dag_id="orders"))
    dag = looked_at(environment).dags["orders"]
    assert dag.fileloc == "/usr/local/airflow/dags/etl/orders.py"
    assert dag.downstream["one"] == ("two",)
    assert dag.tags == ("s3",)
    assert dag.source == SOURCE.format(dag_id="orders")


def test_the_rest_api_answers_with_it(environment: Environment, put: Callable[[str, str], None], mocked: None) -> None:
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    client = make_client_of()
    answer = client.invoke_rest_api(Name="team", Path="/dags/orders", Method="GET")
    assert answer["RestApiResponse"]["fileloc"] == "/usr/local/airflow/dags/orders.py"
    # As every Airflow has it unless told otherwise.
    assert answer["RestApiResponse"]["is_paused"] is True


def test_files_elsewhere_in_the_bucket_are_none_of_its_business(
    environment: Environment, put: Callable[[str, str], None]
) -> None:
    put("orders.py", SOURCE.format(dag_id="a"))
    put("pipelines_of_others/orders.py", SOURCE.format(dag_id="b"))
    put("pipelines/orders.txt", SOURCE.format(dag_id="c"))
    assert not looked_at(environment).dags


def test_a_changed_file_is_read_again(environment: Environment, put: Callable[[str, str], None]) -> None:
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    before = looked_at(environment).dags["orders"]
    put("pipelines/orders.py", SOURCE.format(dag_id="orders").replace("s3", "changed"))
    after = looked_at(environment).dags["orders"]
    assert (before.tags, after.tags) == (("s3",), ("changed",))


def test_an_unchanged_file_is_not_read_again(environment: Environment, put: Callable[[str, str], None]) -> None:
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    before = looked_at(environment).dags["orders"]
    put("pipelines/others.py", SOURCE.format(dag_id="others"))
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    assert looked_at(environment).dags["orders"] is before


@pytest.mark.parametrize("versioning", ["Enabled", "Suspended"])
def test_a_removed_file_deactivates_its_dag(
    environment: Environment, put: Callable[[str, str], None], s3: Any, versioning: str
) -> None:
    if versioning == "Enabled":
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": versioning})
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    assert looked_at(environment).dags["orders"].is_active
    s3.delete_object(Bucket=BUCKET, Key="pipelines/orders.py")
    assert not looked_at(environment).dags["orders"].is_active
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    assert looked_at(environment).dags["orders"].is_active


def test_a_broken_file_is_an_import_error_until_it_is_mended(
    environment: Environment, put: Callable[[str, str], None]
) -> None:
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    put("pipelines/orders.py", SOURCE.format(dag_id="orders") + "\nthis is no Python: dag airflow\n")
    airflow = looked_at(environment)
    assert airflow.import_errors["/usr/local/airflow/dags/orders.py"].startswith("Traceback (most recent call last):")
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    assert not looked_at(environment).import_errors


def test_without_a_bucket_nothing_happens(environment: Environment) -> None:
    assert not looked_at(environment).dags


def test_another_path_is_another_folder(
    environment: Environment, put: Callable[[str, str], None], backend: MWAABackend
) -> None:
    put("pipelines/orders.py", SOURCE.format(dag_id="old"))
    put("new/orders.py", SOURCE.format(dag_id="new"))
    assert list(looked_at(environment).dags) == ["old"]
    backend.update_environment("team", {"DagS3Path": "new"})
    airflow = looked_at(environment)
    assert [dag_id for dag_id, dag in airflow.dags.items() if dag.is_active] == ["new"]


def test_files_are_read_anew_after_a_reset(environment: Environment, put: Callable[[str, str], None]) -> None:
    put("pipelines/orders.py", SOURCE.format(dag_id="orders"))
    looked_at(environment).clear()
    assert list(looked_at(environment).dags) == ["orders"]


def test_modules_that_nobody_knows_are_an_error_where_that_is_asked_for(
    backend: MWAABackend, put: Callable[[str, str], None]
) -> None:
    put("dags/orders.py", "import nobody_has_this\n" + SOURCE.format(dag_id="orders"))
    members = {"SourceBucketArn": f"arn:aws:s3:::{BUCKET}"}
    lenient = looked_at(backend.create_environment("lenient", members))
    strict = looked_at(
        backend.create_environment("strict", members, options=EnvironmentOptions(missing_modules="report"))
    )
    assert list(lenient.dags) == ["orders"]
    assert not strict.dags
    (text,) = strict.import_errors.values()
    assert text.endswith("ModuleNotFoundError: No module named 'nobody_has_this'\n")
