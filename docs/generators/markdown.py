"""The little Markdown that the generated pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NOTICE = "<!-- Written by `python -m docs.generate`; changes made here are lost. -->"


def page(title: str, *blocks: str) -> str:
    """A whole page; the blocks are separated by empty lines."""
    return "\n\n".join((_NOTICE, f"# {title}", *(block.strip("\n") for block in blocks if block))) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. Cells are Markdown; bars and line ends in them are taken care of."""
    lines = [_row(headings), "|" + "---|" * len(headings), *(_row(cells) for cells in rows)]
    return "\n".join(lines)


def code(text: object) -> str:
    """``text`` as code, empty for an empty text."""
    return f"`{text}`" if str(text) else ""


def from_docstring(text: str) -> str:
    """The Markdown of a docstring's reStructuredText: its literals and references become code."""
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
