"""Whatever people can name, write or send shows on the pages as text, never as markup."""

from __future__ import annotations

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from fake_server.airflow.dags import DAG, Param, Task, named_tasks
from fake_server.journal import JournalEntry
from fake_server.web.app import WebServer
from tests.web.page_visitors import Visitor
from tests.web.servers import client_of, client_without_jar, cookie, make_server

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
PATHS = ["/home", "/dags/etl/grid", "/dags/etl/trigger", "/_environment", "/_environment/requests"]
ASKED_BY_STRANGERS = ["/home", "/dags/etl/grid", "/_environment", "/aws_mwaa/aws-console-sso"]


@pytest.fixture
def server() -> WebServer:
    """An environment in which everything is called something with markup that Airflow lets be called so."""
    server = make_server(name=MARKUP, config={f"custom.{MARKUP}": MARKUP}, assume={"refused_cli_token_body": MARKUP})
    server.airflow.security.add_user(MARKUP, "pw", "Admin")
    server.airflow.add_dag(
        DAG(
            "etl",
            named_tasks([Task("task", operator=MARKUP, log=MARKUP)]),
            description=MARKUP,
            tags=(MARKUP,),
            owners=(MARKUP,),
            params={MARKUP: Param(MARKUP)},
            fileloc=MARKUP,
        )
    )
    server.airflow.import_errors[MARKUP] = MARKUP
    server.airflow.variables.set(MARKUP, MARKUP)
    with server.airflow.session() as airflow:
        airflow.config.update({**airflow.config.options, "scheduler.allowed_run_id_pattern": ".*"})
        airflow.trigger_dag("etl", conf={MARKUP: MARKUP}, run_id=MARKUP, note=MARKUP)
    server.journal.record(
        JournalEntry(
            server.airflow.clock.now(),
            MARKUP,
            f"/{MARKUP}",
            403,
            principal=MARKUP,
            operation=MARKUP,
            command=MARKUP,
            refusal=MARKUP,
        )
    )
    return server


def test_everything_is_escaped(server: WebServer) -> None:
    visitor = Visitor(server, MARKUP)
    for path in PATHS:
        assert visitor.client.get(path).status_code == 200
        page = visitor.get(path)
        assert "alert(1)" in page.text
        assert not page.all("script"), path
        assert not page.all("img"), path
        assert not [given for _, given in page.elements if any(name.startswith("on") for name in given)]


def test_a_message_and_a_mistake_in_a_form_are_escaped(server: WebServer) -> None:
    visitor = Visitor(server, MARKUP)
    answer = visitor.post("/dags/etl/trigger", conf=MARKUP, run_id=MARKUP, origin=MARKUP)
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert "<img" not in answer.text
    visitor.client.get(f"/dags/{MARKUP.replace('/', '')}x/grid")
    page = visitor.get("/home")
    assert "seems to be missing" in page.text
    assert not page.all("img")


@pytest.mark.parametrize("token", [None, MARKUP])
def test_a_refused_login_is_escaped(server: WebServer, token: str | None) -> None:
    answer = client_of(server).post("/aws_mwaa/login", data={} if token is None else {"token": token})
    assert answer.status_code == 401
    assert "<script>" not in answer.text
    assert "<img" not in answer.text


def test_the_page_of_a_name_with_markup_still_hands_the_token_over(server: WebServer) -> None:
    text = client_of(server).get("/aws_mwaa/aws-console-sso?login=true").text
    assert "alert(1)</script>" not in text
    assert text.count("<script>") == 1


@pytest.mark.parametrize("host", ["evil.example", "evil.example:444", '"><script>alert(1)</script>', ""])
@pytest.mark.parametrize("path", ASKED_BY_STRANGERS)
def test_the_host_header_of_a_stranger_is_not_believed(host: str, path: str) -> None:
    server = make_server()
    answer = client_without_jar(server).get(path, headers={"Host": host, **cookie(server)})
    assert answer.status_code == 200
    assert "alert" not in answer.text
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("path", ASKED_BY_STRANGERS)
def test_a_host_header_that_is_none_disturbs_nobody(path: str) -> None:
    server = make_server()
    environ = create_environ(path, headers=cookie(server))
    # A client of Werkzeug would stumble over it itself.
    environ["HTTP_HOST"] = "[::1"
    _, status, _ = run_wsgi_app(server, environ)
    assert status == "200 OK"


def test_a_login_for_a_strangers_host_leads_nowhere_else() -> None:
    answer = client_of(make_server()).get("/", headers={"Host": "evil.example"})
    assert answer.headers["Location"] == "/home"
