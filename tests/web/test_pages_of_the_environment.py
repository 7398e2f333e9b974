"""The pages that a real Airflow does not have: recorded requests, and the environment with its tokens."""

from __future__ import annotations

from datetime import timedelta

from fake_server.journal import JournalEntry
from fake_server.web.app import WebServer
from tests.web.page_visitors import Visitor
from tests.web.servers import client_of, make_server


def issue(server: WebServer, operation: str = "CreateCliToken", *, seconds_ago: float = 0) -> None:
    """Have the journal say that a token was issued, as the control plane does."""
    moment = server.airflow.clock.now() - timedelta(seconds=seconds_ago)
    server.journal.record(
        JournalEntry(moment, "POST", "/clitoken/production", 200, principal="user/moto", operation=operation)
    )


class TestRecordedRequests:
    def test_lists_them_with_the_newest_first(self) -> None:
        server = make_server()
        headers = {"Authorization": f"Bearer {server.tokens.mint_cli_token('root')}"}
        client_of(server).post("/aws_mwaa/cli", data="dags list", headers=headers)
        client_of(server).post("/aws_mwaa/cli", data="dags list")
        text = Visitor(server).get("/_environment/requests").text
        assert "2 in all" in text
        assert "200 OK" in text
        assert text.index("403 Forbidden") < text.index("200 OK")
        for words in ("POST /aws_mwaa/cli", "root", "dags list", "there is no Authorization header"):
            assert words in text

    def test_no_token_and_no_answer_is_shown(self) -> None:
        server = make_server()
        server.airflow.variables.set("pin", "4711-secret")
        token = server.tokens.mint_web_token("dev", "Admin")
        visitor = Visitor(server)
        visitor.client.get(f"/home?token={token}")
        visitor.client.get("/api/v1/variables/pin")
        page = visitor.client.get("/_environment/requests").text
        assert "/home?token=&lt;token&gt;" in page
        assert token not in page
        assert "4711-secret" not in page
        assert server.journal[1].answer  # Not for want of one.

    def test_shows_the_newest_two_hundred(self) -> None:
        server = make_server()
        client = client_of(server)
        for number in range(205):
            client.get(f"/nope/{number:03}")
        text = Visitor(server).get("/_environment/requests").text
        assert "205 in all, the newest 200 shown" in text
        assert ("/nope/005" in text, "/nope/004" in text) == (True, False)

    def test_a_connection_that_broke_off_has_words_too(self) -> None:
        server = make_server()
        server.journal.record(JournalEntry(server.airflow.clock.now(), "GET", "/home", 0))
        assert "broken off" in Visitor(server).get("/_environment/requests").text


class TestEnvironment:
    def test_says_what_it_is(self) -> None:
        server = make_server(name="reports", scheduler=False, assume={"login_status": 302})
        server.airflow.clock.freeze()
        server.faults.add(path="/home", status=502, after=99)
        text = Visitor(server).get("/_environment").text
        for words in (
            "reports.example",
            "Airflow version 2.10.5",
            f"{server.airflow.clock.now():%Y-%m-%d %H:%M}",
            "off: runs stay queued",
            "airflow.api.auth.backend.session",
            "login_status 302",
            "any method /home: answered 502",
        ):
            assert words in text, words

    def test_lists_tokens_by_kind_and_state_without_the_tokens(self) -> None:
        server = make_server()
        server.airflow.clock.freeze()
        issue(server, seconds_ago=61)
        issue(server, "CreateWebLoginToken")
        text = Visitor(server).get("/_environment").text
        assert text.index("web login token valid user/moto") < text.index("CLI token expired user/moto")
        assert "eyJ" not in text

    def test_a_token_expires_when_the_web_server_says_so(self) -> None:
        server = make_server()
        server.airflow.clock.freeze()
        token = server.tokens.mint_web_token("dev", "Admin")
        issue(server, "CreateWebLoginToken")
        visitor = Visitor(server)
        # A token's expiry is a whole second, so it may be good for nearly a second less than a minute.
        for seconds in (58.5, 2):
            server.airflow.clock.advance(seconds)
            accepted = client_of(server).post("/aws_mwaa/login", data={"token": token}).status_code == 200
            shown = "web login token valid" in visitor.get("/_environment").text
            assert (accepted, shown) == (seconds == 58.5, seconds == 58.5)

    def test_secret_options_are_masked(self) -> None:
        options = {"smtp.smtp_password": "hush-hush", "core.parallelism": "7", "custom.api_key": "hush-too"}
        text = Visitor(make_server(config=options)).get("/_environment").text
        assert "core.parallelism 7" in text
        assert "smtp.smtp_password ***" in text
        assert "custom.api_key ***" in text
        assert "hush" not in text
