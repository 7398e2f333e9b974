from __future__ import annotations

import pytest

from fake_server.airflow.errors import ConfigurationError
from fake_server.faults import ConnectionReset
from fake_server.web.app import MAXIMUM_BODY_BYTES
from tests.web.servers import BACKEND, basic, client_of, cookie, make_server

NOT_FOUND_PAGE = """\


<!DOCTYPE html>
<html lang="en">
  <head>
    <title>Airflow 404</title>
    <link rel="icon" type="image/png" href="/static/pin_32.png">
  </head>
  <body>
    <div style="font-family: verdana; text-align: center; margin-top: 200px;">
      <img src="/static/pin_100.png" width="50px" alt="pin-logo" />
      <h1>Airflow 404</h1>
      <p>Page cannot be found.</p>
      <a href="/">Return to the main page</a>
      <p></p>
    </div>
  </body>
</html>"""


@pytest.mark.parametrize(
    "path", ["/nope", "/api", "/api/v2/version", "/aws_mwaa/nope", "/x//y", "/api/experimental/test"]
)
def test_an_unknown_path_is_airflows_page(path: str) -> None:
    answer = client_of(make_server()).get(path)
    assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8")
    assert answer.text == NOT_FOUND_PAGE
    assert answer.headers["Set-Cookie"].startswith("session=")


def test_a_method_that_is_not_allowed_is_airflows_page_without_allow() -> None:
    answer = client_of(make_server()).post("/home")
    assert answer.status_code == 405
    assert "<h1>Airflow 405</h1>" in answer.text
    assert "Allow" not in answer.headers


def test_a_path_without_its_final_slash_and_with_doubled_ones_is_redirected() -> None:
    client = client_of(make_server())
    for path in ("/login", "/login//"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (308, "http://localhost/login/")


def test_options_name_the_methods() -> None:
    answer = client_of(make_server()).options("/home")
    assert answer.status_code == 200
    assert set(answer.allow) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", ["/nope", "/health", "/home", "/api/v1/version", "/aws_mwaa/cli"])
def test_every_answer_forbids_caching_and_indexing(path: str) -> None:
    answer = client_of(make_server()).get(path)
    assert answer.headers.getlist("Cache-Control") == ["no-store"]
    assert answer.headers.getlist("X-Robots-Tag") == ["noindex, nofollow"]


def test_answers_are_dated_by_the_environments_clock() -> None:
    server = make_server()
    before = client_of(server).get("/health").date
    server.airflow.clock.advance(86400)
    after = client_of(server).get("/health").date
    assert before is not None
    assert after is not None
    assert 86399 <= (after - before).total_seconds() <= 86402


def test_the_session_cookie_has_the_attributes_of_mwaa() -> None:
    server = make_server(assume={"session_cookie_secure": True})
    attributes = client_of(server).get("/").headers["Set-Cookie"].split("; ")[1:]
    assert [attribute for attribute in attributes if not attribute.startswith("Expires=")] == [
        "Secure",
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
    ]


def test_health_needs_no_credentials_and_gives_no_cookie() -> None:
    answer = client_of(make_server()).get("/health")
    assert "Set-Cookie" not in answer.headers
    assert answer.json is not None
    assert answer.json["scheduler"]["status"] == "healthy"
    refused = client_of(make_server()).post("/health")
    assert (refused.status_code, "Set-Cookie" in refused.headers) == (405, False)
    switched_off = client_of(make_server(scheduler=False)).get("/health").json
    assert switched_off is not None
    assert switched_off["scheduler"] == {"latest_scheduler_heartbeat": None, "status": "unhealthy"}


@pytest.mark.parametrize("path", ["/aws_mwaa/login", "/login/", "/api/experimental/pools"])
def test_a_body_beyond_the_limit_is_refused_unread(path: str) -> None:
    server = make_server(auth_backends=BACKEND + "basic_auth", config={"api.enable_experimental_api": "True"})
    length = {"CONTENT_LENGTH": str(MAXIMUM_BODY_BYTES + 1)}
    answer = client_of(server).post(path, headers=basic(), environ_overrides=length)
    assert answer.status_code == 413
    assert "larger than the 10485760 bytes" in (server.journal[0].refusal or "")


@pytest.mark.parametrize("path", ["/aws_mwaa/login", "/aws_mwaa/cli", "/api/experimental/pools"])
def test_a_body_of_unknown_length_is_not_read_beyond_the_limit(path: str) -> None:
    server = make_server(auth_backends=BACKEND + "default", config={"api.enable_experimental_api": "True"})
    stream = _Endless()
    answer = client_of(server).post(
        path,
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Bearer {server.tokens.mint_cli_token('somebody')}"},
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True},
    )
    assert 400 <= answer.status_code < 500
    assert 0 < stream.given <= MAXIMUM_BODY_BYTES


class _Endless:
    """A stream of zeros that counts how many were read."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "nobody reads an endless stream to its end"
        self.given += size
        return b"0" * size

    def readinto(self, buffer: bytearray) -> int:
        buffer[:] = self.read(len(buffer))
        return len(buffer)


class TestFaults:
    def test_an_ordered_answer_comes_before_anything_else(self) -> None:
        server = make_server()
        server.faults.add(path="/aws_mwaa/cli", status=502, body="Bad Gateway", headers={"Server": "awselb/2.0"})
        answer = client_of(server).post("/aws_mwaa/cli", data="variables set a b")
        assert (answer.status_code, answer.text, answer.headers["Server"]) == (502, "Bad Gateway", "awselb/2.0")
        assert len(server.airflow.variables) == 0
        assert "a fault was ordered" in (server.journal[0].refusal or "")

    def test_a_delay_is_spent_and_the_request_goes_on(self) -> None:
        server = make_server()
        spent: list[float] = []
        server.faults.sleep = spent.append
        server.faults.add(path="/health", delay=2.5)
        assert client_of(server).get("/health").status_code == 200
        assert client_of(server).get("/health").status_code == 200
        assert spent == [2.5]

    def test_a_reset_is_raised_for_the_transport_and_recorded(self) -> None:
        server = make_server()
        server.faults.add(reset=True)
        with pytest.raises(ConnectionReset, match="connection reset"):
            client_of(server).get("/health")
        assert [(entry.path, entry.status) for entry in server.journal] == [("/health", 0)]


class TestJournal:
    def test_every_request_is_recorded_with_what_became_of_it(self) -> None:
        server = make_server(auth_backends=BACKEND + "basic_auth", config={"api.enable_experimental_api": "True"})
        client = client_of(server)
        client.get("/nope?a=1")
        client.get("/api/experimental/test", headers=basic())
        client.get("/api/experimental/dags/none/code", headers=basic("viewer"))
        assert [str(entry) for entry in server.journal] == [
            "GET /nope?a=1 -> 404",
            "GET /api/experimental/test -> 200 as admin",
            "GET /api/experimental/dags/none/code -> 404 as viewer (Dag id none not found in DagModel)",
        ]
        assert [entry.operation for entry in server.journal] == [None, "test", "get_dag_code"]

    def test_times_are_the_environments(self) -> None:
        server = make_server()
        server.airflow.clock.advance(3600)
        client_of(server).get("/health")
        assert abs((server.airflow.clock.now() - server.journal[0].time).total_seconds()) < 5

    def test_no_credential_is_recorded(self) -> None:
        server = make_server()
        token = server.tokens.mint_web_token("somebody", "Admin")
        client = client_of(server)
        client.get(f"/aws_mwaa/login?token={token}")
        client.post("/aws_mwaa/login", data={"token": token})
        client.post("/aws_mwaa/cli", headers={"Authorization": f"Bearer {token}"}, data="version")
        client.get("/home", headers=cookie(server))
        text = repr(list(server.journal)) + str(server.journal)
        assert token not in text
        assert "eyJ" not in text
        assert "/aws_mwaa/login?token=<token>" in text


class TestConfiguration:
    def test_an_unknown_auth_backend_is_refused_when_the_server_is_made(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"no API auth backend 'airflow\.api\.auth\.backend\.basic'"
        ) as error:
            make_server(auth_backends=BACKEND + "basic")
        assert "Did you mean" in str(error.value)
        assert BACKEND + "session" in str(error.value)

    def test_a_changed_option_is_in_force_at_once(self) -> None:
        server = make_server()
        client = client_of(server)
        assert client.get("/api/v1/dags", headers=basic()).status_code == 401
        server.airflow.config.update({"api.auth_backends": BACKEND + "basic_auth"})
        server.check_configuration()
        assert client.get("/api/v1/dags", headers=basic()).status_code == 200
        server.airflow.config.update({"api.auth_backends": "nobody"})
        with pytest.raises(ConfigurationError, match="nobody"):
            server.check_configuration()
