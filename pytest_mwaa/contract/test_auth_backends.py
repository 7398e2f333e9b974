"""The API's auth backends that the target has configured, each with what it accepts and refuses."""

from __future__ import annotations

import pytest

from pytest_mwaa.contract.conftest import API

_DAGS = "/dags?limit=1"


def test_nobody(api: API) -> None:
    # `default` lets everybody in, but knows nobody, so that permissions are those of the role Public.
    with api.client() as nobody:
        answer = nobody.get(_DAGS)
    assert answer.status_code in ((200, 403) if "default" in api.backends else api.refusals)


def test_the_last_backend_words_the_refusal(api: API) -> None:
    challenges = {"basic_auth": "Basic", "kerberos_auth": "Negotiate"}
    expected = challenges.get(api.backends[-1])
    if expected is None:
        pytest.skip(f"the last backend, {api.backends[-1]}, has no challenge of its own.")
    with api.client() as nobody:
        answer = nobody.get(_DAGS)
    if answer.status_code == 403:
        pytest.skip("the target takes strangers for users of the role Public, and asks for no credentials.")
    assert answer.headers["WWW-Authenticate"].startswith(expected)


def test_session(api: API) -> None:
    api.require("session")
    with api.logged_in() as client:
        assert client.get(_DAGS).status_code == 200


def test_no_session(api: API) -> None:
    if "session" in api.backends or "default" in api.backends or api.backends == ("deny_all",):
        pytest.skip("sessions are accepted by this target.")
    with api.logged_in() as client:
        assert client.get(_DAGS).status_code in api.refusals


def test_a_forged_cookie(api: API) -> None:
    api.require("session")
    with api.client() as client:
        client.cookies.set("session", "11111111-2222-3333-4444-555555555555.forged")
        assert client.get(_DAGS).status_code in api.refusals


def test_basic_auth(api: API, password: tuple[str, str]) -> None:
    api.require("basic_auth")
    with api.client(auth=password) as client:
        assert client.get(_DAGS).status_code == 200


@pytest.mark.parametrize("change", ["user", "password", "both empty"])
def test_basic_auth_with_something_wrong(api: API, password: tuple[str, str], change: str) -> None:
    api.require("basic_auth")
    user, secret = password
    wrong = {"user": (f"{user}-not", secret), "password": (user, f"{secret}-not"), "both empty": ("", "")}[change]
    with api.client(auth=wrong) as client:
        answer = client.get(_DAGS)
    assert answer.status_code in api.refusals
    assert answer.json()["title"] == {401: "Unauthorized", 403: "Forbidden"}[answer.status_code]


def test_no_basic_auth(api: API, password: tuple[str, str]) -> None:
    if {"basic_auth", "default"} & set(api.backends):
        pytest.skip("passwords are accepted by this target, or everybody is.")
    with api.client(auth=password) as client:
        assert client.get(_DAGS).status_code in api.refusals


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Bearer x", "Negotiate x"])
def test_headers_that_say_nothing(api: API, header: str) -> None:
    if "default" in api.backends:
        pytest.skip("the target lets everybody in.")
    with api.client() as client:
        assert client.get(_DAGS, headers={"Authorization": header}).status_code in (401, 403, 500)
