"""Kerberos without a KDC: tickets by order of the test. The real one is tested in ``tests/kerberos``."""

from __future__ import annotations

import base64
import sys

import pytest
import requests
from werkzeug.test import TestResponse

from fake_server import FakeMWAA, SettingError
from fake_server.airflow.errors import ConfigurationError
from fake_server.web.app import WebServer
from tests.web.servers import BACKEND, client_without_jar, make_server

PRINCIPAL = "alice@EXAMPLE.COM"
FAB = "airflow.providers.fab.auth_manager.api.auth.backend."


def server_for(version: str = "2.10.5", name: str = BACKEND + "kerberos_auth") -> WebServer:
    config = {"api.enable_experimental_api": "True"} if version != "1.10.12" else {}
    return make_server(version=version, auth_backends=name, config=config, kerberos="stand-in")


def ask(server: WebServer, header: str | None, path: str = "/api/experimental/test") -> TestResponse:
    return client_without_jar(server).get(path, headers={} if header is None else {"Authorization": header})


@pytest.mark.parametrize(
    ("version", "name"),
    [("1.10.12", BACKEND + "kerberos_auth"), ("2.10.5", BACKEND + "kerberos_auth"), ("2.10.5", FAB + "kerberos_auth")],
)
def test_a_ticket_opens_the_door(version: str, name: str) -> None:
    server = server_for(version, name)
    answer = ask(server, server.kerberos.ticket(PRINCIPAL).header)
    assert answer.status_code == 200
    assert answer.headers["WWW-Authenticate"].startswith("negotiate ")
    assert server.journal[-1].principal == PRINCIPAL


@pytest.mark.parametrize("version", ["1.10.12", "2.10.5"])
def test_without_one_it_is_asked_for(version: str) -> None:
    answer = ask(server_for(version), None)
    assert (answer.status_code, answer.headers["WWW-Authenticate"], answer.text) == (401, "Negotiate", "Unauthorized")


class TestRefusals:
    def refused(self, server: WebServer, header: str, reason: str) -> None:
        answer = ask(server, header)
        assert (answer.status_code, answer.text) == (403, "Forbidden")
        assert "WWW-Authenticate" not in answer.headers
        assert reason in (server.journal[-1].refusal or "")
        assert header.rsplit(maxsplit=1)[-1] not in (server.journal[-1].refusal or "")

    def test_a_token_that_was_used(self) -> None:
        server = server_for()
        ticket = server.kerberos.ticket(PRINCIPAL)
        header = ticket.header
        assert ask(server, header).status_code == 200
        self.refused(server, header, "was used before")
        assert ask(server, ticket.header).status_code == 200

    def test_an_expired_ticket(self) -> None:
        server = server_for()
        ticket = server.kerberos.ticket(PRINCIPAL, lifetime=60)
        assert ask(server, ticket.header).status_code == 200
        server.airflow.clock.advance(61)
        self.refused(server, ticket.header, "has expired")

    def test_another_environments_ticket(self) -> None:
        other = server_for()
        self.refused(server_for(), other.kerberos.ticket(PRINCIPAL).header, "none of the stand-in's")

    @pytest.mark.parametrize("token", ["!!!", "abc", "YWJjZA==", base64.b64encode(bytes(range(256))).decode()])
    def test_random_tokens(self, token: str) -> None:
        self.refused(server_for(), f"Negotiate {token}", "the token is no")

    @pytest.mark.parametrize("length", [1, 31, 32, 33, -1])
    def test_truncated_tokens(self, length: int) -> None:
        server = server_for()
        token = base64.b64decode(server.kerberos.ticket(PRINCIPAL).header.split()[1])
        self.refused(server, f"Negotiate {base64.b64encode(token[:length]).decode()}", "none of the stand-in's")

    @pytest.mark.parametrize("path", ["/api/experimental/test", "/api/v1/dags"])
    def test_an_empty_token_is_what_nobody_catches(self, path: str) -> None:
        server = server_for()
        answer = ask(server, "Negotiate", path)
        assert (answer.status_code, answer.content_type) == (500, "text/html; charset=utf-8")
        assert "there is no token" in (server.journal[-1].refusal or "")


class TestRestApi:
    def test_the_user_is_named_as_the_principal(self) -> None:
        server = server_for()
        header = server.kerberos.ticket(PRINCIPAL)
        assert ask(server, header.header, "/api/v1/dags").status_code == 403
        server.airflow.security.add_user("alice", role="Admin")
        assert ask(server, header.header, "/api/v1/dags").status_code == 403
        server.airflow.security.add_user(PRINCIPAL, role="Viewer")
        answer = ask(server, header.header, "/api/v1/dags")
        assert answer.status_code == 200
        assert "WWW-Authenticate" not in answer.headers
        assert ask(server, header.header, "/api/v1/variables").status_code == 403

    def test_a_refusal_is_worded_by_the_last_backend(self) -> None:
        answer = ask(server_for(), "Negotiate YWJjZA==", "/api/v1/dags")
        assert answer.status_code == 401
        assert "WWW-Authenticate" not in answer.headers


class TestHandle:
    def test_requests_takes_a_ticket_as_its_auth(self) -> None:
        with FakeMWAA(airflow_version="1.10.12", auth_backends=["kerberos_auth"], kerberos="stand-in") as mwaa:
            session = requests.Session()
            session.auth = mwaa.kerberos.ticket(PRINCIPAL)
            for _ in range(2):
                assert session.get(f"{mwaa.url}/api/experimental/test").status_code == 200

    @pytest.mark.parametrize("principal", ["alice", "@EXAMPLE.COM", "alice@", ""])
    def test_a_principal_has_a_realm(self, principal: str) -> None:
        with pytest.raises(ValueError, match=r"Expected name@REALM"):
            server_for().kerberos.ticket(principal)

    def test_the_real_kerberos_has_no_tickets_to_give(self) -> None:
        with FakeMWAA() as mwaa, pytest.raises(RuntimeError, match="kerberos='stand-in'"):
            _ = mwaa.kerberos

    def test_a_ticket_does_not_show_its_token(self) -> None:
        assert repr(server_for().kerberos.ticket(PRINCIPAL)) == f"<KerberosTicket of {PRINCIPAL}>"


def test_without_the_library_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gssapi", None)
    with pytest.raises(ConfigurationError, match=r"Install pytest-mwaa\[kerberos\].*kerberos='stand-in'"):
        make_server(auth_backends=BACKEND + "kerberos_auth")
    with pytest.raises(SettingError, match=r"pytest-mwaa\[kerberos\]"):
        FakeMWAA(auth_backends=["kerberos_auth"]).start()
