"""The real parser in a process of its own; a stand-in for apache-airflow shows what goes in and comes out."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fake_server.airflow.deployment import Airflow
from fake_server.dag_files import airflow_process
from fake_server.dag_files.parsers import folder_of
from fake_server.dag_files.sources import DagFolderError, Directory

SOURCE = "# a dag of airflow\nVARIABLE = 1\n"

#: A DagBag that makes a DAG of every file, called after a variable, and an import error of those called broken.
STAND_IN = """
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

print("noise on stdout")

def task(task_id, **fields):
    group = SimpleNamespace(group_id=None)
    return SimpleNamespace(**{
        "task_id": task_id, "task_type": "BashOperator", "operator_name": "BashOperator", "owner": "me", "retries": 2,
        "retry_delay": timedelta(seconds=30), "trigger_rule": "all_success", "upstream_task_ids": set(),
        "pool": "default_pool", "pool_slots": 1, "priority_weight": 1, "weight_rule": object(), "queue": "default",
        "execution_timeout": None, "task_group": group, "outlets": [], "bash_command": "true", **fields})

class Params(dict):
    get_param = dict.__getitem__

class DagBag:
    def __init__(self, folder, include_examples):
        self.dags, self.import_errors = {}, {}
        for path in sorted(Path(folder).rglob("*.py")):
            if path.stem == "broken":
                self.import_errors[str(path)] = f"Traceback: {path}"
                continue
            dag_id = os.environ["AIRFLOW_VAR_PREFIX"] + path.stem
            self.dags[dag_id] = SimpleNamespace(
                dag_id=dag_id, fileloc=str(path), schedule_interval=timedelta(hours=1), catchup=False, end_date=None,
                start_date=datetime(2024, 1, 1, tzinfo=timezone.utc), description="d", tags=["b", "a"], owner="me",
                owner_links={}, max_active_runs=3, max_active_tasks=4, dagrun_timeout=None, doc_md=None,
                params=Params(x=SimpleNamespace(value=1, schema={"type": "integer"}, description=None)),
                timetable=SimpleNamespace(summary="1:00:00"), is_paused_upon_creation=None,
                tasks=[task("one"), task("two", upstream_task_ids={"one"}, trigger_rule="all_done_setup_success")])
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site = tmp_path / "site"
    (site / "airflow" / "models").mkdir(parents=True)
    (site / "airflow" / "__init__.py").write_text("", "utf-8")
    (site / "airflow" / "models" / "__init__.py").write_text("", "utf-8")
    (site / "airflow" / "models" / "dagbag.py").write_text(STAND_IN, "utf-8")
    monkeypatch.syspath_prepend(str(site))
    return site


def test_what_it_prints_becomes_dags_and_import_errors(airflow: Airflow, dags_below: Path, installed: Path) -> None:
    airflow.variables.set("prefix", "team_")
    (dags_below / "first.py").write_text(SOURCE, "utf-8")
    (dags_below / "broken.py").write_text(SOURCE, "utf-8")
    folder = folder_of(Directory(dags_below), dag_parser="airflow")
    folder.sync(airflow)
    dag = airflow.dags["team_first"]
    assert (dag.fileloc, dag.source) == ("/usr/local/airflow/dags/first.py", SOURCE)
    assert (dag.tags, dag.owners, dag.max_active_runs, dag.is_paused) == (("a", "b"), ("me",), 3, True)
    assert dag.timetable.summary == "1:00:00"
    assert dag.task("two").upstream == ("one",)
    assert dag.task("two").trigger_rule == "all_done"
    assert dag.params["x"].schema == {"type": "integer"}
    assert dict(airflow.import_errors) == {
        "/usr/local/airflow/dags/broken.py": "Traceback: /usr/local/airflow/dags/broken.py"
    }
    (dags_below / "first.py").unlink()
    folder.sync(airflow)
    assert not airflow.dags["team_first"].is_active


def test_without_airflow_it_says_so(dags_below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DagFolderError, match=r"the real parser needs apache-airflow, which .* cannot import"):
        folder_of(Directory(dags_below), dag_parser="airflow")


def test_an_airflow_that_fails_as_a_whole(airflow: Airflow, dags_below: Path, installed: Path) -> None:
    (installed / "airflow" / "models" / "dagbag.py").write_text("raise RuntimeError('no database')", "utf-8")
    (dags_below / "first.py").write_text(SOURCE, "utf-8")
    with pytest.raises(DagFolderError, match=r"did not parse the DAG files:\n(.*\n)*RuntimeError: no database"):
        folder_of(Directory(dags_below), dag_parser="airflow").sync(airflow)


def test_an_airflow_that_takes_too_long(
    airflow: Airflow, dags_below: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(airflow_process, "TIME_LIMIT", 0.001)
    (dags_below / "first.py").write_text(SOURCE, "utf-8")
    with pytest.raises(DagFolderError, match=r"within 0\.001 seconds"):
        folder_of(Directory(dags_below), dag_parser="airflow").sync(airflow)
