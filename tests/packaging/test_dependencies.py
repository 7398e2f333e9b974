from __future__ import annotations

import ast
import sys
from configparser import ConfigParser
from importlib.metadata import distribution, requires
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.packaging.source_tree import PACKAGES, files_under

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


#: The extra "kerberos" need not be installed where the tests run.
#: gssapi comes with the extra ``kerberos``. Airflow itself is imported only by the script that another process runs
#: where somebody has it and asks for its parser.
IMPORTED_ON_DEMAND = {"gssapi", "airflow"}


@pytest.fixture
def dependencies(pyproject: dict[str, Any]) -> dict[str, Requirement]:
    requirements = map(Requirement, pyproject["project"]["dependencies"])
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


@pytest.fixture
def tox(root: Path) -> ConfigParser:
    parser = ConfigParser()
    parser.read_string((root / "tox.ini").read_text("utf-8"))
    return parser


def imported_at_run_time(tree: ast.AST) -> Iterator[str]:
    """The top-level names of absolute imports, those for type checkers left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for otherwise in node.orelse:
                yield from imported_at_run_time(ast.Module([otherwise], []))
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        else:
            yield from imported_at_run_time(node)


def imports_of_the_packages(root: Path) -> dict[str, set[str]]:
    """What other people's packages are imported, and by which files."""
    importers: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in files_under(root / package):
            if path.suffix == ".py":
                for name in imported_at_run_time(ast.parse(path.read_text("utf-8"))):
                    importers.setdefault(name, set()).add(path.relative_to(root).as_posix())
    return {
        name: files for name, files in importers.items() if name not in {*sys.stdlib_module_names, *PACKAGES, "_pytest"}
    }


def import_names_of(name: str) -> set[str]:
    """The names under which the distribution ``name`` can be imported."""
    # Written out, because Python 3.10's packages_distributions() knows only the distributions that setuptools made.
    top_level = {file.parts[0] for file in distribution(name).files or [] if file.suffix in {".py", ".so", ".pyd"}}
    return {part.partition(".")[0] for part in top_level}


def promised_by(requirement: Requirement) -> set[str]:
    """The distributions that come along with ``requirement`` and the extras it names."""
    along = map(Requirement, requires(requirement.name) or [])
    environments = [{"extra": extra} for extra in requirement.extras] or [{"extra": ""}]
    return {
        canonicalize_name(each.name)
        for each in along
        if each.marker is None or any(each.marker.evaluate(environment) for environment in environments)
    }


def test_everything_imported_is_declared(root: Path, dependencies: dict[str, Requirement]) -> None:
    # botocore is boto3's, and cryptography is named by PyJWT's extra: a bound of their own could only contradict.
    along = (promised_by(dependencies["boto3"]) | promised_by(dependencies["pyjwt"])) & {"botocore", "cryptography"}
    declared = {name for each in (*dependencies, *along) for name in import_names_of(each)}

    undeclared = {
        name: sorted(files)
        for name, files in imports_of_the_packages(root).items()
        if name not in declared | IMPORTED_ON_DEMAND
    }

    assert not undeclared


def test_everything_declared_is_imported(root: Path, dependencies: dict[str, Requirement]) -> None:
    imported = imports_of_the_packages(root).keys()

    assert not [name for name in dependencies if not import_names_of(name) & imported]


@pytest.mark.parametrize("table", ["dependencies", "optional-dependencies"])
def test_no_dependency_has_an_upper_cap(pyproject: dict[str, Any], table: str) -> None:
    declared = pyproject["project"][table]
    requirements = declared if isinstance(declared, list) else [each for extra in declared.values() for each in extra]

    assert requirements
    assert not [each for each in requirements if {bound.operator for bound in Requirement(each).specifier} != {">="}]


def test_the_lower_bounds_are_the_versions_that_the_oldest_run_tests(
    tox: ConfigParser, dependencies: dict[str, Requirement]
) -> None:
    pins = map(Requirement, tox["testenv:oldest"]["deps"].split())
    tested = {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}

    assert tested == {name: str(bound.specifier).replace(">=", "==") for name, bound in dependencies.items()}


def test_every_promised_python_is_tested(tox: ConfigParser, pyproject: dict[str, Any]) -> None:
    classifiers = pyproject["project"]["classifiers"]
    prefix = "Programming Language :: Python :: 3."
    promised = sorted(Version(each.rpartition(" ")[2]) for each in classifiers if each.startswith(prefix))
    environments = tox["tox"]["env_list"].replace(",", " ").split()

    assert [f"py{version.major}{version.minor}" for version in promised] == [
        name for name in environments if name.startswith("py3")
    ]
    assert pyproject["project"]["requires-python"] == f">={promised[0]}"
