"""The fake's command line prints what those of real Airflow 1.10.12 and 2.10.5 were recorded to print."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.oracle.cli_sessions import RECORDINGS, commands_of, outcomes, replayed
from tests.oracle.recorded_cases import Case, cases, known_differences

KNOWN_DIFFERENCES = known_differences("known_differences_cli.json")
ALL_CASES = [
    pytest.param(case, id=f"{case.id} {' '.join(case.content['argv'])[:60]}")
    for file in RECORDINGS
    for case in commands_of(file)
]
EXPORTED = [
    pytest.param(case, id=f"{case.id} {case.content['file']}")
    for file in RECORDINGS
    for case in cases(file)
    if "file" in case.content
]


@pytest.mark.parametrize("case", ALL_CASES)
def test_recorded_command(case: Case, record_property: Callable[[str, object], None]) -> None:
    """Exit code, stdout and stderr are as recorded."""
    outcome = outcomes(case.file)[case.id]
    if case.id in KNOWN_DIFFERENCES:
        record_property("replay", [case.file, "known difference"])
        assert not outcome.equal, f"{case.id} is as recorded now: take it off the list of known differences"
        return
    record_property("replay", [case.file, "equal" if outcome.equal else "differs"])
    assert outcome.equal, _explain(outcome.expected, outcome.actual)


@pytest.mark.parametrize("case", EXPORTED)
def test_exported_file(case: Case) -> None:
    """The files that commands write hold what was recorded; they stand in memory only."""
    name = case.content["file"].removesuffix(" exported")
    assert replayed(case.file).exported(name) == case.content["content"]


def test_every_known_difference_names_a_case_and_a_reason() -> None:
    ids = {case.id for file in RECORDINGS for case in commands_of(file)}
    assert set(KNOWN_DIFFERENCES) <= ids
    assert all(len(reason) > 20 for reason in KNOWN_DIFFERENCES.values())


def _explain(expected: dict[str, Any], actual: dict[str, Any]) -> str:
    def lines(answer: dict[str, Any]) -> list[str]:
        return json.dumps(answer, indent=1, ensure_ascii=False).replace("\\n", "\n").splitlines()

    return "\n".join(difflib.unified_diff(lines(expected), lines(actual), "recorded", "printed", lineterm="", n=1))
