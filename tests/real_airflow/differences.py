"""The known differences between the fake and a real Airflow, each with its reason and the steps that show it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real_airflow.comparison import Divergence
from tests.real_airflow.steps import Step, step_of

FILE = Path(__file__).parent / "known_differences.json"


@dataclass(frozen=True)
class KnownDifference:
    """Where the fake answers otherwise on purpose, or the real Airflow does by chance."""

    #: A regular expression for the beginning of the step's text, such as ``GET /api/v1/pools\\b``.
    step: re.Pattern[str]
    #: A regular expression that occurs in the difference of the two answers.
    difference: re.Pattern[str]
    reason: str
    #: The shortest way there: the last of these steps is answered differently.
    steps: tuple[Step, ...]
    #: Whether both are in the same state afterwards all the same, so that there is something left to compare.
    harmless: bool

    def explains(self, divergence: Divergence) -> bool:
        """Whether this is what was seen."""
        return bool(self.step.match(str(divergence.step)) and self.difference.search(divergence.difference))


@functools.cache
def known_differences() -> tuple[KnownDifference, ...]:
    """All of them, in the order of the file."""
    entries: list[Mapping[str, Any]] = json.loads(FILE.read_text("utf-8"))
    return tuple(
        KnownDifference(
            step=re.compile(entry["step"]),
            difference=re.compile(entry["difference"], re.MULTILINE),
            reason=entry["reason"],
            steps=tuple(step_of(step) for step in entry["steps"]),
            harmless=entry.get("harmless", False),
        )
        for entry in entries
    )


def explanation(divergence: Divergence) -> KnownDifference | None:
    """The first known difference that explains what was seen."""
    return next((known for known in known_differences() if known.explains(divergence)), None)
