from __future__ import annotations

import pytest

from fake_server.web.app import WebServer
from tests.web.servers import client_of, make_server


def log_in(server: WebServer, token: str | None) -> tuple[int, str]:
    answer = client_of(server).post("/aws_mwaa/login", data={} if token is None else {"token": token})
    return answer.status_code, answer.text


def test_a_token_opens_a_session() -> None:
    server = make_server()
    client = client_of(server)
    answer = client.post("/aws_mwaa/login", data={"token": server.tokens.mint_web_token("assumed-role/Dev", "Viewer")})
    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith("session=")
    assert client.get("/api/v1/dags").status_code == 200
    assert client.get("/api/v1/variables").status_code == 403
    assert server.journal[0].principal == "assumed-role/Dev"


def test_the_user_is_made_without_a_password_and_follows_the_role() -> None:
    server = make_server(auth_backends="airflow.api.auth.backend.basic_auth")
    client = client_of(server)
    for role, status in (("Viewer", 403), ("Admin", 200), ("Viewer", 403)):
        client.post("/aws_mwaa/login", data={"token": server.tokens.mint_web_token("dev", role)})
        assert client.get("/api/v1/variables").status_code == status
    user = server.airflow.security.find_user("dev")
    assert user is not None
    assert ([role.name for role in user.roles], user.login_count) == (["Viewer"], 3)
    assert server.airflow.security.authenticate("dev", "") is None


def test_it_may_redirect_if_that_is_assumed() -> None:
    server = make_server(assume={"login_status": 302})
    client = client_of(server)
    answer = client.post("/aws_mwaa/login", data={"token": server.tokens.mint_web_token("dev", "Admin")})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/home")
    assert client.get("/home").status_code == 200


def test_a_token_is_good_for_several_logins_unless_assumed_otherwise() -> None:
    for single_use, second in ((False, 200), (True, 401)):
        server = make_server(assume={"web_token_single_use": single_use})
        token = server.tokens.mint_web_token("dev", "Admin")
        assert log_in(server, token)[0] == 200
        status, text = log_in(server, token)
        assert status == second
        assert ("was used before" in text) is single_use


class TestRefusals:
    def test_no_token(self) -> None:
        self._check(make_server(), None, "no field &#39;token&#39;")

    def test_garbage(self) -> None:
        self._check(make_server(), "garbage", "not a token of this service")

    def test_an_expired_token(self) -> None:
        server = make_server()
        token = server.tokens.mint_web_token("dev", "Admin")
        server.airflow.clock.advance(61)
        self._check(server, token, "expired")

    def test_a_token_for_another_environment(self) -> None:
        self._check(
            make_server(), make_server(name="staging").tokens.mint_web_token("dev", "Admin"), "another environment"
        )

    def test_a_cli_token(self) -> None:
        server = make_server()
        self._check(server, server.tokens.mint_cli_token("dev"), "not one for")

    def test_a_role_that_does_not_exist(self) -> None:
        server = make_server()
        self._check(server, server.tokens.mint_web_token("dev", "Boss"), "Boss is not a valid role")

    def test_a_user_who_is_not_active(self) -> None:
        server = make_server()
        user = server.airflow.security.add_user("dev")
        user.active = False
        self._check(server, server.tokens.mint_web_token("dev", "Admin"), "not active")

    def test_the_status_is_an_assumption(self) -> None:
        assert log_in(make_server(assume={"refused_login_status": 403}), "garbage")[0] == 403

    def test_the_token_in_the_query_does_not_count(self) -> None:
        server = make_server()
        token = server.tokens.mint_web_token("dev", "Admin")
        assert client_of(server).post(f"/aws_mwaa/login?token={token}").status_code == 401

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_other_methods(self, method: str) -> None:
        assert client_of(make_server()).open("/aws_mwaa/login", method=method).status_code == 405

    def test_a_web_token_is_no_bearer_token_of_the_rest_api(self) -> None:
        server = make_server()
        headers = {"Authorization": f"Bearer {server.tokens.mint_web_token('dev', 'Admin')}"}
        assert client_of(server).get("/api/v1/dags", headers=headers).status_code == 401

    def _check(self, server: WebServer, token: str | None, words: str) -> None:
        client = client_of(server)
        answer = client.post("/aws_mwaa/login", data={} if token is None else {"token": token})
        assert answer.status_code == 401
        assert words in answer.text
        assert "Set-Cookie" not in answer.headers
        assert client.get("/api/v1/dags").status_code == 401
        assert server.journal[0].refusal
