"""As each recorded version of Airflow 2, the fake answers what that version was recorded to answer."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.oracle.http_replay import Outcome
from tests.oracle.recorded_cases import Case, known_differences
from tests.oracle.version_recordings import recorded_versions
from tests.oracle.version_sessions import outcomes, steps_of

KNOWN_DIFFERENCES = known_differences("known_differences_versions.json")
VERSIONS = recorded_versions()
ALL_CASES = [
    pytest.param(version, case, id=f"{case.id} {case.name[:80]}") for version in VERSIONS for case in steps_of(version)
]


@pytest.mark.parametrize(("version", "case"), ALL_CASES)
def test_recorded_answer(version: str, case: Case, record_property: Callable[[str, object], None]) -> None:
    """Requests: status, media type, headers that clients read and body. Commands: exit code, stdout and stderr."""
    outcome = outcomes(version)[case.id]
    if case.id in KNOWN_DIFFERENCES:
        record_property("replay", [case.file, "known difference"])
        assert not outcome.equal, f"{case.id} is as recorded now: take it off the list of known differences"
        return
    record_property("replay", [case.file, "equal" if outcome.equal else "differs"])
    assert outcome.equal, _explain(outcome)


def test_every_known_difference_names_a_step_and_a_reason() -> None:
    assert set(KNOWN_DIFFERENCES) <= {case.id for version in VERSIONS for case in steps_of(version)}
    assert all(len(reason) > 20 for reason in KNOWN_DIFFERENCES.values())


def test_all_versions_were_asked_the_same() -> None:
    asked = [[case.content["step"] for case in steps_of(version)] for version in VERSIONS]
    assert len(asked) > 1
    assert all(steps == asked[0] for steps in asked)


def _explain(outcome: Outcome) -> str:
    def lines(answer: dict[str, Any]) -> list[str]:
        text = json.dumps(answer, indent=1, ensure_ascii=False, sort_keys=True)
        return text.replace("\\n", "\n").splitlines()

    pair = (lines(outcome.expected), lines(outcome.actual))
    return "\n".join(difflib.unified_diff(*pair, "recorded", "answered", lineterm="", n=1))
