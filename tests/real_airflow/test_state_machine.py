"""The fake and a real Airflow give the same answers, whatever is asked of them in whatever order.

Environment variables set the budget: REAL_AIRFLOW_STEPS (answers to compare), REAL_AIRFLOW_SECONDS (to stop earlier).
With REAL_AIRFLOW_COLLECT=FILE the run goes on after a difference, and writes all that it has seen into that file.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.real_airflow.comparison import Divergence, SideBySide
from tests.real_airflow.differences import KnownDifference, known_differences
from tests.real_airflow.machine import Tally, machine_for

STEPS = int(os.environ.get("REAL_AIRFLOW_STEPS", "6000"))
SECONDS = float(os.environ.get("REAL_AIRFLOW_SECONDS", "420"))
COLLECT = os.environ.get("REAL_AIRFLOW_COLLECT")
#: A few examples at a time, between which the budget is looked at.
SETTINGS = settings(
    max_examples=10,
    stateful_step_count=50,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


def test_same_answers(both: SideBySide, capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    machine = machine_for(both, tally, collects=COLLECT is not None)
    start = time.perf_counter()
    try:
        while tally.compared.total() < STEPS and time.perf_counter() - start < SECONDS:
            run_state_machine_as_test(machine, settings=SETTINGS)
            if COLLECT is not None:
                Path(COLLECT).write_text("\n\n".join(tally.unexplained), "utf-8")
    finally:
        with capsys.disabled():
            sys.stdout.write(f"\n{_report(tally, time.perf_counter() - start)}\n")
    assert not tally.unexplained, f"{len(tally.unexplained)} differences stand in {COLLECT}"


@pytest.mark.parametrize("known", known_differences(), ids=lambda known: getattr(known, "reason", "none")[:60])
def test_known_difference_still_stands(known: KnownDifference, both: SideBySide) -> None:
    """Otherwise it is to be taken off the list."""
    *before, last = known.steps
    for step in before:
        both.ask(step)
    with pytest.raises(Divergence) as caught:
        both.ask(last)
    assert known.explains(caught.value)


def _report(tally: Tally, seconds: float) -> str:
    families = ", ".join(f"{name} {count:,}" for name, count in sorted(tally.compared.items()))
    total = f"{tally.compared.total():,} answers compared in {seconds:.0f} s ({families})"
    lines = [f"{total}; {len(tally.unexplained)} unexplained differences, {tally.known.total()} known ones"]
    lines += [f"  {count} x {reason}" for reason, count in tally.known.most_common()]
    return "\n".join(lines)
