"""The code in the documentation, laid out as the files that a reader would write.

A fence behind a line that ends with a file name and a colon, such as "In `conftest.py`:", is that file. Other Python is
a test module of its own; where it defines no test it becomes the body of one.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^(?P<before>[^\n]*)\n(?:\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE_NAME = re.compile(r"`(?P<name>[\w./-]+\.\w+)`[^`]*:$")
_TEST = re.compile(r"^\s*(async )?def test_", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One fence of a page."""

    page: str
    number: int
    language: str
    text: str
    #: The name that the page gives the file; None for a fence without.
    file_name: str | None

    def __str__(self) -> str:
        return f"{self.page}, example {self.number}"


@cache
def pages() -> tuple[str, ...]:
    """The README and all pages of the documentation, as paths in the project."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return tuple(path.relative_to(ROOT).as_posix() for path in found)


@cache
def examples(page: str) -> tuple[Example, ...]:
    """The fences of a page, in order."""
    text = (ROOT / page).read_text("utf-8")
    return tuple(_examples(page, text))


def _examples(page: str, text: str) -> Iterator[Example]:
    for number, match in enumerate(_FENCE.finditer(text), 1):
        name = _FILE_NAME.search(match["before"])
        yield Example(page, number, match["language"], match["text"], name["name"] if name is not None else None)


def write_files(page: str, folder: Path) -> None:
    """Lay the page's examples out in ``folder``."""
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers --strict-config\n", "utf-8")
    for example in examples(page):
        if example.file_name is not None:
            path, text = folder / example.file_name, example.text
        elif example.language == "python":
            path, text = folder / f"test_example_{example.number}.py", _as_test_module(example.text)
        else:
            continue
        assert not path.exists() or path.name == "pytest.ini", f"{page} has two files {path.name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _as_test_module(code: str) -> str:
    return code if _TEST.search(code) else f"def test_example():\n{textwrap.indent(code, '    ')}"
