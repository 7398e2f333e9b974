from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

#: Seconds of real time that a process may take to get ready or to end.
PATIENCE = 300

FAKE_MWAA = [sys.executable, "-m", "fake_server"]


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "MWAA_")):
            monkeypatch.delenv(name)


@pytest.fixture
def fake_mwaa() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command to its end."""

    def run(*arguments: str, **keywords: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*FAKE_MWAA, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False, **keywords
        )

    return run


@pytest.fixture
def start_serving(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]]:
    """Starts ``fake-mwaa serve``; the process, and what its ready file says."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        ready_file = tmp_path / f"ready-{len(processes)}.json"
        process = subprocess.Popen(
            [*FAKE_MWAA, "serve", "--ready-file", str(ready_file), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        deadline = time.monotonic() + PATIENCE
        while not ready_file.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.02)
        return process, json.loads(ready_file.read_text("utf-8"))

    yield start
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
