"""Airflow's official Python client, whose models are strict, understands every answer of the live fake."""

from __future__ import annotations

import copy
import importlib
import pkgutil
from collections.abc import Iterator
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

client = pytest.importorskip(
    "airflow_client.client", reason="needs apache-airflow-client; `tox -e conformance` installs it"
)

DATASET = "s3://oracle-bucket/orders.parquet"
READING_DAGS = [{"action": {"name": "can_read"}, "resource": {"name": "DAGs"}}]
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
    "pool_name": "small",
    "role_name": "Analyst",
    "section": "core",
    "task_id": "extract",
    "task_try_number": 1,
    "uri": DATASET,
    "username": "viewer",
    "variable_key": "greeting",
    "xcom_key": "rows",
}
MAPPED = {"dag_id": "mapped_consumer", "dag_run_id": "mapped", "task_id": "double", "map_index": 1}
QUEUED = {"dag_id": "waits_for_two"}
OWN_ARGUMENTS: dict[str, dict[str, Any]] = {
    "delete_dag_dataset_queued_event": QUEUED,
    "delete_dag_dataset_queued_events": QUEUED,
    "get_dag_dataset_queued_event": QUEUED,
    "get_dag_dataset_queued_events": QUEUED,
    "get_mapped_task_instance": MAPPED,
    "get_mapped_task_instance_dependencies": MAPPED,
    "get_mapped_task_instance_tries": MAPPED,
    "get_mapped_task_instance_try_details": MAPPED,
    "get_mapped_task_instances": MAPPED,
    "patch_dags": {"dag_id_pattern": "%"},
    "patch_mapped_task_instance": MAPPED,
    "set_mapped_task_instance_note": MAPPED,
}
#: The bodies of those that have one.
BODIES: dict[str, dict[str, Any]] = {
    "clear_dag_run": {"dry_run": False},
    "create_dataset_event": {"dataset_uri": DATASET},
    "get_dag_runs_batch": {"dag_ids": ["etl_linear"]},
    "get_task_instances_batch": {"dag_ids": ["etl_linear"]},
    "patch_connection": {"connection_id": "warehouse", "conn_type": "mysql", "port": 3306},
    "patch_dag": {"is_paused": True},
    "patch_dags": {"is_paused": True},
    "patch_mapped_task_instance": {"dry_run": False, "new_state": "failed"},
    "patch_pool": {"name": "small", "slots": 3, "include_deferred": True},
    "patch_role": {"name": "Analyst", "actions": READING_DAGS},
    "patch_task_instance": {"dry_run": False, "new_state": "failed"},
    "patch_user": {"username": "viewer", "email": "v@example.com", "first_name": "V", "last_name": "Iewer"},
    "patch_variable": {"key": "greeting", "value": "good day"},
    "post_clear_task_instances": {"dry_run": False, "only_failed": False},
    "post_connection": {"connection_id": "lake", "conn_type": "aws", "host": "h", "extra": "{}"},
    "post_dag_run": {"dag_run_id": "asked_for", "conf": {"size": 7}, "note": "by the client"},
    "post_pool": {"name": "large", "slots": 64, "description": "for the night", "include_deferred": False},
    "post_role": {"name": "Reader", "actions": READING_DAGS},
    "post_set_task_instances_state": {
        "dry_run": False,
        "task_id": "extract",
        "dag_run_id": "done",
        "include_upstream": False,
        "include_downstream": True,
        "include_future": False,
        "include_past": False,
        "new_state": "failed",
    },
    "post_user": {
        "username": "new",
        "email": "n@example.com",
        "first_name": "N",
        "last_name": "Ew",
        "password": "new-pw",
        "roles": [{"name": "Op"}],
    },
    "post_variables": {"key": "farewell", "value": "bye", "description": "what to say last"},
    "set_dag_run_note": {"note": "looked at"},
    "set_mapped_task_instance_note": {"note": "looked at"},
    "set_task_instance_note": {"note": "looked at"},
    "test_connection": {"connection_id": "try", "conn_type": "sqlite"},
    "update_dag_run_state": {"state": "failed"},
}


def operations(*, reading: bool) -> list[tuple[str, str]]:
    """Class and method of every operation that lists or gets, or of every other one, as the client has them."""
    package = importlib.import_module("airflow_client.client.api")
    found: set[tuple[str, str]] = set()
    for module in pkgutil.iter_modules(package.__path__):
        for name, member in vars(importlib.import_module(f"{package.__name__}.{module.name}")).items():
            if name.endswith("Api"):
                methods = (method for method in vars(member) if not method.startswith("_"))
                found.update((name, method) for method in methods if method.startswith("get_") is reading)
    return sorted(found)


@pytest.fixture(scope="module")
def read_only() -> Iterator[ApiClient]:
    """The client of a live fake that nobody writes to."""
    yield from connected()


@pytest.fixture
def writable() -> Iterator[ApiClient]:
    """The client of a live fake of its own."""
    yield from connected()


@pytest.mark.parametrize(("api", "operation"), operations(reading=True))
def test_understands_what_is_read(read_only: ApiClient, api: str, operation: str) -> None:
    answer = call(read_only, api, operation)
    assert answer is not None


@pytest.mark.parametrize(("api", "operation"), operations(reading=False))
def test_understands_what_a_write_answers(writable: ApiClient, api: str, operation: str) -> None:
    answer = call(writable, api, operation)
    if operation.startswith("delete_"):
        with pytest.raises(client.exceptions.NotFoundException):
            call(writable, api, f"get_{operation.removeprefix('delete_')}")
    shown = answer.to_dict() if hasattr(answer, "to_dict") else {}
    for name, value in BODIES.get(operation, {}).items():
        assert shown.get(name, value) == value


def test_knows_all_operations() -> None:
    known = {operation for reading in (True, False) for _, operation in operations(reading=reading)}
    assert len(known) == 89


def call(connection: ApiClient, api: str, operation: str) -> Any:
    """The answer to an operation, as the client's model."""
    apis = importlib.import_module("airflow_client.client.apis")
    group = getattr(apis, api)(connection)
    endpoint = getattr(group, f"{operation}_endpoint")
    given = {**ARGUMENTS, **OWN_ARGUMENTS.get(operation, {})}
    arguments = {name: given[name] for name in endpoint.params_map["required"] if name in given}
    if operation in BODIES:
        (name,) = (name for name, place in endpoint.location_map.items() if place == "body")
        arguments[name] = model_of(BODIES[operation], endpoint.openapi_types[name], connection)
    if "file_token" in endpoint.params_map["required"]:
        arguments["file_token"] = apis.DAGApi(connection).get_dag("etl_linear").file_token
    return getattr(group, operation)(**arguments)


def model_of(content: dict[str, Any], types: tuple[type, ...], connection: ApiClient) -> Any:
    """JSON as the client's model, and what is inside of it as well."""
    model_utils = importlib.import_module("airflow_client.client.model_utils")
    return model_utils.validate_and_convert_types(
        copy.deepcopy(content), types, ["body"], True, True, connection.configuration
    )


def connected() -> Iterator[ApiClient]:
    """The client of a live fake in which something stands everywhere."""
    with LoopbackServer(web_server()) as server:
        configuration = client.Configuration(host=f"{server.url}/api/v1", username="admin", password="admin-pw")
        with client.ApiClient(configuration) as connection:
            for path, body in (
                ("/connections", {"connection_id": "warehouse", "conn_type": "postgres", "port": 5432, "extra": "{}"}),
                ("/datasets/events", {"dataset_uri": DATASET, "extra": {"by": "hand"}}),
                ("/pools", {"name": "small", "slots": 2, "description": "a pool"}),
                ("/roles", {"name": "Analyst", "actions": READING_DAGS}),
            ):
                headers = {"Content-Type": "application/json"}
                connection.call_api(path, "POST", body=body, header_params=headers, auth_settings=["Basic"])
            yield connection


def web_server() -> WebServer:
    """A deployment with runs that are over."""
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
