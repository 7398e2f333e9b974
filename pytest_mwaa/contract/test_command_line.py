"""``/aws_mwaa/cli``: what comes back for a command."""

from __future__ import annotations

import ast
import base64
from typing import Any

import pytest
import requests

from pytest_mwaa.clients import CommandLine


def test_the_envelope(mwaa_cli: CommandLine) -> None:
    answer = mwaa_cli("version")
    envelope = answer.raw.json()
    assert answer.status_code == 200
    assert {"stdout", "stderr"} <= envelope.keys()
    for stream in ("stdout", "stderr"):
        assert isinstance(envelope[stream], str)
        base64.b64decode(envelope[stream], validate=True).decode("utf-8")


def test_the_envelope_is_a_python_literal_too(mwaa_cli: CommandLine) -> None:
    answer = mwaa_cli("version")
    assert ast.literal_eval(answer.raw.text) == answer.raw.json()


def test_the_version_is_that_of_the_environment(mwaa: Any, mwaa_cli: CommandLine) -> None:
    assert mwaa_cli("version").stdout.splitlines()[-1] == mwaa.airflow_version


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "text/plain; charset=utf-8", None])
def test_any_content_type(mwaa: Any, mwaa_cli: CommandLine, content_type: str | None) -> None:
    headers = {"Authorization": f"Bearer {mwaa_cli.mint_token()}"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    answer = requests.post(f"{mwaa.url}/aws_mwaa/cli", data=b"version", headers=headers, timeout=60)
    assert answer.status_code == 200


def test_a_command_that_fails(mwaa_cli: CommandLine) -> None:
    answer = mwaa_cli("variables get there_is_no_such_variable_here")
    assert answer.status_code in (200, 400)
    assert "there_is_no_such_variable_here" in answer.stderr


def test_a_command_that_does_not_exist(mwaa_cli: CommandLine) -> None:
    assert mwaa_cli("cheat-sheets").status_code in (200, 400, 500)


def test_words_are_split_as_in_a_shell(mwaa_cli: CommandLine) -> None:
    quoted = mwaa_cli("variables get 'there is no such variable'")
    assert "there is no such variable" in quoted.stderr


def test_get_is_not_for_commands(mwaa: Any, mwaa_cli: CommandLine) -> None:
    headers = {"Authorization": f"Bearer {mwaa_cli.mint_token()}"}
    answer = requests.get(f"{mwaa.url}/aws_mwaa/cli", headers=headers, timeout=60)
    assert 400 <= answer.status_code < 500
