"""Writes the pages of the reference that are made from the code: ``python -m docs.generate``, in the project's root.

With ``--check`` nothing is written; the exit code is 1 when a page is stale.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from docs.generators.assumptions import assumptions_page
from docs.generators.command import command_page
from docs.generators.control_endpoints import control_endpoints_page
from docs.generators.coverage import command_line_page, coverage_page, rest_api_page
from docs.generators.fixtures import fixtures_page
from docs.generators.known_differences import known_differences_page
from docs.generators.pitfalls import pitfalls_page
from docs.generators.python_api import python_api_page
from docs.generators.settings import settings_page

REFERENCE = Path(__file__).parent / "reference"

#: File name to who writes it.
PAGES: Mapping[str, Callable[[], str]] = {
    "assumptions.md": assumptions_page,
    "control-endpoints.md": control_endpoints_page,
    "coverage.md": coverage_page,
    "coverage-command-line.md": command_line_page,
    "coverage-rest-api.md": rest_api_page,
    "fake-mwaa.md": command_page,
    "fixtures.md": fixtures_page,
    "known-differences.md": known_differences_page,
    "pitfalls.md": pitfalls_page,
    "python-api.md": python_api_page,
    "settings.md": settings_page,
}


def stale_pages() -> Iterator[tuple[Path, str]]:
    """The pages that are not as the code has them, with what they should say."""
    for name, write in PAGES.items():
        path, text = REFERENCE / name, write()
        if not path.exists() or path.read_text("utf-8") != text:
            yield path, text


def main() -> int:
    """Bring the pages up to date, or say which are not."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page is stale")
    is_check = parser.parse_args().check
    stale = list(stale_pages())
    for path, text in stale:
        if not is_check:
            path.write_text(text, "utf-8")
        sys.stdout.write(f"{path.name}: {'stale' if is_check else 'written'}\n")
    return 1 if is_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
