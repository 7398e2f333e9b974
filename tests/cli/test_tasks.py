from __future__ import annotations

import json
import re

import pytest

from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.airflow.deployment import Airflow
from tests.cli.conftest import Run


@pytest.fixture
def with_run(airflow: Airflow) -> Airflow:
    with airflow.session():
        run = airflow.trigger_dag("etl", run_id="r1")
        instance = run.task_instance("extract")
        assert instance is not None
        instance.state = "success"
    return airflow


def test_list(command: Run) -> None:
    assert command("tasks list etl").stdout == "extract\nload\n"
    assert command("tasks list etl --tree").stdout == (
        "<Task(PythonOperator): extract>\n    <Task(PythonOperator): load>\n"
    )


@pytest.mark.usefixtures("with_run")
def test_state_is_found_by_run_id_and_by_date(airflow: Airflow, command: Run) -> None:
    run = airflow.get_run("etl", "r1")
    assert command("tasks state etl extract r1").stdout == "success\n"
    assert command(["tasks", "state", "etl", "load", run.logical_date.isoformat()]).stdout == "None\n"


@pytest.mark.usefixtures("with_run")
@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("tasks state etl nope r1", "airflow.exceptions.TaskNotFound: Task nope not found"),
        ("tasks state nope x r1", "Dag 'nope' could not be found; either it does not exist or it failed to parse."),
        ("tasks state etl load nope", "DagRun for etl with run_id or execution_date of 'nope' not found"),
        (
            "tasks states-for-dag-run etl nope",
            "Error parsing the supplied execution_date. Error: Invalid date string: nope",
        ),
        ("tasks clear nope -y", "Dag 'nope' could not be found; either it does not exist or it failed to parse."),
        ("tasks clear etl -y -t [", "re.error: unterminated character set at position 0"),
        ("tasks run etl nope r1", "airflow.exceptions.TaskNotFound: Task nope not found"),
        ("tasks test etl nope", "airflow.exceptions.TaskNotFound: Task nope not found"),
        ("tasks clear nope.* --dag-regex -y", "regex: nope.*. Either the dag did not exist or it failed to parse."),
    ],
)
def test_refusals(text: str, last: str, command: Run) -> None:
    result = command(text)
    assert result.exit_code == 1
    assert result.stderr.rstrip().splitlines()[-1].endswith(last)


def test_a_mapped_task_has_a_state_for_each_index_alone(airflow: Airflow, command: Run) -> None:
    tasks = (Task("numbers"), Task("each", upstream=("numbers",), mapped_over=("numbers",)))
    airflow.add_dag(DAG("fan", {task.task_id: task for task in tasks}))
    mapped = command("tasks state fan each nope").stderr
    assert mapped.rstrip().endswith("RuntimeError: No map_index passed to mapped task")
    plain = command("tasks state etl load nope --map-index 1").stderr
    assert plain.rstrip().endswith("RuntimeError: map_index passed to non-mapped task")


@pytest.mark.usefixtures("with_run")
def test_states_for_dag_run(command: Run) -> None:
    states = json.loads(command("tasks states-for-dag-run etl r1 -o json").stdout)
    assert [(row["task_id"], row["state"]) for row in states] == [("extract", "success"), ("load", None)]


@pytest.mark.parametrize("wanted", ["early", "2023-06-01"])
def test_a_run_before_the_dag_starts_has_no_instances_until_one_is_rendered(command: Run, wanted: str) -> None:
    command("dags trigger etl -r early -e 2023-06-01")
    words = f"TaskInstance for etl, extract, map=-1 with run_id or execution_date of {wanted!r} not found"
    for asked in ("state", "failed-deps", "run"):
        assert command(f"tasks {asked} etl extract {wanted}").stderr.endswith(f"{words}\n")
    assert command(f"tasks render etl extract {wanted}").exit_code == 0
    assert command(f"tasks state etl extract {wanted}").stdout == "None\n"


def test_what_would_be_cleared_is_listed_run_by_run(airflow: Airflow, command: Run) -> None:
    for run_id, date in (("a", "2024-03-02"), ("z", "2024-03-01")):
        command(f"dags trigger etl -r {run_id} -e {date}")
    listed = re.findall(r"<TaskInstance: etl\.(\w+ \w)", command("tasks clear etl").stdout)
    assert listed == ["extract z", "load z", "extract a", "load a"]


def test_clear_asks_first_and_then_lets_tasks_run_again(with_run: Airflow, command: Run) -> None:
    alone = command("tasks clear etl -t extract")
    assert alone.exit_code == 1
    assert "You are about to delete these 1 tasks:\n<TaskInstance: etl.extract r1 [success]>\n" in alone.stdout
    assert command("tasks clear etl", stdin="n\n").stdout.endswith("Cancelled, nothing was cleared.\n")
    assert with_run.get_task_instance("etl", "r1", "extract").state == "success"
    assert command("tasks clear etl -y -t extract").exit_code == 0
    assert with_run.get_task_instance("etl", "r1", "extract").state is None
    assert command("tasks clear etl -y -t zzz", log_lines=False).stdout == "Nothing to clear.\n"


@pytest.mark.usefixtures("with_run")
def test_render_fills_templates_in(command: Run) -> None:
    rule = "# " + "-" * 58
    text = command("tasks render report make 2024-07-01").stdout
    assert text.startswith(f"{rule}\n# property: bash_command\n{rule}\necho 2024-07-01 5\n\n")
    command("dags trigger report -r big -e 2024-07-02 -c '{\"size\": 7}'")
    assert "echo 2024-07-02 7\n" in command("tasks render report make big").stdout


def test_render_imagines_a_run_for_what_names_neither_a_run_nor_a_date(command: Run) -> None:
    assert command("tasks render etl load nope").exit_code == 0
    assert "ValueError: The run_id provided 'a b' does not match" in command("tasks render etl load 'a b'").stderr


@pytest.mark.usefixtures("with_run")
def test_failed_deps(command: Run) -> None:
    lines = command("tasks failed-deps etl load r1", log_lines=False).stdout.splitlines()
    assert lines[0] == "Task instance dependencies not met:"
    assert "Dagrun Running: Task instance's dagrun was not in the 'running' state but in the state 'queued'." in lines


def test_run_keeps_what_comes_of_it(with_run: Airflow, command: Run) -> None:
    result = command("tasks run etl load r1 --local")
    assert "Running <TaskInstance: etl.load r1 [None]> on host " in result.stdout
    assert command("tasks state etl load r1").stdout == "success\n"


def test_test_keeps_nothing(with_run: Airflow, command: Run) -> None:
    result = command("tasks test etl load r1")
    assert result.exit_code == 0
    assert "Marking task as SUCCESS. dag_id=etl, task_id=load, run_id=r1" in result.stdout
    assert with_run.get_task_instance("etl", "r1", "load").state is None
    assert len(with_run.runs) == 1


def test_a_failing_task_ends_a_test_in_its_exception(airflow: Airflow, command: Run) -> None:
    boom = Task("boom", operator="BashOperator", bash_command="exit 3", outcome="failed")
    airflow.add_dag(DAG("bad", named_tasks([boom])))
    result = command("tasks test bad boom")
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "airflow.exceptions.AirflowException: Bash command failed. The command returned a non-zero exit code 3.\n"
    )


def test_dags_test_runs_everything_now_and_keeps_the_run(airflow: Airflow, command: Run) -> None:
    result = command("dags test etl 2024-07-01 -c '{\"a\": 1}'")
    assert result.exit_code == 0
    run = airflow.runs.get("etl", "manual__2024-07-01T00:00:00+00:00")
    assert run is not None
    assert (run.state, run.conf) == ("success", {"a": 1})
    assert {instance.state for instance in run.task_instances.values()} == {"success"}
    assert command("dags test etl 2024-07-01").exit_code == 0
    assert len(airflow.runs) == 1
    refused = command("dags test etl -c {bad")
    assert refused.stderr.startswith("Configuration '{bad' is not valid JSON. Error: ")


def test_dags_test_of_a_failing_dag(airflow: Airflow, command: Run) -> None:
    tasks = [Task("boom", outcome="failed", retries=1), Task("after", upstream=("boom",))]
    airflow.add_dag(DAG("bad", named_tasks(tasks)))
    result = command("dags test bad 2024-07-01")
    assert result.exit_code == 1
    assert result.stderr == "DagRun failed\n"
    assert result.stdout.count("[DAG TEST] starting task_id=boom") == 2
    assert command("dags state bad 2024-07-01").stdout == "failed\n"


def test_backfill_makes_a_run_for_each_interval(airflow: Airflow, command: Run) -> None:
    dry = command("dags backfill report -s 2024-01-01 -e 2024-01-03 --dry-run")
    assert "Dry run of DAG report on 2024-01-01 00:00:00+00:00" in dry.stdout
    assert len(airflow.runs) == 0
    result = command("dags backfill report -s 2024-01-01 -e 2024-01-03")
    assert result.exit_code == 0
    assert [run.run_id for run in airflow.runs.of("report")] == [
        "backfill__2024-01-01T06:00:00+00:00",
        "backfill__2024-01-02T06:00:00+00:00",
    ]
    assert {run.state for run in airflow.runs} == {"success"}
    nothing = command("dags backfill etl -s 2024-01-01 -e 2024-01-03")
    assert "No run dates were found for the given dates and dag interval." in nothing.stdout
