"""The pages behind the login: DAGs, one DAG, triggering and pausing it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from fake_server.airflow.dags import DAG, Param, Task, named_tasks
from fake_server.web.app import WebServer
from tests.web.page_visitors import Page, Visitor
from tests.web.servers import client_of, make_server

GRID = "/dags/etl/grid"
TRIGGER = "/dags/etl/trigger"


def runs_of(server: WebServer, dag_id: str = "etl") -> list[Any]:
    with server.airflow.session() as airflow:
        return airflow.runs.of(dag_id)


class TestEveryPage:
    @pytest.mark.parametrize(
        ("path", "title"),
        [
            ("/home", "DAGs - Airflow"),
            (GRID, "etl - Grid - Airflow"),
            (TRIGGER, "etl - Trigger - Airflow"),
            ("/_environment", "Environment - Airflow"),
            ("/_environment/requests", "Recorded requests - Airflow"),
        ],
    )
    def test_has_language_title_landmarks_and_one_heading(self, path: str, title: str) -> None:
        server = make_server()
        page = Visitor(server).get(path)
        assert page.status == 200
        assert page.all("html", lang="en")
        assert page.text.strip().startswith(title)
        for landmark in ("header", "nav", "main"):
            assert len(page.all(landmark)) == 1, landmark
        assert len(page.all("h1")) + len(page.all("div", role="heading", aria_level="1")) == 1
        assert page.all("a", class_="skip", href="#main")

    @pytest.mark.parametrize("path", ["/home", GRID, "/_environment", "/_environment/requests"])
    def test_every_table_has_a_caption_and_scoped_headers(self, path: str) -> None:
        server = make_server()
        server.airflow.trigger_dag("etl")
        server.tokens.mint_cli_token("root")
        page = Visitor(server).get(path)
        assert len(page.all("caption")) == len(page.all("table"))
        assert all(header["scope"] in {"col", "row"} for header in page.all("th"))

    @pytest.mark.parametrize("path", ["/home", GRID, TRIGGER, "/_environment", "/_environment/requests"])
    def test_runs_no_script_and_loads_nothing(self, path: str) -> None:
        server = make_server()
        visitor = Visitor(server)
        answer = visitor.client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "script-src" not in policy
        page = Page(answer)
        assert not page.all("script")
        assert not [given for _, given in page.elements if "src" in given or "style" in given]
        assert [entry.path for entry in server.journal] == [path]

    @pytest.mark.parametrize("path", [GRID, TRIGGER, "/_environment", "/_environment/requests"])
    def test_who_is_not_logged_in_is_sent_to_the_form_and_comes_back(self, path: str) -> None:
        client = client_of(make_server())
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login/?next=http%3A%2F%2Flocalhost%2F")
        form = Page(client.get(answer.headers["Location"]))
        fields = {
            "username": "admin",
            "password": "admin-pw",
            "csrf_token": form.all("input", name="csrf_token")[0]["value"],
        }
        answer = client.post(answer.headers["Location"], data=fields)
        assert answer.headers["Location"] == f"http://localhost{path}"


class TestDags:
    def test_shows_schedule_next_run_and_last_runs(self) -> None:
        server = make_server()
        server.airflow.clock.freeze()
        server.airflow.add_dag(DAG("nightly", named_tasks(["load"]), schedule="@daily", tags=("night",)))
        with server.airflow.session() as airflow:
            airflow.trigger_dag("etl")
            airflow.clock.advance(60)
        with server.airflow.session() as airflow:
            airflow.trigger_dag("etl")
            next_run = airflow.dags["nightly"].next_dagrun_create_after
        page = Visitor(server).get("/home")
        assert next_run is not None
        for words in ("0 0 * * *", "night", f"{next_run:%Y-%m-%d %H:%M:%S} UTC", "1 success", "1 queued"):
            assert words in page.text
        # The colour is there beside the word.
        assert page.all("span", class_="state of-success")

    def test_a_hundred_on_a_page(self) -> None:
        server = make_server()
        for number in range(120):
            server.airflow.add_dag(DAG(f"dag_{number:03}"))
        visitor = Visitor(server)
        first, second = visitor.get("/home"), visitor.get("/home?page=1")
        assert "121 in all, 1 to 100 shown" in first.text
        assert "121 in all, 101 to 121 shown" in second.text
        assert "dag_100" not in first.text
        assert "dag_119" in second.text
        assert second.all("a", href="/home?page=1", aria_current="page")

    @pytest.mark.parametrize("number", ["-1", "99", "x", "1e9", ""])
    def test_a_page_number_that_does_not_exist(self, number: str) -> None:
        page = Visitor(make_server()).get(f"/home?page={number}")
        assert (page.status, "etl" in page.text) == (200, True)

    def test_tells_of_broken_files_and_of_a_scheduler_that_is_off(self) -> None:
        server = make_server(scheduler=False)
        server.airflow.import_errors["/dags/broken.py"] = "ModuleNotFoundError: No module named 'x'"
        text = Visitor(server).get("/home").text
        assert "Broken DAG: /dags/broken.py ModuleNotFoundError" in text
        assert "The scheduler does not appear to be running." in text


class TestOneDag:
    def test_the_path_alone_leads_to_the_grid(self) -> None:
        answer = client_of(make_server()).get("/dags/etl")
        assert (answer.status_code, answer.headers["Location"]) == (302, GRID)

    def test_a_dag_that_does_not_exist_leads_to_the_dags_with_a_message(self) -> None:
        visitor = Visitor(make_server())
        answer = visitor.client.get("/dags/nope/grid")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/home")
        assert 'DAG "nope" seems to be missing from DagBag.' in visitor.get("/home").text
        assert "seems to be missing" not in visitor.get("/home").text

    def test_the_grid_has_a_cell_with_a_word_for_each_task_and_run(self) -> None:
        server = make_server()
        tasks = {
            "extract": Task(),
            "transform": Task(upstream="extract", outcome="failed"),
            "load": Task(upstream="transform"),
        }
        server.airflow.add_dag(DAG("etl", named_tasks(tasks)))
        with server.airflow.session() as airflow:
            airflow.trigger_dag("etl", conf={"rows": 3}, note="by hand")
            airflow.clock.advance(60)
        page = Visitor(server).get(GRID)
        cells = [given["title"] for given in page.all("span") if (given.get("class") or "").startswith("square")]
        assert cells == ["failed", "success", "failed", "upstream failed"]
        for words in ('{"rows": 3}', "by hand", "manual", "transform failed", "load upstream failed"):
            assert words in page.text

    def test_a_mapped_task_is_one_cell_that_counts(self) -> None:
        server = make_server()
        tasks = {"list": Task(), "each": Task(upstream="list", mapped_values={"item": [1, 2, 3]})}
        server.airflow.add_dag(DAG("mapped", named_tasks(tasks)))
        with server.airflow.session() as airflow:
            airflow.trigger_dag("mapped")
            airflow.clock.advance(60)
        assert "each 3 success" in Visitor(server).get("/dags/mapped/grid").text

    def test_the_newest_25_runs(self) -> None:
        server = make_server()
        with server.airflow.session() as airflow:
            for minute in range(30):
                date = datetime(2026, 1, 1, 0, minute, tzinfo=timezone.utc)
                airflow.trigger_dag("etl", run_id=f"run_{minute:02}", logical_date=date)
        text = Visitor(server).get(GRID).text
        assert "The newest 25 of 30 runs." in text
        assert ("run_05" in text, "run_04" in text) == (True, False)

    def test_the_run_that_the_address_names_is_marked(self) -> None:
        server = make_server()
        server.airflow.trigger_dag("etl", run_id="mine")
        page = Visitor(server).get(f"{GRID}?dag_run_id=mine")
        assert len(page.all("tr", aria_current="true")) == 1


class TestTrigger:
    def test_leads_to_the_dags_with_a_message(self) -> None:
        server = make_server()
        visitor = Visitor(server)
        answer = visitor.post(TRIGGER)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/home")
        run = runs_of(server)[0]
        assert (run.run_type, run.external_trigger, run.conf) == ("manual", True, {})
        message = f"Triggered etl with new Run ID {run.run_id}, it should start any moment now."
        assert message in visitor.get("/home").text

    def test_leads_back_to_the_grid_and_marks_the_run(self) -> None:
        server = make_server()
        answer = Visitor(server).post(TRIGGER, conf='{"rows": 3}', run_id="mine", origin=f"{GRID}?tab=details")
        assert answer.headers["Location"] == f"http://localhost{GRID}?tab=details&dag_run_id=mine"
        assert runs_of(server)[0].conf == {"rows": 3}

    @pytest.mark.parametrize("origin", ["http://evil.example/", "//evil.example/", "javascript:alert(1)", "http://["])
    def test_never_leads_to_another_host(self, origin: str) -> None:
        assert Visitor(make_server()).post(TRIGGER, origin=origin).headers["Location"] == "/home"

    def test_unpauses_the_dag(self) -> None:
        server = make_server()
        server.airflow.dags["etl"].is_paused = True
        visitor = Visitor(server)
        visitor.post(TRIGGER)
        assert server.airflow.dags["etl"].is_paused is False
        assert "Unpaused DAG etl." in visitor.get("/home").text

    def test_leaves_a_row_in_the_event_log_without_the_forms_token(self) -> None:
        server = make_server()
        Visitor(server).post(TRIGGER, conf="{}")
        row = next(iter(server.airflow.audit))
        assert (row.event, row.owner, row.dag_id) == ("trigger", "admin", "etl")
        assert json.loads(row.extra or "") == {"conf": "{}"}

    def test_the_form_offers_the_params(self) -> None:
        server = make_server()
        server.airflow.add_dag(DAG("etl", params={"rows": Param(5)}))
        assert '"rows": 5' in Visitor(server).get(TRIGGER).text

    @pytest.mark.parametrize(
        ("fields", "words", "field"),
        [
            ({"conf": '{"a"'}, "Invalid JSON configuration, not parseable", "conf"),
            ({"conf": "[1]"}, "Invalid JSON configuration, must be a dict", "conf"),
            ({"conf": "{}", "run_id": "x y"}, "The provided run ID 'x y' is invalid.", "run_id"),
            ({"run_id": "scheduled__x"}, "reserved for scheduled runs", "run_id"),
            ({"conf": '{"rows": "many"}'}, "Invalid input for param rows", "conf"),
        ],
    )
    def test_a_mistake_shows_the_form_again_and_names_the_field(
        self, fields: dict[str, str], words: str, field: str
    ) -> None:
        server = make_server()
        server.airflow.add_dag(DAG("etl", params={"rows": Param(5, {"type": "integer"})}))
        page = Page(Visitor(server).post(TRIGGER, **fields))
        assert page.status == 200
        assert words in page.text
        assert page.all("p", role="alert", id="problem")
        marked = [given for _, given in page.elements if given.get("aria-invalid")]
        assert [(given["id"], "problem" in (given["aria-describedby"] or "")) for given in marked] == [(field, True)]
        assert fields.get("conf", "") in page.text
        assert not runs_of(server)
        assert words in (server.journal[-1].refusal or "")

    def test_a_run_id_that_exists_is_told_on_the_next_page(self) -> None:
        server = make_server()
        visitor = Visitor(server)
        for _ in range(2):
            assert visitor.post(TRIGGER, run_id="mine").headers["Location"] == "/home"
        assert "The run ID mine already exists" in visitor.get("/home").text
        assert len(runs_of(server)) == 1

    def test_a_dag_that_does_not_exist_is_an_exception(self) -> None:
        visitor = Visitor(make_server())
        assert visitor.client.get("/dags/nope/trigger").status_code == 500
        assert visitor.post("/dags/nope/trigger").status_code == 500


class TestPause:
    def test_the_switch_tells_what_it_showed_before(self) -> None:
        server = make_server()
        visitor = Visitor(server)
        for shown, paused in (("false", True), ("true", False), ("x", False)):
            answer = visitor.post(f"/paused?is_paused={shown}&dag_id=etl")
            assert (answer.status_code, answer.text) == (200, "OK")
            assert server.airflow.dags["etl"].is_paused is paused
        rows = [(row.event, row.owner, row.extra) for row in server.airflow.audit]
        assert rows[0] == ("paused", "admin", '{"is_paused": true}')

    def test_the_form_on_the_page_does_what_it_shows(self) -> None:
        server = make_server()
        visitor = Visitor(server)
        for checked, paused in (("true", True), ("false", False)):
            page = visitor.get(GRID)
            assert page.all("button", role="switch", aria_checked=checked)
            action = next(given["action"] for given in page.all("form") if "/paused" in (given["action"] or ""))
            assert action is not None
            answer = visitor.post(action, origin=GRID)
            assert answer.headers["Location"] == f"http://localhost{GRID}"
            assert server.airflow.dags["etl"].is_paused is paused

    def test_a_dag_that_does_not_exist_is_an_exception(self) -> None:
        assert Visitor(make_server()).post("/paused?is_paused=true&dag_id=nope").status_code == 500


class TestRoles:
    def test_a_viewer_sees_no_switch_no_button_and_nothing_of_others(self) -> None:
        visitor = Visitor(make_server(), "viewer")
        for path in ("/home", GRID):
            page = visitor.get(path)
            assert not page.all("button", role="switch")
            assert "Trigger" not in page.text
            assert "Requests" not in page.text
            assert [form["action"] for form in page.all("form")] == ["/logout/"]

    @pytest.mark.parametrize(
        "path", [TRIGGER, "/dags/nope/trigger", "/paused?is_paused=false&dag_id=etl", "/paused?dag_id=nope"]
    )
    def test_a_viewers_post_is_refused(self, path: str) -> None:
        server = make_server()
        visitor = Visitor(server, "viewer")
        answer = visitor.post(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/home")
        assert "viewer may not: can_edit on DAGs" in (server.journal[-1].refusal or "")
        assert "Access is Denied" in visitor.get("/home").text
        assert not runs_of(server)
        assert not server.airflow.dags["etl"].is_paused
        assert len(server.airflow.audit) == 0

    @pytest.mark.parametrize("path", ["/_environment", "/_environment/requests", TRIGGER])
    def test_a_viewer_is_led_away_from_what_is_not_theirs(self, path: str) -> None:
        answer = Visitor(make_server(), "viewer").client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/home")

    def test_a_permission_on_one_dag_is_enough_for_it(self) -> None:
        server = make_server()
        server.airflow.add_dag(DAG("other"))
        security = server.airflow.security
        security.add_role("Etl", [("can_read", "DAG:etl"), ("can_edit", "DAG:etl"), ("can_create", "DAG Runs")])
        security.add_user("ed", role=["Etl"])
        visitor = Visitor(server, "ed")
        page = visitor.get("/home")
        assert ("Trigger etl" in page.text, "other" in page.text) == (True, False)
        visitor.post(TRIGGER)
        visitor.post("/dags/other/trigger")
        assert (len(runs_of(server)), len(runs_of(server, "other"))) == (1, 0)


class TestForgeryProtection:
    @pytest.mark.parametrize("path", [TRIGGER, "/paused?is_paused=false&dag_id=etl"])
    @pytest.mark.parametrize("username", ["admin", None])
    def test_no_token(self, path: str, username: str | None) -> None:
        server = make_server()
        client = client_of(server) if username is None else Visitor(server, username).client
        answer = client.post(path)
        assert (answer.status_code, "The CSRF token is missing." in answer.text) == (400, True)
        assert not runs_of(server)

    def test_a_token_of_another_session(self) -> None:
        server = make_server()
        answer = Visitor(server).post(TRIGGER, token=Visitor(server).token())
        assert (answer.status_code, "The CSRF tokens do not match." in answer.text) == (400, True)
        assert not runs_of(server)
