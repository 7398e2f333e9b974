from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from moto.moto_api import state_manager

from fake_server.aws.exceptions import ValidationException
from fake_server.aws.lifecycle import MODEL_NAME
from fake_server.aws.models import MWAABackend
from fake_server.options import EnvironmentOptions
from tests.aws.conftest import REQUIRED

SetTransition = Callable[..., None]


@pytest.fixture
def set_transition() -> Iterator[SetTransition]:
    def set_transition(**transition: Any) -> None:
        state_manager.set_transition(MODEL_NAME, transition)

    yield set_transition
    state_manager.unset_transition(MODEL_NAME)


def statuses(client: Any, count: int) -> list[str]:
    return [client.get_environment(Name="etl")["Environment"]["Status"] for _ in range(count)]


def test_moto_knows_the_model() -> None:
    assert MODEL_NAME in state_manager.get_registered_models()
    assert state_manager.get_transition(MODEL_NAME) == {"progression": "immediate"}


def test_available_at_once(client: Any) -> None:
    client.create_environment(Name="etl", **REQUIRED)
    assert statuses(client, 1) == ["AVAILABLE"]


def test_available_after_calls(client: Any, set_transition: SetTransition) -> None:
    set_transition(progression="manual", times=2)
    client.create_environment(Name="etl", **REQUIRED)
    assert statuses(client, 3) == ["CREATING", "AVAILABLE", "AVAILABLE"]
    client.update_environment(Name="etl", MaxWorkers=3)
    assert statuses(client, 2) == ["UPDATING", "AVAILABLE"]
    client.update_environment(Name="etl", AirflowVersion="2.9.2")
    assert statuses(client, 4) == ["CREATING_SNAPSHOT", "UPDATING", "UPDATING", "AVAILABLE"]
    client.delete_environment(Name="etl")
    assert statuses(client, 1) == ["DELETING"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_environment(Name="etl")


def test_available_after_seconds_of_the_clock(client: Any, backend: MWAABackend, set_transition: SetTransition) -> None:
    set_transition(progression="time", seconds=1500)
    clock = backend.create_environment("etl").clock
    assert statuses(client, 2) == ["CREATING", "CREATING"]
    clock.advance(1499)
    assert statuses(client, 1) == ["CREATING"]
    clock.advance(2)
    assert statuses(client, 1) == ["AVAILABLE"]


def test_all_that_was_due_happens(client: Any, backend: MWAABackend, set_transition: SetTransition) -> None:
    set_transition(progression="time", seconds=100)
    clock = backend.create_environment("etl", {"EndpointManagement": "CUSTOMER"}).clock
    assert statuses(client, 1) == ["PENDING"]
    clock.advance(150)
    assert statuses(client, 1) == ["CREATING"]
    clock.advance(50)
    assert statuses(client, 1) == ["AVAILABLE"]


def test_update_takes_effect_when_its_time_is_over(
    client: Any, backend: MWAABackend, set_transition: SetTransition
) -> None:
    environment = backend.create_environment("etl")
    assert environment.status == "AVAILABLE"
    set_transition(progression="time", seconds=60)
    client.update_environment(Name="etl", AirflowConfigurationOptions={"api.maximum_page_limit": "7"})
    description = client.get_environment(Name="etl")["Environment"]
    assert description["LastUpdate"]["Status"] == "PENDING"
    assert description["AirflowConfigurationOptions"] == {}
    environment.clock.advance(61)
    description = client.get_environment(Name="etl")["Environment"]
    assert description["LastUpdate"]["Status"] == "SUCCESS"
    assert description["AirflowConfigurationOptions"] == {"api.maximum_page_limit": "7"}
    assert environment.airflow.config.get("api", "maximum_page_limit") == "7"


def test_tokens_only_while_available(client: Any, backend: MWAABackend, set_transition: SetTransition) -> None:
    set_transition(progression="time", seconds=60)
    clock = backend.create_environment("etl").clock
    for call in (client.create_cli_token, client.create_web_login_token):
        with pytest.raises(client.exceptions.ResourceNotFoundException, match="not available: it is in CREATING"):
            call(Name="etl")
    clock.advance(61)
    assert client.create_cli_token(Name="etl")["CliToken"]


def test_error_for_an_unavailable_environment_is_an_assumption(
    client: Any, backend: MWAABackend, set_transition: SetTransition
) -> None:
    set_transition(progression="time", seconds=60)
    options = EnvironmentOptions(assumptions={"unavailable_environment_error": "ValidationException"})
    backend.create_environment("etl", options=options)
    with pytest.raises(client.exceptions.ValidationException, match="CREATING"):
        client.create_web_login_token(Name="etl")


def test_one_change_at_a_time(client: Any, backend: MWAABackend, set_transition: SetTransition) -> None:
    set_transition(progression="time", seconds=60)
    backend.create_environment("etl")
    for call in (client.update_environment, client.delete_environment):
        with pytest.raises(client.exceptions.ValidationException, match="CREATING"):
            call(Name="etl")


def test_failed_creation(client: Any, backend: MWAABackend) -> None:
    environment = backend.create_environment("etl")
    environment.fail("INCORRECT_CONFIGURATION", "You may need to check the execution role permissions policy")
    description = client.get_environment(Name="etl")["Environment"]
    assert description["Status"] == "CREATE_FAILED"
    assert description["LastUpdate"]["Status"] == "FAILED"
    assert description["LastUpdate"]["Error"] == {
        "ErrorCode": "INCORRECT_CONFIGURATION",
        "ErrorMessage": "You may need to check the execution role permissions policy",
    }
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.create_cli_token(Name="etl")
    client.delete_environment(Name="etl")


def test_failed_update_leaves_the_environment_at_work(
    client: Any, backend: MWAABackend, set_transition: SetTransition
) -> None:
    environment = backend.create_environment("etl")
    assert environment.status == "AVAILABLE"
    set_transition(progression="time", seconds=60)
    client.update_environment(Name="etl", MaxWorkers=3)
    environment.fail("INCORRECT_CONFIGURATION", "no")
    description = client.get_environment(Name="etl")["Environment"]
    assert (description["Status"], description["MaxWorkers"]) == ("UPDATE_FAILED", 10)
    assert client.create_cli_token(Name="etl")["CliToken"]
    client.update_environment(Name="etl", MaxWorkers=4)
    environment.clock.advance(61)
    description = client.get_environment(Name="etl")["Environment"]
    assert (description["Status"], description["MaxWorkers"]) == ("AVAILABLE", 4)
    assert "Error" not in description["LastUpdate"]


def test_what_is_being_deleted_cannot_fail(backend: MWAABackend, set_transition: SetTransition) -> None:
    environment = backend.create_environment("etl")
    assert environment.status == "AVAILABLE"
    set_transition(progression="time", seconds=60)
    backend.delete_environment("etl")
    with pytest.raises(ValidationException, match="DELETING"):
        environment.fail("X", "x")


def test_web_server_is_up_when_the_environment_is(backend: MWAABackend, set_transition: SetTransition) -> None:
    set_transition(progression="time", seconds=60)
    environment = backend.create_environment("etl")
    health = f"https://{environment.hostname}/api/v1/health"
    assert requests.get(health, timeout=5).status_code == 502
    environment.clock.advance(61)
    assert requests.get(health, timeout=5).status_code == 200


def test_impossible_auth_backend_may_show_as_a_failure(client: Any, backend: MWAABackend) -> None:
    options = EnvironmentOptions(assumptions={"impossible_auth_backends": "failed"})
    nonsense = {"AirflowConfigurationOptions": {"api.auth_backends": "nonsense"}}
    environment = backend.create_environment("etl", nonsense, options=options)
    last_update = client.get_environment(Name="etl")["Environment"]["LastUpdate"]
    assert environment.status == "CREATE_FAILED"
    assert last_update["Error"]["ErrorCode"] == "INCORRECT_CONFIGURATION"
    assert "no API auth backend 'nonsense'" in last_update["Error"]["ErrorMessage"]
    assert requests.get(f"https://{environment.hostname}/home", timeout=5).status_code == 502
    client.delete_environment(Name="etl")
    environment = backend.create_environment("etl", options=options)
    client.update_environment(Name="etl", **nonsense)
    assert environment.status == "UPDATE_FAILED"
    assert client.create_cli_token(Name="etl")["CliToken"]
    assert requests.get(f"https://{environment.hostname}/api/v1/health", timeout=5).status_code == 200
