"""The command line of Airflow 1.10, beyond what its recordings show."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.cli.command_line import CommandResult, run

Run = Callable[..., CommandResult]


@pytest.fixture
def airflow() -> Airflow:
    deployment = Airflow("1.10.12", scheduler=False)
    deployment.add_dag(DAG("etl", named_tasks(["extract", "load"]), schedule="@daily"))
    deployment.add_dag(
        DAG("shell", named_tasks([Task("fail", operator="BashOperator", bash_command="exit 3", outcome="failed")]))
    )
    return deployment


@pytest.fixture
def command(airflow: Airflow) -> Run:
    def run_command(text: str, **options: object) -> CommandResult:
        return run(airflow, text, **options)  # type: ignore[arg-type]

    return run_command


class TestLogLines:
    def test_they_have_the_braces_of_mwaa_and_the_times_of_python(self, command: Run) -> None:
        line = command("list_tasks etl").stdout.splitlines()[0]
        assert line.endswith("] {{__init__.py:50}} INFO - Using executor CeleryExecutor")
        assert line[:2] == "[2"
        assert line[20] == ","

    def test_they_can_be_left_out(self, command: Run) -> None:
        assert command("list_tasks etl", log_lines=False).stdout == "extract\nload\n"

    def test_the_executor_is_that_of_the_configuration(self) -> None:
        airflow = Airflow("1.10.12", options={"core.executor": "LocalExecutor"})
        assert "Using executor LocalExecutor" in run(airflow, "list_dags").stdout


class TestRuns:
    def test_a_run_that_is_triggered_here_is_the_run_of_the_deployment(self, airflow: Airflow, command: Run) -> None:
        command("""trigger_dag etl -r one -c '{"a": 1}' -e 2024-05-06""")
        found = airflow.get_run("etl", "one")
        assert (found.conf, found.state, found.external_trigger) == ({"a": 1}, "running", True)
        assert command("dag_state etl 2024-05-06", log_lines=False).stdout == "running\n"

    def test_next_execution_follows_the_latest_run(self, command: Run) -> None:
        command("trigger_dag etl -e 2024-05-06T07:08:09")
        assert command("next_execution etl", log_lines=False).stdout == "2024-05-07 00:00:00+00:00\n"

    def test_a_finished_run_is_running_once_it_is_cleared(self, airflow: Airflow, command: Run) -> None:
        command("backfill etl -s 2024-05-06")
        assert airflow.get_run("etl", "backfill_2024-05-06T00:00:00+00:00").state == "success"
        command("clear etl -c")
        assert airflow.get_run("etl", "backfill_2024-05-06T00:00:00+00:00").state == "running"

    def test_a_failed_backfill_ends_in_a_traceback(self, airflow: Airflow, command: Run) -> None:
        result = command("backfill shell -s 2024-05-06")
        assert result.exit_code == 1
        assert "Some task instances failed:\n<TaskInstance: shell.fail 2024-05-06" in result.stderr
        assert airflow.get_run("shell", "backfill_2024-05-06T00:00:00+00:00").state == "failed"

    def test_celery_runs_tasks_elsewhere_so_that_their_output_does_not_show(self, command: Run) -> None:
        command("trigger_dag etl -e 2024-05-06")
        assert command("run etl extract 2024-05-06").stdout.count("Running %s on host %s") == 1
        assert command("task_state etl extract 2024-05-06", log_lines=False).stdout == "success\n"

    def test_testing_keeps_nothing(self, airflow: Airflow, command: Run) -> None:
        result = command("test shell fail 2024-05-06")
        assert result.stderr.endswith("airflow.exceptions.AirflowException: Bash command failed\n")
        assert "Command exited with return code 3" in result.stdout
        assert len(airflow.runs) == 0

    def test_a_date_before_the_dag_starts_can_be_tested_too(self, command: Run) -> None:
        result = command("test etl extract 1999-01-01")
        assert result.exit_code == 0
        assert "execution_date=19990101T000000" in result.stdout


class TestStores:
    def test_files_stay_in_memory(self, airflow: Airflow, command: Run) -> None:
        command("variables -s k v")
        command("variables -e /usr/local/airflow/out.json")
        assert json.loads(airflow.files["/usr/local/airflow/out.json"]) == {"k": "v"}

    @pytest.mark.parametrize(("content", "kind"), [("[1]", "list"), ('"x"', "str"), ("null", "NoneType"), ("1", "int")])
    def test_files_that_hold_no_object(self, airflow: Airflow, command: Run, content: str, kind: str) -> None:
        airflow.files["/f.json"] = content
        result = command("variables -i /f.json")
        assert result.exit_code == 1
        assert result.stderr.endswith(f"\nAttributeError: '{kind}' object has no attribute 'items'\n")
        assert len(airflow.variables) == 0

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("[1]", "AttributeError: 'list' object has no attribute 'items'"),
            ('{"p": {"slots": 1, "other": 2}}', "KeyError: 'description'"),
        ],
    )
    def test_odd_pool_files_end_in_tracebacks(self, airflow: Airflow, command: Run, content: str, words: str) -> None:
        airflow.files["/f.json"] = content
        assert command("pool -i /f.json").stderr.endswith(f"\n{words}\n")

    def test_pools_that_are_no_objects_are_passed_over(self, airflow: Airflow, command: Run) -> None:
        airflow.files["/f.json"] = '{"p": 1, "q": {"slots": 1, "description": "d"}, "r": {"slots": 1}}'
        assert command("pool -i /f.json").stdout.startswith("1 of 3 pool(s) successfully updated.\n")

    def test_an_extra_is_shown_as_it_is_stored(self, command: Run) -> None:
        command("""connections -a --conn_id c --conn_type http --conn_extra '{"secret": "word"}'""")
        listed = command("connections -l").stdout
        assert "word" not in listed
        assert "'gAAAAAB" in listed

    def test_a_pool_is_that_of_the_deployment(self, airflow: Airflow, command: Run) -> None:
        command("pool -s p 3 d")
        assert airflow.pools.get("p").slots == 3


class TestEventLog:
    def test_commands_leave_their_rows(self, airflow: Airflow, command: Run) -> None:
        command("trigger_dag etl")
        command("version")
        (row,) = list(airflow.audit)
        assert (row.event, row.dag_id) == ("cli_trigger_dag", "etl")
        assert "/usr/local/bin/airflow" in str(row.extra)


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "airflow command error: the following arguments are required: subcommand"),
            ("trigger", "invalid choice: 'trigger' (choose from 'backfill', 'list_dag_runs', "),
            ("trigger_dag", "airflow trigger_dag command error: the following arguments are required: dag_id"),
            ("trigger_dag etl -o json", "airflow command error: unrecognized arguments: -o json"),
            ("dag_state etl soon", "argument execution_date: invalid parse value: 'soon'"),
            ("backfill etl --delay_on_limit x", "argument --delay_on_limit: invalid float value: 'x'"),
            ("webserver -k none", "argument -k/--workerclass: invalid choice: 'none' (choose from 'sync', "),
        ],
    )
    def test_what_argparse_refuses(self, command: Run, text: str, words: str) -> None:
        result = command(text)
        assert result.exit_code == 2
        assert words in result.stderr
        assert result.stdout.startswith("usage: airflow")

    def test_commands_that_run_for_good_say_that_they_cannot(self, command: Run) -> None:
        result = command("scheduler")
        assert result.exit_code == 1
        assert "no counterpart" in result.stderr
