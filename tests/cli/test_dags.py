from __future__ import annotations

import json

import pytest

from fake_server.airflow.dags import DAG, named_tasks
from fake_server.airflow.deployment import Airflow
from tests.cli.conftest import Run


def rows(command: Run, text: str) -> list[dict[str, object]]:
    result = command(f"{text} -o json", log_lines=False)
    assert result.exit_code == 0, result.stderr
    loaded: list[dict[str, object]] = json.loads(result.stdout)
    return loaded


def test_list_shows_what_the_folder_defines(command: Run) -> None:
    assert rows(command, "dags list") == [
        {"dag_id": "etl", "fileloc": "/usr/local/airflow/dags/etl.py", "owners": ["airflow"], "is_paused": "False"},
        {
            "dag_id": "report",
            "fileloc": "/usr/local/airflow/dags/report.py",
            "owners": ["airflow"],
            "is_paused": "True",
        },
    ]
    assert [row["dag_id"] for row in rows(command, "dags list -S /usr/local/airflow/dags/etl.py")] == ["etl"]


def test_a_deleted_dag_stands_in_its_file_until_the_files_are_parsed_again(airflow: Airflow, command: Run) -> None:
    assert command("dags delete etl -y").stdout.endswith("Removed 2 record(s)\n")
    assert rows(command, "dags list")[0] == {
        "dag_id": "etl",
        "fileloc": "/usr/local/airflow/dags/etl.py",
        "owners": "airflow",
        "is_paused": None,
    }
    assert command("dags trigger etl").exit_code == 1
    assert "Sync 2 DAGs" in command("dags reserialize").stdout
    assert command("dags trigger etl").exit_code == 0


def test_columns_that_do_not_exist_are_named_on_stderr(command: Run) -> None:
    result = command("dags list --columns dag_id,bogus -o json")
    assert json.loads(result.stdout) == [{"dag_id": "etl"}, {"dag_id": "report"}]
    assert "invalid columns: ['bogus']" in result.stderr
    assert result.exit_code == 0


def test_trigger_makes_the_run_that_every_protocol_shows(airflow: Airflow, command: Run) -> None:
    (row,) = rows(command, """dags trigger etl -r r1 -e 2024-01-02T03:04:05+00:00 -c '{"a": [1, null]}'""")
    assert row["conf"] == {"a": ["1", None]}
    assert row["logical_date"] == "2024-01-02 03:04:05+00:00"
    run = airflow.runs.get("etl", "r1")
    assert run is not None
    assert run.conf == {"a": [1, None]}
    assert command("dags state etl 2024-01-02T03:04:05").stdout == 'queued, {"a": [1, null]}\n'


def test_trigger_cuts_microseconds_unless_told_otherwise(airflow: Airflow, command: Run) -> None:
    cut = rows(command, "dags trigger etl -e 2024-01-02T00:00:00.123456")[0]
    kept = rows(command, "dags trigger etl -e 2024-01-03T00:00:00.123456 --no-replace-microseconds")[0]
    assert cut["dag_run_id"] == "manual__2024-01-02T00:00:00+00:00"
    assert kept["dag_run_id"] == "manual__2024-01-03T00:00:00.123456+00:00"


def test_trigger_shows_the_offset_that_was_asked_for(command: Run) -> None:
    (row,) = rows(command, "dags trigger etl -e 2024-01-02T10:00:00+05:30")
    assert row["logical_date"] == row["data_interval_end"] == "2024-01-02 10:00:00+05:30"


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("dags trigger nope", "airflow.exceptions.DagNotFound: Dag id nope not found in DagModel"),
        ("dags trigger etl -c {bad", "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes"),
        ("dags trigger etl -c [1]", "TypeError: cannot unpack non-iterable int object"),
        ("""dags trigger etl -c '"str"'""", "ValueError: not enough values to unpack (expected 2, got 1)"),
        ("dags trigger etl -c true", "TypeError: 'bool' object is not iterable"),
        ("dags trigger etl -r 'a b'", "airflow.exceptions.AirflowException: The provided run ID 'a b' is invalid."),
        ("dags trigger report -c '{\"size\": 500}'", "    500"),
        ("dags delete nope -y", "airflow.exceptions.DagNotFound: Dag id nope not found"),
        ("dags backfill etl", "airflow.exceptions.AirflowException: Provide a start_date and/or end_date"),
        ("dags show nope", "AirflowException: Dag 'nope' could not be found; either it does not exist or it failed"),
    ],
)
def test_refusals_that_are_tracebacks(text: str, last: str, command: Run) -> None:
    result = command(text)
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert last in result.stderr.rstrip().splitlines()[-1]


@pytest.mark.parametrize(
    "text", ["dags state nope 2024-01-01", "dags list-runs -d nope", "dags details nope", "dags list-jobs -d nope"]
)
def test_refusals_that_are_one_line(text: str, command: Run) -> None:
    result = command(text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "DAG: nope does not exist in 'dag' table\n"


def test_a_duplicate_run_names_the_new_one(command: Run) -> None:
    command("dags trigger etl -r r1 -e 2024-01-01")
    result = command("dags trigger etl -r r2 -e 2024-01-01")
    assert result.stderr.endswith(
        "DagRunAlreadyExists: A DAG Run already exists for DAG etl at 2024-01-01 00:00:00+00:00 with run id r2\n"
    )
    command("dags trigger etl -r r2 -e 2024-01-02")
    result = command("dags trigger etl -r r2 -e 2024-01-01")
    assert result.stderr.endswith(
        "sqlalchemy.exc.MultipleResultsFound: Multiple rows were found when one or none was required\n"
    )


def test_pause_and_unpause(airflow: Airflow, command: Run) -> None:
    assert rows(command, "dags pause etl") == [{"dag_id": "etl", "is_paused": "True"}]
    assert airflow.dags["etl"].is_paused
    assert command("dags pause etl").stdout == "No unpaused DAGs were found\n"
    assert command("dags unpause nope").stdout == "No paused DAGs were found\n"
    assert len(rows(command, "dags unpause .*t.* --treat-dag-id-as-regex -y")) == 2


def test_a_regex_asks_first_and_a_question_without_stdin_is_an_eof_error(airflow: Airflow, command: Run) -> None:
    text = "dags pause e.* --treat-dag-id-as-regex"
    alone = command(text)
    assert alone.exit_code == 1
    assert alone.stdout == "You are about to pause 1 DAGs:\netl\n\nAre you sure? [y/n]\n"
    assert alone.stderr.endswith("EOFError: EOF when reading a line\n")
    assert command(text, stdin="perhaps\nn\n").stdout.endswith(
        "Please respond with y/yes or n/no.\nOperation cancelled by user\n"
    )
    assert not airflow.dags["etl"].is_paused
    command(text, stdin="y\n")
    assert airflow.dags["etl"].is_paused


def test_a_broken_regex_is_a_traceback(command: Run) -> None:
    assert "re.error: unterminated character set" in command("dags pause [ --treat-dag-id-as-regex").stderr


def test_delete_asks_first(airflow: Airflow, command: Run) -> None:
    assert command("dags delete etl").stderr.endswith("EOFError: EOF when reading a line\n")
    assert command("dags delete etl", stdin="n\n").stdout.endswith("Proceed? (y/n)Cancelled\n")
    assert "etl" in airflow.dags
    command("dags delete etl", stdin="y\n")
    assert "etl" not in airflow.dags


def test_list_runs_filters_and_puts_the_newest_first(command: Run) -> None:
    for day in (1, 2, 3):
        command(f"dags trigger etl -r r{day} -e 2024-01-0{day}")
    command("dags trigger etl -r backfill__x -e 2024-01-04")
    ids = [row["run_id"] for row in rows(command, "dags list-runs -d etl --no-backfill -s 2024-01-02")]
    assert ids == ["r3", "r2"]
    assert command("dags list-runs -d etl --state failed").stdout == "No data found\n"


def test_next_execution(command: Run) -> None:
    never = command("dags next-execution etl", log_lines=False)
    assert never.stdout == "None\n"
    assert never.stderr.startswith("[WARN] No following schedule can be found.")
    assert command("dags next-execution etl -n 3", log_lines=False).stdout == "None\n" * 3
    daily = command("dags next-execution report -n 2", log_lines=False)
    assert [line[10:] for line in daily.stdout.splitlines()] == ["T06:00:00+00:00"] * 2
    assert daily.stderr == "[INFO] Please be reminded this DAG is PAUSED now.\n"
    command("dags delete etl -y")
    deleted = command("dags next-execution etl").stderr
    assert deleted.rstrip().endswith("sqlalchemy.exc.NoResultFound: No row was found when one was required")


def test_import_errors_show_and_make_the_exit_code_1(airflow: Airflow, command: Run) -> None:
    assert command("dags list-import-errors").exit_code == 0
    airflow.import_errors["/usr/local/airflow/dags/bad.py"] = "ModuleNotFoundError: No module named 'x'"
    result = command("dags list-import-errors -o json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["filepath"] == "/usr/local/airflow/dags/bad.py"
    assert command("dags list").stderr.startswith("Error: Failed to load all files.")
    assert "ERROR - Failed to import: /usr/local/airflow/dags/bad.py" in command("dags next-execution etl").stdout


def test_report_counts_dags_and_tasks_by_file(command: Run) -> None:
    assert {row["file"]: (row["dag_num"], row["task_num"]) for row in rows(command, "dags report")} == {
        "/etl.py": ("1", "2"),
        "/report.py": ("1", "1"),
    }


def test_show_draws_the_graph(airflow: Airflow, command: Run) -> None:
    airflow.add_dag(DAG("a-b", named_tasks(["x-y", "z"])))
    lines = command("dags show a-b", log_lines=False).stdout.split("\n")
    assert lines[0] == 'digraph "a-b" {'
    assert '\t"x-y" -> z' in lines
    assert command("dags show etl", has_graphviz=False).stderr.endswith(
        "AirflowException: Could not import graphviz. Install the graphviz python package to fix this error.\n"
    )


def test_without_graphviz_every_dags_command_warns(command: Run) -> None:
    assert "UserWarning: Could not import graphviz" in command("dags list", has_graphviz=False).stderr
    assert command("variables list", has_graphviz=False).stderr == ""


def test_a_dag_that_is_neither_paused_nor_not_is_not_found(airflow: Airflow, command: Run) -> None:
    # The REST API takes null for is_paused.
    airflow.dags["etl"].is_paused = None
    for verb, found in (("pause", "No unpaused DAGs"), ("unpause", "No paused DAGs")):
        assert command(f"dags {verb} etl").stdout.startswith(found)
