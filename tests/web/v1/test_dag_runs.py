from __future__ import annotations

from typing import Any

import pytest

from fake_server.airflow.dags import DAG, Param, named_tasks
from fake_server.web.app import WebServer
from tests.web.v1.requests import get, refusal, send, v1_server

RUNS = "/dags/etl/dagRuns"


def trigger(server: WebServer, **body: Any) -> Any:
    response = send(server, "POST", RUNS, body)
    assert response.status_code == 200, response.text
    return response.json


def run_ids(answer: Any) -> list[str]:
    return [run["dag_run_id"] for run in answer["dag_runs"]]


def some_runs() -> WebServer:
    server = v1_server()
    for number in (3, 1, 2):
        trigger(server, dag_run_id=f"r{number}", logical_date=f"2024-01-0{number}T00:00:00Z", conf={"n": number})
    return server


def test_a_run_with_nothing_said() -> None:
    server = v1_server()
    run = trigger(server)
    assert run["dag_run_id"] == f"manual__{run['logical_date']}"
    dates = {run[name] for name in ("logical_date", "execution_date", "data_interval_start", "data_interval_end")}
    assert len(dates) == 1
    assert (run["state"], run["run_type"], run["external_trigger"]) == ("queued", "manual", True)
    assert (run["start_date"], run["end_date"], run["note"], run["conf"]) == (None, None, None, {})
    assert get(server, f"{RUNS}/{run['dag_run_id'].replace('+', '%2B')}") == run
    (row,) = server.airflow.audit
    assert (row.event, row.owner, row.dag_id, row.extra) == ("api.post_dag_run", "admin", "etl", "{}")


def test_an_offset_is_kept_this_once() -> None:
    server = v1_server()
    run = trigger(server, logical_date="2024-01-07T10:00:00+05:30", note="n")
    assert run["dag_run_id"] == "manual__2024-01-07T10:00:00+05:30"
    assert run["logical_date"] == run["data_interval_end"] == "2024-01-07T10:00:00+05:30"
    later = get(server, f"{RUNS}/manual__2024-01-07T10:00:00%2B05:30")
    assert later["logical_date"] == "2024-01-07T04:30:00+00:00"
    ends = {f"data_interval_{end}": f"2024-01-0{day}T10:00:00+05:30" for end, day in (("start", 1), ("end", 2))}
    run = trigger(server, dag_run_id="r", logical_date="2024-01-03T00:00:00Z", **ends)
    assert ends.items() <= run.items()
    assert get(server, f"{RUNS}/r")["data_interval_start"] == "2024-01-01T04:30:00+00:00"


def test_the_old_name_of_the_logical_date() -> None:
    server = v1_server()
    assert trigger(server, execution_date="2024-01-04T00:00:00Z")["logical_date"] == "2024-01-04T00:00:00+00:00"
    both = {"execution_date": "2024-01-05T00:00:00Z", "logical_date": "2024-01-06T00:00:00Z"}
    assert refusal(send(server, "POST", RUNS, both)) == (
        400, "logical_date conflicts with execution_date", "'2024-01-06T00:00:00Z' != '2024-01-05T00:00:00Z'",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "title", "detail"),
    [
        (
            {"logical_date": None},
            "Incorrect datetime argument",
            "argument 'input': 'NoneType' object cannot be converted to 'PyString'",
        ),
        ({"dag_run_id": None}, "Bad Request", "{'dag_run_id': ['Field may not be null.']}"),
        ({"dag_run_id": "x" * 251}, "Bad Request", "{'dag_run_id': ['Longer than maximum length 250.']}"),
        ({"note": "x" * 1001}, "Bad Request", "{'note': ['Longer than maximum length 1000.']}"),
        ({"conf": None}, "Bad Request", "None is not of type 'object' - 'conf'"),
        (
            {"data_interval_start": "2024-01-31T00:00:00Z"},
            "Bad Request",
            "{'_schema': [\"Both 'data_interval_start' and 'data_interval_end' must be specified together\"]}",
        ),
        (
            {"dag_run_id": "scheduled__2024-05-05T00:00:00+00:00"},
            "Bad Request",
            (
                "A manual DAG run cannot use ID 'scheduled__2024-05-05T00:00:00+00:00' "
                "since it is reserved for scheduled runs"
            ),
        ),
    ],
)
def test_refused_runs(body: dict[str, Any], title: str, detail: str) -> None:
    server = v1_server()
    assert refusal(send(server, "POST", RUNS, body)) == (400, title, detail)
    assert len(server.airflow.runs) == 0
    assert len(server.airflow.audit) == (0 if "conf" in body else 1)


@pytest.mark.parametrize("run_id", ["a b", "a/b", "é"])
def test_ids_that_airflow_fails_over(run_id: str) -> None:
    assert send(v1_server(), "POST", RUNS, {"dag_run_id": run_id}).status_code == 500


@pytest.mark.parametrize("run_id", ["~", "..", "a+b", "manual__x"])
def test_odd_ids(run_id: str) -> None:
    assert trigger(v1_server(), dag_run_id=run_id)["dag_run_id"] == run_id


def test_duplicates() -> None:
    server = v1_server()
    trigger(server, dag_run_id="a", logical_date="2024-01-02T03:04:05Z")
    assert refusal(send(server, "POST", RUNS, {"dag_run_id": "a"}))[2] == (
        "DAGRun with DAG ID: 'etl' and DAGRun ID: 'a' already exists"
    )
    other = {"dag_run_id": "b", "logical_date": "2024-01-02T03:04:05Z"}
    assert refusal(send(server, "POST", RUNS, other)) == (
        409,
        "Conflict",
        "DAGRun with DAG ID: 'etl' and DAGRun logical date: '2024-01-02 03:04:05+00:00' already exists",
    )


def test_params_are_checked() -> None:
    server = v1_server()
    server.airflow.add_dag(
        DAG("sized", named_tasks(["a"]), params={"size": Param(5, {"type": "integer", "maximum": 9})})
    )
    assert send(server, "POST", "/dags/sized/dagRuns", {"conf": {"size": 9}}).status_code == 200
    detail = refusal(send(server, "POST", "/dags/sized/dagRuns", {"conf": {"size": 10}}))[2]
    assert detail is not None
    assert detail.startswith("Invalid input for param size: 10 is greater than the maximum of 9\n\nFailed validating")


def test_dags_that_cannot_be_triggered() -> None:
    server = v1_server()
    gone = (404, "DAG not found", "DAG with dag_id: 'no' not found")
    assert refusal(send(server, "POST", "/dags/no/dagRuns", {})) == gone
    assert send(server, "POST", "/dags/report/dagRuns", {}).status_code == 200
    server.airflow.dags["etl"].has_import_errors = True
    broken = (400, "DAG cannot be triggered", "DAG with dag_id: 'etl' has import errors")
    assert refusal(send(server, "POST", RUNS, {})) == broken
    server.airflow.dags["etl"].is_active = False
    assert send(server, "POST", RUNS, {}).status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["r3", "r1", "r2"]),
        ("?order_by=execution_date", ["r1", "r2", "r3"]),
        ("?order_by=-execution_date&limit=1", ["r3"]),
        ("?order_by=dag_run_id&offset=1", ["r2", "r3"]),
        ("?order_by=-id&limit=2", ["r2", "r1"]),
        ("?state=queued&state=success&limit=1", ["r3"]),
        ("?state=bogus", []),
        ("?execution_date_gte=2024-01-02T00:00:00Z", ["r3", "r2"]),
        ("?execution_date_gte=2024-01-02T01:00:00%2B01:00&execution_date_lte=2024-01-02T00:00:00Z", ["r2"]),
        ("?start_date_gte=2020-01-01T00:00:00Z", []),
    ],
)
def test_lists(query: str, expected: list[str]) -> None:
    server = some_runs()
    answer = get(server, f"{RUNS}{query}")
    assert run_ids(answer) == expected
    assert answer["total_entries"] == (len(expected) if "limit" not in query and "offset" not in query else 3)
    assert run_ids(get(server, f"/dags/~/dagRuns{query}")) == expected


def test_lists_below_unknown_dags_are_empty() -> None:
    assert get(v1_server(), "/dags/no/dagRuns") == {"dag_runs": [], "total_entries": 0}


def test_fields() -> None:
    server = some_runs()
    assert get(server, f"{RUNS}?fields=dag_run_id,conf&limit=1")["dag_runs"] == [{"conf": {"n": 3}, "dag_run_id": "r3"}]
    assert get(server, f"{RUNS}/r1?fields=state") == {"state": "queued"}
    for path, title in ((RUNS, "DAGRunCollectionSchema error"), (f"{RUNS}/r1", "DAGRunSchema error")):
        assert refusal(send(server, "GET", f"{path}?fields=a,b")) == (400, title, "a not in DAGRunSchema")
    # Of a list, the runs that are shown are what fails.
    assert get(server, f"{RUNS}?fields=a&offset=9") == {"dag_runs": [], "total_entries": 3}
    _, _, detail = refusal(send(server, "GET", f"{RUNS}?fields=a&order_by=b"))
    assert detail == "Ordering with 'b' is disallowed or the attribute does not exist on the model"


def test_the_batch() -> None:
    server = some_runs()
    server.airflow.trigger_dag("report", run_id="other")

    def batch(**body: Any) -> Any:
        return send(server, "POST", "/dags/~/dagRuns/list", body).json

    assert run_ids(batch()) == ["r3", "r1", "r2", "other"]
    assert run_ids(batch(dag_ids=["report"])) == ["other"]
    assert run_ids(batch(page_limit=1, page_offset=1, order_by="-execution_date")) == ["r3"]
    assert run_ids(batch(states=["failed"])) == []
    assert run_ids(batch(execution_date_lte="2024-01-01T00:00:00Z")) == ["r1"]
    assert batch(page_limit=0)["detail"] == "0 is less than the minimum of 1 - 'page_limit'"
    assert batch(dag_run_ids=["r1"])["detail"] == "{'dag_run_ids': ['Unknown field.']}"


def test_the_batch_knows_no_maximum() -> None:
    server = v1_server(config={"api.maximum_page_limit": "2"})
    for number in range(4):
        trigger(server, dag_run_id=f"r{number}")
    assert len(get(server, RUNS)["dag_runs"]) == 2
    response = send(server, "POST", "/dags/~/dagRuns/list", {"page_limit": 3})
    assert response.json is not None
    assert len(response.json["dag_runs"]) == 3


def test_states_and_notes_by_hand() -> None:
    server = some_runs()
    changed = send(server, "PATCH", f"{RUNS}/r1", {"state": "success"}).json
    assert changed is not None
    assert (changed["state"], changed["end_date"] is not None) == ("success", True)
    assert send(server, "PATCH", f"{RUNS}/r1", {}).status_code == 500
    noted = send(server, "PATCH", f"{RUNS}/r1/setNote", {"note": "n"}).json
    assert noted is not None
    assert noted["note"] == get(server, f"{RUNS}/r1")["note"] == "n"
    for method, path, body in (("PATCH", "/no", {"state": "failed"}), ("PATCH", "/no/setNote", {"note": "n"})):
        assert refusal(send(server, method, RUNS + path, body))[1] == "Dag Run id no not found in dag etl"


def test_clearing() -> None:
    server = some_runs()
    send(server, "PATCH", f"{RUNS}/r1", {"state": "success"})
    dry = send(server, "POST", f"{RUNS}/r1/clear", {}).json
    assert dry is not None
    assert [instance["task_id"] for instance in dry["task_instances"]] == ["extract", "load"]
    assert get(server, f"{RUNS}/r1")["state"] == "success"
    cleared = send(server, "POST", f"{RUNS}/r1/clear", {"dry_run": False}).json
    assert cleared is not None
    assert cleared["state"] == "queued"
    title = "Dag Run id no not found in dag   etl"
    assert refusal(send(server, "POST", f"{RUNS}/no/clear", {})) == (404, title, None)


def test_deleting() -> None:
    server = some_runs()
    assert send(server, "DELETE", f"{RUNS}/r1").status_code == 204
    detail = "DAGRun with DAG ID: 'etl' and DagRun ID: 'r1' not found"
    assert refusal(send(server, "DELETE", f"{RUNS}/r1")) == (404, "Not Found", detail)
    assert refusal(send(server, "GET", f"{RUNS}/r1")) == (404, "DAGRun not found", detail)
    assert run_ids(get(server, RUNS)) == ["r3", "r2"]


def test_a_run_moves_along_the_clock() -> None:
    server = v1_server(scheduler=True)
    trigger(server, dag_run_id="r")
    assert get(server, f"{RUNS}/r")["state"] == "queued"
    server.airflow.clock.advance(2)
    running = get(server, f"{RUNS}/r")
    assert (running["state"], running["start_date"] is not None) == ("running", True)
    server.airflow.clock.advance(60)
    done = get(server, f"{RUNS}/r")
    assert done["state"] == "success"
    assert done["end_date"] > done["start_date"]


def test_a_run_before_the_dag_starts_has_no_tasks_and_succeeds() -> None:
    server = v1_server(scheduler=True)
    trigger(server, dag_run_id="early", logical_date="2020-01-01T00:00:00Z")
    assert get(server, f"{RUNS}/early/taskInstances")["total_entries"] == 0
    server.airflow.clock.advance(10)
    assert get(server, f"{RUNS}/early")["state"] == "success"
