"""Asks the real Airflow and the fake the same, and compares what they answer."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from typing import Any

from tests.real_airflow.fake import FakeAirflow
from tests.real_airflow.neutral_answers import NeutralAnswers
from tests.real_airflow.server import RealAirflow
from tests.real_airflow.steps import Step


class Divergence(AssertionError):
    """The fake answers otherwise than the real Airflow."""

    def __init__(self, step: Step, real: Any, fake: Any) -> None:
        self.step = step
        lines = [json.dumps(answer, indent=1, ensure_ascii=False, sort_keys=True) for answer in (real, fake)]
        left, right = (text.replace("\\n", "\n").splitlines() for text in lines)
        self.difference = "\n".join(difflib.unified_diff(left, right, "real", "fake", lineterm="", n=1))
        super().__init__(f"{step}\n{self.difference}")


@dataclass
class SideBySide:
    """A real Airflow and the fake, in the same state."""

    real: RealAirflow
    fake: FakeAirflow
    #: How many answers were compared.
    compared: int = 0
    _neutral: NeutralAnswers = field(init=False)

    def __post_init__(self) -> None:
        self._neutral = NeutralAnswers(
            dags_folder=self.real.dags_folder,
            home=self.real.folder,
            site_packages=self.real.installation.package.parent,
        )

    def restore(self) -> None:
        """Bring both back to the state that the real one was saved in."""
        self.real.restore()
        self.fake.restore()

    def ask(self, step: Step) -> Any:
        """Compare the answers to ``step``; the status or exit code that both have.

        :raises Divergence: when they differ.
        """
        self.compared += 1
        real, fake = (self._neutral.ask(side, step) for side in (self.real, self.fake))
        if real != fake:
            raise Divergence(step, real, fake)
        return real.get("status", real.get("exit"))
