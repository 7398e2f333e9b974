from __future__ import annotations

import re

import pytest
from werkzeug.test import Client, TestResponse

from tests.web.servers import client_of, make_server


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page.text)
    assert found
    return found[1]


def sign_in(
    client: Client, username: str = "admin", password: str = "admin-pw", path: str = "/login/", **fields: str
) -> TestResponse:
    token = token_of(client.get("/login/"))
    return client.post(path, data={"username": username, "password": password, "csrf_token": token, **fields})


def test_the_root_leads_to_the_dags_and_those_to_the_form() -> None:
    client = client_of(make_server())
    assert client.get("/").headers["Location"] == "/home"
    answer = client.get("/home?a=1")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "/login/?next=http%3A%2F%2Flocalhost%2Fhome%3Fa%3D1",
    )


def test_the_right_password_leads_to_the_dags() -> None:
    server = make_server()
    client = client_of(server)
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/home")
    page = client.get("/home")
    assert (page.status_code, "<title>DAGs - Airflow</title>" in page.text, "etl" in page.text) == (200, True, True)
    assert client.get("/api/v1/dags").status_code == 200
    assert client.get("/login/").headers["Location"] == "/"


def test_a_wrong_password_leads_back() -> None:
    server = make_server()
    client = client_of(server)
    answer = sign_in(client, password="wrong")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=%2Fhome")
    assert client.get("/home").status_code == 302
    assert "wrong user name or password" in (server.journal[1].refusal or "")


def test_a_missing_name_shows_the_form_again() -> None:
    answer = sign_in(client_of(make_server()), username="")
    assert (answer.status_code, "<title>Sign In - Airflow</title>" in answer.text) == (200, True)


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("%2Fdags%2Fetl%2Fgrid", "http://localhost/dags/etl/grid"),
        ("http%3A%2F%2Flocalhost%2Fhome", "http://localhost/home"),
        ("http%3A%2F%2Fevil.example%2F", "/home"),
        ("%2F%2Fevil.example%2F", "/home"),
        ("javascript%3Aalert(1)", "/home"),
    ],
)
def test_the_next_page_is_on_this_host_only(wanted: str, location: str) -> None:
    answer = sign_in(client_of(make_server()), path=f"/login/?next={wanted}")
    assert (answer.status_code, answer.headers["Location"]) == (302, location)


class TestForgeryProtection:
    @pytest.mark.parametrize("header", ["X-CSRFToken", "X-CSRF-Token"])
    def test_scripts_send_the_token_in_a_header(self, header: str) -> None:
        client = client_of(make_server())
        headers = {header: token_of(client.get("/login/"))}
        answer = client.post("/login/", data={"username": "admin", "password": "admin-pw"}, headers=headers)
        assert answer.headers["Location"] == "/home"

    def test_no_token(self) -> None:
        answer = client_of(make_server()).post("/login/", data={"username": "admin", "password": "admin-pw"})
        self._check(answer, "The CSRF token is missing.")

    def test_no_session(self) -> None:
        client = client_of(make_server())
        token = token_of(client.get("/login/"))
        client.delete_cookie("session")
        answer = client.post("/login/", data={"username": "admin", "password": "admin-pw", "csrf_token": token})
        self._check(answer, "The CSRF session token is missing.")

    def test_a_forged_token(self) -> None:
        self._check(sign_in(client_of(make_server()), csrf_token="forged"), "The CSRF token is invalid.")

    def test_a_token_of_another_session(self) -> None:
        server = make_server()
        token = token_of(client_of(server).get("/login/"))
        self._check(sign_in(client_of(server), csrf_token=token), "The CSRF tokens do not match.")

    def test_a_token_of_yesterday(self) -> None:
        server = make_server()
        client = client_of(server)
        token = token_of(client.get("/login/"))
        server.airflow.clock.advance(3602)
        self._check(client.post("/login/", data={"csrf_token": token}), "The CSRF token has expired.")

    def test_logging_out_needs_one_too(self) -> None:
        client = client_of(make_server())
        sign_in(client)
        assert client.get("/logout/").status_code == 405
        self._check(client.post("/logout/"), "The CSRF token is missing.")
        assert client.get("/home").status_code == 200

    def _check(self, answer: TestResponse, words: str) -> None:
        assert (answer.status_code, answer.content_type) == (400, "text/html; charset=utf-8")
        assert answer.text == (
            f"<!doctype html>\n<html lang=en>\n<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n<p>{words}</p>\n"
        )


def test_logging_out_ends_the_session_everywhere() -> None:
    client = client_of(make_server())
    sign_in(client)
    cookie = client.get_cookie("session")
    assert cookie is not None
    answer = client.post("/logout/", data={"csrf_token": token_of(client.get("/home"))})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/home").status_code == 302
    client.set_cookie("session", cookie.value)
    assert client.get("/api/v1/dags").status_code == 401


def test_the_sixth_attempt_within_40_seconds_is_one_too_many() -> None:
    server = make_server()
    client = client_of(server)
    assert [sign_in(client, password="wrong").status_code for _ in range(5)] == [302] * 5
    answer = sign_in(client)
    assert (answer.status_code, "<p>5 per 40 second</p>" in answer.text) == (429, True)
    assert "Retry-After" not in answer.headers
    server.airflow.clock.advance(41)
    assert sign_in(client).headers["Location"] == "/home"


def test_names_of_dags_are_escaped() -> None:
    server = make_server()
    server.airflow.dags["etl"].description = "<script>alert(1)</script>"
    client = client_of(server)
    sign_in(client)
    assert "<script>" not in client.get("/home").text


def test_only_dags_that_the_user_may_read_are_listed() -> None:
    server = make_server()
    server.airflow.security.add_user("public", "public-pw", "Public")
    client = client_of(server)
    sign_in(client, "public", "public-pw")
    assert "There are no DAGs that you may read." in client.get("/home").text
