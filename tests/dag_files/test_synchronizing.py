"""The deployment follows its DAG folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fake_server.airflow.deployment import Airflow
from fake_server.dag_files import sources
from fake_server.dag_files.sources import DagFolderError, Directory
from fake_server.dag_files.synchronizing import DagFileWarning, DagFolder, load_dag_folder

SOURCE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("{dag_id}", start_date=datetime(2024, 1, 1), schedule=None):
    EmptyOperator(task_id="one")
"""


def write(folder: Path, name: str, dag_id: str | None = None, text: str | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text if text is not None else SOURCE.format(dag_id=dag_id or path.stem), "utf-8")
    # Two writes within one tick of the file system's clock would look like one.
    os.utime(path, ns=(before + 10**9, before + 10**9))
    return path


def active(airflow: Airflow) -> list[str]:
    return [dag.dag_id for dag in airflow.dags_by_id if dag.is_active]


def test_files_come_change_and_go(airflow: Airflow, dags_below: Path, dag_folder: DagFolder) -> None:
    first = write(dags_below, "first.py")
    write(dags_below, "teams/second.py")
    assert dag_folder.sync(airflow).files_read == ("first.py", "teams/second.py")
    assert airflow.dags["second"].fileloc == "/usr/local/airflow/dags/teams/second.py"
    assert dag_folder.sync(airflow).files_read == ()

    write(dags_below, "first.py", "renamed")
    changes = dag_folder.sync(airflow)
    assert (changes.files_read, changes.dags_gone) == (("first.py",), ("first",))
    assert active(airflow) == ["renamed", "second"]

    first.unlink()
    assert dag_folder.sync(airflow).dags_gone == ("renamed",)
    assert active(airflow) == ["second"]
    assert "renamed" not in airflow.dag_folder


def test_a_dag_that_moves_to_another_file_stays(airflow: Airflow, dags_below: Path, dag_folder: DagFolder) -> None:
    write(dags_below, "old.py", "same").unlink()
    write(dags_below, "old.py", "same")
    dag_folder.sync(airflow)
    airflow.set_paused(airflow.dags["same"], False)
    (dags_below / "old.py").rename(dags_below / "new.py")
    assert dag_folder.sync(airflow).dags_gone == ()
    dag = airflow.dags["same"]
    assert (dag.is_active, dag.is_paused, dag.fileloc) == (True, False, "/usr/local/airflow/dags/new.py")


def test_a_file_that_breaks_keeps_its_dags_marked(airflow: Airflow, dags_below: Path, dag_folder: DagFolder) -> None:
    write(dags_below, "first.py")
    dag_folder.sync(airflow)
    write(dags_below, "first.py", text="dag airflow (")
    changes = dag_folder.sync(airflow)
    assert list(changes.import_errors) == ["/usr/local/airflow/dags/first.py"]
    assert airflow.dags["first"].has_import_errors
    assert airflow.dags["first"].is_active
    write(dags_below, "first.py")
    dag_folder.sync(airflow)
    assert not airflow.import_errors
    assert not airflow.dags["first"].has_import_errors


def test_the_error_of_a_file_goes_with_the_file(airflow: Airflow, dags_below: Path, dag_folder: DagFolder) -> None:
    path = write(dags_below, "first.py", text="dag airflow (")
    dag_folder.sync(airflow)
    assert airflow.import_errors
    path.unlink()
    dag_folder.sync(airflow)
    assert not airflow.import_errors


def test_what_a_file_imports_from_the_folder_makes_it_read_again(
    airflow: Airflow, dags_below: Path, dag_folder: DagFolder
) -> None:
    using = "from names import NAME\n" + SOURCE.replace('"{dag_id}"', "NAME")
    write(dags_below, "using.py", text=using)
    write(dags_below, "other.py")
    dag_folder.sync(airflow)
    assert active(airflow) == ["NAME", "other"]
    write(dags_below, "names.py", text="NAME = 'one'\n")
    assert dag_folder.sync(airflow).files_read == ("using.py",)
    write(dags_below, "names.py", text="NAME = 'two'\n")
    assert dag_folder.sync(airflow).files_read == ("using.py",)
    assert active(airflow) == ["other", "two"]


def test_a_variable_that_a_file_reads_makes_it_read_again(
    airflow: Airflow, dags_below: Path, dag_folder: DagFolder
) -> None:
    using = "from airflow.models import Variable\n" + SOURCE.replace('"{dag_id}"', "Variable.get('name', 'none')")
    write(dags_below, "using.py", text=using)
    write(dags_below, "other.py")
    dag_folder.sync(airflow)
    assert active(airflow) == ["none", "other"]
    airflow.variables.set("name", "some")
    assert dag_folder.sync(airflow).files_read == ("using.py",)
    assert active(airflow) == ["other", "some"]


def test_two_files_with_one_id(airflow: Airflow, dags_below: Path, dag_folder: DagFolder) -> None:
    write(dags_below, "a.py", "same")
    write(dags_below, "b.py", "same")
    dag_folder.sync(airflow)
    assert airflow.dags["same"].fileloc.endswith("/a.py")
    assert airflow.import_errors["/usr/local/airflow/dags/b.py"] == (
        "AirflowDagDuplicatedIdException: Ignoring DAG same from /usr/local/airflow/dags/b.py - "
        "also found in /usr/local/airflow/dags/a.py"
    )


def test_dags_from_elsewhere_are_left_alone(airflow: Airflow, dags_below: Path, dag_folder: DagFolder) -> None:
    from fake_server.airflow.dags import DAG

    airflow.add_dag(DAG("by_hand"))
    path = write(dags_below, "first.py")
    dag_folder.sync(airflow)
    path.unlink()
    dag_folder.sync(airflow)
    assert active(airflow) == ["by_hand"]


def test_an_emptied_deployment_is_filled_again(airflow: Airflow, dags_below: Path, dag_folder: DagFolder) -> None:
    write(dags_below, "first.py")
    dag_folder.sync(airflow)
    airflow.clear()
    dag_folder.sync(airflow)
    assert active(airflow) == ["first"]


def test_ignored_files_and_zip_files(airflow: Airflow, dags_below: Path, dag_folder: DagFolder) -> None:
    write(dags_below, ".airflowignore", text="draft\n")
    write(dags_below, "draft.py")
    write(dags_below, "first.py")
    (dags_below / "packed.zip").write_bytes(b"PK")
    with pytest.warns(DagFileWarning, match=r"packed\.zip: DAGs in zip files are not read"):
        dag_folder.sync(airflow)
    assert active(airflow) == ["first"]
    write(dags_below, ".airflowignore", text="first\n")
    dag_folder.sync(airflow)
    assert active(airflow) == ["draft"]


def test_safe_mode_can_be_off(dags_below: Path) -> None:
    write(dags_below, "silent.py", text="raise ValueError('looked at')\n")
    for is_safe, errors in (("True", 0), ("False", 1)):
        airflow = Airflow(options={"core.dag_discovery_safe_mode": is_safe})
        DagFolder(Directory(dags_below)).sync(airflow)
        assert len(airflow.import_errors) == errors


def test_paused_at_creation_as_configured(dags_below: Path) -> None:
    write(dags_below, "first.py")
    for configured in (True, False):
        airflow = Airflow(options={"core.dags_are_paused_at_creation": str(configured)})
        DagFolder(Directory(dags_below)).sync(airflow)
        assert airflow.dags["first"].is_paused is configured


def test_loading_follows_from_then_on(airflow: Airflow, dags_below: Path) -> None:
    write(dags_below, "first.py")
    load_dag_folder(airflow, dags_below)
    assert active(airflow) == ["first"]
    write(dags_below, "second.py")
    with airflow.session():
        assert active(airflow) == ["first", "second"]


def test_runs_of_a_dag_from_a_file_go_through(dags_below: Path) -> None:
    write(dags_below, "first.py")
    airflow = Airflow()
    load_dag_folder(airflow, dags_below)
    with airflow.session():
        airflow.set_paused(airflow.dags["first"], False)
        run = airflow.trigger_dag("first")
    airflow.clock.advance(60)
    with airflow.session():
        assert run.state == "success"


def test_values_in_the_file_are_mapped_over(dags_below: Path) -> None:
    text = SOURCE.replace(
        'EmptyOperator(task_id="one")',
        'BashOperator.partial(task_id="one").expand(bash_command=["echo 1", "echo 2", "echo 3"])',
    ).replace("from airflow.operators.empty import EmptyOperator", "from airflow.operators.bash import BashOperator")
    write(dags_below, "first.py", text=text.format(dag_id="first"))
    airflow = Airflow()
    load_dag_folder(airflow, dags_below)
    with airflow.session():
        airflow.set_paused(airflow.dags["first"], False)
        run = airflow.trigger_dag("first")
    airflow.clock.advance(60)
    with airflow.session():
        assert [(one.map_index, one.state) for one in run.instances_of("one")] == [
            (0, "success"), (1, "success"), (2, "success"),
        ]  # fmt: skip


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DagFolderError, match=r"does not exist\. Expected the path of a folder with DAG files"):
        Directory(tmp_path / "nowhere")
    file = write(tmp_path, "file.py")
    with pytest.raises(DagFolderError, match="is no folder"):
        Directory(file)


def test_a_folder_that_is_no_dag_folder(
    airflow: Airflow, dags_below: Path, dag_folder: DagFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAXIMUM_ENTRIES", 3)
    for number in range(4):
        write(dags_below, f"{number}.py")
    with pytest.raises(DagFolderError, match="more than 3 files and folders"):
        dag_folder.sync(airflow)


def test_links_are_followed_but_not_in_circles(
    airflow: Airflow, dags_below: Path, dag_folder: DagFolder, tmp_path: Path
) -> None:
    write(tmp_path / "elsewhere", "linked.py")
    (dags_below / "link").symlink_to(tmp_path / "elsewhere")
    (dags_below / "circle").symlink_to(dags_below)
    (tmp_path / "elsewhere" / "back").symlink_to(dags_below)
    (dags_below / "nowhere.py").symlink_to(tmp_path / "nowhere.py")
    assert dag_folder.sync(airflow).files_read == ("link/linked.py",)
