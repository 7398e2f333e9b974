"""Airflow's official Python client, whose models are strict, understands every answer of the live fake."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from fake_server.airflow.dags import DAG, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.loading import load_seed_file
from fake_server.assumptions import Assumptions
from fake_server.clock import Clock
from fake_server.faults import Faults
from fake_server.journal import Journal
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.transports.sockets import LoopbackServer
from fake_server.web.app import WebServer
from tests.oracle.recorded_cases import SEED
from tests.real_airflow.server import SHARED_OPTIONS

if TYPE_CHECKING:
    from airflow_client.client import ApiClient  # type: ignore[import-not-found]

client = pytest.importorskip("airflow_client.client", reason="needs apache-airflow-client; `tox -e client` installs it")

DATASET = "s3://oracle-bucket/orders.parquet"
#: What the parameters of operations are, unless an operation says otherwise below.
ARGUMENTS = {
    "connection_id": "warehouse",
    "dag_id": "etl_linear",
    "dag_ids": "etl_linear,failing_retries",
    "dag_run_id": "done",
    "event_log_id": 1,
    "import_error_id": 1,
    "map_index": -1,
    "option": "executor",
    "pool_name": "default_pool",
    "role_name": "Viewer",
    "section": "core",
    "task_id": "extract",
    "task_try_number": 1,
    "uri": DATASET,
    "username": "admin",
    "variable_key": "greeting",
    "xcom_key": "rows",
}
MAPPED = {"dag_id": "mapped_consumer", "dag_run_id": "mapped", "task_id": "double", "map_index": 1}
OWN_ARGUMENTS: dict[str, dict[str, Any]] = {
    "get_dag_dataset_queued_event": {"dag_id": "waits_for_two"},
    "get_dag_dataset_queued_events": {"dag_id": "waits_for_two"},
    "get_mapped_task_instance": MAPPED,
    "get_mapped_task_instance_dependencies": MAPPED,
    "get_mapped_task_instance_tries": MAPPED,
    "get_mapped_task_instance_try_details": MAPPED,
    "get_mapped_task_instances": MAPPED,
}
#: The forms of the lists that are asked for with POST.
FORMS = {"get_dag_runs_batch": "ListDagRunsForm", "get_task_instances_batch": "ListTaskInstanceForm"}


def operations() -> list[tuple[str, str]]:
    """Class and method of every operation that lists or gets, as the client has them."""
    package = importlib.import_module("airflow_client.client.api")
    found: set[tuple[str, str]] = set()
    for module in pkgutil.iter_modules(package.__path__):
        for name, member in vars(importlib.import_module(f"{package.__name__}.{module.name}")).items():
            if name.endswith("Api"):
                found.update((name, method) for method in vars(member) if method.startswith("get_"))
    return sorted(found)


@pytest.fixture(scope="module")
def web_server() -> WebServer:
    """A deployment in which something stands everywhere."""
    clock = Clock()
    airflow = Airflow(clock=clock, options=SHARED_OPTIONS)
    load_seed_file(airflow, SEED)
    # An update of the one dataset is queued for it until the other one comes.
    airflow.add_dag(DAG("waits_for_two", named_tasks(["wait"]), dataset_triggers=(DATASET, "s3://nowhere/nothing")))
    assumptions = Assumptions({})
    server = WebServer(
        environment_name="fake",
        hostname="localhost",
        airflow=airflow,
        tokens=TokenAuthority("fake", clock, assumptions),
        assumptions=assumptions,
        journal=Journal(),
        faults=Faults(),
        options=EnvironmentOptions(),
    )
    airflow.variables.set("greeting", "hello", "what to say")
    with airflow.session():
        airflow.trigger_dag("etl_linear", run_id="done", conf={"source": "test"}, note="a note")
        airflow.trigger_dag("failing_retries", run_id="tried_twice")
        airflow.trigger_dag("mapped_consumer", run_id="mapped")
        airflow.trigger_dag("manual_paused", run_id="waiting")
    clock.advance(120)
    return server


@pytest.fixture(scope="module")
def api_client(web_server: WebServer) -> Iterator[ApiClient]:
    """The client of the live fake."""
    with LoopbackServer(web_server) as server:
        configuration = client.Configuration(host=f"{server.url}/api/v1", username="admin", password="admin-pw")
        with client.ApiClient(configuration) as connected:
            yield connected


@pytest.fixture(scope="module", autouse=True)
def _something_stands_everywhere(api_client: ApiClient) -> None:
    for method, path, body in (
        ("POST", "/connections", {"connection_id": "warehouse", "conn_type": "postgres", "port": 5432, "extra": "{}"}),
        ("POST", "/datasets/events", {"dataset_uri": DATASET, "extra": {"by": "hand"}}),
    ):
        headers = {"Content-Type": "application/json"}
        api_client.call_api(path, method, body=body, header_params=headers, auth_settings=["Basic"])


@pytest.mark.parametrize(("api", "operation"), operations())
def test_understands(api_client: ApiClient, api: str, operation: str) -> None:
    answer = call(api_client, api, operation)
    assert answer is not None


def test_reads_every_operation_that_reads() -> None:
    assert len({operation for _, operation in operations()}) >= 50


def call(connected: ApiClient, api: str, operation: str) -> Any:
    """The answer to an operation, as the client's model."""
    module = importlib.import_module("airflow_client.client.apis")
    method: Callable[..., Any] = getattr(getattr(module, api)(connected), operation)
    endpoint = getattr(method.__self__, f"{operation}_endpoint")  # type: ignore[attr-defined]
    given = {**ARGUMENTS, **OWN_ARGUMENTS.get(operation, {})}
    arguments = {name: given[name] for name in endpoint.params_map["required"] if name in given}
    if operation in FORMS:
        model = importlib.import_module("airflow_client.client.models")
        (name,) = endpoint.params_map["required"]
        arguments = {name: getattr(model, FORMS[operation])(dag_ids=["etl_linear"])}
    if "file_token" in endpoint.params_map["required"]:
        dags = importlib.import_module("airflow_client.client.apis").DAGApi(connected)
        arguments["file_token"] = dags.get_dag("etl_linear").file_token
    return method(**arguments)
