"""Variables, pools, connections, configuration, health: what a deployment is set up with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_server.airflow.dags import DAG, Task
from fake_server.web.app import WebServer
from tests.web.v1.requests import get, refusal, send, v1_server

HIDDEN = "< hidden >"
JSON = {"Accept": "application/json"}


def post(server: WebServer, path: str, body: Any) -> Any:
    response = send(server, "POST", path, body)
    assert response.status_code == 200, response.text
    return response.json


class TestVariables:
    def test_one_is_made_read_changed_and_removed(self) -> None:
        server = v1_server()
        assert post(server, "/variables", {"key": "a/b", "value": "1"}) == {"key": "a/b", "value": "1"}
        assert get(server, "/variables/a/b") == {"description": None, "key": "a/b", "value": "1"}
        changed = send(server, "PATCH", "/variables/a%2Fb", {"key": "a/b", "value": "2", "description": "d"})
        assert changed.json == {"description": "d", "key": "a/b", "value": "2"}
        removed = send(server, "DELETE", "/variables/a/b")
        assert (removed.status_code, removed.content_type) == (204, "text/html; charset=utf-8")
        assert refusal(send(server, "DELETE", "/variables/a/b")) == (404, "Variable not found", None)
        unknown = (404, "Variable not found", "Variable does not exist")
        assert refusal(send(server, "GET", "/variables/a/b")) == unknown

    def test_an_overwritten_one_moves_to_the_end(self) -> None:
        server = v1_server()
        for key in ("a", "b", "a"):
            post(server, "/variables", {"key": key, "value": key})
        assert [each["key"] for each in get(server, "/variables")["variables"]] == ["b", "a"]

    def test_masks_call_the_value_val(self) -> None:
        server = v1_server()
        post(server, "/variables", {"key": "k", "value": "1", "description": "d"})
        body = {"key": "k", "value": "2", "description": "e"}
        assert send(server, "PATCH", "/variables/k?update_mask=val", body).json == {
            "description": "d", "key": "k", "value": "2",
        }  # fmt: skip
        refused = send(server, "PATCH", "/variables/k?update_mask=value", body)
        assert refusal(refused)[2] == "'value' is unknown or cannot be updated."

    @pytest.mark.parametrize(
        ("body", "title", "detail"),
        [
            ({"key": "k"}, "Invalid Variable schema", "{'value': ['Missing data for required field.']}"),
            ({"key": "k", "value": 5}, "Bad Request", "5 is not of type 'string' - 'value'"),
            ({"key": "k", "value": "v", "foo": 1}, "Invalid Variable schema", "{'foo': ['Unknown field.']}"),
        ],
    )
    def test_refusals(self, body: Any, title: str, detail: str) -> None:
        assert refusal(send(v1_server(), "POST", "/variables", body)) == (400, title, detail)

    def test_the_event_log_hides_values_with_secret_names(self) -> None:
        server = v1_server()
        post(server, "/variables", {"key": "my_secret", "value": "s3"})
        post(server, "/variables", {"key": "plain", "value": "p"})
        assert [row.extra for row in server.airflow.audit] == [
            '{"key": "my_secret", "value": "***"}',
            '{"key": "plain", "value": "p"}',
        ]


class TestPools:
    def test_one_is_made_changed_and_removed(self) -> None:
        server = v1_server()
        made = post(server, "/pools", {"name": "p", "slots": 3, "include_deferred": True})
        assert (made["open_slots"], made["include_deferred"]) == (3, True)
        changed = send(server, "PATCH", "/pools/p", {"name": "q", "slots": 4}).json
        assert changed is not None
        assert (changed["name"], changed["slots"], changed["include_deferred"]) == ("q", 4, False)
        masked = send(server, "PATCH", "/pools/q?update_mask=slots", {"slots": 5, "description": "d"}).json
        assert masked is not None
        assert (masked["slots"], masked["description"]) == (5, None)
        assert send(server, "DELETE", "/pools/q").status_code == 204
        assert refusal(send(server, "GET", "/pools/q"))[2] == "Pool with name:'q' not found"

    def test_refusals(self) -> None:
        server = v1_server()
        post(server, "/pools", {"name": "p", "slots": 1})
        missing = "Missing required property(ies): ['name', 'slots']"
        assert refusal(send(server, "POST", "/pools", {}))[2] == missing
        assert refusal(send(server, "PATCH", "/pools/p", {}))[2] == missing
        taken = (409, "Conflict", "Pool: p already exists")
        assert refusal(send(server, "POST", "/pools", {"name": "p", "slots": 2})) == taken
        assert send(server, "PATCH", "/pools/p", {"name": "default_pool", "slots": 1}).status_code == 500
        assert send(server, "PATCH", "/pools/p?update_mask=open_slots", {"slots": 1}).status_code == 500
        refused = send(server, "PATCH", "/pools/p?update_mask=bogus", {"slots": 1})
        assert refusal(refused)[2] == "Invalid field: bogus in update mask"

    def test_the_default_pool_stays_what_it_is_called(self) -> None:
        server = v1_server()
        assert refusal(send(server, "DELETE", "/pools/default_pool"))[2] == "Default Pool can't be deleted"
        renamed = send(server, "PATCH", "/pools/default_pool", {"name": "other", "slots": 1})
        assert refusal(renamed)[2] == "Default Pool's name can't be modified"
        assert send(server, "PATCH", "/pools/default_pool?update_mask=slots", {"slots": 9}).status_code == 200
        assert server.airflow.pools.get("default_pool").slots == 9

    def test_one_without_end_cannot_be_shown(self) -> None:
        server = v1_server()
        title = "Response body does not conform to specification"
        assert refusal(send(server, "POST", "/pools", {"name": "p", "slots": -1}))[:2] == (500, title)
        detail = refusal(send(server, "GET", "/pools"))[2]
        assert detail is not None
        assert detail.startswith("inf is not of type 'integer'\n\nFailed validating 'type' in schema['allOf'][0]")
        assert detail.endswith("On instance['pools'][1]['open_slots']:\n    inf")
        assert send(server, "GET", "/pools?limit=1").status_code == 200

    def test_slots_are_taken_while_tasks_run(self) -> None:
        server = v1_server(scheduler=True)
        post(server, "/pools", {"name": "p", "slots": 3})
        server.airflow.add_dag(DAG("busy", {"a": Task("a", pool="p", pool_slots=2, duration=100)}))
        send(server, "POST", "/dags/busy/dagRuns", {})
        server.airflow.clock.advance(10)
        pool = get(server, "/pools/p")
        assert (pool["running_slots"], pool["occupied_slots"], pool["open_slots"]) == (2, 2, 1)


FULL = {
    "connection_id": "db", "conn_type": "postgres", "host": "h", "login": "l", "password": "pw", "port": 5432,
    "extra": '{"a": 1, "password": "inner"}',
}  # fmt: skip


class TestConnections:
    def test_secrets_are_not_shown(self) -> None:
        server = v1_server()
        made = post(server, "/connections", FULL)
        assert made["extra"] == '{"a": 1, "password": "***"}'
        assert "pw" not in send(server, "GET", "/connections/db").text
        (listed,) = get(server, "/connections")["connections"]
        assert "extra" not in listed
        (row,) = server.airflow.audit
        assert row.extra is not None
        assert json.loads(row.extra)["password"] == "***"
        assert json.loads(row.extra)["extra"] == {"a": 1, "password": "***"}
        assert server.airflow.connections.get("db").password == "pw"

    def test_what_is_given_is_changed(self) -> None:
        server = v1_server()
        post(server, "/connections", FULL)
        changed = send(server, "PATCH", "/connections/db", {"host": "h2"}).json
        assert changed is not None
        assert (changed["host"], changed["login"]) == ("h2", "l")
        masked = send(server, "PATCH", "/connections/db?update_mask=port", {"port": 1, "login": "x"}).json
        assert masked is not None
        assert (masked["port"], masked["login"]) == (1, "l")
        assert send(server, "PATCH", "/connections/db", {}).status_code == 200

    def test_an_empty_id_slips_through_once(self) -> None:
        server = v1_server()
        for conn_id in ("one", "two"):
            post(server, "/connections", {**FULL, "connection_id": conn_id})
        masked = send(server, "PATCH", "/connections/one?update_mask=connection_id", {"connection_id": ""})
        assert refusal(masked)[2] == "'connection_id' is unknown or cannot be updated."
        assert send(server, "PATCH", "/connections/one", {"connection_id": ""}).status_code == 200
        assert send(server, "PATCH", "/connections/two", {"connection_id": ""}).status_code == 500
        assert [connection.conn_id for connection in server.airflow.connections] == ["", "two"]

    def test_an_empty_password_is_passed_over(self) -> None:
        server = v1_server()
        post(server, "/connections", FULL)
        assert send(server, "PATCH", "/connections/db", {"password": ""}).status_code == 200
        assert server.airflow.connections.get("db").password == "pw"
        post(server, "/connections", {**FULL, "connection_id": "other", "password": ""})
        assert server.airflow.connections.get("other").password is None
        renamed = send(server, "PATCH", "/connections/db", {"connection_id": "x"})
        assert refusal(renamed)[2] == "The connection_id cannot be updated."
        assert send(server, "DELETE", "/connections/db").content_type == "application/json"
        detail = "The Connection with connection_id: `db` was not found"
        assert refusal(send(server, "GET", "/connections/db")) == (404, "Connection not found", detail)

    @pytest.mark.parametrize(
        ("conn_id", "detail"),
        [
            (
                "a b",
                "The key 'a b' has to be made of alphanumeric characters, dashes, dots and underscores exclusively",
            ),
            ("x" * 201, "The key has to be less than 200 characters"),
        ],
    )
    def test_ids(self, conn_id: str, detail: str) -> None:
        response = send(v1_server(), "POST", "/connections", {"connection_id": conn_id, "conn_type": "http"})
        assert refusal(response) == (400, "Bad Request", detail)

    def test_an_extra_that_is_no_json_is_kept(self) -> None:
        server = v1_server()
        body = {"connection_id": "c", "conn_type": "http", "extra": "not json"}
        assert post(server, "/connections", body)["extra"] == "not json"
        detail = "Connection already exist. ID: c"
        assert refusal(send(server, "POST", "/connections", body)) == (409, "Conflict", detail)

    @pytest.mark.parametrize(
        "change", [{"connection_id": "é"}, {"connection_id": "c\n"}, {"port": 2**63}, {"extra": "[]"}]
    )
    def test_what_airflow_fails_over(self, change: dict[str, Any]) -> None:
        server = v1_server()
        response = send(server, "POST", "/connections", {"connection_id": "c", "conn_type": "http", **change})
        assert response.status_code == 500
        assert len(server.airflow.connections) == 0

    def test_testing_one(self) -> None:
        server = v1_server()
        body = {"connection_id": "c", "conn_type": "http"}
        assert post(server, "/connections/test", body) == {"message": "Connection successfully tested", "status": True}
        assert post(server, "/connections/test", {**body, "conn_type": "nope"})["status"] is False
        disabled = send(v1_server(config={"core.test_connection": "Disabled"}), "POST", "/connections/test", body)
        assert (disabled.status_code, disabled.content_type) == (403, "text/html; charset=utf-8")


class TestConfiguration:
    def test_what_the_environment_sets_is_shown(self) -> None:
        server = v1_server(config={"webserver.expose_config": "True", "core.parallelism": "7"})
        shown = get(server, "/config/section/core/option/parallelism", headers=JSON)
        assert shown == {"sections": [{"name": "core", "options": [{"key": "parallelism", "value": "7"}]}]}
        (section,) = get(server, "/config?section=core", headers=JSON)["sections"]
        assert {"key": "parallelism", "value": "7"} in section["options"]
        capitals = get(server, "/config/section/CORE/option/Parallelism", headers=JSON)["sections"]
        assert capitals == [{"name": "CORE", "options": [{"key": "Parallelism", "value": "7"}]}]
        text = send(server, "GET", "/config/section/core/option/parallelism", headers={"Accept": "*/*"})
        assert (text.text, text.content_type) == ("[core]\nparallelism = 7\n", "text/plain")

    def test_what_is_sensitive(self) -> None:
        secret = {"smtp.smtp_password": "s3"}
        seen = v1_server(config={"webserver.expose_config": "True", **secret})
        hidden = v1_server(config={"webserver.expose_config": "non-sensitive-only", **secret})
        for server, value in ((seen, "s3"), (hidden, HIDDEN)):
            (section,) = get(server, "/config?section=smtp", headers=JSON)["sections"]
            assert {"key": "smtp_password", "value": value} in section["options"]
            option = get(server, "/config/section/smtp/option/smtp_password", headers=JSON)
            assert option["sections"][0]["options"] == [{"key": "smtp_password", "value": HIDDEN}]

    def test_refusals(self) -> None:
        server = v1_server(config={"webserver.expose_config": "True"})
        assert send(server, "GET", "/config").status_code == 406
        assert send(server, "GET", "/config", headers={"Accept": "application/xml"}).status_code == 406
        section = send(server, "GET", "/config?section=no", headers=JSON)
        assert refusal(section) == (404, "section not found.", "section=no not found.")
        option = send(server, "GET", "/config/section/core/option/no", headers=JSON)
        assert refusal(option) == (404, "Config not found.", "The option [core/no] is not found in config.")
        closed = v1_server(config={"webserver.expose_config": "False"})
        assert refusal(send(closed, "GET", "/config", headers=JSON))[2] == (
            "Your Airflow administrator chose not to expose the configuration, most likely for security reasons."
        )


@pytest.mark.parametrize(("scheduler", "status"), [(True, "healthy"), (False, "unhealthy")])
def test_health(scheduler: bool, status: str) -> None:
    health = get(v1_server(scheduler=scheduler), "/health", user=None)
    assert health["scheduler"]["status"] == status
    assert (health["scheduler"]["latest_scheduler_heartbeat"] is not None) == scheduler
    assert health["metadatabase"] == {"status": "healthy"}


def test_plugins_and_providers() -> None:
    server = v1_server()
    assert get(server, "/plugins") == {"plugins": [], "total_entries": 0}
    providers = get(server, "/providers")
    assert providers["total_entries"] == len(providers["providers"])
    assert "apache-airflow-providers-http" in {each["package_name"] for each in providers["providers"]}
