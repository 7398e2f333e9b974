"""The pages of Airflow 1.10: the same, at other paths."""

from __future__ import annotations

import pytest

from fake_server.web.app import WebServer
from tests.web.page_visitors import Page, Visitor
from tests.web.servers import client_of, make_server


@pytest.fixture
def server() -> WebServer:
    return make_server(version="1.10.12", assume={"login_status": 200})


def test_a_dag_is_named_in_the_query_string(server: WebServer) -> None:
    visitor = Visitor(server)
    assert visitor.get("/home").all("a", href="/tree?dag_id=etl")
    page = visitor.get("/tree?dag_id=etl")
    assert (page.status, page.text.strip().startswith("Airflow")) == (200, True)
    assert page.all("form", action="/trigger?dag_id=etl", method="post")
    assert visitor.client.get("/dags/etl/grid").status_code == 404


def test_triggering_leads_back_and_leaves_the_dag_paused(server: WebServer) -> None:
    server.airflow.dags["etl"].is_paused = True
    visitor = Visitor(server)
    answer = visitor.post("/trigger?dag_id=etl", conf='{"a": 1}', origin="/tree?dag_id=etl")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost/tree?dag_id=etl")
    assert "Triggered etl, it should start any moment now." in visitor.get("/home").text
    assert server.airflow.dags["etl"].is_paused
    assert server.airflow.runs.of("etl")[0].conf == {"a": 1}


def test_conf_may_be_any_json_but_has_to_be_json(server: WebServer) -> None:
    visitor = Visitor(server)
    page = Page(visitor.post("/trigger?dag_id=etl", conf='{"a"'))
    assert (page.status, "Invalid JSON configuration" in page.text) == (200, True)
    assert visitor.post("/trigger?dag_id=etl", conf="[1]").status_code == 302
    assert [run.conf for run in server.airflow.runs.of("etl")] == [{}]


def test_the_switch(server: WebServer) -> None:
    assert Visitor(server).post("/paused?is_paused=false&dag_id=etl").text == "OK"
    assert server.airflow.dags["etl"].is_paused


@pytest.mark.parametrize("path", ["/tree", "/tree?dag_id=nope"])
def test_a_dag_that_does_not_exist_is_an_exception(server: WebServer, path: str) -> None:
    assert Visitor(server).client.get(path).status_code == 500


def test_logging_out_is_a_link(server: WebServer) -> None:
    visitor = Visitor(server)
    assert visitor.client.post("/logout/").status_code == 405
    answer = visitor.client.get("/logout/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost/")
    assert visitor.client.get("/home").status_code == 302


def test_who_is_not_logged_in_comes_back_to_the_dags_only(server: WebServer) -> None:
    answer = client_of(server).get("/tree?dag_id=etl")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost/login/")


def test_a_viewers_trigger_is_refused_by_way_of_the_login(server: WebServer) -> None:
    visitor = Visitor(server, "viewer")
    answer = visitor.client.get("/trigger?dag_id=etl")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost/login/")
    assert "Access is Denied" in visitor.get("/login/").text
