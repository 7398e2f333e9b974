"""What lies in a folder of the checkout, without what tools leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGES = ("pytest_mwaa", "fake_server")


def files_under(folder: Path) -> Iterator[Path]:
    """Every file in ``folder`` that a distribution should carry."""
    for path in folder.rglob("*"):
        left_by_tools = path.suffix == ".pyc" or any(
            part == "__pycache__" or part.startswith(".") for part in path.relative_to(folder).parts[:-1]
        )
        if path.is_file() and not left_by_tools:
            yield path
