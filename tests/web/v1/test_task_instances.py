from __future__ import annotations

from typing import Any

import pytest

from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.web.app import WebServer
from tests.web.v1.requests import get, refusal, send, v1_server

RUN = "/dags/flow/dagRuns/r"
TASKS = f"{RUN}/taskInstances"


def flow_server(*, finished: bool = False) -> WebServer:
    """The DAG ``flow``: one task that pushes, a shell command that fails once, a mapped one; one run ``r``."""
    server = v1_server(scheduler=finished)
    tasks = {
        "push": Task(xcom={"return_value": [10, 20], "rows": {"n": 1}}, log="hello", duration=2),
        "shell": Task(
            operator="BashOperator", bash_command="echo {{ ds }}", upstream=("push",), retries=1, retry_delay=1,
            outcome=["failed", "success"],
        ),
        "each": Task(operator="_PythonDecoratedOperator", upstream=("push",), mapped_over={"x": "push"}),
    }  # fmt: skip
    server.airflow.add_dag(DAG("flow", named_tasks(tasks)))
    response = send(server, "POST", "/dags/flow/dagRuns", {"dag_run_id": "r", "logical_date": "2024-05-01T00:00:00Z"})
    assert response.status_code == 200
    if finished:
        server.airflow.clock.advance(60)
        assert get(server, RUN)["state"] == "success"
    return server


def names(answer: Any) -> list[str]:
    return [instance["task_id"] for instance in answer["task_instances"]]


def test_before_anything_ran() -> None:
    shown = get(flow_server(), f"{TASKS}/push")
    assert (shown["state"], shown["try_number"], shown["start_date"], shown["duration"]) == (None, 0, None, None)
    assert (shown["hostname"], shown["pid"], shown["rendered_fields"]) == ("", None, {})
    assert (shown["executor_config"], shown["map_index"]) == ("{}", -1)
    assert shown["priority_weight"] == 3


def test_after_it_ran() -> None:
    server = flow_server(finished=True)
    pushed, shell = get(server, f"{TASKS}/push"), get(server, f"{TASKS}/shell")
    assert (pushed["state"], pushed["try_number"], pushed["duration"]) == ("success", 1, 2.0)
    assert pushed["rendered_fields"] == {"op_args": [], "op_kwargs": {}, "templates_dict": None}
    assert shell["rendered_fields"] == {"bash_command": "echo 2024-05-01", "cwd": None, "env": None}
    assert (shell["try_number"], shell["max_tries"]) == (2, 1)


def test_attempts() -> None:
    server = flow_server(finished=True)
    tries = get(server, f"{TASKS}/shell/tries")
    assert [(each["try_number"], each["state"]) for each in tries["task_instances"]] == [(1, "failed"), (2, "success")]
    assert tries["total_entries"] == 2
    assert get(server, f"{TASKS}/shell/tries/1") == tries["task_instances"][0]
    assert get(server, f"{TASKS}/nothing/tries") == {"task_instances": [], "total_entries": 0}
    assert refusal(send(server, "GET", f"{TASKS}/shell/tries/3")) == (
        404,
        "Task instance not found",
        "Task Instance not found for dag_id=flow, run_id=r, task_id=shell, map_index=-1, try_number=3.",
    )


def test_mapped_tasks() -> None:
    server = flow_server(finished=True)
    listed = get(server, f"{TASKS}/each/listMapped")
    assert [instance["map_index"] for instance in listed["task_instances"]] == [0, 1]
    assert get(server, f"{TASKS}/each/1")["rendered_fields"]["op_kwargs"] == {"x": 20}
    assert get(server, f"{TASKS}/each/1/tries")["total_entries"] == 1
    assert get(server, f"{TASKS}/each/1/tries/1")["map_index"] == 1
    assert get(server, f"{TASKS}/each/1/dependencies") == {"dependencies": []}
    reverse = get(server, f"{TASKS}/each/listMapped?order_by=-map_index&limit=1")
    assert (reverse["task_instances"][0]["map_index"], reverse["total_entries"]) == (1, 2)
    detail = "Task instance is mapped, add the map_index value to the URL"
    assert refusal(send(server, "GET", f"{TASKS}/each")) == (404, "Task instance not found", detail)
    assert refusal(send(server, "GET", f"{TASKS}/each/9")) == (404, "Task instance not found", None)
    assert refusal(send(server, "GET", f"{TASKS}/each/-1"))[0] == 404
    assert refusal(send(server, "GET", f"{TASKS}/push/listMapped"))[1] == "Task id push is not mapped"
    assert send(server, "GET", f"{TASKS}/push/listMapped?state=bogus").status_code == 500
    bogus = f"{TASKS}/each/listMapped?order_by=map_index"
    assert refusal(send(server, "GET", bogus))[2] == "Ordering with 'map_index' is not supported"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["push", "shell", "each", "each"]),
        ("?limit=1&offset=1", ["shell"]),
        ("?limit=-1&offset=2", ["each", "each"]),
        ("?limit=0", []),
        ("?state=success", ["push", "shell", "each", "each"]),
        ("?state=none", []),
        ("?duration_gte=2", ["push"]),
        ("?duration_lte=1.5", ["shell", "each", "each"]),
        ("?pool=other", []),
        ("?queue=default&limit=1", ["push"]),
        ("?executor=x", []),
        ("?execution_date_gte=2024-05-02T00:00:00Z", []),
        ("?start_date_gte=2020-01-01T00:00:00Z&limit=1", ["push"]),
        ("?end_date_lte=2020-01-01T00:00:00Z", []),
    ],
)
def test_lists(query: str, expected: list[str]) -> None:
    server = flow_server(finished=True)
    assert names(get(server, f"{TASKS}{query}")) == expected
    assert names(get(server, f"/dags/~/dagRuns/~/taskInstances{query}")) == expected
    assert names(get(server, f"/dags/flow/dagRuns/~/taskInstances{query}")) == expected


def test_lists_of_unknown_runs_and_unknown_states() -> None:
    server = flow_server()
    assert get(server, "/dags/flow/dagRuns/no/taskInstances") == {"task_instances": [], "total_entries": 0}
    response = send(server, "GET", f"{TASKS}?state=bogus")
    assert (response.status_code, response.content_type) == (500, "text/html")
    assert refusal(send(server, "GET", f"{TASKS}?order_by=x"))[2] == "Extra query parameter(s) order_by not in spec"


def test_the_batch() -> None:
    server = flow_server()
    send(server, "POST", "/dags/etl/dagRuns", {"dag_run_id": "e"})

    def batch(**body: Any) -> list[str]:
        answer = send(server, "POST", "/dags/~/dagRuns/~/taskInstances/list", body)
        assert answer.status_code == 200, answer.text
        return names(answer.json)

    assert batch() == ["extract", "load", "push", "shell", "each"]
    assert batch(dag_ids=["flow"], task_ids=["shell", "push"]) == ["push", "shell"]
    assert batch(dag_run_ids=["e"], page_limit=1, page_offset=1) == ["load"]
    assert batch(state=["none"], dag_ids=["etl"]) == ["extract", "load"]
    assert batch(state=["success"]) == []


def test_states_by_hand() -> None:
    server = flow_server()
    reference = {
        "dag_id": "flow", "dag_run_id": "r", "execution_date": "2024-05-01T00:00:00+00:00", "task_id": "push",
    }  # fmt: skip
    assert send(server, "PATCH", f"{TASKS}/push", {"new_state": "success"}).json == reference
    assert get(server, f"{TASKS}/push")["state"] is None
    real = send(server, "PATCH", f"{TASKS}/push", {"new_state": "success", "dry_run": False})
    assert real.json == {}
    assert get(server, f"{TASKS}/push")["state"] == "success"
    assert (
        refusal(send(server, "PATCH", f"{TASKS}/push", {}))[2] == "{'new_state': ['Missing data for required field.']}"
    )
    missing = send(server, "PATCH", f"{TASKS}/no", {"new_state": "success"})
    assert refusal(missing) == (404, "Task not found", "Task 'no' not found in DAG 'flow'")
    no_run = send(server, "PATCH", "/dags/flow/dagRuns/no/taskInstances/push", {"new_state": "success"})
    assert refusal(no_run)[2] == "Task instance not found for task 'push' on DAG run with ID 'no'"


def test_a_mapped_one_is_logged_twice() -> None:
    server = flow_server(finished=True)
    server.airflow.audit.record("before", "me")
    send(server, "PATCH", f"{TASKS}/each/1", {"new_state": "failed", "dry_run": False})
    rows = [(row.event, row.extra) for row in server.airflow.audit][-2:]
    extra = '{"map_index": 1, "new_state": "failed", "dry_run": false}'
    assert rows == [("api.patch_mapped_task_instance", extra), ("api.patch_task_instance", extra)]
    assert get(server, f"{TASKS}/each/1")["state"] == "failed"
    assert get(server, f"{TASKS}/each/0")["state"] == "success"


def test_notes() -> None:
    server = flow_server(finished=True)
    noted = send(server, "PATCH", f"{TASKS}/push/setNote", {"note": "n"}).json
    assert noted is not None
    assert noted["note"] == "n"
    mapped = send(server, "PATCH", f"{TASKS}/each/0/setNote", {"note": "m"}).json
    assert mapped is not None
    assert (mapped["note"], get(server, f"{TASKS}/each/1")["note"]) == ("m", None)
    assert [row.event for row in server.airflow.audit][-1] == "api.set_task_instance_note"
    assert refusal(send(server, "PATCH", f"{TASKS}/push/setNote", {}))[2] == "'note' is a required property"
    title = "Task Instance not found for dag_id=flow, run_id=r, task_id=no"
    assert refusal(send(server, "PATCH", f"{TASKS}/no/setNote", {"note": "n"})) == (404, title, None)


FORM = {
    "task_id": "push", "new_state": "success", "include_upstream": False, "include_downstream": False,
    "include_future": False, "include_past": False,
}  # fmt: skip


def test_states_of_many() -> None:
    server = flow_server()
    path = "/dags/flow/updateTaskInstancesState"
    dry = send(server, "POST", path, {**FORM, "dag_run_id": "r", "include_downstream": True}).json
    assert names(dry) == ["each", "push", "shell"]
    assert get(server, f"{TASKS}/push")["state"] is None
    real = {**FORM, "execution_date": "2024-05-01T00:00:00+00:00", "dry_run": False}
    assert names(send(server, "POST", path, real).json) == ["push"]
    assert get(server, f"{TASKS}/push")["state"] == "success"
    exactly = "{'_schema': ['Exactly one of execution_date or dag_run_id must be provided']}"
    assert refusal(send(server, "POST", path, FORM))[2] == exactly
    unknown = {**FORM, "dag_run_id": "r", "task_id": "no"}
    assert refusal(send(server, "POST", path, unknown)) == (404, "Task ID no not found", None)


def test_a_run_before_the_dag_starts_has_no_instances_to_update() -> None:
    server = flow_server()
    date = "2023-06-01T00:00:00+00:00"
    send(server, "POST", "/dags/flow/dagRuns", {"dag_run_id": "early", "logical_date": date})
    for named, words in (
        ({"execution_date": date}, "on execution_date 2023-06-01 00:00:00+00:00"),
        ({"dag_run_id": "early"}, "on DAG run with ID 'early'"),
    ):
        answer = send(server, "POST", "/dags/flow/updateTaskInstancesState", {**FORM, **named})
        assert refusal(answer) == (404, "Not Found", f"Task instance not found for task 'push' {words}")


def test_clearing() -> None:
    server = flow_server(finished=True)
    path = "/dags/flow/clearTaskInstances"
    assert names(send(server, "POST", path, {"dag_run_id": "r"}).json) == []
    every = send(server, "POST", path, {"dag_run_id": "r", "only_failed": False}).json
    assert names(every) == ["push", "shell", "each", "each"]
    body = {"dag_run_id": "r", "only_failed": False, "dry_run": False, "task_ids": ["shell"], "reset_dag_runs": True}
    assert names(send(server, "POST", path, body).json) == ["shell"]
    assert get(server, f"{TASKS}/shell")["state"] is None
    assert get(server, RUN)["state"] == "queued"
    server.airflow.clock.advance(60)
    assert get(server, RUN)["state"] == "success"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"only_failed": True, "only_running": True}, "only_failed and only_running both are set to True"),
        (
            {"start_date": "2024-02-01T00:00:00Z", "end_date": "2024-01-01T00:00:00Z"},
            "end_date is sooner than start_date",
        ),
        (
            {"dag_run_id": "r", "start_date": "2024-02-01T00:00:00Z"},
            "Exactly one of dag_run_id or start_date must be provided",
        ),
    ],
)
def test_forms_for_clearing_that_contradict_themselves(body: dict[str, Any], message: str) -> None:
    response = send(flow_server(), "POST", "/dags/flow/clearTaskInstances", body)
    assert refusal(response)[2] == str({"_schema": [message]})


def test_the_current_attempt_comes_before_one_that_had_its_number() -> None:
    server = flow_server()
    for task_id in ("shell", "push"):
        send(server, "PATCH", f"{TASKS}/{task_id}", {"dry_run": False, "new_state": "failed"})
    # To set the task above has cleared it, and it has never run.
    assert [attempt["state"] for attempt in get(server, f"{TASKS}/shell/tries")["task_instances"]] == ["failed", None]
    assert get(server, f"{TASKS}/shell/tries/0")["state"] is None


def test_dependencies() -> None:
    server = flow_server()
    found = get(server, f"{TASKS}/shell/dependencies")["dependencies"]
    assert [each["name"] for each in found] == ["Dagrun Running", "Task Instance State", "Trigger Rule"]
    assert found[0]["reason"] == ("Task instance's dagrun was not in the 'running' state but in the state 'queued'.")
    assert get(flow_server(finished=True), f"{TASKS}/shell/dependencies") == {"dependencies": []}
    unmapped = get(server, f"{TASKS}/each/dependencies")["dependencies"]
    assert {"name": "Task has been mapped", "reason": "The task has yet to be mapped!"} in unmapped


@pytest.mark.parametrize(("source", "fate"), [("failed", "upstream_failed"), ("skipped", "skipped"), ("success", None)])
def test_to_ask_for_the_dependencies_of_a_mapped_task_settles_its_fate(source: str, fate: str | None) -> None:
    server = flow_server()
    send(server, "PATCH", f"{TASKS}/push", {"dry_run": False, "new_state": source})
    names = {each["name"] for each in get(server, f"{TASKS}/each/dependencies")["dependencies"]}
    assert ("Mapped dependencies have succeeded" in names) == (fate is not None)
    assert get(server, f"{TASKS}/each")["state"] == fate


def test_links() -> None:
    server = flow_server()
    assert get(server, f"{TASKS}/push/links") == {}
    detail = 'Task with ID = "no" not found'
    assert refusal(send(server, "GET", f"{TASKS}/no/links")) == (404, "Task not found", detail)


def test_xcoms() -> None:
    server = flow_server(finished=True)
    entries = get(server, f"{TASKS}/push/xcomEntries")
    assert [entry["key"] for entry in entries["xcom_entries"]] == ["return_value", "rows"]
    assert "value" not in entries["xcom_entries"][0]
    assert get(server, f"{TASKS}/push/xcomEntries/rows")["value"] == "{'n': 1}"
    assert get(server, f"{TASKS}/push/xcomEntries/rows?stringify=false")["value"] == {"n": 1}
    assert get(server, "/dags/~/dagRuns/~/taskInstances/~/xcomEntries?xcom_key=rows")["total_entries"] == 1
    refused = send(server, "GET", f"{TASKS}/push/xcomEntries/rows?deserialize=true")
    assert refusal(refused)[2] == "XCom deserialization is disabled in configuration."
    assert refusal(send(server, "GET", f"{TASKS}/push/xcomEntries/no")) == (404, "XCom entry not found", None)


def test_logs() -> None:
    server = flow_server(finished=True)
    path = f"{TASKS}/push/logs/1"
    answer = get(server, path)
    ((host, text),) = eval(answer["content"])  # noqa: S307 - it is Python's repr, which clients have to read
    assert host == get(server, f"{TASKS}/push")["hostname"]
    assert "INFO - hello\n" in text
    assert "Marking task as SUCCESS" in text
    plain = send(server, "GET", path, headers={"Accept": "text/plain"})
    assert (plain.text, plain.content_type) == (f"{host}\n{text}\n", "text/plain")
    again = get(server, f"{path}?full_content=true&token={answer['continuation_token']}")
    assert again["content"] == answer["content"]
    title = "Bad Signature. Please use only the tokens provided by the API."
    assert refusal(send(server, "GET", f"{path}?token=forged")) == (400, title, None)
    assert refusal(send(server, "GET", f"{TASKS}/no/logs/1")) == (404, "TaskInstance not found", None)
    assert "Try number 0 is invalid" in get(server, f"{TASKS}/push/logs/0")["content"]
