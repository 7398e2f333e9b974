"""The recorded answers of real Airflow, as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RECORDINGS = HERE / "recordings"
SEED = HERE / "seeds" / "dags.json"
#: Version to what was there at the beginning of its recordings.
SEEDS = {"1.10.12": HERE / "seeds" / "dags_1_10.json", "2.10.5": SEED}


@dataclass(frozen=True)
class Case:
    """One line of a recording: a request with its answer, or a step between requests."""

    file: str
    number: int
    name: str
    content: dict[str, Any]

    @property
    def id(self) -> str:
        """How the list of known differences names it."""
        return f"{self.file}:{self.number}"

    @property
    def is_request(self) -> bool:
        return "request" in self.content


@cache
def cases(file: str) -> tuple[Case, ...]:
    """The lines of the recording ``file`` (a path below ``recordings/``), in order."""
    lines = (RECORDINGS / file).read_text("utf-8").splitlines()
    contents = [json.loads(line) for line in lines]
    return tuple(Case(file, c.get("n", i), c.get("name", ""), c) for i, c in enumerate(contents, 1))


@cache
def known_differences(name: str) -> dict[str, str]:
    """Case id to the reason why the fake answers otherwise on purpose."""
    entries: dict[str, str] = json.loads((HERE / name).read_text("utf-8"))
    return entries
