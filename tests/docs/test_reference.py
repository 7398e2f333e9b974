"""The pages that are made from the code are as the code has them."""

from __future__ import annotations

from docs.generate import REFERENCE, stale_pages


def test_no_page_is_stale() -> None:
    stale = [path.name for path, _ in stale_pages()]

    assert not stale, f"bring them up to date with `python -m docs.generate`: {', '.join(stale)}"


def test_every_page_stands_in_the_table_of_contents() -> None:
    contents = (REFERENCE / "index.md").read_text("utf-8")
    pages = [path.name for path in REFERENCE.glob("*.md") if path.name != "index.md"]

    assert [page for page in pages if f"({page})" not in contents] == []
