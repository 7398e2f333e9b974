from __future__ import annotations

import base64

import pytest

from fake_server.airflow.errors import ConfigurationError
from fake_server.web.auth import backends_named
from tests.web.servers import BACKEND, basic, client_without_jar, cookie, make_server

FAB = "airflow.providers.fab.auth_manager.api.auth.backend."
BASIC, SESSION, DENY, DEFAULT = (BACKEND + name for name in ("basic_auth", "session", "deny_all", "default"))

#: Setting, credentials, status and challenge of /api/v1, and of /api/experimental.
CASES = [
    # deny_all alone, and nothing, is the session backend; experimental too.
    (DENY, "none", (401, None), (401, None)),
    (DENY, "cookie", (200, None), (200, None)),
    ("", "basic", (401, None), (401, None)),
    ("", "cookie", (200, None), (200, None)),
    # default lets everybody in, as nobody: the REST API then forbids everything.
    (DEFAULT, "none", (403, None), (200, None)),
    (DEFAULT, "basic", (403, None), (200, None)),
    (DEFAULT, "cookie", (200, None), (200, None)),
    (f"{DEFAULT},{BASIC}", "basic", (403, None), (200, None)),
    # The session backend is appended, so it words the 401; experimental asks the first only.
    (BASIC, "none", (401, None), (401, "Basic")),
    (BASIC, "basic", (200, None), (200, None)),
    (BASIC, "cookie", (200, None), (401, "Basic")),
    (f"{SESSION},{BASIC}", "none", (401, "Basic"), (401, None)),
    (f"{SESSION}, {BASIC}", "basic", (200, None), (401, None)),
    (f"{SESSION},{BASIC}", "cookie", (200, None), (200, None)),
    # deny_all in a list.
    (f"{DENY},{BASIC}", "none", (401, None), (403, None)),
    (f"{DENY},{BASIC}", "basic", (200, None), (403, None)),
    (f"{BASIC},{DENY}", "basic", (200, None), (200, None)),
    # The provider's names; its session backend is not recognised as one, so Airflow's is appended.
    (FAB + "basic_auth", "none", (401, None), (401, "Basic")),
    (FAB + "basic_auth", "basic", (200, None), (200, None)),
    (FAB + "session", "cookie", (200, None), (200, None)),
    (f"{FAB}session,{BASIC}", "none", (401, None), (401, None)),
]


@pytest.mark.parametrize(("setting", "credentials", "stable", "experimental"), CASES)
def test_who_is_let_in(
    setting: str, credentials: str, stable: tuple[int, str | None], experimental: tuple[int, str | None]
) -> None:
    server = make_server(auth_backends=setting, config={"api.enable_experimental_api": "True"})
    headers = {"none": {}, "basic": basic(), "cookie": cookie(server)}[credentials]
    for path, expected in (("/api/v1/dags", stable), ("/api/experimental/test", experimental)):
        answer = client_without_jar(server).get(path, headers=headers)
        assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == expected


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


@pytest.mark.parametrize(
    "header",
    [
        "Basic " + encoded(b"admin:nope"),
        "Basic " + encoded(b"ghost:x"),
        "Basic " + encoded(b"admin:"),
        "Basic " + encoded(b":admin-pw"),
        "Basic " + encoded(b"adminadmin-pw"),
        "Basic " + encoded(b"\xff\xfe:\x00"),
        "Basic !!!notbase64",
        "Basic",
        "garbage",
        "Bearer junk",
        "Negotiate junk",
        "Basic \xe9",
    ],
)
def test_wrong_and_malformed_credentials_are_the_same_refusal(header: str) -> None:
    server = make_server(auth_backends=f"{SESSION},{BASIC}", config={"api.enable_experimental_api": "True"})
    answer = client_without_jar(server).get("/api/v1/dags", headers={"Authorization": header})
    nobody = client_without_jar(server).get("/api/v1/dags")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Basic")
    assert answer.data == nobody.data


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "bAsIc"])
def test_the_scheme_is_not_case_sensitive(scheme: str) -> None:
    server = make_server(auth_backends=BASIC)
    assert client_without_jar(server).get("/api/v1/dags", headers=basic(scheme=scheme)).status_code == 200


def test_an_inactive_user_is_nobody() -> None:
    server = make_server(auth_backends=BASIC)
    header = cookie(server)
    user = server.airflow.security.find_user("admin")
    assert user is not None
    user.active = False
    for headers in (basic(), header):
        assert client_without_jar(server).get("/api/v1/dags", headers=headers).status_code == 401


def test_a_garbage_cookie_does_not_spoil_right_credentials() -> None:
    server = make_server(auth_backends=BASIC)
    headers = {**basic(), "Cookie": "session=garbage"}
    assert client_without_jar(server).get("/api/v1/dags", headers=headers).status_code == 200


def test_a_good_cookie_makes_up_for_a_wrong_password() -> None:
    server = make_server(auth_backends=BASIC)
    headers = {**basic(password="wrong"), **cookie(server)}
    assert client_without_jar(server).get("/api/v1/dags", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("setting", "status", "principal"), [(BASIC, 403, "viewer"), (f"{SESSION},{BASIC}", 200, "admin")]
)
def test_the_first_backend_that_accepts_says_who_it_is(setting: str, status: int, principal: str) -> None:
    server = make_server(auth_backends=setting)
    headers = {**basic("viewer"), **cookie(server, "admin")}
    assert client_without_jar(server).get("/api/v1/variables", headers=headers).status_code == status
    assert server.journal[0].principal == principal


def test_logins_are_counted() -> None:
    server = make_server(auth_backends=BASIC)
    client = client_without_jar(server)
    for password in ("wrong", "wrong", "admin-pw", "admin-pw", "wrong"):
        client.get("/api/v1/dags", headers=basic(password=password))
    user = server.airflow.security.find_user("admin")
    assert user is not None
    assert (user.login_count, user.fail_login_count) == (2, 1)
    assert user.last_login is not None


def test_no_backend_at_all_is_refused_where_airflow_puts_none_in_its_place() -> None:
    server = make_server()
    with pytest.raises(ConfigurationError, match="no API auth backend is configured"):
        backends_named((), server)
