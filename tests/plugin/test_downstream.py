"""A package whose tests use the plugin, and nothing else of ours."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

DOWNSTREAM = Path(__file__).parents[2] / "examples" / "downstream"


@pytest.mark.parametrize("target", ["fake", "live"])
def test_the_tests_of_the_example_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(DOWNSTREAM, pytester.path, dirs_exist_ok=True)

    result = pytester.runpytest_subprocess(f"--mwaa-target={target}", "-p", "no:cacheprovider")

    assert result.ret == pytest.ExitCode.OK
    assert set(result.parseoutcomes()) == {"passed"}


def test_its_code_knows_nothing_of_tests() -> None:
    text = "".join(path.read_text("utf-8") for path in (DOWNSTREAM / "airflow_jobs").glob("*.py"))

    assert not any(word in text for word in ("fake", "mock", "moto", "localhost", "endpoint_url", "verify="))
