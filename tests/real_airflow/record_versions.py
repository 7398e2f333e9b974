"""Records what a real Airflow of some version answers to the steps of ``version_steps.py``.

``python -m tests.real_airflow.record_versions VERSION FOLDER`` writes ``tests/oracle/recordings/VERSION/steps.jsonl``.
FOLDER is a virtual environment with that version of apache-airflow in it, and dependencies of its time.
When steps change, all versions are recorded anew, the oldest first.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.oracle.version_recordings import write_recording
from tests.real_airflow.fake import comparable_seed
from tests.real_airflow.installation import Installation
from tests.real_airflow.server import RealAirflow
from tests.real_airflow.steps import entry_of
from tests.real_airflow.version_answers import VersionAnswers
from tests.real_airflow.version_steps import STEPS

#: What stands for the folder with the DAG files; it is as long as that folder's path, so that tables keep their widths.
_FOLDER = "/DAGS"


class _InstalledVersion(Installation):
    """A virtual environment that somebody made."""

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def airflow(self) -> Path:
        return self.folder / "bin" / "airflow"

    @cached_property
    def package(self) -> Path:
        return next((self.folder / "lib").glob("python3.*/site-packages/airflow"))


def record(version: str, installation: Installation) -> list[dict[str, Any]]:
    """The lines of the recording: what the answers were recorded with, and each step with its answer."""
    seed = comparable_seed()
    with (
        tempfile.TemporaryDirectory(prefix="airflow") as folder,
        RealAirflow(installation, Path(folder) / "airflow", seed=seed) as real,
    ):
        for user in seed["users"]:
            real.cookie(user["username"])
        real.save()
        # Saving forgets what the log-ins left.
        real.restore()
        answers = VersionAnswers(
            dags_folder=real.dags_folder, home=real.folder, site_packages=installation.package.parent
        )
        stand_in = _FOLDER.ljust(len(str(real.dags_folder)), "~")
        lines: list[dict[str, Any]] = [{"dags_folder": stand_in}]
        for number, step in enumerate(STEPS, 1):
            answer = answers.ask(real, step)
            lines.append({"n": number, **entry_of(step), "answer": answer})
        return lines


def main(arguments: list[str]) -> int:
    """Record one version, and say how many answers that made."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m tests.real_airflow.record_versions VERSION FOLDER\n")
        return 2
    version, folder = arguments
    installation = _InstalledVersion(Path(folder).resolve())
    installed = subprocess.run(
        [installation.python, "-c", "import importlib.metadata as m; print(m.version('apache-airflow'))"],
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout.strip()
    if installed != version:
        sys.stderr.write(f"In {folder} there is Airflow {installed}, not {version}.\n")
        return 1
    lines = record(version, installation)
    write_recording(version, lines)
    sys.stdout.write(f"{len(lines) - 1} answers of Airflow {version} are recorded.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
