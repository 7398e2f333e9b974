"""The shipped contract, kept by a real Airflow as far as it goes there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real_airflow.server import SHARED_OPTIONS, RealAirflow


def test_the_real_one_keeps_it(real_airflow: RealAirflow, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", "pytest_mwaa.contract"]
    variables = {
        "MWAA_TARGET": f"airflow:{real_airflow.url}",
        "MWAA_USERNAME": "admin",
        "MWAA_PASSWORD": "admin-pw",
        "MWAA_AUTH_BACKENDS": SHARED_OPTIONS["api.auth_backends"],
    }
    result = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    with capsys.disabled():
        sys.stdout.write(f"\nThe contract on a real Airflow: {result.stdout.rstrip().splitlines()[-1]}\n")
    assert result.returncode == 0, result.stdout
    assert "22 passed" in result.stdout, result.stdout
