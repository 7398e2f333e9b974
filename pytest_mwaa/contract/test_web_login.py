"""The web login: its token, and the session that it opens."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from pytest_mwaa.clients import WebSession, log_in

_SESSION_HOURS = 12


def _token(mwaa: Any) -> str:
    token: str = mwaa.client().create_web_login_token(Name=mwaa.name)["WebToken"]
    return token


def _post(mwaa: Any, token: str | None) -> requests.Response:
    form = {"token": token} if token is not None else {}
    return requests.post(f"{mwaa.url}/aws_mwaa/login", data=form, timeout=60)


def test_the_call_says_who_one_will_be(mwaa: Any, mwaa_client: Any) -> None:
    answer = mwaa_client.create_web_login_token(Name=mwaa.name)
    assert answer["WebServerHostname"] == mwaa.hostname
    assert answer["AirflowIdentity"]
    assert answer["IamIdentity"]


def test_the_cookie_is_on_the_final_answer(mwaa: Any) -> None:
    answer = _post(mwaa, _token(mwaa))
    assert answer.status_code == 200
    assert answer.cookies["session"]


def test_the_cookie_is_for_all_paths_and_not_for_scripts(mwaa: Any) -> None:
    header = _post(mwaa, _token(mwaa)).headers["Set-Cookie"]
    attributes = {part.strip().partition("=")[0].lower(): part.strip() for part in header.split(";")}
    assert attributes["path"] == "Path=/"
    assert "httponly" in attributes


def test_the_session_opens_the_api(mwaa: Any, mwaa_web: WebSession) -> None:
    assert mwaa_web.get("/api/v1/dags", params={"limit": "1"}).status_code == 200


def test_the_page_of_the_console(mwaa: Any, mwaa_client: Any) -> None:
    answer = requests.get(f"{mwaa.url}/aws_mwaa/aws-console-sso", params={"login": "true"}, timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_its_token_is_good_for_a_minute(mwaa: Any, nearly_a_minute: float) -> None:
    token = _token(mwaa)
    mwaa.clock.advance(nearly_a_minute)
    assert _post(mwaa, token).status_code == 200


def test_its_token_expires(mwaa: Any, nearly_a_minute: float) -> None:
    token = _token(mwaa)
    mwaa.clock.advance(61)
    assert 400 <= _post(mwaa, token).status_code < 500


@pytest.mark.parametrize("token", [None, "", "garbage", "eyJhbGciOiJub25lIn0.eyJhdWQiOiJ3ZWIifQ."])
def test_nothing_else_will_do(mwaa: Any, mwaa_client: Any, token: str | None) -> None:
    answer = _post(mwaa, token)
    assert 400 <= answer.status_code < 500
    assert requests.get(f"{mwaa.url}/api/v1/dags", cookies=answer.cookies, timeout=60).status_code in (401, 403)


def test_its_token_runs_no_commands(mwaa: Any, mwaa_cli: Any) -> None:
    assert mwaa_cli("version", token=_token(mwaa)).status_code in (401, 403)


def test_its_token_does_not_open_the_api(mwaa: Any) -> None:
    headers = {"Authorization": f"Bearer {_token(mwaa)}"}
    assert requests.get(f"{mwaa.url}/api/v1/dags", headers=headers, timeout=60).status_code in (401, 403)


@pytest.mark.mwaa_fake
def test_the_session_lasts_for_hours(mwaa: Any, nearly_a_minute: float) -> None:
    with WebSession(mwaa.url) as session:
        log_in(session, mwaa)
        mwaa.clock.advance(_SESSION_HOURS * 3600 - 1)
        # Each answer may prolong a session, so that the one who asks before the end is not asked again.
        assert session.get("/api/v1/dags").status_code == 200


def test_the_session_ends(mwaa: Any, mwaa_client: Any, nearly_a_minute: float) -> None:
    with WebSession(mwaa.url) as session:
        log_in(session, mwaa)
        mwaa.clock.advance(_SESSION_HOURS * 3600 + 1)
        assert session.get("/api/v1/dags").status_code in (401, 403)
