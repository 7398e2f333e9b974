"""What the version 1.10.12 changes beyond what was recorded answer by answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from fake_server.airflow.errors import ConfigurationError, UserRefused
from fake_server.web.app import WebServer
from tests.web.servers import BACKEND, basic, client_of, client_without_jar, make_server

PASSWORD_AUTH = "airflow.contrib.auth.backends.password_auth"


def old_server(auth_backends: str | None = BACKEND + "default", **options: Any) -> WebServer:
    return make_server(version="1.10.12", auth_backends=auth_backends, **options)


class TestPages:
    @pytest.mark.parametrize(
        "path", ["/nope", "/api/v1", "/api/v1/dags", "/api/experimental/info", "/api/experimental"]
    )
    def test_unknown_paths(self, path: str) -> None:
        answer = client_of(old_server()).get(path)
        assert answer.status_code == 404
        assert "<h1>Airflow 404 = lots of circles</h1>" in answer.text
        assert answer.headers["Set-Cookie"].startswith("session=")

    def test_headers_of_every_answer(self) -> None:
        answer = client_of(old_server()).get("/health")
        assert answer.headers["Vary"] == "Cookie"
        assert "Cache-Control" not in answer.headers
        assert "SameSite" not in answer.headers["Set-Cookie"]

    def test_the_crash_page_shows_the_exception_escaped(self) -> None:
        body = {"name": "n", "slots": 1, "description": "d", "<script>": 1}
        answer = client_of(old_server()).post("/api/experimental/pools", data=json.dumps(body))
        assert answer.status_code == 500
        assert "<h1>Ooops.</h1>" in answer.text
        assert "create_pool() got an unexpected keyword argument '&lt;script&gt;'" in answer.text

    def test_the_journal_explains_crashes(self) -> None:
        server = old_server()
        client_of(server).post("/api/experimental/pools", data=b"5")
        refusal = server.journal[-1].refusal or ""
        assert refusal.startswith("the body is to be a JSON object (TypeError: ")

    def test_the_deprecation_of_later_versions_is_not_announced(self) -> None:
        answer = client_of(old_server()).get("/api/experimental/test")
        assert answer.data == b'{"status":"OK"}\n'
        assert not {"Deprecation", "Link"} & set(answer.headers.keys())


class TestBackends:
    def test_the_api_is_closed_by_default(self) -> None:
        answer = client_of(old_server(None)).get("/api/experimental/test")
        assert (answer.status_code, answer.text) == (403, "Forbidden")
        assert "WWW-Authenticate" not in answer.headers

    @pytest.mark.parametrize(
        "name",
        [BACKEND + "basic_auth", BACKEND + "session", "airflow.providers.google.common.auth_backend.google_openid"],
    )
    def test_backends_of_later_versions_are_refused(self, name: str) -> None:
        with pytest.raises(ConfigurationError, match=rf"{name}' in Airflow 1\.10\.12\..*password_auth"):
            old_server(name)

    def test_password_auth_is_refused_in_later_versions(self) -> None:
        with pytest.raises(ConfigurationError, match=r"password_auth' in Airflow 2\.10\.5"):
            make_server(auth_backends=PASSWORD_AUTH)

    @pytest.mark.parametrize("version", ["1.10.12", "2.0.2"])
    def test_older_versions_take_one_backend(self, version: str) -> None:
        with pytest.raises(ConfigurationError, match=r"takes one API auth backend, in api\.auth_backend; got"):
            make_server(version=version, auth_backends=f"{BACKEND}default,{BACKEND}deny_all")

    def test_none_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="no API auth backend is configured"):
            old_server("")


class TestPasswordAuth:
    @pytest.fixture
    def server(self) -> WebServer:
        server = old_server(PASSWORD_AUTH)
        server.airflow.password_auth_users.add("somebody", "some:body")
        return server

    def ask(self, server: WebServer, header: str) -> tuple[int, str | None]:
        answer = client_without_jar(server).get("/api/experimental/test", headers={"Authorization": header})
        return answer.status_code, answer.headers.get("WWW-Authenticate")

    def test_the_right_password_and_whose_it_is(self, server: WebServer) -> None:
        assert self.ask(server, basic("somebody", "some:body")["Authorization"]) == (200, None)
        assert server.journal[-1].principal == "somebody"

    @pytest.mark.parametrize(
        ("username", "password"), [("somebody", "x"), ("somebody", ""), ("", ""), ("admin", "admin-pw")]
    )
    def test_wrong_ones(self, server: WebServer, username: str, password: str) -> None:
        assert self.ask(server, basic(username, password)["Authorization"]) == (403, None)

    @pytest.mark.parametrize(
        ("value", "exception"),
        [
            ("abc", "binascii.Error: Incorrect padding"),
            ("!!!", "ValueError: not enough values to unpack (expected 2, got 1)"),
            ("", "ValueError: not enough values to unpack (expected 2, got 1)"),
            (base64.b64encode(b"\xff:\xff").decode(), "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff"),
        ],
    )
    def test_what_cannot_be_decoded_is_a_crash(self, server: WebServer, value: str, exception: str) -> None:
        headers = {"Authorization": f"Whatever {value}"}
        answer = client_without_jar(server).get("/api/experimental/test", headers=headers)
        assert answer.status_code == 500
        assert exception in answer.text
        assert server.journal[-1].refusal is not None

    def test_a_name_is_taken_once(self, server: WebServer) -> None:
        with pytest.raises(UserRefused, match="somebody already exist"):
            server.airflow.password_auth_users.add("somebody", "other")

    def test_passwords_do_not_show(self, server: WebServer) -> None:
        assert repr(server.airflow.password_auth_users) == "<PasswordAuthUsers somebody>"


class TestRuns:
    def test_they_run_at_once_and_move_along(self) -> None:
        server = old_server()
        client = client_of(server)
        client.post("/api/experimental/dags/etl/dag_runs", data=b'{"run_id": "now"}')
        (run,) = client.get("/api/experimental/dags/etl/dag_runs").json or [{}]
        assert (run["state"], run["start_date"] != "") == ("running", True)
        server.airflow.clock.advance(60)
        (run,) = client.get("/api/experimental/dags/etl/dag_runs").json or [{}]
        assert run["state"] == "success"

    def test_a_paused_dags_run_runs_and_waits(self) -> None:
        server = old_server()
        client = client_of(server)
        client.get("/api/experimental/dags/etl/paused/true")
        client.post("/api/experimental/dags/etl/dag_runs", data=b"{}")
        server.airflow.clock.advance(60)
        assert [run["state"] for run in client.get("/api/experimental/dags/etl/dag_runs").json or ()] == ["running"]
        client.get("/api/experimental/dags/etl/paused/false")
        server.airflow.clock.advance(60)
        assert [run["state"] for run in client.get("/api/experimental/dags/etl/dag_runs").json or ()] == ["success"]
