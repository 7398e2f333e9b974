"""The token of CreateCliToken: how long it is good, for what, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from pytest_mwaa.clients import CommandLine

#: A refused token is answered with one of these; which one is assumed.
REFUSED = (401, 403)


def test_it_is_good_for_a_minute(mwaa: Any, mwaa_cli: CommandLine, nearly_a_minute: float) -> None:
    token = mwaa_cli.mint_token()
    assert mwaa_cli("version", token=token).status_code == 200
    mwaa.clock.advance(nearly_a_minute)
    assert mwaa_cli("version", token=token).status_code == 200


def test_it_expires(mwaa: Any, mwaa_cli: CommandLine, nearly_a_minute: float) -> None:
    token = mwaa_cli.mint_token()
    mwaa.clock.advance(61)
    assert mwaa_cli("version", token=token).status_code in REFUSED
    assert mwaa_cli("version").status_code == 200


def test_it_is_reusable(mwaa_cli: CommandLine) -> None:
    token = mwaa_cli.mint_token()
    assert [mwaa_cli("version", token=token).status_code for _ in range(3)] == [200, 200, 200]


def test_a_new_token_leaves_the_old_one_good(mwaa_cli: CommandLine) -> None:
    old, new = mwaa_cli.mint_token(), mwaa_cli.mint_token()
    assert [mwaa_cli("version", token=token).status_code for token in (old, new)] == [200, 200]


def test_it_does_not_log_in(mwaa: Any, mwaa_cli: CommandLine) -> None:
    answer = requests.post(f"{mwaa.url}/aws_mwaa/login", data={"token": mwaa_cli.mint_token()}, timeout=30)
    assert 400 <= answer.status_code < 500


def test_it_does_not_open_the_api(mwaa: Any, mwaa_cli: CommandLine) -> None:
    headers = {"Authorization": f"Bearer {mwaa_cli.mint_token()}"}
    assert requests.get(f"{mwaa.url}/api/v1/dags", headers=headers, timeout=30).status_code in REFUSED


@pytest.mark.parametrize("token", ["", "garbage", "eyJhbGciOiJub25lIn0.eyJhdWQiOiJjbGkiLCJleHAiOjk5OTk5OTk5OTl9."])
def test_nothing_else_will_do(mwaa_cli: CommandLine, token: str) -> None:
    mwaa_cli.mint_token()
    answer = mwaa_cli("version", token=token)
    assert answer.status_code in REFUSED
    assert (answer.stdout, answer.stderr) == ("", "")


def test_a_changed_signature_is_refused(mwaa_cli: CommandLine) -> None:
    head, dot, signature = mwaa_cli.mint_token().rpartition(".")
    changed = head + dot + ("B" if signature[0] == "A" else "A") + signature[1:]
    assert mwaa_cli("version", token=changed).status_code in REFUSED


def test_no_token_at_all(mwaa: Any, mwaa_client: Any) -> None:
    assert requests.post(f"{mwaa.url}/aws_mwaa/cli", data="version", timeout=30).status_code in REFUSED
