"""What the documentation, the README and error messages refer to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples.documents import ROOT, pages

_LINK = re.compile(r"\]\((?!https?://)(?P<target>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_DOCUMENT = re.compile(r"docs/[\w/-]+\.md")
_SOURCES = sorted(path for package in ("fake_server", "pytest_mwaa") for path in (ROOT / package).rglob("*.py"))
_OTHER_PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "examples/downstream/README.md")


@pytest.mark.parametrize("page", [*pages(), *_OTHER_PAGES])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for match in _LINK.finditer(path.read_text("utf-8")):
        target = path.parent / match["target"] if match["target"] else path
        assert target.exists(), match.group()
        if match["anchor"] and target.suffix == ".md":
            assert match["anchor"] in _anchors(target), match.group()


def test_pages_that_the_code_refers_to_exist() -> None:
    for source in _SOURCES:
        for name in _DOCUMENT.findall(source.read_text("utf-8")):
            assert (ROOT / name).exists(), f"{source.relative_to(ROOT)} refers to {name}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
