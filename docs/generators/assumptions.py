"""The page of assumptions, from their table."""

from __future__ import annotations

from docs.generators.markdown import code, page, table
from fake_server.assumptions import ASSUMPTIONS, Assumption

_INTRODUCTION = """\
Amazon MWAA's own endpoints are closed source. Where their behaviour is not public, the fake had to choose, and every
such choice stands on this page: what is assumed, where that comes from, and how sure it is.

| confidence | what it means |
|---|---|
| HIGH | AWS's documentation says so, or several independent clients rely on it |
| MEDIUM | one or two clients rely on it, or it follows from something that is known |
| LOW | a guess with little support |

If your environment answers otherwise, say so with the setting `assume`, for one test or for the whole run:
`@pytest.mark.mwaa(assume={"failed_command_status": 400})`, `--mwaa-assume=failed_command_status=400`. In a running
environment it is `mwaa.assumptions["failed_command_status"] = 400`. A client that has to survive both can be tested
with both, by `pytest.mark.parametrize`."""


def assumptions_page() -> str:
    """All assumptions, the most doubtful first, since they are what a reader should know of."""
    headings = ("name", "default", "what is assumed", "source")
    blocks = []
    for confidence in ("LOW", "MEDIUM", "HIGH"):
        rows = [_row(assumption) for assumption in ASSUMPTIONS if assumption.confidence == confidence]
        blocks += [
            f"## {confidence.capitalize()} confidence",
            table(headings, rows),
        ]
    return page("Assumptions about Amazon MWAA", _INTRODUCTION, *blocks)


def _row(assumption: Assumption) -> tuple[str, str, str, str]:
    others = [repr(choice) for choice in assumption.choices if choice != assumption.default]
    default = code(repr(assumption.default)) + (f" (or {', '.join(map(code, others))})" if others else "")
    return code(assumption.name), default, assumption.statement, assumption.source
