"""Prints the replay scores: per recording, how many answers are as recorded."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """A line per recording; works with xdist too, since it reads the reports."""
    scores: dict[str, Counter[str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "replay" and report.when == "call":
                    file, verdict, *count = value
                    scores.setdefault(file, Counter())[verdict] += count[0] if count else 1
    if not scores:
        return
    terminalreporter.section("replay of recorded answers")
    total: Counter[str] = Counter()
    for file in sorted(scores):
        total.update(scores[file])
        terminalreporter.write_line(_line(file, scores[file]))
    terminalreporter.write_line(_line("all", total))


def _line(name: str, score: Counter[str]) -> str:
    recorded = sum(score.values()) - score["needs a live value"]
    remarks = [f"{score[key]} {key}" for key in ("known difference", "needs a live value", "differs") if score[key]]
    return f"{name}: {score['equal']} / {recorded} equal{'; ' if remarks else ''}{', '.join(remarks)}"
