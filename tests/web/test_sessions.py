from __future__ import annotations

import pytest

from tests.web.servers import client_of, client_without_jar, cookie, make_server


def test_a_session_lasts_twelve_hours_of_the_environments_clock() -> None:
    server = make_server()
    header = cookie(server)
    client = client_without_jar(server)
    server.airflow.clock.advance(12 * 3600 - 5)
    assert client.get("/api/v1/dags", headers=header).status_code == 200
    server.airflow.clock.advance(6)
    assert client.get("/api/v1/dags", headers=header).status_code == 401


def test_its_duration_is_an_assumption() -> None:
    server = make_server(assume={"session_duration_minutes": 1})
    header = cookie(server)
    server.airflow.clock.advance(61)
    assert client_without_jar(server).get("/api/v1/dags", headers=header).status_code == 401


@pytest.mark.parametrize("damage", ["garbage", "", "{}xyz", "{}.", ".{}", "\xe9"])
def test_a_damaged_cookie_is_nobodys(damage: str) -> None:
    server = make_server()
    value = cookie(server)["Cookie"].removeprefix("session=")
    damaged = damage.replace("{}", value[:-3] if damage == "{}xyz" else value)
    assert client_without_jar(server).get("/api/v1/dags", headers={"Cookie": f"session={damaged}"}).status_code == 401


def test_a_cookie_is_good_in_its_own_environment_only() -> None:
    here, there = make_server(name="here"), make_server(name="there")
    header = cookie(here)
    assert client_without_jar(here).get("/api/v1/dags", headers=header).status_code == 200
    assert client_without_jar(there).get("/api/v1/dags", headers=header).status_code == 401


def test_a_session_ends_with_its_user() -> None:
    server = make_server()
    header = cookie(server)
    user = server.airflow.security.find_user("admin")
    assert user is not None
    server.airflow.security.delete_user(user)
    assert client_without_jar(server).get("/api/v1/dags", headers=header).status_code == 401
    server.airflow.security.add_user("admin", "another")
    assert client_without_jar(server).get("/api/v1/dags", headers=header).status_code == 401


def test_an_expired_session_is_forgotten() -> None:
    server = make_server()
    user = server.airflow.security.find_user("admin")
    assert user is not None
    for _ in range(3):
        server.mint_session_cookie(user)
    server.airflow.clock.advance(13 * 3600)
    server.mint_session_cookie(user)
    assert repr(server.sessions) == "<Sessions: 1 open>"


def test_a_visitor_keeps_the_cookie_that_came_with_the_first_page() -> None:
    client = client_of(make_server())
    first = client.get("/login/").headers["Set-Cookie"].split(";")[0]
    second = client.get("/login/").headers["Set-Cookie"].split(";")[0]
    assert first == second
    client.set_cookie("session", "forged")
    assert client.get("/login/").headers["Set-Cookie"].split(";")[0] not in {first, "session=forged"}
