"""The fake and a real Airflow give the same answers, whatever is asked of them in whatever order.

Environment variables set the budget: REAL_AIRFLOW_STEPS (answers to compare), REAL_AIRFLOW_SECONDS (to stop earlier).
What is asked depends on REAL_AIRFLOW_SEED alone, a number; it comes in batches, and REAL_AIRFLOW_BATCH is the first.
A difference ends an example, not the run. With REAL_AIRFLOW_SHRINK=1 the run ends with the first, made as short as
Hypothesis can.
"""

from __future__ import annotations

import os
import sys
import time

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.real_airflow.comparison import Divergence, SideBySide
from tests.real_airflow.differences import KnownDifference, known_differences
from tests.real_airflow.machine import Tally, machine_for

STEPS = int(os.environ.get("REAL_AIRFLOW_STEPS", "12000"))
SECONDS = float(os.environ.get("REAL_AIRFLOW_SECONDS", "600"))
SEED = int(os.environ.get("REAL_AIRFLOW_SEED", "0"))
FIRST_BATCH = int(os.environ.get("REAL_AIRFLOW_BATCH", "0"))
SHRINKS = os.environ.get("REAL_AIRFLOW_SHRINK") == "1"
#: The simplest example, which asks nothing, and one at random. More would mostly be variations of these.
SETTINGS = settings(
    max_examples=2,
    stateful_step_count=50,
    deadline=None,
    database=None,
    print_blob=False,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def test_same_answers(both: SideBySide, capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    start = time.perf_counter()
    batch = FIRST_BATCH
    try:
        while tally.compared.total() < STEPS and time.perf_counter() - start < SECONDS:
            seen = len(tally.unexplained)
            machine = seed(SEED * 1_000_000 + batch)(machine_for(both, tally, collects=not SHRINKS))
            run_state_machine_as_test(machine, settings=SETTINGS)
            # A long run is read while it goes on.
            with capsys.disabled():
                for story in tally.unexplained[seen:]:
                    sys.stdout.write(f"\nUnexplained, in batch {batch}:\n{story}\n")
            batch += 1
    finally:
        with capsys.disabled():
            sys.stdout.write(f"\n{_report(tally, time.perf_counter() - start)}\n")
    assert not tally.unexplained, f"{len(tally.unexplained)} unexplained differences stand above"


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
    found = f"{len(tally.unexplained)} unexplained differences, {tally.known.total()} known ones"
    lines = [f"{tally.compared.total():,} answers compared in {seconds:.0f} s (seed {SEED}): {found}."]
    lines += [f"  {count} x {reason}" for reason, count in tally.known.most_common()]
    lines.append("Asked, and how much of it Airflow did:")
    lines += [
        f"  {about.replace('_', ' '):<24}{count:>6,}{tally.succeeded[about] / count:>6.0%}"
        for about, count in sorted(tally.compared.items())
    ]
    return "\n".join(lines)
