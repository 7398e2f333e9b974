from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.packaging.source_tree import files_under

if TYPE_CHECKING:
    from zipfile import ZipFile


@pytest.mark.parametrize("folder", ["fake_server", "pytest_mwaa", "tests", "examples", "docs", "benchmarks", "changes"])
def test_holds_the_whole_folder(unpacked_sdist: Path, root: Path, folder: str) -> None:
    carried = {path.relative_to(unpacked_sdist) for path in files_under(unpacked_sdist / folder)}
    written = {path.relative_to(root) for path in files_under(root / folder)}

    assert carried
    assert carried == written


@pytest.mark.parametrize(
    "name",
    [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "pyproject.toml",
        "tox.ini",
    ],
)
def test_holds_the_file(unpacked_sdist: Path, root: Path, name: str) -> None:
    assert (unpacked_sdist / name).read_bytes() == (root / name).read_bytes()


def test_holds_nothing_that_belongs_to_one_machine(unpacked_sdist: Path) -> None:
    assert not [name for name in (".git", ".tox", ".venv", ".ci") if (unpacked_sdist / name).exists()]


def test_builds_the_same_wheel(unpacked_sdist: Path, wheel: ZipFile, tmp_path: Path) -> None:
    (artifact,) = WheelBuilder(str(unpacked_sdist)).build(directory=str(tmp_path), versions=["standard"])

    # The builder is reproducible: equal contents are equal bytes.
    assert wheel.filename is not None
    assert Path(artifact).read_bytes() == Path(wheel.filename).read_bytes()
