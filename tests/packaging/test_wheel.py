from __future__ import annotations

import os
import subprocess
import sys
from configparser import ConfigParser
from email.parser import Parser
from typing import TYPE_CHECKING, Any

import pytest

from tests.packaging.source_tree import PACKAGES, files_under

if TYPE_CHECKING:
    from pathlib import Path
    from zipfile import ZipFile


def dist_info(wheel: ZipFile, name: str) -> str:
    (member,) = (each for each in wheel.namelist() if each.endswith(f".dist-info/{name}"))
    return wheel.read(member).decode()


def test_holds_every_file_of_both_packages_and_nothing_else(wheel: ZipFile, root: Path) -> None:
    carried = {name for name in wheel.namelist() if ".dist-info/" not in name}
    written = {path.relative_to(root).as_posix() for package in PACKAGES for path in files_under(root / package)}

    assert carried == written


@pytest.mark.parametrize("package", PACKAGES)
def test_tells_type_checkers_that_it_is_typed(wheel: ZipFile, package: str) -> None:
    assert f"{package}/py.typed" in wheel.namelist()


def test_carries_the_licence(wheel: ZipFile, root: Path) -> None:
    assert dist_info(wheel, "licenses/LICENSE") == (root / "LICENSE").read_text("utf-8")


def test_metadata(wheel: ZipFile, root: Path, pyproject: dict[str, Any]) -> None:
    metadata = Parser().parsestr(dist_info(wheel, "METADATA"))

    assert metadata["Name"] == "pytest-mwaa"
    assert metadata["Version"] == pyproject["project"]["version"]
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert "Framework :: Pytest" in metadata.get_all("Classifier", [])
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert set(metadata.get_all("Provides-Extra", [])) == {"kerberos", "test"}
    assert str(metadata.get_payload()) == (root / "README.md").read_text("utf-8")


def test_is_pure_python_for_every_platform(wheel: ZipFile) -> None:
    assert "Root-Is-Purelib: true" in dist_info(wheel, "WHEEL")
    assert "Tag: py3-none-any" in dist_info(wheel, "WHEEL")


def test_entry_points(wheel: ZipFile) -> None:
    entry_points = ConfigParser()
    entry_points.read_string(dist_info(wheel, "entry_points.txt"))

    assert dict(entry_points["pytest11"]) == {"mwaa": "pytest_mwaa.plugin"}
    assert dict(entry_points["console_scripts"]) == {"fake-mwaa": "fake_server.command:main"}


IMPORT_EVERYTHING = """
import importlib, pathlib, sys
from importlib.metadata import Distribution

site = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(site))
for path in sorted(site.glob("*/**/*.py")):
    parts = path.relative_to(site).with_suffix("").parts
    if parts[-1] == "__main__":
        continue  # importing it would run it
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    module = importlib.import_module(name)
    assert module.__file__ == str(path), f"{name} came from {module.__file__}"
(dist_info,) = site.glob("*.dist-info")
for entry_point in Distribution.at(dist_info).entry_points:
    print(entry_point.name, entry_point.load().__name__)
"""


def test_works_away_from_the_checkout(wheel: ZipFile, tmp_path: Path) -> None:
    """Every module can be imported from the wheel alone, so none reads a file that only the checkout has."""
    wheel.extractall(tmp_path / "site")

    run = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, str(tmp_path / "site")],
        cwd=tmp_path,
        # Coverage is not to be measured on the copy.
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert set(run.stdout.splitlines()) == {"mwaa pytest_mwaa.plugin", "fake-mwaa main"}
