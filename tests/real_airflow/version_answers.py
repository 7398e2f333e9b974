"""Answers as the recordings of single versions hold them: without what depends on the installation they came from."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.oracle.printed_texts import neutral_text
from tests.real_airflow.neutral_answers import NeutralAnswers, Side
from tests.real_airflow.steps import Command, Step

_MASKS = [
    (re.compile(r"\x1b\[[\d;]*m"), ""),
    # Which line of Airflow's says something.
    (re.compile(r"\{\w+\.py:\d+\}"), "{}"),
    (re.compile(r"(?<=\.py:)\d+(?= \w*Warning: )"), "<LINE>"),
    # What other packages warn of, and of which Airflow loads or misses.
    (re.compile(r"^.*(?:graphviz|Graphviz|Loaded API auth backend).*\n", re.MULTILINE), ""),
    (re.compile(r"^<SITE>/(?!airflow/).*Warning: .*\n", re.MULTILINE), ""),
    # SQLite, which MWAA does not have.
    (re.compile(r"^<SITE>/airflow/.* SAWarning: .*\n", re.MULTILINE), ""),
    # What switching on the experimental API is commented with.
    (re.compile(r"^<SITE>/airflow/www/(?:api/experimental|extensions)/.*Warning: .*\n", re.MULTILINE), ""),
    # Log lines on a console that may have colours show the time in another way up to 2.5.
    (re.compile(r"\[<DAY>(?: <TIME>|T<TIME>\+0000)\] (?=\{)"), "[<TIME>] "),
]


class VersionAnswers(NeutralAnswers):
    """Neutral answers, of which more is left out: lines of source files, warnings of other packages, row numbers."""

    def ask(self, side: Side, step: Step) -> dict[str, Any]:
        """What ``side`` answers."""
        answer = super().ask(side, step)
        return compared(step, answer)


def compared(step: Step, answer: dict[str, Any]) -> dict[str, Any]:
    """What is compared of an answer; nothing more is taken from what comes out of here."""
    if not isinstance(step, Command):
        if step.path.startswith("/api/v1/eventLogs?") and "json" in answer:
            # Every step before this one has its part in it.
            answer = {**answer, "json": {**answer["json"], "total_entries": "<COUNT>"}}
        # Of a query string, some releases of Werkzeug quote more than others.
        return json.loads(json.dumps(answer).replace("%3A", ":"))  # type: ignore[no-any-return]
    return {"exit": answer["exit"], **{name: _text(answer[name], step) for name in ("stdout", "stderr")}}


def _text(text: str, command: Command) -> str:
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return neutral_text(text, list(command.argv))
