"""Runs programs as a reader of the documentation would: in a folder of their own, with this interpreter's commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

#: Seconds of real time that the examples of a page may take.
PATIENCE = 300


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Sequence[str]], subprocess.CompletedProcess[str]]:
    """Runs a command in ``tmp_path``, and ends whatever it leaves running."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MWAA_", "PYTEST_", "COV"))
    }
    path = os.pathsep.join((str(Path(sys.executable).parent), own.get("PATH", os.defpath)))

    def run_command(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**own, "PATH": path, "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        finally:
            _end_group(process.pid)
        return subprocess.CompletedProcess(command, process.returncode, output, "")

    return run_command


def _end_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGTERM)
    except ProcessLookupError:
        # All have ended.
        return
