from __future__ import annotations

import json
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import SeedError
from fake_server.airflow.loading import SeedWarning, load_seed, load_seed_file


def loaded(**seed: Any) -> Airflow:
    airflow = Airflow()
    load_seed(airflow, seed)
    return airflow


def one_dag(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"dags": [{"dag_id": "a", "tasks": list(tasks), **more}]}


def advance(airflow: Airflow, seconds: float) -> None:
    airflow.clock.advance(seconds)
    with airflow.session():
        pass


def test_all_but_the_id_of_a_dag_may_be_left_out() -> None:
    dag = loaded(dags=[{"dag_id": "a"}]).dags["a"]
    assert dag.fileloc == "/usr/local/airflow/dags/a.py"
    assert dag.start_date == datetime(2024, 1, 1, tzinfo=timezone.utc)
    assert (dag.owners, dag.max_active_runs, dag.catchup, dag.tasks) == (("airflow",), 16, False, {})


@pytest.mark.parametrize(("option", "paused"), [("True", True), ("False", False)])
def test_dags_are_paused_as_the_configuration_says(option: str, paused: bool) -> None:
    airflow = Airflow(options={"core.dags_are_paused_at_creation": option})
    load_seed(airflow, {"dags": [{"dag_id": "a"}, {"dag_id": "b", "paused": False}]})
    assert airflow.dags["a"].is_paused is paused
    assert airflow.dags["b"].is_paused is False


def test_a_full_dag() -> None:
    entry = {
        "dag_id": "a", "file": "x/a.py", "source": "print()", "description": "d", "schedule": 3600, "paused": False,
        "start_date": "2026-11-20T00:00:00Z", "end_date": "2026-12-01T00:00:00", "catchup": True, "tags": ["t"],
        "owners": ["o"], "max_active_runs": 2, "max_active_tasks": 3, "dagrun_timeout_s": 60, "doc_md": "# doc",
        "max_consecutive_failed_dag_runs": 4, "display_name": "A",
        "params": {"n": {"value": 5, "schema": {"type": "integer"}, "description": "how many"}, "plain": 1},
    }  # fmt: skip
    dag = loaded(dags=[entry]).dags["a"]
    assert dag.fileloc == "/usr/local/airflow/dags/x/a.py"
    assert (dag.source, dag.description, dag.doc_md, dag.display_name) == ("print()", "d", "# doc", "A")
    assert dag.schedule == timedelta(hours=1)
    assert dag.end_date == datetime(2026, 12, 1, tzinfo=timezone.utc)
    assert (dag.catchup, dag.tags, dag.owners, dag.dagrun_timeout) == (True, ("t",), ("o",), 60)
    assert (dag.max_active_runs, dag.max_active_tasks, dag.max_consecutive_failed_dag_runs) == (2, 3, 4)
    assert (dag.params["n"].value, dag.params["n"].description, dag.params["plain"].value) == (5, "how many", 1)


def test_downstream_and_upstream_say_the_same() -> None:
    tasks = [{"task_id": "a", "downstream": ["b"]}, {"task_id": "b"}, {"task_id": "c", "upstream": ["b"]}]
    dag = loaded(dags=[{"dag_id": "d", "tasks": tasks}]).dags["d"]
    assert {name: task.upstream for name, task in dag.tasks.items()} == {"a": (), "b": ("a",), "c": ("b",)}


def test_scripts_of_tasks() -> None:
    tasks = [
        {"task_id": "a", "effect": {"xcoms": {"rows": [1]}}, "xcom": {"more": 2}, "duration": 3, "log": "hi"},
        {"task_id": "b", "effect": {"fails": "always"}, "retries": 1, "retry_delay_s": 5},
        {"task_id": "c", "outcome": ["failed", "success"], "execution_timeout_s": 9},
        {"task_id": "d", "mapped_over": ["a"], "upstream": ["a"], "pool": "p", "weight_rule": "absolute"},
    ]
    seed = {
        "dags": [{"dag_id": "d", "tasks": tasks}],
        "xcoms": [{"dag_id": "d", "task_id": "a", "key": "k", "value": 7}],
    }
    made = loaded(**seed).dags["d"].tasks
    assert made["a"].xcom == {"rows": [1], "more": 2, "k": 7}
    assert (made["a"].duration, made["a"].log) == (3, "hi")
    assert (made["b"].outcome, made["b"].retries, made["b"].retry_delay) == ("failed", 1, 5)
    assert (made["c"].outcomes, made["c"].execution_timeout) == (("failed", "success"), 9)
    assert (made["d"].is_mapped, made["d"].pool, made["d"].weight_rule) == (True, "p", "absolute")


def test_branches_by_conditions_on_params() -> None:
    tasks = [
        {"task_id": "choose", "effect": {"branches_to": {"big": "params.size > 10", "small": "otherwise"}}},
        {"task_id": "big", "upstream": ["choose"]},
        {"task_id": "small", "upstream": ["choose"]},
    ]
    airflow = loaded(dags=[{"dag_id": "d", "tasks": tasks, "params": {"size": 5}, "paused": False}])
    small = airflow.trigger_dag("d")
    advance(airflow, 1)
    big = airflow.trigger_dag("d", conf={"size": 50})
    advance(airflow, 60)
    assert small.task_instances["big", -1].state == "skipped"
    assert big.task_instances["small", -1].state == "skipped"


def test_everything_else() -> None:
    airflow = loaded(
        import_errors=[{"file": "broken.py", "error": "ModuleNotFoundError"}],
        users=[{"username": "me", "password": "pw", "role": "Op"}],
        pools=[{"name": "p", "slots": 3}, {"name": "default_pool", "slots": 5}],
        variables={"text": "x", "object": {"a": 1}, "none": None},
        connections=[{"conn_id": "c", "conn_type": "http", "extra": {"a": 1}}],
        datasets=[{"uri": "s3://a", "extra": {"team": "x"}}],
    )
    assert dict(airflow.import_errors) == {"/usr/local/airflow/dags/broken.py": "ModuleNotFoundError"}
    assert airflow.security.authenticate("me", "pw") is not None
    assert (airflow.pools.get("p").slots, airflow.pools.get("default_pool").slots) == (3, 5)
    assert {row.key: row.value for row in airflow.variables} == {"text": "x", "object": '{"a": 1}', "none": "null"}
    assert airflow.connections.get("c").extra == '{"a": 1}'
    assert airflow.datasets.get("s3://a").extra == {"team": "x"}


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        ({"dags": [{"dag_id": "a"}, {"dag_id": "a"}]}, r"seed: dags\[1\].dag_id: 'a' is there already"),
        (one_dag(schedule="daily"), r"dags\[0\]: 'daily' is not a cron expression"),
        (one_dag(start_date="soon"), r"dags\[0\].start_date: 'soon' is no date. Expected ISO 8601"),
        (one_dag({"task_id": "t"}, {"task_id": "t"}), "two tasks have the same task_id"),
        (one_dag({"task_id": "t", "upstream": ["x"]}), "is below 'x', which the DAG does not"),
        (one_dag({"task_id": "t", "downstream": ["x"]}), "has 'x' downstream, which is no task"),
        (one_dag({"task_id": "t", "upstream": ["u"]}, {"task_id": "u", "upstream": ["t"]}), "form a cycle: "),
        (one_dag({"task_id": "t", "trigger_rule": "all_sucess"}), "did you mean 'all_success'"),
        ({"users": [{"username": "a", "role": "Boss"}]}, r"users\[0\].role: there is no role 'Boss'. Expected one of "),
        ({"users": [{"username": "a"}, {"username": "a"}]}, r"users\[1\].username: 'a' is there already"),
        ({"xcoms": [{"dag_id": "a", "task_id": "t", "key": "k", "value": 1}]}, r"xcoms\[0\]: the seed has no task 't'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_and_nothing_is_changed(seed: dict[str, Any], words: str) -> None:
    airflow = Airflow()
    with pytest.raises(SeedError, match=words):
        load_seed(airflow, {"dags": [], "variables": {"k": "v"}, **seed})
    assert airflow.dags == {}
    assert len(airflow.variables) == 0
    assert len(airflow.security.users) == 0


def test_unknown_keys_are_warned_of() -> None:
    with pytest.warns(SeedWarning, match=r"seed: dags\[0\].colour means nothing here and is ignored"):
        loaded(dags=[{"dag_id": "a", "colour": "red"}])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded(dags=[{"dag_id": "a"}])


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"variables": {"ä": "ö"}}), "utf-8")
    airflow = Airflow()
    load_seed_file(airflow, path)
    assert airflow.variables.get("ä").value == "ö"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", r"seed.json: line 1, column 2: not JSON: "),
        (b"\xff", r"seed.json: byte 0 is not UTF-8"),
        (b'{"dags": 1}', r"seed.json: dags: 1 is not of type 'array'"),
    ],
)
def test_files_with_mistakes(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "seed.json"
    path.write_bytes(content)
    with pytest.raises(SeedError, match=words):
        load_seed_file(Airflow(), path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match=r"nope\.json: cannot be read: No such file"):
        load_seed_file(Airflow(), tmp_path / "nope.json")
