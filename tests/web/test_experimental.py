from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fake_server.web.app import WebServer
from tests.web.servers import BACKEND, basic, client_of, make_server

LINK = (
    "<https://airflow.apache.org/docs/apache-airflow/2.10.5/upgrading-to-2.html"
    '#migration-guide-from-experimental-api-to-stable-api-v1>; rel="deprecation"; type="text/html"'
)
UNREADABLE = (
    "<!doctype html>\n<html lang=en>\n<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n"
    "<p>The browser (or proxy) sent a request that this server could not understand.</p>\n"
)
NOT_A_DATE = (
    "Given execution date, {}, could not be identified as a date. Example date format: 2015-11-16T14:34:15+00:00"
)


def experimental_server(**options: Any) -> WebServer:
    config = {"api.enable_experimental_api": "True"}
    return make_server(auth_backends=BACKEND + "basic_auth", config=config, **options)


def call(server: WebServer, method: str, path: str, body: Any = None) -> TestResponse:
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    return client_of(server).open(f"/api/experimental{path}", method=method, data=data, headers=basic())


def trigger(server: WebServer, body: Any, dag_id: str = "etl") -> TestResponse:
    # Two triggers within one second collide, for the default date is cut to the second.
    server.airflow.clock.advance(1)
    return call(server, "POST", f"/dags/{dag_id}/dag_runs", body)


def is_crash_page(answer: TestResponse) -> bool:
    return (answer.status_code, answer.content_type) == (500, "text/html; charset=utf-8") and "Ooops!" in answer.text


class TestProtocol:
    def test_json_is_spaced_and_says_that_it_is_deprecated(self) -> None:
        answer = call(experimental_server(), "GET", "/test")
        assert (answer.data, answer.content_type) == (b'{"status": "OK"}', "application/json")
        assert (answer.headers["Deprecation"], answer.headers["Link"]) == ("true", LINK)

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "", 404),
            ("GET", "/nope", 404),
            ("GET", "/test/", 404),
            ("POST", "/test", 405),
            ("FOO", "/test", 405),
        ],
    )
    def test_unknown_paths_and_methods_are_worded_by_the_stable_api(self, method: str, path: str, status: int) -> None:
        answer = client_of(experimental_server()).open(f"/api/experimental{path}", method=method)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        assert answer.json is not None
        assert (answer.json["status"], answer.json["type"]) == (status, "about:blank")
        assert answer.text.startswith('{\n  "detail": ')
        assert "Deprecation" not in answer.headers
        assert "Allow" not in answer.headers
        assert answer.headers["Set-Cookie"].startswith("session=")

    def test_a_doubled_slash_is_redirected(self) -> None:
        answer = call(experimental_server(), "GET", "//test")
        assert (answer.status_code, answer.headers["Location"]) == (308, "http://localhost/api/experimental/test")

    def test_options_ask_nobody(self) -> None:
        answer = client_of(experimental_server()).options("/api/experimental/pools")
        assert (answer.status_code, set(answer.allow)) == (200, {"GET", "HEAD", "OPTIONS", "POST"})

    def test_credentials_come_before_the_body(self) -> None:
        answer = client_of(experimental_server()).post("/api/experimental/dags/etl/dag_runs", data="{")
        assert (answer.status_code, answer.data) == (401, b"Unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Basic"
        assert answer.headers["Deprecation"] == "true"

    def test_name_and_password_open_a_session(self) -> None:
        client = client_of(experimental_server())
        assert client.get("/api/experimental/test", headers=basic()).status_code == 200
        assert client.get("/api/v1/dags").status_code == 200

    def test_what_you_may_do_nobody_asks(self) -> None:
        server = experimental_server()
        body = json.dumps({"name": "p", "slots": 1, "description": ""})
        answer = client_of(server).post("/api/experimental/pools", data=body, headers=basic("viewer"))
        assert answer.status_code == 200

    def test_without_the_option_there_is_nothing(self) -> None:
        answer = client_of(make_server()).get("/api/experimental/test")
        assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8")


class TestTrigger:
    def test_a_run_is_made(self) -> None:
        server = experimental_server(scheduler=False)
        answer = trigger(server, {"run_id": "r1", "execution_date": "2024-01-02T03:04:05", "conf": {"a": 1}})
        assert answer.status_code == 200
        run = server.airflow.runs.get("etl", "r1")
        assert run is not None
        assert run.conf == {"a": 1}
        assert run.queued_at is not None
        assert answer.json == {
            "execution_date": "2024-01-02T03:04:05+00:00",
            "message": "Created <DagRun etl @ 2024-01-02 03:04:05+00:00: r1, state:queued, "
            f"queued_at: {run.queued_at.isoformat(sep=' ')}. externally triggered: True>",
            "run_id": "r1",
        }

    def test_the_default_date_is_now_cut_to_the_second(self) -> None:
        answer = trigger(experimental_server(), {}).json
        assert answer is not None
        assert answer["run_id"] == f"manual__{answer['execution_date']}"
        assert "." not in answer["execution_date"]

    @pytest.mark.parametrize(
        ("body", "date"),
        [
            ({"execution_date": "2024-01-04T00:00:00.123456"}, "2024-01-04T00:00:00.123456+00:00"),
            ({"execution_date": "2024-01-04T00:00:00.5", "replace_microseconds": "TRUE"}, "2024-01-04T00:00:00+00:00"),
            ({"execution_date": "2024-02-03T00:00:00+05:30"}, "2024-02-03T00:00:00+05:30"),
            ({"execution_date": "2024-02-04"}, "2024-02-04T00:00:00+00:00"),
            ({"execution_date": "Feb 5 2024"}, "2024-02-05T00:00:00+00:00"),
            ({"execution_date": "2020-01-01T00:00:00"}, "2020-01-01T00:00:00+00:00"),
            ({"execution_date": "9999-12-31T23:59:59"}, "9999-12-31T23:59:59+00:00"),
        ],
    )
    def test_a_given_date_keeps_its_offset(self, body: dict[str, str], date: str) -> None:
        answer = trigger(experimental_server(), body).json
        assert answer is not None
        assert (answer["execution_date"], answer["run_id"]) == (date, f"manual__{date}")
        assert f"@ {date.replace('T', ' ')}:" in answer["message"]

    @pytest.mark.parametrize(
        "body", [b'{"run_id": "t"}', {"run_id": "t", "foo": 1}, {"run_id": "t", "execution_date": None}]
    )
    def test_content_types_and_unknown_members_do_not_matter(self, body: Any) -> None:
        answer = trigger(experimental_server(), body)
        assert (answer.status_code, answer.json and answer.json["run_id"]) == (200, "t")

    @pytest.mark.parametrize("body", [{}, [], [1], "x", {"run_id": None}, {"run_id": ""}, {"run_id": 0}])
    def test_nothing_much_is_enough(self, body: Any) -> None:
        answer = trigger(experimental_server(), body).json
        assert answer is not None
        assert answer["run_id"].startswith("manual__")

    @pytest.mark.parametrize("body", [b"", b"{bad", b"\xff", b"{}x"])
    def test_what_is_not_json_is_a_bad_request(self, body: bytes) -> None:
        answer = trigger(experimental_server(), body)
        assert (answer.status_code, answer.text) == (400, UNREADABLE)

    @pytest.mark.parametrize("conf", ['{"a": 1}', "", None, [], 5])
    def test_conf_has_to_be_an_object_and_is_looked_at_first(self, conf: Any) -> None:
        answer = trigger(experimental_server(), {"conf": conf, "execution_date": "bogus"}, dag_id="nope")
        assert answer.status_code == 400
        assert answer.json == {"error": "Dag Run conf must be a dictionary object, other types are not supported"}

    @pytest.mark.parametrize("date", ["nope", "", " ", "2024-13-01", "99999999999999999999"])
    def test_what_is_no_date(self, date: str) -> None:
        answer = trigger(experimental_server(), {"execution_date": date}, dag_id="nope")
        assert (answer.status_code, answer.json) == (400, {"error": NOT_A_DATE.format(date)})

    def test_an_unknown_dag(self) -> None:
        answer = trigger(experimental_server(), {}, dag_id="nope")
        assert (answer.status_code, answer.json) == (404, {"error": "Dag id nope not found in DagModel"})

    @pytest.mark.parametrize(
        "again", [{"run_id": "r1", "execution_date": "2024-01-02"}, {"run_id": "r2", "execution_date": "2024-01-01"}]
    )
    def test_a_duplicate_is_400_and_names_the_new_run(self, again: dict[str, str]) -> None:
        server = experimental_server()
        trigger(server, {"run_id": "r1", "execution_date": "2024-01-01"})
        answer = trigger(server, again)
        date, run_id = again["execution_date"], again["run_id"]
        words = f"A DAG Run already exists for DAG etl at {date} 00:00:00+00:00 with run id {run_id}"
        assert (answer.status_code, answer.json) == (400, {"error": words})

    def test_a_duplicate_of_two_runs_is_a_crash(self) -> None:
        server = experimental_server()
        trigger(server, {"run_id": "r1", "execution_date": "2024-01-01"})
        trigger(server, {"run_id": "r2", "execution_date": "2024-01-02"})
        answer = trigger(server, {"run_id": "r1", "execution_date": "2024-01-02"})
        assert (answer.status_code, answer.content_type) == (500, "text/html; charset=utf-8")

    @pytest.mark.parametrize("run_id", ["a b", "a/b", "\u00e9"])
    def test_an_id_with_forbidden_characters_is_500_in_json(self, run_id: str) -> None:
        answer = trigger(experimental_server(), {"run_id": run_id})
        assert (answer.status_code, answer.content_type) == (500, "application/json")
        assert answer.json is not None
        assert answer.json["error"].startswith(f"The provided run ID '{run_id}' is invalid.")

    @pytest.mark.parametrize(
        "body",
        [
            None,
            5,
            ["run_id"],
            "a text with conf in it",
            {"run_id": 5},
            {"run_id": ["a"]},
            {"run_id": True},
            {"execution_date": 5},
            {"execution_date": [1]},
            {"replace_microseconds": True},
            {"replace_microseconds": 1},
        ],
    )
    def test_wrong_types_crash_as_they_do_there(self, body: Any) -> None:
        server = experimental_server()
        assert is_crash_page(trigger(server, json.dumps(body).encode()))
        assert "Error: " in (server.journal[0].refusal or "")
        assert len(server.airflow.runs) == 0


class TestRuns:
    @pytest.fixture
    def server(self) -> WebServer:
        server = experimental_server(scheduler=False)
        for run_id, date in (("late", "2024-02-01"), ("early", "2024-01-01T01:02:03.5")):
            assert trigger(server, {"run_id": run_id, "execution_date": date}).status_code == 200
        return server

    def test_they_are_listed_by_date(self, server: WebServer) -> None:
        runs: Any = call(server, "GET", "/dags/etl/dag_runs").json
        assert [run["run_id"] for run in runs] == ["early", "late"]
        assert runs[0] == {
            "dag_id": "etl",
            "dag_run_url": "/dags/etl/graph?execution_date=2024-01-01+01%3A02%3A03.500000%2B00%3A00",
            "execution_date": "2024-01-01T01:02:03.500000+00:00",
            "id": 2,
            "run_id": "early",
            "start_date": "",
            "state": "queued",
        }

    @pytest.mark.parametrize(
        ("query", "count"), [("?state=queued", 2), ("?state=QUEUED", 2), ("?state=success", 0), ("?state=", 2)]
    )
    def test_by_state(self, server: WebServer, query: str, count: int) -> None:
        runs: Any = call(server, "GET", f"/dags/etl/dag_runs{query}").json
        assert len(runs) == count

    def test_an_unknown_state_crashes(self, server: WebServer) -> None:
        assert is_crash_page(call(server, "GET", "/dags/etl/dag_runs?state=bogus"))
        assert call(server, "GET", "/dags/nope/dag_runs?state=bogus").status_code == 400

    def test_the_runs_of_an_unknown_dag_are_400(self, server: WebServer) -> None:
        answer = call(server, "GET", "/dags/nope/dag_runs")
        assert (answer.status_code, answer.json) == (400, {"error": "Dag id nope not found in DagModel"})

    @pytest.mark.parametrize("date", ["2024-02-01", "2024-02-01T00:00:00+00:00", "2024-02-01T02:00:00%2B02:00"])
    def test_one_by_its_date(self, server: WebServer, date: str) -> None:
        assert call(server, "GET", f"/dags/etl/dag_runs/{date}").json == {"state": "queued"}

    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("/dags/etl/dag_runs/2030-01-01", 404, "Dag Run for date 2030-01-01 00:00:00+00:00 not found in dag etl"),
            ("/dags/nope/dag_runs/2030-01-01", 404, "Dag id nope not found in DagModel"),
            ("/dags/nope/dag_runs/bogus", 400, NOT_A_DATE.format("bogus")),
            ("/dags/etl/dag_runs/bogus/tasks/nope", 400, NOT_A_DATE.format("bogus")),
            ("/dags/etl/dag_runs/2030-01-01/tasks/nope", 404, "Task nope not found in dag etl"),
            ("/dags/etl/tasks/nope", 404, "Task nope not found in dag etl"),
            ("/dags/nope/tasks/extract", 404, "Dag id nope not found in DagModel"),
            ("/lineage/nope/bogus", 400, NOT_A_DATE.format("bogus")),
            ("/lineage/etl/2030-01-01", 404, "Dag Run for date 2030-01-01 00:00:00+00:00 not found in dag etl"),
        ],
    )
    def test_what_is_not_there(self, server: WebServer, path: str, status: int, words: str) -> None:
        answer = call(server, "GET", path)
        assert (answer.status_code, answer.json) == (status, {"error": words})

    def test_the_latest_of_each_dag(self, server: WebServer) -> None:
        latest: Any = call(server, "GET", "/latest_runs").json
        assert [item["execution_date"] for item in latest["items"]] == ["2024-02-01T00:00:00+00:00"]


class TestTasks:
    def test_a_tasks_attributes_are_text(self) -> None:
        answer: Any = call(experimental_server(), "GET", "/dags/etl/tasks/extract").json
        assert set(map(type, answer.values())) == {str}
        assert list(answer) == sorted(answer)
        assert answer["downstream_task_ids"] == "{'load'}"
        assert answer["upstream_task_ids"] == "set()"
        assert answer["retry_delay"] == "0:05:00"
        assert answer["start_date"] == "2024-01-01 00:00:00+00:00"

    def test_an_instances_attributes_are_text(self) -> None:
        server = experimental_server()
        trigger(server, {"run_id": "r1", "execution_date": "2024-01-01"})
        path = "/dags/etl/dag_runs/2024-01-01/tasks/extract"
        server.airflow.clock.advance(60)
        answer: Any = call(server, "GET", path).json
        assert set(map(type, answer.values())) == {str}
        assert (answer["state"], answer["try_number"], answer["trigger_id"]) == ("success", "1", "None")
        assert answer["dag_run"].startswith("<DagRun etl @ 2024-01-01 00:00:00+00:00: r1, state:success")


class TestDags:
    def test_pausing_is_a_get_with_the_word_true(self) -> None:
        server = experimental_server()
        for word, paused in (("true", True), ("false", False), ("true", True), ("True", False), ("banana", False)):
            assert call(server, "GET", f"/dags/etl/paused/{word}").json == {"response": "ok"}
            assert call(server, "GET", "/dags/etl/paused").json == {"is_paused": paused}

    @pytest.mark.parametrize("path", ["/dags/nope/paused", "/dags/nope/paused/true"])
    def test_an_unknown_dag_crashes(self, path: str) -> None:
        assert is_crash_page(call(experimental_server(), "GET", path))

    def test_code_is_html(self) -> None:
        server = experimental_server()
        answer = call(server, "GET", "/dags/etl/code")
        assert (answer.text, answer.content_type) == ("# the file of etl\n", "text/html; charset=utf-8")
        assert call(server, "GET", "/dags/nope/code").json == {"error": "Dag id nope not found in DagModel"}

    def test_delete(self) -> None:
        server = experimental_server()
        answer: Any = call(server, "DELETE", "/dags/etl").json
        assert answer["message"] == f"Removed {answer['count']} record(s)"
        again = call(server, "DELETE", "/dags/etl")
        assert (again.status_code, again.json) == (404, {"error": "Dag id etl not found"})

    def test_info_is_the_version(self) -> None:
        assert call(experimental_server(), "GET", "/info").json == {"version": "2.10.5"}


class TestPools:
    def test_create_get_update_list_delete(self) -> None:
        server = experimental_server()
        pool = {"description": "d", "id": 2, "include_deferred": False, "pool": "p", "slots": 3}
        assert call(server, "POST", "/pools", {"name": "p", "slots": 3, "description": "d"}).json == pool
        assert call(server, "GET", "/pools/p").json == pool
        assert call(server, "POST", "/pools", {"name": "p", "slots": "7", "description": "d"}).json == {
            **pool,
            "slots": 7,
        }
        pools: Any = call(server, "GET", "/pools").json
        assert [entry["pool"] for entry in pools] == ["default_pool", "p"]
        assert call(server, "DELETE", "/pools/p").json == {**pool, "slots": 7}
        assert call(server, "GET", "/pools/p").json == {"error": "Pool 'p' doesn't exist"}

    @pytest.mark.parametrize(("slots", "stored"), [(True, 1), (4.7, 4), (" 7 ", 7), ("1_0", 10), (-1, -1)])
    def test_slots_are_whatever_python_makes_an_integer_of(self, slots: Any, stored: int) -> None:
        answer: Any = call(
            experimental_server(), "POST", "/pools", {"name": "p", "slots": slots, "description": ""}
        ).json
        assert answer["slots"] == stored

    def test_a_number_as_description_is_stored_as_text(self) -> None:
        server = experimental_server()
        answer: Any = call(server, "POST", "/pools", {"name": "p", "slots": 1, "description": 5}).json
        stored: Any = call(server, "GET", "/pools/p").json
        assert (answer["description"], stored["description"]) == (5, "5")

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"name": "", "slots": 1}, "Pool name shouldn't be empty"),
            ({"name": "  ", "slots": 1}, "Pool name shouldn't be empty"),
            ({"name": None, "slots": 1}, "Pool name shouldn't be empty"),
            ({"name": "p", "slots": "x"}, "Bad value for `slots`: x"),
            ({"name": "x" * 257, "slots": 1}, "Pool name can't be more than 256 characters"),
        ],
    )
    def test_refusals(self, body: dict[str, Any], words: str) -> None:
        answer = call(experimental_server(), "POST", "/pools", {"description": "", **body})
        assert (answer.status_code, answer.json) == (400, {"error": words})

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            "x",
            5,
            {"name": "p", "slots": 1},
            {"name": "p", "description": ""},
            {"name": "p", "slots": 1, "description": "", "foo": 1},
            {"name": "p", "slots": 1, "description": "", "include_deferred": True},
            {"name": "p", "slots": None, "description": ""},
            {"name": "p", "slots": [], "description": ""},
            {"name": "p", "slots": float("inf"), "description": ""},
            {"name": 5, "slots": 1, "description": ""},
        ],
    )
    def test_missing_surplus_and_wrong_members_crash(self, body: Any) -> None:
        server = experimental_server()
        assert is_crash_page(call(server, "POST", "/pools", json.dumps(body).encode()))
        assert len(server.airflow.pools) == 1

    @pytest.mark.parametrize("body", [{"slots": 10**20, "description": ""}, {"slots": 1, "description": {"a": 1}}])
    def test_what_the_database_cannot_store_crashes_below_airflow(self, body: dict[str, Any]) -> None:
        server = experimental_server()
        answer = call(server, "POST", "/pools", {"name": "p", **body})
        assert (answer.status_code, answer.content_type) == (500, "text/html")
        assert "<h1><p>Internal Server Error</p></h1>" in answer.text
        assert "Deprecation" not in answer.headers
        assert len(server.airflow.pools) == 1

    @pytest.mark.parametrize(
        ("method", "name", "status", "words"),
        [
            ("DELETE", "default_pool", 400, "default_pool cannot be deleted"),
            ("DELETE", "nope", 404, "Pool 'nope' doesn't exist"),
            ("DELETE", "%20", 400, "Pool name shouldn't be empty"),
            ("GET", "%20", 400, "Pool name shouldn't be empty"),
        ],
    )
    def test_pools_that_cannot_be_had(self, method: str, name: str, status: int, words: str) -> None:
        answer = call(experimental_server(), method, f"/pools/{name}")
        assert (answer.status_code, answer.json) == (status, {"error": words})
