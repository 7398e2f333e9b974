"""The recorded steps of single versions of Airflow 2, asked of the fake of that version."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.oracle.http_replay import Outcome, RecordedClock
from tests.oracle.recorded_cases import Case
from tests.oracle.version_recordings import FILE, recording
from tests.real_airflow.fake import FakeAirflow
from tests.real_airflow.steps import step_of
from tests.real_airflow.version_answers import VersionAnswers, compared


def steps_of(version: str) -> Iterator[Case]:
    """The steps of a version, each with the answer that was recorded."""
    for line in recording(version)[1:]:
        step = step_of({name: line[name] for name in line if name not in ("n", "answer")})
        yield Case(f"{version}/{FILE}", line["n"], str(step), {"step": step, "answer": line["answer"]})


@functools.cache
def outcomes(version: str) -> Mapping[str, Outcome]:
    """What came of each, by case id. They are asked in order, for each finds what the ones before it left behind."""
    folder = Path(recording(version)[0]["dags_folder"])
    answers = VersionAnswers(
        dags_folder=folder, home=Path("/usr/local/airflow"), site_packages=Path("/nowhere/site-packages")
    )
    fake = FakeAirflow(folder, version=version, new_clock=RecordedClock)
    found = {}
    for case in steps_of(version):
        step = case.content["step"]
        # JSON knows no tuples.
        actual = json.loads(json.dumps(answers.ask(fake, step)))
        found[case.id] = Outcome(case, compared(step, case.content["answer"]), actual)
    return found
