"""Every operation against botocore's own model: each variant of its input, each declared error, each answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from moto import mock_aws

from fake_server.aws.models import MWAABackend, mwaa_backends
from fake_server.aws.operations import service_model
from fake_server.options import EnvironmentOptions
from tests.aws.conftest import ACCOUNT, REGION, make_client_of
from tests.aws.model_variants import (
    ACCEPTED,
    AIRFLOW,
    ARN,
    CONSTRAINT,
    MISSING,
    NAME,
    RULE,
    SAMPLES,
    TYPE,
    Variant,
    all_variants,
    fits,
    map_key_variants,
    members_of,
    readable,
)

VARIANTS = [*all_variants(), *map_key_variants()]
#: What an emulator of the whole of AWS publishes as the number of its variants for this service.
AT_LEAST = 564


@pytest.fixture(scope="session")
def unchecked_client(registered: None) -> Any:
    """A client that sends what it is given."""
    return make_client_of(config=Config(parameter_validation=False, retries={"max_attempts": 0}))


@pytest.fixture(scope="module")
def one_mock(registered: None) -> Iterator[MWAABackend]:
    """One for all: entering it costs more than a variant."""
    with mock_aws():
        yield mwaa_backends[ACCOUNT][REGION]


@pytest.fixture
def prepared(one_mock: MWAABackend) -> Callable[[str], MWAABackend]:
    def prepare(operation: str) -> MWAABackend:
        backend = one_mock
        backend.reset()
        if operation != "CreateEnvironment":
            # As the model says, which AWS may not keep to.
            backend.create_environment(NAME, options=EnvironmentOptions(assumptions={"rest_api_path_characters": 64}))
        return backend

    return prepare


def call(client: Any, operation: str, members: dict[str, Any]) -> dict[str, Any]:
    method = {model: python for python, model in client.meta.method_to_api_mapping.items()}[operation]
    answer: dict[str, Any] = getattr(client, method)(**members)
    return answer


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: readable(str(variant)))
def test_variant(variant: Variant, prepared: Callable[[str], MWAABackend], unchecked_client: Any) -> None:
    prepared(variant.operation)
    if variant.expected == TYPE:
        assert send_raw(variant) == (400, "SerializationException")
        return
    if variant.expected == ACCEPTED:
        check_output(variant.operation, call(unchecked_client, variant.operation, variant.members))
        return
    if variant.expected == AIRFLOW:
        with suppress(unchecked_client.exceptions.RestApiClientException):
            check_output(variant.operation, call(unchecked_client, variant.operation, variant.members))
        return
    with pytest.raises(ClientError) as refusal:
        call(unchecked_client, variant.operation, variant.members)
    error = refusal.value.response["Error"]
    code, status, words = EXPECTED_REFUSALS[variant.expected]
    assert (error["Code"], refusal.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert words in error["Message"]


EXPECTED_REFUSALS = {
    CONSTRAINT: ("ValidationException", 400, "failed to satisfy constraint: "),
    RULE: ("ValidationException", 400, ""),
    MISSING: ("ResourceNotFoundException", 404, ""),
}


def send_raw(variant: Variant) -> tuple[int, str]:
    """The variant as any other HTTP client would send it; the answer's status and code."""
    operation = service_model().operation_model(variant.operation)
    shapes = members_of(operation.input_shape)
    labels = {name: value for name, value in variant.members.items() if shapes[name].serialization.get("location")}
    body = {name: value for name, value in variant.members.items() if name not in labels}
    path = operation.http["requestUri"].format(**{name: quote(value, safe="") for name, value in labels.items()})
    answer = requests.request(
        operation.http["method"], f"https://api.airflow.{REGION}.amazonaws.com{path}", json=body, timeout=5
    )
    return answer.status_code, answer.headers["x-amzn-ErrorType"]


def check_output(operation: str, answer: dict[str, Any]) -> None:
    """That an answer is of the model's shape: types, required members, patterns, enumerations and sizes."""
    shape: Any = service_model().operation_model(operation).output_shape
    metadata = answer.pop("ResponseMetadata")
    assert metadata["HTTPStatusCode"] == 200
    assert metadata["HTTPHeaders"]["content-type"] == "application/json"
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()
    check_constraints(shape, answer)


def check_constraints(shape: Any, value: Any) -> None:
    if getattr(shape, "is_document_type", False):
        return
    if shape.type_name == "structure":
        for name, member in value.items():
            check_constraints(shape.members[name], member)
    elif shape.type_name == "list":
        for item in value:
            check_constraints(shape.member, item)
    elif shape.type_name == "map":
        for key, item in value.items():
            check_constraints(shape.key, key)
            check_constraints(shape.value, item)
    elif shape.type_name == "string":
        check_text(shape, value)


def check_text(shape: Any, value: str) -> None:
    assert not shape.metadata.get("enum") or value in shape.metadata["enum"], shape.name
    assert shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", len(value)), shape.name
    # The model asks for a scheme here. The service has never sent one, and clients put one before it.
    if shape.metadata.get("pattern") and shape.name != "WebserverUrl":
        assert fits(shape.metadata["pattern"], value), (shape.name, value)


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= AT_LEAST
    assert {variant.operation for variant in VARIANTS} == set(service_model().operation_names)


DECLARED_ERRORS = [
    (operation, error.name)
    for operation in service_model().operation_names
    for error in service_model().operation_model(operation).error_shapes
]


@pytest.mark.parametrize(("operation", "error"), DECLARED_ERRORS, ids=str)
def test_declared_error(
    operation: str, error: str, prepared: Callable[[str], MWAABackend], unchecked_client: Any
) -> None:
    backend = prepared(operation)
    shape: Any = service_model().shape_for(error)
    status = shape.metadata["error"]["httpStatusCode"]
    backend.faults.add(
        operation=operation,
        status=status,
        body={member: SAMPLES.get(member, "words") for member in shape.members if member.lower() == "message"},
        headers={"x-amzn-ErrorType": error},
    )
    members = next(variant.members for variant in VARIANTS if variant.operation == operation)
    modelled = getattr(unchecked_client.exceptions, error)
    with pytest.raises(modelled) as refusal:
        call(unchecked_client, operation, members)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    # It was for one call only.
    assert call(unchecked_client, operation, members)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_an_answer_has_nothing_that_an_older_model_lacks(prepared: Callable[[str], MWAABackend]) -> None:
    prepared("GetEnvironment")
    answer = requests.get(f"https://api.airflow.{REGION}.amazonaws.com/environments/{NAME}", timeout=5)
    assert not {"IdentityCenterConfiguration", "Teams"} & set(json.loads(answer.text)["Environment"])


def test_arn_sample_is_that_of_the_sample_name(prepared: Callable[[str], MWAABackend]) -> None:
    assert prepared("GetEnvironment").get_environment(NAME).arn == ARN
