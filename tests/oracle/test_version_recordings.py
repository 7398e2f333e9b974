"""As each recorded version of Airflow 2, the fake answers what that version was recorded to answer."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.oracle.http_replay import RecordedClock
from tests.oracle.recorded_cases import HERE
from tests.oracle.version_recordings import Line, recorded_versions, recording
from tests.real_airflow.fake import FakeAirflow
from tests.real_airflow.steps import step_of
from tests.real_airflow.version_answers import VersionAnswers, compared

#: Version to the steps, by number, that it answers otherwise on purpose or for want of a reason to do better.
KNOWN_DIFFERENCES: dict[str, dict[str, str]] = json.loads((HERE / "known_differences_versions.json").read_text("utf-8"))


class Outcome(NamedTuple):
    """What came of one step."""

    expected: dict[str, Any]
    actual: dict[str, Any]


def _steps(version: str) -> tuple[Line, ...]:
    return recording(version)[1:]


@functools.cache
def _outcomes(version: str) -> dict[int, Outcome]:
    """All steps in order, for each finds what the ones before it left behind."""
    folder = Path(recording(version)[0]["dags_folder"])
    answers = VersionAnswers(
        dags_folder=folder, home=Path("/usr/local/airflow"), site_packages=Path("/nowhere/site-packages")
    )
    fake = FakeAirflow(folder, version=version, new_clock=RecordedClock)
    found = {}
    for line in _steps(version):
        step = step_of({name: line[name] for name in line if name not in ("n", "answer")})
        # Round as JSON makes it: the recording knows no tuples.
        actual = json.loads(json.dumps(answers.ask(fake, step)))
        found[line["n"]] = Outcome(compared(step, line["answer"]), actual)
    return found


@pytest.mark.parametrize(
    ("version", "number"),
    [
        pytest.param(version, line["n"], id=f"{version}:{line['n']} {line.get('path') or ' '.join(line['argv'])}"[:90])
        for version in recorded_versions()
        for line in _steps(version)
    ],
)
def test_recorded_answer(version: str, number: int, record_property: Callable[[str, object], None]) -> None:
    """Requests: status, media type, headers that clients read and body. Commands: exit code, stdout and stderr."""
    outcome = _outcomes(version)[number]
    is_equal = outcome.expected == outcome.actual
    if str(number) in KNOWN_DIFFERENCES.get(version, {}):
        record_property("replay", [f"{version}/steps.jsonl", "known difference"])
        assert not is_equal, f"{version}:{number} is as recorded now: take it off the list of known differences"
        return
    record_property("replay", [f"{version}/steps.jsonl", "equal" if is_equal else "differs"])
    assert is_equal, _explain(outcome)


def test_every_known_difference_names_a_step_and_a_reason() -> None:
    for version, entries in KNOWN_DIFFERENCES.items():
        assert {int(number) for number in entries} <= {line["n"] for line in _steps(version)}
        assert all(len(reason) > 20 for reason in entries.values())


def test_all_versions_were_asked_the_same() -> None:
    asked = [
        [{name: line[name] for name in line if name != "answer"} for line in _steps(version)]
        for version in recorded_versions()
    ]
    assert asked
    assert all(steps == asked[0] for steps in asked)


def _explain(outcome: Outcome) -> str:
    def lines(answer: dict[str, Any]) -> list[str]:
        text = json.dumps(answer, indent=1, ensure_ascii=False, sort_keys=True)
        return text.replace("\\n", "\n").splitlines()

    pair = (lines(outcome.expected), lines(outcome.actual))
    return "\n".join(difflib.unified_diff(*pair, "recorded", "answered", lineterm="", n=1))
