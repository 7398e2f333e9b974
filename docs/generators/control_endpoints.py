"""The page of control endpoints, from the docstrings of those who answer them."""

from __future__ import annotations

from docs.generators.markdown import code, from_docstring, page, table
from fake_server import control

_INTRODUCTION = """\
A live environment (`mwaa_live`, `FakeMWAA(live=True)`, `fake-mwaa`) can be steered from outside, under the address of
its web server. These endpoints do what the handle does in Python."""


def control_endpoints_page() -> str:
    """The table and the rules that stand in the module's docstring."""
    _, rows, rules = _parts(control.__doc__ or "")
    return page(
        "Control endpoints",
        _INTRODUCTION,
        table(("method", "path", "what it does"), rows),
        from_docstring(rules),
        "The keywords of a fault are " + ", ".join(map(code, control.FAULT_KEYWORDS)) + "; see "
        "[faults](../how-to/faults.md).",
    )


def _parts(docstring: str) -> tuple[str, list[tuple[str, str, str]], str]:
    """What stands before, in and after the docstring's one table."""
    before, table_text, after = _around_rules(docstring.splitlines())
    rows = []
    for line in table_text:
        request, _, meaning = line.partition("  ")
        method, _, path = request.partition(" ")
        rows.append((method, code(control.PREFIX + path.strip("` ")), from_docstring(meaning.strip())))
    return before, rows, after


def _around_rules(lines: list[str]) -> tuple[str, list[str], str]:
    first, last = (number for number, line in enumerate(lines) if line.startswith("==="))
    return "\n".join(lines[:first]), lines[first + 1 : last], "\n".join(lines[last + 1 :])
