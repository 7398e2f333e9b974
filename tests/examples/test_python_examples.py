"""Every Python example of the README and the documentation passes as a test."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.examples.documents import ROOT, examples, pages, write_files

PAGES = [page for page in pages() if any(example.language == "python" for example in examples(page))]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_pass(
    page: str, tmp_path: Path, run: Callable[[Sequence[str]], subprocess.CompletedProcess[str]]
) -> None:
    write_files(page, tmp_path)

    result = run([sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"])

    assert result.returncode == 0, result.stdout
    assert re.search(r"\d+ passed", result.stdout)
    assert "skipped" not in result.stdout


def test_readme_and_documentation_are_found() -> None:
    """Or no example would be tested."""
    assert {"README.md", "docs/tutorial.md"} <= set(PAGES)


def test_nothing_looks_like_an_example_and_is_none() -> None:
    """Every fence in the text is one that the tests see."""
    for page in pages():
        fences = re.findall(r"^```\w", (ROOT / page).read_text("utf-8"), re.MULTILINE)
        assert len(fences) == len(examples(page)), page
