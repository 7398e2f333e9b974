"""The page of pitfalls, from their table."""

from __future__ import annotations

from docs.generators.markdown import code, page, table
from pytest_mwaa.pitfalls import PITFALLS

_INTRODUCTION = """\
Situations that trip up clients of Amazon MWAA. A test with the fixture `mwaa_pitfall` runs once in each of them; how to
write one stands in [the guide](../how-to/pitfalls.md). `pytest --mwaa-pitfalls` prints this list."""


def pitfalls_page() -> str:
    """All pitfalls, in the order in which tests run in them."""
    rows = [
        (code(pitfall.name), pitfall.behaviour, pitfall.remedy, pitfall.confidence, pitfall.source)
        for pitfall in PITFALLS.values()
    ]
    return page(
        "Pitfalls",
        _INTRODUCTION,
        table(("name", "what the real MWAA does", "what helps", "confidence", "source"), rows),
    )
