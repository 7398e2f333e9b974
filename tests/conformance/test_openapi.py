"""Airflow's OpenAPI file, the fake, and schemathesis: the fake fails no check that a real Airflow passes.

AIRFLOW_OPENAPI names the file; tox sets it. With REAL_AIRFLOW, a folder with a real Airflow, that one is asked whatever
the fake fails and is not known to fail as well; what it fails too is added to what is known.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import failures
from tests.conformance.specification import FILE_TOKEN, specification
from tests.conformance.targets import Target, fake_target, real_target

schemathesis = pytest.importorskip("schemathesis", reason="`tox -e conformance` installs it")
if "AIRFLOW_OPENAPI" not in os.environ:
    pytest.skip("needs Airflow's OpenAPI file, which `tox -e conformance` fetches", allow_module_level=True)

REAL_AIRFLOW = os.environ.get("REAL_AIRFLOW")
#: Requests for each operation, besides those that are made from the specification without chance.
EXAMPLES = int(os.environ.get("MWAA_CONFORMANCE_EXAMPLES", "20"))
SCHEMA = schemathesis.openapi.from_dict(specification(Path(os.environ["AIRFLOW_OPENAPI"])))
SCHEMA.config.seed = 1
SCHEMA.config.generation.update(max_examples=EXAMPLES, database="none")


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The live fake."""
    with fake_target(tmp_path_factory.mktemp("fake")) as target:
        yield target


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target | None]:
    """The real Airflow, when there is one."""
    if REAL_AIRFLOW is None:
        yield None
        return
    with real_target(Path(REAL_AIRFLOW), tmp_path_factory.mktemp("real") / "home") as target:
        yield target


@pytest.fixture(scope="module")
def known() -> Iterator[dict[str, list[str]]]:
    """What a real Airflow fails, by operation; what is added to it is written down."""
    known_failures = failures.recorded()
    yield known_failures
    if REAL_AIRFLOW is not None:
        failures.record(known_failures)


@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
def test_fails_no_check_that_a_real_airflow_passes(
    case: Any, fake: Target, real: Target | None, known: dict[str, list[str]]
) -> None:
    accepted = known.setdefault(case.operation.label, [])
    found = failures_of(fake, case)
    if real is not None and not found.keys() <= set(accepted):
        accepted += failures_of(real, case).keys() & found.keys() - set(accepted)
    unexpected = [message for words, message in found.items() if words not in accepted]
    assert not unexpected, "\n".join([*unexpected, case.as_curl_command()])


def failures_of(target: Target, case: Any) -> dict[str, str]:
    """The checks that the answer to a request fails: in few words, and in many."""
    target.be_as_prepared()
    wants_file = case.path_parameters.get("file_token") == FILE_TOKEN
    if wants_file:
        case.path_parameters["file_token"] = target.file_token
    response = case.call(base_url=f"{target.url}/api/v1", headers=target.headers)
    target.note(case.method, response.status_code)
    try:
        case.validate_response(response)
    except schemathesis.core.failures.FailureGroup as group:
        found = {failures.words(response.status_code, failure): failure for failure in group.exceptions}
        return {words: f"{words}\n{failure.message}\n{response.text}" for words, failure in found.items()}
    finally:
        if wants_file:
            case.path_parameters["file_token"] = FILE_TOKEN
    return {}
