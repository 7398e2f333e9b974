"""Installs a real Airflow 1.10.12 into a virtual environment of its own, for its client.

``python -m tests.json_client.installation FOLDER`` is what tox runs before the tests. It needs a Python 3.7, as that
Airflow runs on nothing newer that is in use; without one it says so, and the tests are skipped. The versions stand in
``constraints-1.10.12.txt``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).parent / "constraints-1.10.12.txt"
#: The environment variable that names the folder; another Python with Airflow 1.10.12 will do too.
FOLDER_VARIABLE = "AIRFLOW_1_10_12"
WITHOUT_PYTHON = "there is no Python 3.7 on PATH, and Airflow 1.10.12 runs on nothing newer"


def python_of(folder: Path) -> Path:
    """The interpreter that has Airflow."""
    return folder / "bin" / "python"


def install(folder: Path) -> None:
    """Install what is missing; at once when nothing is.

    :raises subprocess.CalledProcessError: when pip does not manage it.
    """
    mark = folder / "installed.txt"
    if mark.is_file() and mark.read_text("utf-8") == CONSTRAINTS.read_text("utf-8"):
        return
    interpreter = _python_3_7()
    if interpreter is None:
        sys.stdout.write(f"SKIP: {WITHOUT_PYTHON}.\n")
        return
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    pip = [str(python_of(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Released before pip learned to build in isolation; its own setup.py asks for these two.
    subprocess.run([*pip, "pip<24.1", "setuptools<58", "wheel<0.43"], check=True)
    environment = {**os.environ, "SLUGIFY_USES_TEXT_UNIDECODE": "yes"}
    subprocess.run([*pip, "--no-deps", "--requirement", str(CONSTRAINTS)], check=True, env=environment)
    mark.write_text(CONSTRAINTS.read_text("utf-8"), "utf-8")


def _python_3_7() -> str | None:
    """The first on PATH that works; those of version managers may be there and refuse."""
    for entry in os.get_exec_path():
        path = shutil.which("python3.7", path=entry)
        if path is not None and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


if __name__ == "__main__":
    install(Path(sys.argv[1]))
