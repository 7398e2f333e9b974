"""Installs a real Apache Airflow into a virtual environment of its own.

``python -m tests.real_airflow.installation FOLDER`` is what tox runs before the tests that compare the fake with it.
The versions stand in ``constraints-2.10.5.txt``; the packages come from PyPI, or whatever index the machine is set up
with.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

AIRFLOW_VERSION = "2.10.5"
#: Airflow 2.10 runs on these, and on no newer one.
PYTHONS = ((3, 10), (3, 11), (3, 12))
CONSTRAINTS = Path(__file__).parent / f"constraints-{AIRFLOW_VERSION}.txt"


class InstallationFailed(RuntimeError):
    """Airflow could not be installed; the text says what was tried and what came of it."""


@dataclass(frozen=True)
class Installation:
    """A virtual environment with Airflow in it, below ``folder``."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def airflow(self) -> Path:
        """The ``airflow`` command."""
        return self.folder / "venv" / "bin" / "airflow"

    @cached_property
    def package(self) -> Path:
        """Where Airflow's own files are."""
        found = list((self.folder / "venv" / "lib").glob("python3.*/site-packages/airflow"))
        if len(found) != 1:
            raise InstallationFailed(f"{self.folder} holds {len(found)} installations of Airflow; remove it.")
        return found[0]

    @property
    def is_complete(self) -> bool:
        """Whether everything was installed, with the versions that are asked for today."""
        return self._mark.is_file() and self._mark.read_text("ascii") == _fingerprint()

    @property
    def _mark(self) -> Path:
        return self.folder / "complete"

    def install(self) -> None:
        """Install what is missing; at once when nothing is.

        :raises InstallationFailed: when neither uv nor pip manages it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with _only_one(self.folder / "lock"):
            if self.is_complete:
                return
            shutil.rmtree(self.folder / "venv", ignore_errors=True)
            self._install()
            self._mark.write_text(_fingerprint(), "ascii")

    def _install(self) -> None:
        requirement = f"apache-airflow=={AIRFLOW_VERSION}"
        venv = str(self.folder / "venv")
        with_pip = (
            [sys.executable, "-m", "venv", venv],
            [str(self.python), "-m", "pip", "install", "--quiet", requirement, "--constraint", str(CONSTRAINTS)],
        )
        uv = shutil.which("uv")
        if uv is not None:
            install = [uv, "pip", "install", "--quiet", "--python", str(self.python)]
            with_uv = (
                [uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv],
                [*install, requirement, "--constraint", str(CONSTRAINTS)],
            )
            complaint = _run(*with_uv)
            if complaint is None:
                return
            # An index that is set up for pip alone is unknown to uv.
            sys.stderr.write(f"uv did not manage it, so pip tries:\n{complaint}\n")
            shutil.rmtree(venv, ignore_errors=True)
        complaint = _run(*with_pip)
        if complaint is not None:
            raise InstallationFailed(f"{requirement} could not be installed into {venv}.\n{complaint}")


def _run(*commands: list[str]) -> str | None:
    """Run the commands in order; what the first that fails says, or None."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    for command in commands:
        done = subprocess.run(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode != 0:
            return f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}"
    return None


def _fingerprint() -> str:
    return hashlib.sha256(CONSTRAINTS.read_bytes() + sys.version.encode()).hexdigest()


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Keep other processes that install into the same folder waiting."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Install into the folder that is named, and say so."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.real_airflow.installation FOLDER\n")
        return 2
    if sys.version_info[:2] not in PYTHONS:
        known = ", ".join(f"{major}.{minor}" for major, minor in PYTHONS)
        running = ".".join(map(str, sys.version_info[:2]))
        sys.stderr.write(f"Airflow {AIRFLOW_VERSION} runs on Python {known}, and this is {running}.\n")
        return 1
    installation = Installation(Path(arguments[0]).resolve())
    start = time.perf_counter()
    try:
        installation.install()
    except InstallationFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    sys.stdout.write(f"Airflow {AIRFLOW_VERSION} is in {installation.folder} ({time.perf_counter() - start:.0f} s).\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
