"""The fake answers what real Airflow 2.10.5 was recorded to answer."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.oracle.recorded_cases import Case, known_differences
from tests.oracle.sessions import SESSIONS, outcomes, requests_of

KNOWN_DIFFERENCES = known_differences("known_differences_http.json")
ALL_CASES = [
    pytest.param(session, case, id=f"{case.id} {case.name}") for session in SESSIONS for case in requests_of(session)
]


@pytest.mark.parametrize(("session", "case"), ALL_CASES)
def test_recorded_answer(session: str, case: Case, record_property: Callable[[str, object], None]) -> None:
    """Status, media type, WWW-Authenticate, other headers that clients read, and the body are as recorded."""
    outcome = outcomes(session)[case.id]
    if outcome is None:
        record_property("replay", [case.file, "needs a live value"])
        pytest.skip("the request holds a value of the recorded session, such as a CSRF token")
    if case.id in KNOWN_DIFFERENCES:
        record_property("replay", [case.file, "known difference"])
        assert not outcome.equal, f"{case.id} is as recorded now: take it off the list of known differences"
        return
    record_property("replay", [case.file, "equal" if outcome.equal else "differs"])
    assert outcome.equal, _explain(outcome.expected, outcome.actual)


def test_every_known_difference_names_a_case_and_a_reason() -> None:
    ids = {case.id for session in SESSIONS for case in requests_of(session)}
    assert set(KNOWN_DIFFERENCES) <= ids
    assert all(len(reason) > 20 for reason in KNOWN_DIFFERENCES.values())


def _explain(expected: dict[str, Any], actual: dict[str, Any]) -> str:
    def lines(answer: dict[str, Any]) -> list[str]:
        return json.dumps(answer, indent=1, ensure_ascii=False, sort_keys=True).splitlines()

    return "\n".join(difflib.unified_diff(lines(expected), lines(actual), "recorded", "answered", lineterm="", n=1))
