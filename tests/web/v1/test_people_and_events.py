"""Users, roles, the event log, datasets."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from fake_server.airflow.dags import DAG, Task
from fake_server.web.app import WebServer
from tests.web.servers import basic
from tests.web.v1.requests import get, refusal, send, v1_server

NEW = {
    "username": "new", "password": "new-pw", "first_name": "F", "last_name": "L", "email": "new@example.com",
    "roles": [{"name": "Viewer"}],
}  # fmt: skip


class TestUsers:
    def test_a_new_one_can_log_in_and_may_what_the_role_says(self) -> None:
        server = v1_server()
        made = send(server, "POST", "/users", NEW)
        assert made.status_code == 200, made.text
        assert "new-pw" not in made.text
        assert made.json["roles"] == [{"name": "Viewer"}]  # type: ignore[index]
        assert "+00:00" not in made.json["created_on"]  # type: ignore[index]
        assert send(server, "GET", "/dags", user="new").status_code == 200
        assert send(server, "GET", "/variables", user="new").status_code == 403

    def test_a_change_of_password_role_and_name(self) -> None:
        server = v1_server()
        send(server, "POST", "/users", NEW)
        body = {**NEW, "username": "newer", "password": "newer-pw", "roles": [{"name": "Op"}]}
        assert send(server, "PATCH", "/users/new", body).json["username"] == "newer"  # type: ignore[index]
        assert send(server, "GET", "/variables", user="newer").status_code == 200
        assert send(server, "GET", "/dags", user=None, headers=basic("newer", "new-pw")).status_code == 401

    def test_a_mask(self) -> None:
        server = v1_server()
        send(server, "POST", "/users", NEW)
        body = {**NEW, "first_name": "G", "last_name": "M"}
        changed = send(server, "PATCH", "/users/new?update_mask=last_name", body).json
        assert changed is not None
        assert (changed["first_name"], changed["last_name"]) == ("F", "M")
        refused = send(server, "PATCH", "/users/new?update_mask=bogus", body)
        assert refusal(refused)[2] == "Unknown update masks: 'bogus'"

    def test_one_that_is_removed_or_inactive_cannot_log_in(self) -> None:
        server = v1_server()
        user = server.airflow.security.find_user("viewer")
        assert user is not None
        user.active = False
        assert send(server, "GET", "/dags", user="viewer").status_code == 401
        assert send(server, "DELETE", "/users/op").status_code == 204
        assert send(server, "GET", "/dags", user="op").status_code == 401
        detail = "The User with username `op` was not found"
        assert refusal(send(server, "DELETE", "/users/op")) == (404, "User not found", detail)

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"username": "admin"}, (409, "Conflict", "Username `admin` already exists. Use PATCH to update.")),
            ({"email": "admin@example.com"}, (409, "Conflict", "The email `admin@example.com` is already taken.")),
            ({"roles": [{"name": "No"}]}, (400, "Bad Request", "Unknown roles: 'No'")),
            ({"roles": []}, (500, "Internal Server Error", "Failed to add user `new`.")),
            ({"username": "ADMIN"}, (409, "Conflict", "Username `ADMIN` already exists. Use PATCH to update.")),
            ({"roles": [{"name": "Op"}] * 2}, (500, "Internal Server Error", "Failed to add user `new`.")),
            ({"roles": [None]}, (400, "Bad Request", "{'roles': {0: ['Field may not be null.']}}")),
            (
                {"roles": [{"foo": 1}]},
                (
                    400,
                    "Bad Request",
                    "{'roles': {0: {'name': ['Missing data for required field.'], 'foo': ['Unknown field.']}}}",
                ),
            ),
            ({"foo": 1}, (400, "Bad Request", "{'foo': ['Unknown field.']}")),
            (
                {"last_name": "x" * 257},
                (400, "Bad Request", "{'last_name': ['Longer than maximum length 256.']}"),
            ),
        ],
    )
    def test_refusals(self, change: dict[str, Any], expected: tuple[int, str, str]) -> None:
        assert refusal(send(v1_server(), "POST", "/users", {**NEW, **change})) == expected

    def test_logins_are_counted(self) -> None:
        server = v1_server()
        for _ in range(3):
            send(server, "GET", "/dags", user="viewer")
        send(server, "GET", "/dags", user=None, headers=basic("viewer", "wrong"))
        shown = get(server, "/users/viewer")
        assert (shown["login_count"], shown["fail_login_count"]) == (3, 1)
        assert get(server, "/users/op")["login_count"] is None

    def test_there_is_no_descending_order(self) -> None:
        server = v1_server()
        assert get(server, "/users?order_by=email")["users"][0]["username"] == "admin"
        refused = "Ordering with '-email' is disallowed or the attribute does not exist on the model"
        assert refusal(send(server, "GET", "/users?order_by=-email"))[2] == refused
        assert send(server, "GET", "/users?order_by=role").status_code == 500


READ_DAGS = {"action": {"name": "can_read"}, "resource": {"name": "DAGs"}}


class TestRoles:
    def test_a_new_one_allows_what_it_says(self) -> None:
        server = v1_server()
        assert send(server, "POST", "/roles", {"name": "Reader", "actions": [READ_DAGS]}).json == {}
        send(server, "POST", "/users", {**NEW, "roles": [{"name": "Reader"}]})
        assert send(server, "GET", "/dags", user="new").status_code == 200
        assert send(server, "GET", "/dags/etl/dagRuns", user="new").status_code == 403
        runs = {"action": {"name": "can_read"}, "resource": {"name": "DAG Runs"}}
        changed = send(server, "PATCH", "/roles/Reader", {"name": "Readers", "actions": [runs]}).json
        assert changed == {"actions": [runs, READ_DAGS], "name": "Readers"}
        assert send(server, "GET", "/dags/etl/dagRuns", user="new").status_code == 200
        assert send(server, "DELETE", "/roles/Readers").status_code == 204
        assert send(server, "GET", "/dags", user="new").status_code == 403

    def test_refusals(self) -> None:
        server = v1_server()
        exists = "Role with name 'Op' already exists; please update with the PATCH endpoint"
        assert refusal(send(server, "POST", "/roles", {"name": "Op", "actions": []})) == (409, "Conflict", exists)
        assert send(server, "POST", "/roles", {"name": "R"}).status_code == 500
        for action, resource, what in (
            ("can_nope", "DAGs", "action: 'can_nope'"),
            ("can_read", "Nope", "resource: 'Nope'"),
        ):
            entry = {"action": {"name": action}, "resource": {"name": resource}}
            response = send(server, "POST", "/roles", {"name": "R", "actions": [entry]})
            assert refusal(response)[2] == f"The specified {what} was not found"
        one_dag = {"action": {"name": "can_read"}, "resource": {"name": "DAG:etl"}}
        assert send(server, "POST", "/roles", {"name": "R", "actions": [one_dag]}).status_code == 200
        assert refusal(send(server, "GET", "/roles/No")) == (
            404, "Role not found", "Role with name 'No' was not found",
        )  # fmt: skip

    def test_lists(self) -> None:
        server = v1_server()
        names = [role["name"] for role in get(server, "/roles")["roles"]]
        assert names == ["Admin", "Op", "Public", "User", "Viewer"]
        actions = [action["name"] for action in get(server, "/permissions")["actions"]]
        assert actions == ["can_edit", "can_read", "can_create", "can_delete", "menu_access"]

    def test_the_order_may_be_by_name_or_row(self) -> None:
        server = v1_server()
        names = ["Admin", "Op", "Public", "User", "Viewer"]
        assert [role["name"] for role in get(server, "/roles?order_by=name")["roles"]] == names
        by_row = ["Admin", "Public", "Viewer", "User", "Op"]
        assert [role["name"] for role in get(server, "/roles?order_by=role_id")["roles"]] == by_row
        detail = refusal(send(server, "GET", "/roles?order_by="))[2]
        assert detail == "Ordering with '' is disallowed or the attribute does not exist on the model"

    def test_permissions_are_read_before_they_are_looked_up(self) -> None:
        unknown = {"action": {"name": "can_edit"}, "resource": {"name": "nope"}}
        body = {"name": "new", "actions": [unknown, {"action": {"name": "can_read"}}]}
        assert send(v1_server(), "POST", "/roles", body).status_code == 500


class TestEventLog:
    def rows(self) -> WebServer:
        server = v1_server()
        send(server, "PATCH", "/dags/etl?update_mask=is_paused", {"is_paused": True})
        send(server, "POST", "/dags/report/dagRuns", {"dag_run_id": "r"})
        send(server, "DELETE", "/dags/report/dagRuns/r", user="op")
        send(server, "GET", "/dags")
        return server

    def test_what_the_rows_say(self) -> None:
        rows = get(self.rows(), "/eventLogs")
        assert rows["total_entries"] == 3
        assert [(row["event"], row["owner"], row["dag_id"], row["run_id"]) for row in rows["event_logs"]] == [
            ("api.patch_dag", "admin", "etl", None),
            ("api.post_dag_run", "admin", "report", None),
            ("api.delete_dag_run", "op", "report", "r"),
        ]
        assert rows["event_logs"][0]["extra"] == '{"update_mask": "is_paused", "is_paused": true}'

    def test_of_a_parameter_given_twice_the_last_is_kept(self) -> None:
        server = v1_server()
        send(server, "PATCH", "/dags/etl?update_mask=is_paused&update_mask=tags", {"is_paused": True})
        (row,) = get(server, "/eventLogs")["event_logs"]
        assert row["extra"] == '{"update_mask": "tags", "is_paused": true}'

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("dag_id=report", ["api.post_dag_run", "api.delete_dag_run"]),
            ("owner=op", ["api.delete_dag_run"]),
            ("run_id=r", ["api.delete_dag_run"]),
            ("event=api.patch_dag", ["api.patch_dag"]),
            ("included_events=api.patch_dag,x", ["api.patch_dag"]),
            ("excluded_events=api.patch_dag,api.post_dag_run", ["api.delete_dag_run"]),
            ("before=2020-01-01T00:00:00Z", []),
            ("after=2020-01-01T00:00:00Z&limit=1", ["api.patch_dag"]),
            ("order_by=-event_log_id&limit=1", ["api.delete_dag_run"]),
        ],
    )
    def test_filters(self, query: str, expected: list[str]) -> None:
        rows = get(self.rows(), f"/eventLogs?{query}")["event_logs"]
        assert [row["event"] for row in rows] == expected

    def test_one_row(self) -> None:
        server = self.rows()
        first = get(server, "/eventLogs")["event_logs"][0]
        assert get(server, f"/eventLogs/{first['event_log_id']}") == first
        assert refusal(send(server, "GET", "/eventLogs/99")) == (404, "Event Log not found", None)


URI = "s3://bucket/orders"


class TestDatasets:
    def server(self, *, second: str | None = None) -> WebServer:
        server = v1_server(scheduler=True)
        server.airflow.add_dag(DAG("producer", {"load": Task("load", outlets=(URI,))}))
        waits_for = (URI,) if second is None else (URI, second)
        server.airflow.add_dag(DAG("consumer", {"a": Task("a")}, dataset_triggers=waits_for))
        return server

    def test_who_makes_and_who_takes_them(self) -> None:
        server = self.server()
        (dataset,) = get(server, "/datasets")["datasets"]
        assert [each["dag_id"] for each in dataset["consuming_dags"]] == ["consumer"]
        assert [(each["dag_id"], each["task_id"]) for each in dataset["producing_tasks"]] == [("producer", "load")]
        assert get(server, f"/datasets/{quote(URI, safe='')}") == dataset
        assert get(server, f"/datasets/{URI}") == dataset
        detail = "The Dataset with uri: `s3://no` was not found"
        assert refusal(send(server, "GET", "/datasets/s3://no")) == (404, "Dataset not found", detail)

    def test_the_total_counts_what_a_filter_leaves_out(self) -> None:
        server = self.server()
        assert get(server, "/datasets?uri_pattern=zzz") == {"datasets": [], "total_entries": 1}
        assert len(get(server, "/datasets?uri_pattern=ORDERS&dag_ids=consumer")["datasets"]) == 1

    def test_an_update_starts_the_dags_that_wait(self) -> None:
        server = self.server()
        event = send(server, "POST", "/datasets/events", {"dataset_uri": URI, "extra": {"k": "v"}}).json
        assert event is not None
        assert event["extra"] == {"from_rest_api": True, "k": "v"}
        server.airflow.clock.advance(5)
        (run,) = get(server, "/dags/consumer/dagRuns")["dag_runs"]
        assert run["run_type"] == "dataset_triggered"
        (shown,) = get(server, "/datasets/events")["dataset_events"]
        assert [each["dag_run_id"] for each in shown["created_dagruns"]] == [run["dag_run_id"]]
        path = f"/dags/consumer/dagRuns/{quote(run['dag_run_id'], safe='')}/upstreamDatasetEvents"
        assert get(server, path)["dataset_events"] == [shown]

    def test_the_queue(self) -> None:
        server = self.server(second="s3://bucket/other")
        send(server, "POST", "/datasets/events", {"dataset_uri": URI})
        of_dag, of_dataset = "/dags/consumer/datasets/queuedEvent", f"/datasets/queuedEvent/{quote(URI, safe='')}"
        of_both = f"{of_dag}/{quote(URI, safe='')}"
        one = get(server, of_both)
        assert (one["dag_id"], one["uri"]) == ("consumer", URI)
        for path in (of_dag, of_dataset):
            assert get(server, path) == {"queued_events": [one], "total_entries": 1}
        assert send(server, "GET", f"{of_dag}?before=2020-01-01T00:00:00Z").status_code == 404
        assert send(server, "DELETE", of_both).status_code == 204
        detail = f"Queue event with dag_id: `consumer` and dataset uri: `{URI}` was not found"
        assert refusal(send(server, "DELETE", of_both)) == (404, "Queue event not found", detail)

    def test_events_are_filtered(self) -> None:
        server = self.server()
        send(server, "POST", "/dags/producer/dagRuns", {"dag_run_id": "p"})
        server.airflow.clock.advance(30)
        send(server, "POST", "/datasets/events", {"dataset_uri": URI})
        assert get(server, "/datasets/events")["total_entries"] == 2
        (event,) = get(server, "/datasets/events?source_dag_id=producer")["dataset_events"]
        assert (event["source_task_id"], event["source_run_id"]) == ("load", "p")
        assert get(server, "/datasets/events?dataset_id=9")["dataset_events"] == []

    def test_an_unknown_one(self) -> None:
        detail = "Dataset with uri: 's3://no' not found"
        response = send(self.server(), "POST", "/datasets/events", {"dataset_uri": "s3://no"})
        assert refusal(response) == (404, "Dataset not found", detail)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"key": "api_token", "value": "v"}', '{"key": "api_token", "value": "***"}'),
        ('{"value": "v", "key": "api_token"}', '{"value": "v", "key": "api_token"}'),
        ('{"key": "plain", "value": "v"}', '{"key": "plain", "value": "v"}'),
    ],
)
def test_the_log_hides_the_value_of_a_variable_only_after_a_key_that_sounds_secret(body: str, kept: str) -> None:
    server = v1_server()
    send(server, "POST", "/variables", body)
    (entry,) = get(server, "/eventLogs?event=api.variable.create")["event_logs"]
    assert entry["extra"] == kept


def test_the_map_index_zero_of_a_source_is_no_filter() -> None:
    server = v1_server()
    server.airflow.add_dag(DAG("makes", {"make": Task("make", outlets=("s3://bucket/key",))}))
    send(server, "POST", "/datasets/events", {"dataset_uri": "s3://bucket/key"})
    assert get(server, "/datasets/events?source_map_index=0")["total_entries"] == 1
    assert get(server, "/datasets/events?source_map_index=1")["total_entries"] == 0


@pytest.mark.parametrize(
    ("path", "body", "kept"),
    [
        ("/connections/none", '{"a": 1, "password": "pw"}', '{"a": 1, "password": "***"}'),
        (
            "/variables/none",
            '{"key": "token", "val": "v", "value": "w"}',
            '{"key": "token", "val": "***", "value": "w"}',
        ),
        ("/pools/none", '{"a": 1}', '{"pool_name": "none", "a": 1}'),
    ],
)
def test_the_log_keeps_a_body_that_nobody_asked_for(path: str, body: str, kept: str) -> None:
    server = v1_server()
    send(server, "DELETE", path, body)
    (entry,) = get(server, "/eventLogs")["event_logs"]
    assert entry["extra"] == kept
    assert send(server, "DELETE", path, "[1]").status_code == 500
    assert len(get(server, "/eventLogs")["event_logs"]) == 1


def test_a_field_that_is_none_goes_unnoticed_without_a_dag() -> None:
    server = v1_server()
    assert send(server, "GET", "/dags?fields=bogus").status_code == 400
    assert get(server, "/dags?fields=bogus&dag_id_pattern=nope") == {"dags": [], "total_entries": 0}
