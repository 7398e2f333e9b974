from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fake_server.airflow.dags import DAG, Param, Task, named_tasks
from fake_server.web.app import WebServer
from tests.web.v1.requests import get, refusal, send, v1_server


def ids(answer: Any) -> list[str]:
    return [dag["dag_id"] for dag in answer["dags"]]


def test_a_dag_with_a_schedule() -> None:
    server = v1_server()
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    server.airflow.add_dag(
        DAG("daily", named_tasks(["a"]), schedule="0 6 * * 1-5", start_date=start, tags=("x",), owners=("me", "you"))
    )
    shown = get(server, "/dags/daily")
    assert shown["schedule_interval"] == {"__type": "CronExpression", "value": "0 6 * * 1-5"}
    assert shown["timetable_description"] == "At 06:00, Monday through Friday"
    assert shown["tags"] == [{"name": "x"}]
    assert shown["owners"] == ["me", "you"]
    assert shown["next_dagrun"] == shown["next_dagrun_data_interval_start"]
    assert shown["next_dagrun_create_after"] == shown["next_dagrun_data_interval_end"]
    assert shown["next_dagrun"].endswith("T06:00:00+00:00")


def test_the_list_shows_each_dag_as_it_is_now() -> None:
    server = v1_server()
    before = get(server, "/dags")["dags"]
    assert before == [get(server, "/dags/etl"), get(server, "/dags/report")]
    send(server, "PATCH", "/dags/etl", {"is_paused": True})
    server.airflow.dags["report"].max_active_runs = 3
    after = get(server, "/dags")["dags"]
    assert after == [get(server, "/dags/etl"), get(server, "/dags/report")]
    assert (after[0]["is_paused"], after[1]["max_active_runs"]) == (True, 3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["etl", "report"]),
        ("?order_by=-dag_id", ["report", "etl"]),
        ("?tags=weekly", ["report"]),
        ("?tags=daily,weekly", ["report"]),
        ("?tags=", []),
        ("?paused=true", ["report"]),
        ("?paused=false", ["etl"]),
        ("?dag_id_pattern=EP", ["report"]),
        ("?dag_id_pattern=_t_", ["etl"]),
        ("?dag_id_pattern=r%25t", ["report"]),
        ("?only_active=false", ["etl", "gone", "report"]),
    ],
)
def test_filters(query: str, expected: list[str]) -> None:
    server = v1_server()
    server.airflow.add_dag(DAG("gone", named_tasks(["a"])))
    server.airflow.dags["gone"].is_active = False
    answer = get(server, f"/dags{query}")
    assert ids(answer) == expected
    assert answer["total_entries"] == len(ids(answer))


def test_a_paused_state_of_null_is_neither() -> None:
    server = v1_server()
    assert send(server, "PATCH", "/dags/etl", {"is_paused": None}).json["is_paused"] is None  # type: ignore[index]
    assert ids(get(server, "/dags?paused=false")) == []
    assert ids(get(server, "/dags?paused=true")) == ["report"]


def test_fields() -> None:
    server = v1_server()
    assert get(server, "/dags?fields=dag_id,is_paused&fields=tags&limit=1")["dags"] == [
        {"dag_id": "etl", "is_paused": False, "tags": []}
    ]
    for path, schema, title in (
        ("/dags", "DAGSchema", "DAGCollectionSchema error"),
        ("/dags/etl", "DAGSchema", "DAGSchema init error"),
        ("/dags/etl/details", "DAGDetailSchema", "DAGDetailSchema init error"),
    ):
        detail = f"Invalid fields for <{schema}(many=False)>: OrderedSet(['a', 'b'])."
        assert refusal(send(server, "GET", f"{path}?fields=a,dag_id,b")) == (400, title, detail)


def test_details() -> None:
    server = v1_server()
    server.airflow.add_dag(
        DAG(
            "sized",
            named_tasks(["a"]),
            params={"size": Param(5, {"type": "integer"}, "how big")},
            dagrun_timeout=7200.0,
            doc_md="# Sized",
            dataset_triggers=("s3://a",),
        )
    )
    shown = get(server, "/dags/sized/details")
    assert shown["params"]["size"] == {
        "__class": "airflow.models.param.Param", "description": "how big", "schema": {"type": "integer"}, "value": 5,
    }  # fmt: skip
    assert shown["dag_run_timeout"] == {"__type": "TimeDelta", "days": 0, "microseconds": 0, "seconds": 7200}
    assert shown["dataset_expression"] == {"all": ["s3://a"]}
    assert (shown["doc_md"], shown["owners"], shown["catchup"]) == ("# Sized", [], False)


def test_pausing() -> None:
    server = v1_server()
    assert send(server, "PATCH", "/dags/etl?update_mask=is_paused", {"is_paused": True}).status_code == 200
    assert server.airflow.dags["etl"].is_paused is True
    assert send(server, "PATCH", "/dags/etl", {}).status_code == 500
    # Named in a mask, the field is looked for before the DAG is.
    assert send(server, "PATCH", "/dags/nope?update_mask=is_paused", {}).status_code == 500
    only = (400, "Bad Request", "Only `is_paused` field can be updated through the REST API")
    assert refusal(send(server, "PATCH", "/dags/etl?update_mask=description", {"is_paused": True})) == only
    assert refusal(send(server, "PATCH", "/dags/no", {"is_paused": True}))[1] == "Dag with id: 'no' not found"


def test_pausing_those_of_a_page() -> None:
    server = v1_server()
    answer = send(server, "PATCH", "/dags?dag_id_pattern=~&limit=1&offset=1", {"is_paused": False}).json
    assert answer is not None
    assert (ids(answer), answer["total_entries"]) == (["report"], 2)
    assert server.airflow.dags["report"].is_paused is False
    missing = (400, "Bad Request", "Missing query parameter 'dag_id_pattern'")
    assert refusal(send(server, "PATCH", "/dags", {"is_paused": True})) == missing
    # A negative limit is refused before anything is logged.
    logged = get(server, "/eventLogs")["total_entries"]
    assert send(server, "PATCH", "/dags?dag_id_pattern=~&limit=-1", {"is_paused": True}).status_code == 400
    assert get(server, "/eventLogs")["total_entries"] == logged


def test_deleting() -> None:
    server = v1_server()
    run = server.airflow.trigger_dag("etl")
    instance = run.task_instance("extract")
    assert instance is not None
    instance.state = "running"
    detail = "Task instances of dag with id: 'etl' are still running"
    assert refusal(send(server, "DELETE", "/dags/etl")) == (409, "Conflict", detail)
    instance.state = "success"
    response = send(server, "DELETE", "/dags/etl")
    assert (response.status_code, response.content_type, response.data) == (204, "application/json", b"")
    assert refusal(send(server, "DELETE", "/dags/etl"))[1] == "Dag with id: 'etl' not found"
    assert len(server.airflow.runs) == 0


def server_for_a_team() -> WebServer:
    server = v1_server()
    server.airflow.security.add_role(
        "Team", [("can_read", "DAG:etl"), ("can_edit", "DAG:etl"), ("can_read", "DAG Runs")]
    )
    server.airflow.security.add_user("member", "member-pw", "Team")
    return server


def test_a_role_for_one_dag_sees_only_that_one() -> None:
    server = server_for_a_team()
    server.airflow.trigger_dag("etl", run_id="mine")
    server.airflow.trigger_dag("report", run_id="other")
    assert send(server, "GET", "/dags/etl", user="member").status_code == 200
    assert send(server, "GET", "/dags/report", user="member").status_code == 403
    assert send(server, "PATCH", "/dags/etl", {"is_paused": True}, user="member").status_code == 200
    assert send(server, "GET", "/dags/etl/dagRuns", user="member").status_code == 200
    stats = get(server, "/dagStats?dag_ids=etl,report", user="member")
    assert ids(stats) == ["etl"]


def test_tasks() -> None:
    server = v1_server()
    tasks = {
        "b": Task(operator="BashOperator", bash_command="true", retries=2, retry_delay=1.5, execution_timeout=60.0),
        "a": Task(upstream=("b",), owner="me"),
    }
    server.airflow.add_dag(DAG("two", named_tasks(tasks), start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)))
    answer = get(server, "/dags/two/tasks")
    assert [task["task_id"] for task in answer["tasks"]] == ["a", "b"]
    assert answer["total_entries"] == 2
    shown = get(server, "/dags/two/tasks/b")
    assert shown["class_ref"] == {"class_name": "BashOperator", "module_path": "airflow.operators.bash"}
    assert shown["downstream_task_ids"] == ["a"]
    assert shown["retries"] == 2.0
    assert shown["retry_delay"] == {"__type": "TimeDelta", "days": 0, "microseconds": 500000, "seconds": 1}
    assert shown["execution_timeout"]["seconds"] == 60
    ordered = get(server, "/dags/two/tasks?order_by=-owner")["tasks"]
    assert [task["owner"] for task in ordered] == ["me", "airflow"]
    detail = "'SerializedBaseOperator' object has no attribute 'bogus'"
    assert refusal(send(server, "GET", "/dags/two/tasks?order_by=bogus")) == (400, "Bad Request", detail)
    assert refusal(send(server, "GET", "/dags/no/tasks")) == (404, "DAG not found", None)
    assert refusal(send(server, "GET", "/dags/two/tasks/no")) == (404, "Task not found", None)


def test_the_text_of_a_file() -> None:
    server = v1_server()
    token = get(server, "/dags/etl")["file_token"]
    path = f"/dagSources/{token}"
    text = send(server, "GET", path, headers={"Accept": "text/plain"})
    assert (text.text, text.content_type) == ("# the file of etl\n", "text/plain")
    json_answer = send(server, "GET", path, headers={"Accept": "application/json"})
    assert json_answer.json == {"content": "# the file of etl\n"}
    assert send(server, "GET", path).status_code == 406
    assert refusal(send(server, "GET", "/dagSources/forged"))[1] == "Dag source not found"


def test_parsing_a_file_anew() -> None:
    server = v1_server()
    path = f"/parseDagFile/{get(server, '/dags/etl')['file_token']}"
    first, second = send(server, "PUT", path), send(server, "PUT", path)
    assert (first.status_code, first.text, second.status_code, second.text) == (201, "", 201, "Duplicate request")
    assert refusal(send(server, "PUT", "/parseDagFile/forged")) == (404, "File not found", None)


def test_a_scheduler_parses_at_once() -> None:
    server = v1_server(scheduler=True)
    path = f"/parseDagFile/{get(server, '/dags/etl')['file_token']}"
    before = server.airflow.dags["etl"].last_parsed_time
    server.airflow.clock.advance(timedelta(minutes=1))
    assert [send(server, "PUT", path).text for _ in range(2)] == ["", ""]
    after = server.airflow.dags["etl"].last_parsed_time
    assert before is not None
    assert after is not None
    assert after - before >= timedelta(minutes=1)


def test_warnings_and_import_errors() -> None:
    server = v1_server()
    server.airflow.add_dag(DAG("pooled", {"a": Task("a", pool="no_such_pool")}))
    server.airflow.import_errors["/dags/broken.py"] = "Traceback ..."
    (warning,) = get(server, "/dagWarnings")["dag_warnings"]
    assert (warning["dag_id"], warning["warning_type"]) == ("pooled", "non-existent pool")
    assert get(server, "/dagWarnings?dag_id=etl")["total_entries"] == 0
    (error,) = get(server, "/importErrors")["import_errors"]
    assert (error["filename"], error["stack_trace"]) == ("/dags/broken.py", "Traceback ...")
    assert get(server, f"/importErrors/{error['import_error_id']}") == error
    detail = "The ImportError with import_error_id: `99` was not found"
    assert refusal(send(server, "GET", "/importErrors/99")) == (404, "Import error not found", detail)
    assert refusal(send(server, "GET", "/importErrors/abc"))[0] == 404


def test_stats_count_the_runs() -> None:
    server = v1_server()
    for _ in range(2):
        server.airflow.trigger_dag("etl")
    (stats,) = get(server, "/dagStats?dag_ids=etl,nothing")["dags"]
    assert stats["stats"][0] == {"count": 2, "state": "queued"}
    assert [each["state"] for each in stats["stats"]] == ["queued", "running", "success", "failed"]
